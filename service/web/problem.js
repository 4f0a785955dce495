// What went wrong, and when it will be tried again.

/** Shows one failure at a time. The countdown is apart from the alert: a screen reader would read each second. */
export class ProblemView {
  #timer = null;
  #again = null;

  constructor({ message, countdown, button }) {
    this.message = message;
    this.countdown = countdown;
    this.button = button;
    button.addEventListener("click", () => this.#retry());
  }

  clear() {
    clearInterval(this.#timer);
    this.#again = null;
    this.message.textContent = "";
    this.countdown.hidden = true;
    this.button.hidden = true;
  }

  /** Show `text`; `again`, if given, is offered as a button, and done after `seconds`, if given. */
  show(text, again = null, seconds = null) {
    this.clear();
    this.message.textContent = text;
    this.#again = again;
    this.button.hidden = again === null;
    if (again !== null && seconds !== null) {
      this.#count(Math.max(1, seconds));
    }
  }

  #count(seconds) {
    const end = performance.now() + seconds * 1000;
    const tick = () => {
      const left = Math.ceil((end - performance.now()) / 1000);
      if (left <= 0) {
        this.#retry();
        return;
      }
      this.countdown.textContent = `Trying again in ${left} ${left === 1 ? "second" : "seconds"}.`;
      this.countdown.hidden = false;
    };
    tick();
    this.#timer = setInterval(tick, 250);
  }

  #retry() {
    const again = this.#again;
    this.clear();
    again?.();
  }
}
