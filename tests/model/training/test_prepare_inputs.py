"""What ``prepare`` reports, validates, refuses and balances, and what loading its folder refuses."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from model.errors import ConfigError, CorpusError, DirectionError
from model.training.cleaning import TokenLimits
from model.training.corpus import ParallelText
from model.training.prepare import PrepareOptions, balanced
from model.training.prepared import PreparedCorpus, validation_files
from tests.model.training.preparing import (
    TRAINING,
    VALIDATION,
    VOCABULARY,
    clean_options,
    run,
    write,
)


@pytest.fixture
def options(tmp_path: Path) -> PrepareOptions:
    return clean_options(tmp_path)


class TestReport:
    def test_every_line_is_kept_or_counted_once(self, options: PrepareOptions, tmp_path: Path) -> None:
        dirty = tmp_path / "dirty.tsv"
        lines = [
            *(f"{german}\t{english}" for german, english in TRAINING[:5]),  # in the first corpus
            "Ja\tYes",
            "  Ja \tYes",
            "\tempty",
            "one column",
            "OK\tOK",
            f"{VALIDATION[0][0].upper()}\tsomething else",
            f"{'lang ' * 250}\ttoo long",
            f"{'x' * 150}\ttoo many tokens",
            f"{'q' * 60}\tuneven",
        ]
        dirty.write_bytes("\n".join(lines).encode() + b"\n\xff\xfe\tbroken\n")
        corpora = (*options.corpora, ParallelText(("de", "en"), (dirty,)))
        result = run(replace(options, corpora=corpora, limits=TokenLimits(100, 3.0, 10)))
        assert result.reports[0].kept == result.reports[0].read == len(TRAINING)
        assert result.reports[1].read == len(lines) + 1
        assert result.reports[1].kept == 1
        assert result.reports[1].dropped == {
            "duplicate pair": 6,
            "a side is empty": 1,
            "not two columns": 1,
            "copy": 1,
            "in validation text": 1,
            "too many characters": 1,
            "too many tokens": 1,
            "lengths too different": 1,
            "not UTF-8": 1,
        }
        assert len(result.dataset) == 2 * (len(TRAINING) + 1)
        texts = {text for pair in TRAINING for text in pair} | {"Ja", "Yes"}
        assert len(result.dataset.sentence_offsets) - 1 == len(texts)

    def test_corpus_json_tells_it(self, options: PrepareOptions) -> None:
        result = run(options)
        document = json.loads((options.output / "corpus.json").read_text(encoding="utf-8"))
        assert document["directions"] == [["de", "en"], ["en", "de"]]
        assert document["report"] == [
            {
                "corpus": "de-en train.de train.en",
                "one_way": False,
                "read": 42,
                "kept": 42,
                "with_placeholders": 0,
                "dropped": {},
            }
        ]
        assert document["counts"]["rows"] == len(result.dataset) == 84
        assert document["counts"]["validation"] == {"de-en": 6}
        assert [item["file"] for item in document["inputs"]] == [
            "train.de",
            "train.en",
            "valid.de",
            "valid.en",
        ]
        assert str(options.output.parent) not in json.dumps(document)

    def test_nothing_left_is_an_error_with_the_reasons(self, options: PrepareOptions, tmp_path: Path) -> None:
        copies = write(tmp_path, "copies", [("a", "a"), ("b", "b"), ("", "c")])
        with pytest.raises(CorpusError, match=r"copies\.en: copy 2, a side is empty 1"):
            run(replace(options, corpora=(copies,)))
        with pytest.raises(CorpusError, match="too many tokens 42"):
            run(replace(options, limits=TokenLimits(max_tokens=1)))
        assert not options.output.exists()


class TestValidation:
    def test_it_is_given_back_in_the_order_asked_for(self, options: PrepareOptions) -> None:
        run(options)
        corpus = PreparedCorpus.load(options.output)
        german, english = (list(side) for side in zip(*VALIDATION, strict=True))
        assert corpus.validation("de", "en") == (german, english)
        assert corpus.validation("en", "de") == (english, german)

    def test_it_may_be_given_the_other_way_round_and_in_parts(
        self, options: PrepareOptions, tmp_path: Path
    ) -> None:
        parts = (
            write(tmp_path, "v1", VALIDATION[:2]),
            write(tmp_path, "v2", [(english, german) for german, english in VALIDATION[2:]], ("en", "de")),
        )
        run(replace(options, validation=parts))
        sources, references = PreparedCorpus.load(options.output).validation("de", "en")
        assert list(zip(sources, references, strict=True)) == VALIDATION

    def test_references_stay_as_they_are(self, options: PrepareOptions, tmp_path: Path) -> None:
        odd = [("Fünf\u00a0Kilometer\u2028weit", "Five\u200b  ½ kilometres…")]
        run(replace(options, validation=(write(tmp_path, "odd", odd),)))
        assert PreparedCorpus.load(options.output).validation("de", "en") == ([odd[0][0]], [odd[0][1]])

    @pytest.mark.parametrize(
        ("line", "reason"), [("one column", "not two columns"), ("\tx", "a side is empty")]
    )
    def test_a_line_without_two_sentences_is_named(
        self, options: PrepareOptions, tmp_path: Path, line: str, reason: str
    ) -> None:
        file = tmp_path / "v.tsv"
        file.write_text(f"a\tb\n{line}\n", encoding="utf-8")
        with pytest.raises(CorpusError, match=rf"v\.tsv: line 2: {reason}"):
            run(replace(options, validation=(ParallelText(("de", "en"), (file,)),)))

    def test_an_earlier_run_leaves_nothing_behind(self, options: PrepareOptions, tmp_path: Path) -> None:
        run(options)
        french = write(tmp_path, "fr", TRAINING, ("fr", "en"))
        valid = write(tmp_path, "frv", VALIDATION, ("fr", "en"))
        run(replace(options, corpora=(french,), validation=(valid,)))
        corpus = PreparedCorpus.load(options.output)
        assert corpus.directions == (("fr", "en"), ("en", "fr"))
        with pytest.raises(CorpusError, match="no validation text for de-en"):
            corpus.validation("de", "en")


class TestOptions:
    def test_a_ready_made_tokenizer_is_used_as_it_is(self, options: PrepareOptions, tmp_path: Path) -> None:
        run(options)
        model = options.output / "tokenizer.model"
        again = replace(options, output=tmp_path / "again", tokenizer=model, vocabulary_size=999)
        run(again)
        assert (again.output / "tokenizer.model").read_bytes() == model.read_bytes()

    def test_a_tokenizer_without_the_language_is_refused_first(
        self, options: PrepareOptions, tmp_path: Path
    ) -> None:
        run(options)
        missing = ParallelText(("de", "fr"), (tmp_path / "not-there.tsv",))
        with pytest.raises(DirectionError, match="'fr'; known: de, en"):
            run(
                replace(
                    options,
                    corpora=(missing,),
                    validation=(missing,),
                    tokenizer=options.output / "tokenizer.model",
                )
            )

    def test_directions_and_texts_must_fit(self, options: PrepareOptions, tmp_path: Path) -> None:
        french = write(tmp_path, "fr", TRAINING, ("fr", "en"))
        with pytest.raises(ConfigError, match="direction fr-en has no training text"):
            run(replace(options, directions=(("fr", "en"),)))
        with pytest.raises(ConfigError, match="direction fr-en has no validation text"):
            run(replace(options, corpora=(*options.corpora, french)))
        with pytest.raises(ConfigError, match=r"corpus fr-en .*fr\.fr .*fr\.en: none of the directions"):
            run(replace(options, corpora=(*options.corpora, french), directions=(("de", "en"),)))

    def test_copies_are_kept_on_demand(self, options: PrepareOptions, tmp_path: Path) -> None:
        corpus = write(tmp_path, "copies", [*TRAINING, ("OK", "OK")])
        result = run(replace(options, corpora=(corpus,), keep_copies=True))
        assert result.reports[0].kept == len(TRAINING) + 1


class TestBalance:
    def test_a_small_language_is_repeated_up_to_four_times(self) -> None:
        texts = [[f"a{i}" for i in range(100)], [f"b{i}" for i in range(50)], [f"c{i}" for i in range(10)]]
        counts = Counter(balanced(texts, limit=1000))
        assert {counts[text] for text in texts[0]} == {1}
        assert {counts[text] for text in texts[1]} == {2}
        assert {counts[text] for text in texts[2]} == {4}

    def test_a_large_language_is_thinned_evenly(self) -> None:
        chosen = list(balanced([[str(i) for i in range(1000)], ["x"] * 30], limit=100))
        assert chosen[:100] == [str(i) for i in range(0, 1000, 10)]
        assert chosen[100:] == ["x"] * 100


class TestLoading:
    def test_a_folder_without_description_is_not_prepared(self, options: PrepareOptions) -> None:
        run(options)
        (options.output / "corpus.json").unlink()
        with pytest.raises(CorpusError, match=r"corpus\.json: cannot be read: .*; run `python -m model"):
            PreparedCorpus.load(options.output)

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            ("{", "not the description"),
            ("[]", "not the description"),
            ('{"format_version": 1}', "not the description"),
            ('{"format_version": 1, "directions": [["de"]]}', "not the description"),
            ('{"format_version": 99, "directions": []}', "format version 99, not 1"),
        ],
    )
    def test_another_description_is_refused(self, options: PrepareOptions, content: str, reason: str) -> None:
        run(options)
        (options.output / "corpus.json").write_text(content, encoding="utf-8")
        with pytest.raises(CorpusError, match=reason):
            PreparedCorpus.load(options.output)

    @pytest.mark.parametrize("name", ["tokenizer.model", "train.safetensors"])
    def test_a_missing_or_damaged_file_is_named(self, options: PrepareOptions, name: str) -> None:
        run(options)
        (options.output / name).write_bytes(b"damaged")
        with pytest.raises(CorpusError, match=name):
            PreparedCorpus.load(options.output)
        (options.output / name).unlink()
        with pytest.raises(CorpusError, match=name):
            PreparedCorpus.load(options.output)

    def test_a_tokenizer_too_small_for_the_rows_is_noticed(
        self, options: PrepareOptions, tmp_path: Path
    ) -> None:
        run(options)
        small = replace(options, output=tmp_path / "small", vocabulary_size=VOCABULARY - 10)
        run(small)
        model = (small.output / "tokenizer.model").read_bytes()
        (options.output / "tokenizer.model").write_bytes(model)
        with pytest.raises(CorpusError, match=r"train\.safetensors was not made with tokenizer\.model"):
            PreparedCorpus.load(options.output)

    def test_validation_files_of_different_length_are_refused(self, options: PrepareOptions) -> None:
        run(options)
        german, _ = validation_files(options.output, ("de", "en"))
        german.write_text("Nur eine Zeile.\n", encoding="utf-8")
        with pytest.raises(CorpusError, match=r"valid\.de-en\.de has 1 lines but .*valid\.de-en\.en has 6"):
            PreparedCorpus.load(options.output).validation("de", "en")

    def test_a_folder_that_cannot_be_written_is_named(self, options: PrepareOptions, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("in the way", encoding="utf-8")
        with pytest.raises(CorpusError, match=r"file.*: cannot be written"):
            run(replace(options, output=tmp_path / "file" / "prepared"))
