"""From what a network wrote to the translation of a segment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from model.decoding.hypothesis import Hypothesis, Translation
from model.tokenizer import Tokenizer, normalize
from model.words import Tokens
from service.once import Once
from service.segment import Segment
from service.text.alignment import links
from service.text.annotated import Range
from service.text.casing import from_running_text
from service.text.link import Link
from service.text.locating import Located, is_intact, locate
from service.text.masking import SENTINEL
from service.text.placing import Stretch
from service.text.punctuation import with_brackets, with_marks, without_added_period
from service.text.rewriting import Edit, Rewriting, rewrite
from service.text.spacing import put_in, tidy
from service.text.truecasing import Truecaser


@dataclass(frozen=True, slots=True)
class Finisher:
    """Finishes segments of one direction.

    Attributes:
        tokenizer: the vocabulary.
        truecaser: of the vocabulary.
        target: the language that was translated into.
    """

    tokenizer: Tokenizer
    truecaser: Truecaser
    target: str

    def is_intact(self, segment: Segment, hypothesis: Hypothesis) -> bool:
        """Whether the network has kept every placeholder of ``segment``, and made up none."""
        return is_intact(self.tokenizer.decode(hypothesis.tokens), segment.presentation)

    def finish(self, segment: Segment, translation: Translation, *, linked: bool) -> list[Stretch]:
        """The different translations of ``segment``, best first; never empty, and no text is.

        Hypotheses differ in their tokens and can still be the same words. Where none has any text, the source
        stands in for it: nothing is dropped.

        Args:
            segment: as it was decoded.
            translation: of the segment.
            linked: whether the links between the two are wanted; they take most of the time.
        """
        finished: dict[str, Stretch] = {}
        for hypothesis in translation.hypotheses:
            stretch = self._stretch(segment, hypothesis, linked)
            if stretch is not None:
                finished.setdefault(stretch.target, stretch)
        return list(finished.values()) or [Stretch(segment.text, segment.text, {})]

    def _stretch(self, segment: Segment, hypothesis: Hypothesis, linked: bool) -> Stretch | None:
        """The translation that ``hypothesis`` is, or None if it is empty."""
        text = self.tokenizer.decode(hypothesis.tokens)
        find_links = Once(lambda: self._links(segment, hypothesis))
        located = locate(text, segment.presentation, segment.spans, find_links, normalize)
        if not _has_text(text, located):
            return None
        steps = [put_in(text, located, segment.text)]
        for edits_of in self._steps(segment):
            if edits := edits_of(steps[-1].after):
                steps.append(rewrite(steps[-1].after, edits))
        target = steps[-1].after
        placements = {one.sentinel: one.placement for one in located if one.sentinel}
        if not linked or not find_links():
            return Stretch(segment.text, target, placements)
        moved = _moved(find_links(), segment.presentation.rewriting, steps)
        return Stretch(segment.text, target, placements, (*moved, *_exact(segment.text, target)))

    def _links(self, segment: Segment, hypothesis: Hypothesis) -> tuple[Link, ...]:
        """Between what the network read and what it wrote; none if its attention is not known."""
        if hypothesis.attention is None:
            return ()
        read = segment.presentation.text
        _, offsets = self.tokenizer.encode_with_offsets(read)
        text, written = self.tokenizer.decode_with_offsets(hypothesis.tokens)
        return links(Tokens(read, tuple(offsets)), Tokens(text, tuple(written)), hypothesis.attention)

    def _steps(self, segment: Segment) -> tuple[Callable[[str], list[Edit]], ...]:
        """The changes to a translation of ``segment``, one after the other."""
        return (
            lambda text: without_added_period(text, segment.text),
            lambda text: from_running_text(text, segment.casing, self.target, self.truecaser),
            lambda text: with_brackets(text, self.target),
            lambda text: with_marks(text, self.target),
            tidy,
        )


def _has_text(text: str, located: Iterable[Located]) -> bool:
    """Whether ``text`` says more than its spans."""
    return bool(rewrite(text, [Edit(one.target.start, one.target.end, "") for one in located]).after.strip())


def _moved(found: Iterable[Link], reading: Rewriting, steps: Sequence[Rewriting]) -> Iterator[Link]:
    """``found`` between the masked segment and its finished translation, but for those of spans."""
    for link in found:
        source = reading.backward(Range(link.source_start, link.source_end))
        target = Range(link.target_start, link.target_end)
        for step in steps:
            target = step.forward(target)
        if SENTINEL.search(reading.before, source.start, source.end):
            continue
        if target.start < target.end and not SENTINEL.search(steps[-1].after, target.start, target.end):
            yield Link(source.start, source.end, target.start, target.end, link.weight)


def _exact(source: str, target: str) -> Iterator[Link]:
    """The links of sentinels, which are beyond doubt."""
    for match in SENTINEL.finditer(target):
        at = source.index(match.group())
        yield Link(at, at + 1, match.start(), match.end(), 1.0)
