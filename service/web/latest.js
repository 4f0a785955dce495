// Of many requests that follow each other, only the last one counts.

/** Runs `work(signal)` once things are quiet; whatever was asked before is abandoned and never heard of again. */
export class Latest {
  #timer = null;
  #controller = null;

  /** Abandon what is waiting or under way. */
  cancel() {
    clearTimeout(this.#timer);
    this.#controller?.abort();
    this.#controller = null;
  }

  /** Run `work` in `delay` milliseconds, unless something else is asked for until then. */
  schedule(delay, work) {
    this.cancel();
    const controller = new AbortController();
    this.#controller = controller;
    this.#timer = setTimeout(() => work(controller.signal), delay);
  }
}
