// Which languages can be chosen together. Nothing here touches the page.

export const AUTO = "auto";

/** What is served: `languages` as GET /languages has them. */
export class Languages {
  constructor(languages) {
    this.names = new Map(languages.map(({ code, name }) => [code, name]));
    this.served = new Map(languages.map(({ code, targets }) => [code, targets.filter((target) => target !== code)]));
  }

  /** The language's name; its code where it has none. */
  name(code) {
    return this.names.get(code) ?? code;
  }

  /** The languages that can be translated from, AUTO first. */
  get sources() {
    return [AUTO, ...[...this.served.keys()].filter((code) => this.served.get(code).length > 0)];
  }

  /** The languages that `source` can be translated into. */
  targets(source) {
    return source === AUTO ? [...new Set([...this.served.values()].flat())].sort() : (this.served.get(source) ?? []);
  }

  serves(source, target) {
    return this.targets(source).includes(target);
  }

  /** A target for `source`: the first of `wishes` that is served, else any. */
  target(source, ...wishes) {
    return wishes.find((wish) => this.serves(source, wish)) ?? this.targets(source)[0];
  }

  /** The direction back from `target`, `source` being possibly AUTO, then `detected` may be known; null if none. */
  swapped(source, target, detected) {
    const back = source === AUTO ? detected : source;
    if (back && back !== target) {
      return this.serves(target, back) ? { source: target, target: back } : null;
    }
    const [any] = this.targets(target);
    return any ? { source: target, target: any } : null;
  }
}
