"""From text files to the prepared folder and back: every row is a sentence pair of the input."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from model.errors import ConfigError, CorpusError
from model.training.prepare import PrepareOptions
from model.training.prepared import PreparedCorpus
from tests.model.training.preparing import (
    TRAINING,
    clean_options,
    rows,
    run,
    strip_origins,
    write,
)


@pytest.fixture
def options(tmp_path: Path) -> PrepareOptions:
    return clean_options(tmp_path)


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
