"""From text files to the prepared folder and back: every row is a sentence pair of the input."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from rich.progress import Progress

from model.errors import ConfigError, CorpusError, DirectionError
from model.training.cleaning import TokenLimits
from model.training.corpus import Direction, ParallelText
from model.training.prepare import Prepared, PrepareOptions, balanced, prepare
from model.training.prepared import PreparedCorpus, validation_files

SUBJECTS = [("Der Hund", "The dog"), ("Die Frau", "The woman"), ("Mein Bruder", "My brother"), ("Er", "He")]
VERBS = [("schläft", "sleeps"), ("singt", "sings"), ("wartet", "waits"), ("liest", "reads")]
PLACES = [("im Garten", "in the garden"), ("am Bahnhof", "at the station"), ("zu Hause", "at home")]
PAIRS = [
    (f"{subject[0]} {verb[0]} {place[0]}.", f"{subject[1]} {verb[1]} {place[1]}.")
    for subject, verb, place in product(SUBJECTS, VERBS, PLACES)
]
TRAINING, VALIDATION = PAIRS[6:], PAIRS[:6]
VOCABULARY = 310


def write(
    folder: Path, name: str, pairs: list[tuple[str, str]], languages: Direction = ("de", "en")
) -> ParallelText:
    files = folder / f"{name}.{languages[0]}", folder / f"{name}.{languages[1]}"
    for side, file in enumerate(files):
        file.write_text("".join(f"{pair[side]}\n" for pair in pairs), encoding="utf-8")
    return ParallelText(languages, files)


@pytest.fixture
def options(tmp_path: Path) -> PrepareOptions:
    """A clean corpus of 42 pairs, and 6 others for validation."""
    return PrepareOptions(
        output=tmp_path / "prepared",
        corpora=(write(tmp_path, "train", TRAINING),),
        validation=(write(tmp_path, "valid", VALIDATION),),
        vocabulary_size=VOCABULARY,
        segmentations=3,
    )


def run(options: PrepareOptions) -> Prepared:
    return prepare(options, Progress(disable=True))


def rows(corpus: PreparedCorpus) -> Counter[tuple[str, str, str]]:
    """Tag, source and target of every training row, as text."""
    dataset, tokenizer = corpus.dataset, corpus.tokenizer
    texts = [
        tokenizer.decode(dataset.segmentation(first).tolist()) for first in dataset.sentence_offsets[:-1]
    ]
    return Counter(
        (tokenizer.pieces([tag])[0], texts[source], texts[target]) for source, target, tag in dataset.pairs
    )


def strip_origins(folder: Path) -> None:
    """Make the folder one from before origins and the names of corpora were stored."""
    replace(PreparedCorpus.load(folder).dataset, origins=None).save(folder / "train.safetensors")
    path = folder / "corpus.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    del document["corpora"]
    path.write_text(json.dumps(document), encoding="utf-8")


class TestRows:
    def test_each_pair_is_a_row_in_both_directions(self, options: PrepareOptions) -> None:
        run(options)
        corpus = PreparedCorpus.load(options.output)
        assert corpus.directions == (("de", "en"), ("en", "de"))
        forth = [("<2en>", german, english) for german, english in TRAINING]
        back = [("<2de>", english, german) for german, english in TRAINING]
        assert rows(corpus) == Counter(forth + back)

    def test_a_chosen_direction_is_the_only_one(self, options: PrepareOptions) -> None:
        run(replace(options, directions=(("en", "de"),)))
        corpus = PreparedCorpus.load(options.output)
        assert corpus.directions == (("en", "de"),)
        assert rows(corpus) == Counter(("<2de>", english, german) for german, english in TRAINING)

    def test_segmentations_are_those_of_the_tokenizer(self, options: PrepareOptions) -> None:
        run(options)
        corpus = PreparedCorpus.load(options.output)
        dataset, tokenizer = corpus.dataset, corpus.tokenizer
        assert len(dataset.sentence_offsets) - 1 == len({text for pair in TRAINING for text in pair})
        for start, end in zip(dataset.sentence_offsets, dataset.sentence_offsets[1:], strict=False):
            found = [(dataset.segmentation(i).tolist(), dataset.log_probs[i]) for i in range(start, end)]
            expected = tokenizer.encode_nbest(tokenizer.decode(found[0][0]), 3)
            assert [ids for ids, _ in found] == [ids for ids, _ in expected]
            assert [p for _, p in found] == pytest.approx([p for _, p in expected], rel=1e-5)

    def test_corpora_of_several_languages_share_sentences(
        self, options: PrepareOptions, tmp_path: Path
    ) -> None:
        dutch = [(english, english.replace(".", "!")) for _, english in TRAINING]
        more = write(tmp_path, "more", dutch, ("en", "nl"))
        valid = write(tmp_path, "valid2", [("One.", "Een.")], ("en", "nl"))
        result = run(
            replace(options, corpora=(*options.corpora, more), validation=(*options.validation, valid))
        )
        corpus = PreparedCorpus.load(options.output)
        assert corpus.tokenizer.languages == ("de", "en", "nl")
        assert len(result.dataset) == 4 * len(TRAINING)
        texts = {text for pair in TRAINING + dutch for text in pair}
        assert len(result.dataset.sentence_offsets) - 1 == len(texts)
        found = rows(corpus)
        assert all(found[("<2nl>", english, other)] == 1 for english, other in dutch)
        assert all(found[("<2en>", other, english)] == 1 for english, other in dutch)

    def test_the_same_input_gives_the_same_folder(self, options: PrepareOptions, tmp_path: Path) -> None:
        run(options)
        run(replace(options, output=tmp_path / "again"))
        names = sorted(path.name for path in options.output.iterdir())
        assert names == sorted(path.name for path in (tmp_path / "again").iterdir())
        for name in names:
            assert (options.output / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


class TestOneWay:
    @pytest.fixture
    def distilled(self, options: PrepareOptions, tmp_path: Path) -> PrepareOptions:
        """Beside the corpus, other English for ten of its German sentences, for that direction alone."""
        made = [(german, f"{english[:-1]}!") for german, english in TRAINING[:10]]
        extra = replace(write(tmp_path, "made", made), one_way=True)
        return replace(options, corpora=(*options.corpora, extra))

    def test_its_pairs_are_rows_in_one_direction_only(self, distilled: PrepareOptions) -> None:
        run(distilled)
        corpus = PreparedCorpus.load(distilled.output)
        assert corpus.directions == (("de", "en"), ("en", "de"))
        made = [row for row in rows(corpus).elements() if any(text.endswith("!") for text in row)]
        assert Counter(made) == Counter(
            ("<2en>", german, f"{english[:-1]}!") for german, english in TRAINING[:10]
        )
        assert Counter(map(tuple, corpus.origins.tolist())) == {(0, 0): 42, (0, 1): 42, (1, 0): 10}

    def test_alone_it_gives_one_direction(self, distilled: PrepareOptions) -> None:
        run(replace(distilled, corpora=distilled.corpora[1:], vocabulary_size=300))
        assert PreparedCorpus.load(distilled.output).directions == (("de", "en"),)

    def test_the_other_direction_has_no_text(self, distilled: PrepareOptions) -> None:
        back = replace(distilled, corpora=distilled.corpora[1:], directions=(("en", "de"),))
        with pytest.raises(ConfigError, match="direction en-de has no training text"):
            run(back)
        both = replace(distilled, directions=(("en", "de"),))
        with pytest.raises(ConfigError, match=r"corpus de-en .*made\.en: none of the directions to train"):
            run(both)

    def test_no_text_at_all_is_an_error(self, options: PrepareOptions) -> None:
        with pytest.raises(ConfigError, match="no training text: name some with --corpus or --one-way"):
            run(replace(options, corpora=()))


class TestOrigins:
    @pytest.fixture
    def corpus(self, options: PrepareOptions, tmp_path: Path) -> PreparedCorpus:
        """42 pairs both ways between German and English, and 3 of another corpus into English alone."""
        french = write(tmp_path, "fr", [(f"Le {i}.", f"The {i}.") for i in "abc"], ("fr", "en"))
        valid = write(tmp_path, "frv", [("Oui.", "Yes.")], ("fr", "en"))
        run(
            replace(
                options,
                corpora=(*options.corpora, french),
                validation=(*options.validation, valid),
                directions=(("de", "en"), ("en", "de"), ("fr", "en")),
            )
        )
        return PreparedCorpus.load(options.output)

    def test_each_row_knows_its_corpus_and_its_direction(self, corpus: PreparedCorpus) -> None:
        assert corpus.corpora == ("de-en train.de train.en", "fr-en fr.fr fr.en")
        for (number, direction), (_, target, tag) in zip(corpus.origins, corpus.dataset.pairs, strict=True):
            source_language, target_language = corpus.directions[direction]
            assert tag == corpus.tokenizer.tag(target_language)
            assert (number == 1) == (source_language == "fr")
            first = corpus.dataset.sentence_offsets[target]
            text = corpus.tokenizer.decode(corpus.dataset.segmentation(first).tolist())
            sides = [pair[target_language == "en"] for pair in TRAINING] if number == 0 else []
            assert (text in sides) == (number == 0)
        assert Counter(corpus.origins[:, 1].tolist()) == {0: 42, 1: 42, 2: 3}

    def test_directions_can_be_chosen_afterwards(self, corpus: PreparedCorpus) -> None:
        chosen = corpus.restricted_to(["fr-en", "en-de"])
        assert chosen.directions == (("en", "de"), ("fr", "en"))
        assert Counter(map(tuple, chosen.origins.tolist())) == {(0, 0): 42, (1, 1): 3}
        wanted = Counter(row for row in rows(corpus).elements() if row[0] == "<2de>" or "Le " in row[1])
        assert rows(chosen) == wanted
        assert corpus.restricted_to([]) is corpus

    def test_an_unknown_direction_is_named_with_the_known_ones(self, corpus: PreparedCorpus) -> None:
        with pytest.raises(ConfigError, match=r"directions: en-fr is not in .*; it has de-en, en-de, fr-en"):
            corpus.restricted_to(["de-en", "en-fr"])

    def test_what_an_older_folder_does_not_say_is_inferred_from_tags(
        self, options: PrepareOptions, tmp_path: Path
    ) -> None:
        run(options)
        new = PreparedCorpus.load(options.output)
        strip_origins(options.output)
        old = PreparedCorpus.load(options.output)
        assert old.corpora == ()
        assert old.origins.tolist() == new.origins.tolist()
        assert rows(old.restricted_to(["en-de"])) == rows(new.restricted_to(["en-de"]))

    def test_what_cannot_be_inferred_must_be_prepared_again(self, corpus: PreparedCorpus) -> None:
        strip_origins(corpus.directory)
        old = PreparedCorpus.load(corpus.directory)
        assert rows(old) == rows(corpus)
        with pytest.raises(
            CorpusError, match=r"prepared before the origin .*`python -m model prepare` again"
        ):
            old.restricted_to(["de-en"])

    def test_a_description_of_other_rows_is_noticed(self, corpus: PreparedCorpus) -> None:
        path = corpus.directory / "corpus.json"
        document = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({**document, "corpora": document["corpora"][:1]}), encoding="utf-8")
        with pytest.raises(CorpusError, match=r"train\.safetensors was not made with corpus\.json"):
            PreparedCorpus.load(corpus.directory)


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
            {"corpus": "de-en train.de train.en", "one_way": False, "read": 42, "kept": 42, "dropped": {}}
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
