// One sentence of a translation: how sure, what is wrong with it, and where the network looked.

const percent = new Intl.NumberFormat("en", { style: "percent" });
const STEPS = 8; // shades of the picture
const CAPTION = "Where the network looked (columns) for each piece that it wrote (rows)";

const FAULTS = {
  repetition: "It repeats itself where the original does not.",
  truncated: "It may end before the original does.",
  undercovered: "Something of the original may be missing.",
  copied: "It seems to be copied instead of translated.",
};

/** What is wrong, in words. */
export const describe = (flag) => FAULTS[flag] ?? flag;

/** Shows what is known about a sentence; the picture comes later, or not at all. */
export class SentenceView {
  constructor({ section, facts, flags, picture, close }) {
    Object.assign(this, { section, facts, flags, picture });
    close.addEventListener("click", () => this.clear());
  }

  clear() {
    this.section.hidden = true;
    this.picture.replaceChildren();
  }

  show(sentence) {
    const read = percent.format(sentence.coverage);
    this.facts.textContent = `Confidence ${percent.format(sentence.confidence)}. The network read ${read} of the original's words.`;
    this.flags.replaceChildren(...sentence.flags.map((flag) => make("li", { textContent: describe(flag) })));
    this.picture.replaceChildren();
    this.section.hidden = false;
  }

  /** Show where the network looked: `weights` has a row for each of `targets`, a column for each of `sources`. */
  draw({ sources, targets, weights }) {
    const head = make("tr", {});
    head.append(make("td", {}), ...sources.map((word) => make("th", { textContent: word, scope: "col" })));
    const rows = targets.map((word, row) => {
      const line = make("tr", {});
      line.append(make("th", { textContent: word, scope: "row" }), ...weights[row].map(cell));
      return line;
    });
    const table = make("table", { ariaLabel: CAPTION });
    table.append(head, ...rows);
    this.picture.replaceChildren(make("p", { className: "hint", textContent: CAPTION, ariaHidden: "true" }), table);
  }
}

function cell(weight) {
  const element = make("td", { title: percent.format(weight), className: `shade-${Math.round(weight * STEPS)}` });
  if (weight >= 0.005) {
    element.append(make("span", { className: "unseen", textContent: percent.format(weight) }));
  }
  return element;
}

function make(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}
