// Marks in a text field, which cannot have any itself: a copy of its text lies behind it.

/** Shows ranges of `field`'s text as marked; `mirror` stands behind it in the same place. */
export class Mirror {
  constructor(field, mirror) {
    this.field = field;
    this.mirror = mirror;
    field.addEventListener("scroll", () => this.#follow());
    field.addEventListener("input", () => this.mark([]));
    new ResizeObserver(() => this.#follow()).observe(field);
  }

  /** Mark `ranges`, which do not overlap, instead of those before. */
  mark(ranges) {
    const text = this.field.value;
    const parts = [];
    let position = 0;
    for (const { start, end } of [...ranges].sort((one, other) => one.start - other.start)) {
      const mark = document.createElement("mark");
      mark.textContent = text.slice(start, end);
      parts.push(text.slice(position, start), mark);
      position = end;
    }
    // Without marks it is empty: a long text need not be laid out twice.
    this.mirror.replaceChildren(...(parts.length === 0 ? [] : [...parts, text.slice(position)]));
    this.#follow();
  }

  /** Show the first mark, if it is out of sight. */
  reveal() {
    const mark = this.mirror.querySelector("mark");
    if (mark !== null) {
      const top = mark.offsetTop - this.field.clientHeight / 3;
      const isSeen = mark.offsetTop >= this.field.scrollTop && mark.offsetTop < this.field.scrollTop + this.field.clientHeight;
      this.field.scrollTop = isSeen ? this.field.scrollTop : top;
    }
  }

  #follow() {
    this.mirror.style.width = `${this.field.clientWidth}px`; // without the scroll bar
    this.mirror.style.height = `${this.field.clientHeight}px`;
    this.mirror.scrollTop = this.field.scrollTop;
  }
}
