// What the service tells about each sentence, for the page: places count UTF-16 units, as JavaScript does.

/** Functions from code points, which the service counts, to UTF-16 units in `text`. */
function indexer(text) {
  const starts = [];
  let unit = 0;
  for (const character of text) {
    starts.push(unit);
    unit += character.length;
  }
  return (point) => starts[point] ?? unit;
}

/** The sentences of `answer` to `text`, in order: where each is, its words, how sure it is, what is wrong. */
export function readSentences(answer, text) {
  const [inText, inTranslation] = [indexer(text), indexer(answer.translatedText)];
  return (answer.sentences ?? []).map((sentence) => ({
    source: range(sentence.source, inText),
    target: range(sentence.target, inTranslation),
    confidence: sentence.confidence,
    coverage: sentence.coverage,
    flags: sentence.flags,
    words: wordsOf(sentence.alignment, inText, inTranslation),
  }));
}

const range = ({ start, end }, index) => ({ start: index(start), end: index(end) });

/** Each linked word of the translation once, in order, with the words that it comes from. */
function wordsOf(alignment, inText, inTranslation) {
  const words = new Map();
  for (const [sourceStart, sourceEnd, targetStart, targetEnd] of alignment) {
    const target = { start: inTranslation(targetStart), end: inTranslation(targetEnd) };
    const word = words.get(targetStart) ?? { target, sources: [] };
    word.sources.push({ start: inText(sourceStart), end: inText(sourceEnd) });
    words.set(targetStart, word);
  }
  return [...words.values()].sort((one, other) => one.target.start - other.target.start);
}

/** Where the network looked, from an answer with `attention`; null if there is none. The language tag is left out. */
export function readAttention(answer) {
  const attention = answer.sentences?.[0]?.attention;
  return attention
    ? {
        sources: attention.source.slice(1).map(readable),
        targets: attention.target.map(readable),
        weights: attention.weights.map((row) => row.slice(1)),
      }
    : null;
}

/** A piece of the vocabulary for people: letters that continue a word have a dot in front. */
function readable(piece) {
  if (piece === "</s>") {
    return "(end)";
  }
  const text = piece.replaceAll(/\p{Co}/gu, "□"); // stands for something that is kept as it is
  if (text.startsWith("▁")) {
    return text.slice(1) || "␣";
  }
  return /^[\p{L}\p{N}]/u.test(text) ? `·${text}` : text;
}

/** How sure the service is of a sentence, in three steps. */
export function sureness(confidence) {
  return confidence >= 0.7 ? "high" : confidence >= 0.4 ? "middle" : "low";
}
