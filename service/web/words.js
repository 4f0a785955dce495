// The translation word by word: what each comes from, with the mouse, a finger or the keyboard.

import { sureness } from "./details.js";

/**
 * Lays out a translation in sentences and words, and tells which one is looked at.
 *
 * `onWord(word, sentence, isSpoken)` has nulls when none is, and true where it must be said; `onSentence(sentence)` when one is asked about.
 */
export class WordsView {
  #sentences = [];
  #words = []; // { element, word, sentence }, in order
  #current = -1;

  constructor(output, onWord, onSentence) {
    Object.assign(this, { output, onWord, onSentence });
    output.addEventListener("pointerover", (event) => this.#look(this.#indexOf(event.target)));
    output.addEventListener("pointerleave", () => this.#look(-1));
    output.addEventListener("blur", () => this.#look(-1));
    output.addEventListener("click", (event) => this.#ask(event.target.closest?.(".sentence")));
    output.addEventListener("keydown", (event) => this.#press(event));
  }

  /** Lay out `text`, which is on show already, with its `sentences`. */
  show(text, sentences) {
    this.clear();
    this.#sentences = sentences;
    const parts = [];
    let position = 0;
    for (const sentence of sentences) {
      parts.push(text.slice(position, sentence.target.start), this.#layOut(text, sentence));
      position = sentence.target.end;
    }
    this.output.replaceChildren(...parts, text.slice(position));
  }

  clear() {
    this.#look(-1);
    this.#sentences = [];
    this.#words = [];
  }

  /** Ask about a sentence, as a click on it does. */
  open(sentence) {
    const element = this.output.querySelectorAll(".sentence")[this.#sentences.indexOf(sentence)];
    element?.scrollIntoView({ block: "nearest" });
    this.#ask(element);
  }

  #layOut(text, sentence) {
    const element = document.createElement("span");
    element.className = `sentence sure-${sureness(sentence.confidence)}`;
    element.classList.toggle("flagged", sentence.flags.length > 0);
    let position = sentence.target.start;
    for (const word of sentence.words) {
      const span = document.createElement("span");
      span.className = "word";
      span.textContent = text.slice(word.target.start, word.target.end);
      span.dataset.index = String(this.#words.length);
      this.#words.push({ element: span, word, sentence });
      element.append(text.slice(position, word.target.start), span);
      position = word.target.end;
    }
    element.append(text.slice(position, sentence.target.end));
    return element;
  }

  #indexOf(element) {
    return element.classList.contains("word") ? Number(element.dataset.index) : -1;
  }

  #look(index, isSpoken = false) {
    if (index !== this.#current) {
      this.#words[this.#current]?.element.classList.remove("current");
      this.#current = index;
      const { element, word, sentence } = this.#words[index] ?? { word: null, sentence: null };
      element?.classList.add("current");
      this.onWord(word, sentence, isSpoken);
    }
  }

  #ask(element) {
    const all = [...this.output.querySelectorAll(".sentence")];
    const index = all.indexOf(element);
    if (index >= 0 && getSelection().isCollapsed) { // a click, not the end of selecting
      all.forEach((one) => one.classList.toggle("asked", one === element));
      this.onSentence(this.#sentences[index]);
    }
  }

  #press(event) {
    const last = this.#words.length - 1;
    const steps = {
      ArrowRight: Math.min(this.#current + 1, last),
      ArrowLeft: Math.max(this.#current - 1, 0),
      Home: 0,
      End: last,
      Escape: -1,
    };
    if (event.key in steps && last >= 0 && !event.ctrlKey && !event.altKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      this.#look(steps[event.key], true);
      this.#words[this.#current]?.element.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && this.#current >= 0) {
      event.preventDefault();
      this.#ask(this.#words[this.#current].element.closest(".sentence"));
    }
  }
}
