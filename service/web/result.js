// The translation, its confidence, and the other translations.

const percent = new Intl.NumberFormat("en", { style: "percent" });

/** Shows an answer of POST /translate; clicking another translation exchanges it with the one on show. */
export class ResultView {
  #best = "";
  #score = null;
  #arriving = false;

  /** `onShown(isBest)` is called when another text is on show; `isBest` if it is the answer's own. */
  constructor({ output, progress, confidence, meter, scoreText, copy, further, list, announcement }, onShown) {
    this.onShown = onShown;
    Object.assign(this, { output, progress, confidence, meter, scoreText, copy, further, list, announcement });
    copy.addEventListener("click", () => this.#copy());
  }

  get text() {
    return this.output.textContent;
  }

  /** Whether a translation is awaited; what is on show is then out of date. */
  set busy(busy) {
    this.#arriving = false;
    this.output.classList.remove("arriving");
    this.progress.hidden = true;
    this.output.setAttribute("aria-busy", String(busy));
  }

  clear() {
    this.busy = false;
    this.#best = "";
    this.#score = null;
    this.list.replaceChildren();
    this.#show("");
  }

  /** Show the next part of a translation into `language`, of which so much is done; `show` ends it. */
  append(text, progress, language) {
    if (!this.#arriving) {
      this.clear();
      this.output.lang = language;
      this.output.setAttribute("aria-busy", "true"); // it is read out once it is whole
      this.output.classList.add("arriving");
      this.#arriving = true;
    }
    this.output.append(text);
    this.progress.value = progress;
    this.progress.hidden = false;
  }

  /** Show `answer`, which is in `language`. */
  show(answer, language) {
    this.busy = false;
    this.#best = answer.translatedText;
    this.#score = answer.confidence ?? answer.score;
    this.output.lang = language;
    this.list.lang = language;
    this.list.replaceChildren(...(answer.alternatives ?? []).map((text) => this.#choice(text)));
    this.#show(this.#best);
  }

  #show(text) {
    if (this.text !== text) {
      this.output.textContent = text; // but what has come in parts stays, and so does what is selected of it
    }
    this.copy.hidden = text === "";
    this.further.hidden = this.list.childElementCount === 0;
    // The score is the best translation's; the others come without.
    this.confidence.hidden = text === "" || text !== this.#best || this.#score === null;
    if (!this.confidence.hidden) {
      this.meter.value = this.#score;
      this.scoreText.textContent = `Confidence ${percent.format(this.#score)}`;
    }
    this.onShown(!this.confidence.hidden);
  }

  #choice(text) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.dir = "auto";
    button.textContent = text;
    // The button stays, so that the keyboard's focus does; only the texts change places.
    button.addEventListener("click", () => {
      const shown = this.text;
      this.#show(button.textContent);
      button.textContent = shown;
    });
    item.append(button);
    return item;
  }

  async #copy() {
    const copied = await copyText(this.text, this.output);
    this.copy.textContent = copied ? "Copied" : "Select and copy";
    this.announcement.textContent = copied ? "Translation copied" : "Copying is not allowed here";
    setTimeout(() => {
      this.copy.textContent = "Copy";
      this.announcement.textContent = "";
    }, 1500);
  }
}

async function copyText(text, element) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // There is no clipboard on a plain-HTTP address of a network; selecting still works there.
    getSelection().selectAllChildren(element);
    return document.execCommand("copy");
  }
}
