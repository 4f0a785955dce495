// Files: dropped or chosen, translated in the background, fetched.

import { Failure, documentStatus, forgetDocument, resultAddress, uploadDocument } from "./api.js";

const POLL_MILLISECONDS = 300; // between two questions; the service waits before it answers, too
const percent = new Intl.NumberFormat("en", { style: "percent" });

/** Takes files from a button and from anywhere on the page; each has a row that says how far it is. */
export class FilesView {
  /** `wish()` gives `{ source, target, key }`, or null where nothing can be asked for yet. */
  constructor({ section, button, input, kinds, list, zone, announcement }, wish) {
    Object.assign(this, { section, button, input, kinds, list, zone, announcement, wish });
    button.addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      this.#take(input.files);
      input.value = ""; // so that the same file can be chosen again
    });
    this.#bindDrop();
  }

  /** Offer files of these kinds, such as `.txt`; none hides everything. */
  offer(extensions) {
    this.section.hidden = extensions.length === 0;
    this.input.accept = extensions.join(",");
    this.kinds.textContent = extensions.join(" ");
  }

  #bindDrop() {
    const holdsFiles = (event) => !this.section.hidden && event.dataTransfer?.types.includes("Files");
    document.addEventListener("dragover", (event) => {
      if (holdsFiles(event)) {
        event.preventDefault();
        this.zone.classList.add("dropping");
      }
    });
    document.addEventListener("dragleave", (event) => {
      if (event.relatedTarget === null) {
        this.zone.classList.remove("dropping"); // it has left the window
      }
    });
    document.addEventListener("drop", (event) => {
      this.zone.classList.remove("dropping");
      if (holdsFiles(event)) {
        event.preventDefault();
        this.#take(event.dataTransfer.files);
      }
    });
  }

  #take(files) {
    const wish = this.wish();
    if (wish !== null) {
      for (const file of files) {
        const announce = (text) => (this.announcement.textContent = text);
        const row = new FileRow(file, announce, () => this.button.focus());
        this.list.prepend(row.element);
        row.run(wish);
      }
    }
  }
}

/** A file, its progress, and in the end the link to its translation. */
class FileRow {
  #gone = new AbortController();

  constructor(file, announce, onRemoved) {
    this.file = file;
    this.announce = announce;
    this.element = document.createElement("li");
    this.name = make("span", { className: "name", textContent: file.name, dir: "auto" });
    this.bar = make("progress", { max: 1, ariaLabel: `Translating ${file.name}` });
    this.state = make("span", { className: "hint", textContent: "Sending…" });
    this.remove = make("button", { type: "button", className: "quiet", textContent: "Cancel" });
    this.remove.setAttribute("aria-label", `Cancel ${file.name}`);
    this.remove.addEventListener("click", () => {
      this.#gone.abort();
      this.element.remove();
      onRemoved(); // the focus must go somewhere
    });
    this.element.append(this.name, this.bar, this.state, this.remove);
  }

  async run(wish) {
    try {
      const handle = await uploadDocument(this.file, wish, this.#gone.signal);
      this.#gone.signal.addEventListener("abort", () => forgetDocument(handle, wish.key));
      await this.#follow(handle, wish.key);
      this.#offer(handle);
    } catch (error) {
      if (!this.#gone.signal.aborted) {
        this.#end(error.message, "failed");
        this.announce(`${this.file.name}: ${error.message}`);
      }
    }
  }

  async #follow(handle, key) {
    for (;;) {
      const { status, progress, error_message: reason } = await documentStatus(handle, key, this.#gone.signal);
      if (status === "done") {
        return;
      }
      if (status === "error") {
        throw new Failure(`The file could not be translated: ${reason}.`);
      }
      this.bar.value = progress;
      this.state.textContent = status === "queued" ? "Waiting…" : percent.format(progress);
      await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
    }
  }

  #offer(handle) {
    const link = make("a", { href: resultAddress(handle), download: "", textContent: "Download" });
    link.setAttribute("aria-label", `Download the translation of ${this.file.name}`);
    this.#end("Done", "done");
    this.state.before(link);
    this.announce(`${this.file.name} is translated`);
  }

  #end(text, kind) {
    this.bar.remove();
    this.state.textContent = text;
    this.element.classList.add(kind);
    this.remove.textContent = "Remove";
    this.remove.setAttribute("aria-label", `Remove ${this.file.name}`);
  }
}

function make(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}
