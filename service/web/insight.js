// Why a translation is what it is: its words, its sentences, what is wrong with them.

import { readSentences } from "./details.js";
import { Mirror } from "./mirror.js";
import { SentenceView, describe } from "./sentence.js";
import { WordsView } from "./words.js";

/** Ties the translation's words to the original's, and its sentences to what is known about them. */
export class InsightView {
  #text = "";
  #sentences = [];
  #next = 0; // of those to check
  #asking = null;

  /** `askAttention(text, signal)` gives where the network looked for a sentence of the original. */
  constructor({ output, field, mirror, check, announcement, sentence }, askAttention) {
    this.check = check;
    this.announcement = announcement;
    this.askAttention = askAttention;
    this.mirror = new Mirror(field, mirror);
    this.sentence = new SentenceView(sentence);
    this.words = new WordsView(
      output,
      (...looked) => this.#look(...looked),
      (asked) => this.#ask(asked),
    );
    check.addEventListener("click", () => this.#checkNext());
  }

  /** Show what `answer` tells about the translation of `text` that is on show. */
  show(answer, text) {
    this.clear();
    this.#text = text;
    this.#sentences = readSentences(answer, text);
    if (this.#sentences.length > 0) {
      this.words.show(answer.translatedText, this.#sentences);
    }
    this.#offerCheck();
  }

  /** Forget it: the translation on show is another one. */
  clear() {
    this.#asking?.abort();
    this.#sentences = [];
    this.#next = 0;
    this.words.clear();
    this.sentence.clear();
    this.check.hidden = true;
  }

  get #flagged() {
    return this.#sentences.filter((sentence) => sentence.flags.length > 0);
  }

  #offerCheck() {
    const count = this.#flagged.length;
    this.check.hidden = count === 0;
    this.check.textContent = count === 1 ? "1 sentence to check" : `${count} sentences to check`;
  }

  #checkNext() {
    const flagged = this.#flagged;
    const sentence = flagged[this.#next % flagged.length];
    this.#next += 1;
    this.words.open(sentence);
    this.mirror.mark([sentence.source]);
    this.mirror.reveal();
    this.announcement.textContent = sentence.flags.map(describe).join(" ");
  }

  #look(word, sentence, isSpoken) {
    this.mirror.mark(word?.sources ?? []);
    if (word !== null && isSpoken) {
      this.mirror.reveal();
      const of = (range) => `“${this.#text.slice(range.start, range.end)}”`;
      this.announcement.textContent = `from ${word.sources.map(of).join(", ")}`;
    }
  }

  async #ask(sentence) {
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    this.sentence.show(sentence);
    try {
      const attention = await this.askAttention(this.#text.slice(sentence.source.start, sentence.source.end), asking.signal);
      if (!asking.signal.aborted && attention !== null) {
        this.sentence.draw(attention);
      }
    } catch {
      // The picture is an extra: without it the rest still holds.
    }
  }
}
