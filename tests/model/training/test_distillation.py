"""Distillation: what is written is what the teacher says, whatever is in the text and whenever it stops."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sacrebleu.metrics.bleu import BLEU

from model.config import DecodingOptions
from model.errors import ConfigError, CorpusError
from model.tokenizer import Tokenizer
from model.training.corpus import ParallelText
from model.training.distillation import DistillOptions, Status, distill
from model.translation import Candidate, LineTranslation, LineTranslator
from tests.conftest import TINY_TEXT
from tests.model.decoding.network import TinyNetwork

ORIGIN = {"teacher": "tiny"}


@dataclass(frozen=True)
class Teacher(LineTranslator):
    """Says what a table has for a line: candidates, where one that ends in … ran into the length limit."""

    table: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def translate(self, lines: Iterable[str]) -> list[LineTranslation]:
        found = dict(self.table)
        return [
            LineTranslation(
                tuple(Candidate(text, 0.0, 0.0, text.endswith("…")) for text in found.get(line, ("",))),
                parts=1 if line.strip() else 0,
            )
            for line in lines
        ]


@pytest.fixture
def translator(tiny_tokenizer: Tokenizer) -> LineTranslator:
    """Over a network that ends most translations by itself, but not all."""
    network = TinyNetwork(tiny_tokenizer.vocabulary_size, seed=3, sharpness=1.2, eos_bias=3.0)
    options = DecodingOptions(beam_size=3, n_best=3, max_length=12)
    return LineTranslator(network, tiny_tokenizer, "en", options)


@pytest.fixture
def teacher(translator: LineTranslator) -> Teacher:
    return Teacher(
        translator.model,
        translator.tokenizer,
        "en",
        translator.options,
        table=(
            ("Der Hund schläft.", ("A dog is sleeping.", "The dog sleeps.", "The dog sleeps now.")),
            ("Das Haus ist alt.", ("The the the the…", "The house is old.")),
            ("Immer wieder.", ("Again and again and…",)),
        ),
    )


def options(folder: Path, source: bytes, reference: bytes | None = None) -> DistillOptions:
    (folder / "s").write_bytes(source)
    if reference is not None:
        (folder / "r").write_bytes(reference)
    where = folder / "r" if reference is not None else None
    return DistillOptions(("de", "en"), folder / "s", where, folder / "out", block_lines=2)


def nothing(_count: int) -> None:
    pass


def written(folder: Path) -> list[tuple[str, str]]:
    sides = [(folder / f"out.{end}").read_text(encoding="utf-8").splitlines() for end in ("de", "en")]
    return list(zip(*sides, strict=True))


def test_the_files_hold_what_the_teacher_says_and_prepare_reads_them(
    translator: LineTranslator, tmp_path: Path
) -> None:
    one_best = replace(translator, options=DecodingOptions(beam_size=2, max_length=12))
    lines = [line for line in TINY_TEXT if not one_best.translate([line])[0].best.truncated]
    assert 0 < len(lines) < len(TINY_TEXT)
    chosen = options(tmp_path, "".join(f"{line}\n" for line in TINY_TEXT).encode())
    done: list[int] = []
    status = distill(one_best, chosen, ORIGIN, done.append)
    expected = [(line, one_best.translate([line])[0].best.text) for line in lines]
    assert written(tmp_path) == expected
    assert list(ParallelText(("de", "en"), chosen.files).read()) == expected
    assert sum(done) == status.read == len(TINY_TEXT)
    assert status.finished
    assert status.kept == len(expected)
    assert status.dropped == {"truncated": len(TINY_TEXT) - len(expected)}


def test_the_most_similar_usable_candidate_is_taken(teacher: Teacher, tmp_path: Path) -> None:
    source = "Der Hund schläft.\nDas Haus ist alt.\n".encode()
    distill(teacher, options(tmp_path, source, b"The dog sleeps.\nThe the the the\n"), ORIGIN, nothing)
    assert written(tmp_path) == [
        ("Der Hund schläft.", "The dog sleeps."),
        ("Das Haus ist alt.", "The house is old."),
    ]


def test_similarity_is_sentence_bleu(translator: LineTranslator, tmp_path: Path) -> None:
    sources, references = TINY_TEXT[::2], TINY_TEXT[1::2]
    files = ["".join(f"{line}\n" for line in side).encode() for side in (sources, references)]
    distill(translator, options(tmp_path, files[0], files[1]), ORIGIN, nothing)
    metric = BLEU(trg_lang="en", effective_order=True)
    expected = []
    for source, reference, line in zip(sources, references, translator.translate(sources), strict=True):
        texts = [each.text for each in line.candidates if not each.truncated and each.text]
        if texts:
            scores = [metric.sentence_score(text, [reference]).score for text in texts]
            expected.append((source, texts[scores.index(max(scores))]))
    assert written(tmp_path) == expected != []


def test_lines_that_cannot_be_used_are_counted_and_left_out(teacher: Teacher, tmp_path: Path) -> None:
    source = b"\n \nImmer wieder.\nunknown\n" + b"gr\xfcn\n" + "Der  Hund\u2028schläft.\n".encode()
    source += "Der Hund schläft.\n".encode()
    status = distill(teacher, options(tmp_path, source), ORIGIN, nothing)
    assert status.read == 7
    assert status.dropped == {"blank": 2, "truncated": 1, "no translation": 2, "not UTF-8": 1}
    assert written(tmp_path) == [("Der Hund schläft.", "A dog is sleeping.")]


class TestResuming:
    SOURCE = "".join(f"{line}\n" for line in TINY_TEXT).encode()

    def interrupted(self, translator: LineTranslator, chosen: DistillOptions, after: int) -> None:
        """Stop dead after so many blocks, leaving half-written lines behind."""
        blocks: list[int] = []

        def stop(count: int) -> None:
            blocks.append(count)
            if len(blocks) == after + 1:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            distill(translator, chosen, ORIGIN, stop)
        for file in filter(Path.exists, chosen.files):
            with file.open("ab") as out:
                out.write(b"half a li")

    @pytest.mark.parametrize("blocks", [0, 1, 3])
    def test_it_ends_as_if_it_had_not_been_stopped(
        self, blocks: int, translator: LineTranslator, tmp_path: Path
    ) -> None:
        (tmp_path / "unbroken").mkdir()
        whole = options(tmp_path / "unbroken", self.SOURCE)
        status = distill(translator, whole, ORIGIN, nothing)
        chosen = options(tmp_path, self.SOURCE)
        self.interrupted(translator, chosen, blocks)
        done: list[int] = []
        assert distill(translator, replace(chosen, resume=True), ORIGIN, done.append) == status
        assert sum(done) == len(TINY_TEXT)
        for one, other in zip(whole.files, chosen.files, strict=True):
            assert one.read_bytes() == other.read_bytes()
        before = chosen.status_file.read_bytes()
        assert distill(translator, replace(chosen, resume=True), ORIGIN, nothing) == status
        assert chosen.status_file.read_bytes() == before
        assert Status.model_validate_json(before) == status

    def test_nothing_is_overwritten(self, translator: LineTranslator, tmp_path: Path) -> None:
        chosen = options(tmp_path, self.SOURCE)
        (tmp_path / "out.en").write_text("mine", encoding="utf-8")
        with pytest.raises(ConfigError, match=r"out\.en: exists; go on with --resume"):
            distill(translator, chosen, ORIGIN, nothing)
        assert (tmp_path / "out.en").read_text(encoding="utf-8") == "mine"

    @pytest.mark.parametrize(
        ("damage", "reason"),
        [
            ("none", r"out\.json: nothing to resume"),
            ("{", r"out\.json: not the status of a distillation"),
            ('{"origin": {"teacher": "other", "beam": 3}}', r"out\.json: made from another beam, teacher;"),
            ('{"origin": {"teacher": "tiny"}, "sizes": [5, 5]}', r"out\.de: missing or too short"),
        ],
    )
    def test_what_cannot_be_resumed_is_said(
        self, damage: str, reason: str, translator: LineTranslator, tmp_path: Path
    ) -> None:
        chosen = replace(options(tmp_path, self.SOURCE), resume=True)
        if damage != "none":
            chosen.status_file.write_text(damage, encoding="utf-8")
        with pytest.raises(ConfigError, match=reason):
            distill(translator, chosen, ORIGIN, nothing)


def test_an_empty_source_is_an_error(translator: LineTranslator, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="s is empty"):
        distill(translator, options(tmp_path, b""), ORIGIN, nothing)


def test_references_of_another_length_are_an_error(translator: LineTranslator, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"has 2 lines but .* has 1"):
        distill(translator, options(tmp_path, b"eins\nzwei\n", b"one\n"), ORIGIN, nothing)
