"""The tokenizer gives every text back, and its n-best lists are the n best."""

from __future__ import annotations

import io
import itertools
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentencepiece import SentencePieceProcessor, SentencePieceTrainer

from model.errors import CheckpointError, CorpusError, DirectionError
from model.tokenizer import BOS, EOS, PAD, UNK, Tokenizer, normalize
from model.tokenizer_training import train_tokenizer
from tests.conftest import TINY_TEXT

FRAGMENTS = [
    " ",
    "  ",
    "\n",
    "\r\n",
    "\t",
    "\x00",
    "\u00a0",
    "\u2028",
    "\u2581",
    "\u2585",
    "\ufffd",
    "\ufeff",
    "\uffff",
    "e\u0301",
    "ﬁ",
    "\U0001f469\u200d\U0001f680",
    "\U0001f1e9\U0001f1ea",
    "日本語",
    "好，好！",
    "１２",
    "نعم",
    "</s>",
    "<2de>",
    "<0x0A>",
    "Bahnhof",
    "train.",
    "1234",
]
TEXTS = st.text() | st.lists(st.sampled_from(FRAGMENTS)).map("".join)


class TestInverse:
    @settings(max_examples=400)
    @given(text=TEXTS)
    def test_decoding_gives_back_the_text_normalised(self, tiny_tokenizer: Tokenizer, text: str) -> None:
        assert tiny_tokenizer.decode(tiny_tokenizer.encode(text)) == normalize(text)

    @settings(max_examples=400)
    @given(text=TEXTS)
    def test_normalising_is_nfkc_but_for_full_width_punctuation(self, text: str) -> None:
        parts = re.split("([！（），：；？])", text)
        assert normalize(text) == "".join(
            part if part and part in "！（），：；？" else unicodedata.normalize("NFKC", part)
            for part in parts
        )

    @given(text=TEXTS)
    def test_text_never_becomes_a_control_symbol(self, tiny_tokenizer: Tokenizer, text: str) -> None:
        tags = {tiny_tokenizer.tag(language) for language in tiny_tokenizer.languages}
        assert not {PAD, BOS, EOS, UNK, *tags} & set(tiny_tokenizer.encode(text))

    @settings(max_examples=50)
    @given(text=TEXTS, n=st.integers(1, 5))
    def test_every_segmentation_is_of_the_same_text(
        self, tiny_tokenizer: Tokenizer, text: str, n: int
    ) -> None:
        found = tiny_tokenizer.encode_nbest(text, n)
        assert 1 <= len(found) <= n
        assert {tiny_tokenizer.decode(ids) for ids, _ in found} == {normalize(text)}
        assert len({tuple(ids) for ids, _ in found}) == len(found)

    def test_nothing_comes_of_nothing(self, tiny_tokenizer: Tokenizer) -> None:
        assert tiny_tokenizer.encode("") == []
        assert tiny_tokenizer.decode([]) == ""

    def test_a_word_has_the_same_pieces_wherever_it_stands(self, tiny_tokenizer: Tokenizer) -> None:
        alone = tiny_tokenizer.encode("Bahnhof")
        assert tiny_tokenizer.encode("der Bahnhof")[-len(alone) :] == alone

    def test_a_digit_is_a_piece(self) -> None:
        tokenizer = train_tokenizer(["1999 1999 1999 1999"], vocabulary_size=264, languages=["de"])
        assert tokenizer.pieces(tokenizer.encode("1999")) == ["▁", "1", "9", "9", "9"]

    @pytest.mark.parametrize("text", ["\ud800", "secret \udfff", "\udc00\ud800"])
    def test_a_lone_surrogate_is_rejected_without_quoting_the_text(
        self, tiny_tokenizer: Tokenizer, text: str
    ) -> None:
        with pytest.raises(ValueError, match="lone surrogate at character") as caught:
            tiny_tokenizer.encode(text)
        assert "secret" not in str(caught.value)

    def test_a_batch_is_its_texts(self, tiny_tokenizer: Tokenizer) -> None:
        assert tiny_tokenizer.encode_batch(TINY_TEXT) == [tiny_tokenizer.encode(text) for text in TINY_TEXT]


class TestDecoding:
    def test_control_symbols_are_skipped(self, tiny_tokenizer: Tokenizer) -> None:
        ids = tiny_tokenizer.encode("Das Haus")
        around = [BOS, tiny_tokenizer.tag("de"), *ids[:1], UNK, *ids[1:], EOS, PAD, PAD]
        assert tiny_tokenizer.decode(around) == "Das Haus"

    def test_half_a_character_is_shown_as_one_replacement(self, tiny_tokenizer: Tokenizer) -> None:
        ids = tiny_tokenizer.encode("a語")
        assert tiny_tokenizer.decode(ids[:-1]) == "a\ufffd"

    def test_an_id_outside_the_vocabulary_is_an_error(self, tiny_tokenizer: Tokenizer) -> None:
        with pytest.raises(IndexError):
            tiny_tokenizer.decode([tiny_tokenizer.vocabulary_size])


class TestNBest:
    @pytest.mark.parametrize("text", ["Der Park", "green train", "in in\u2581in", "日 Haus"])
    def test_it_is_what_trying_every_segmentation_finds(self, tiny_tokenizer: Tokenizer, text: str) -> None:
        expected = sorted(all_log_probs(tiny_tokenizer, " " + text), reverse=True)[:8]
        found = tiny_tokenizer.encode_nbest(text, 8)
        assert [log_prob for _, log_prob in found] == pytest.approx(expected, abs=1e-4)

    @pytest.mark.parametrize("text", ["Der Zug", "日本 train", "é\n1"])
    def test_scores_are_those_of_sentencepiece(self, tiny_tokenizer: Tokenizer, text: str) -> None:
        pytest.importorskip("google.protobuf")
        processor = SentencePieceProcessor(model_proto=tiny_tokenizer.serialized)
        theirs = processor.NBestEncode(" " + text, nbest_size=4, return_type="proto").nbests
        ours = tiny_tokenizer.encode_nbest(text, 4)
        assert [score for _, score in ours] == pytest.approx([item.score for item in theirs], abs=1e-3)

    @given(text=st.text(alphabet="abDerHaus \u2581", max_size=20))
    def test_the_first_is_as_probable_as_the_encoding(self, tiny_tokenizer: Tokenizer, text: str) -> None:
        ids = tiny_tokenizer.encode(text)
        found = {tuple(ids): score for ids, score in tiny_tokenizer.encode_nbest(text, 8)}
        assert found[tuple(ids)] == pytest.approx(max(found.values()), abs=1e-4)


class TestTags:
    def test_each_language_has_one(self, tiny_tokenizer: Tokenizer) -> None:
        assert tiny_tokenizer.languages == ("de", "en")
        assert tiny_tokenizer.pieces([tiny_tokenizer.tag("de"), tiny_tokenizer.tag("en")]) == [
            "<2de>",
            "<2en>",
        ]

    def test_an_unknown_language_is_answered_with_the_known_ones(self, tiny_tokenizer: Tokenizer) -> None:
        with pytest.raises(DirectionError, match="'fr'; known: de, en"):
            tiny_tokenizer.tag("fr")

    def test_the_source_is_tag_pieces_and_end(self, tiny_tokenizer: Tokenizer) -> None:
        ids = tiny_tokenizer.source_ids("Wo?", "en")
        assert ids == [tiny_tokenizer.tag("en"), *tiny_tokenizer.encode("Wo?"), EOS]


class TestLoading:
    def test_a_saved_model_encodes_as_before(self, tiny_tokenizer: Tokenizer, tmp_path: Path) -> None:
        path = tmp_path / "tokenizer.model"
        path.write_bytes(tiny_tokenizer.serialized)
        loaded = Tokenizer.load(path)
        assert loaded.serialized == tiny_tokenizer.serialized
        assert loaded.languages == tiny_tokenizer.languages
        assert loaded.encode_nbest(TINY_TEXT[0], 4) == tiny_tokenizer.encode_nbest(TINY_TEXT[0], 4)

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(CheckpointError, match=r"nowhere\.model: cannot be read"):
            Tokenizer.load(tmp_path / "nowhere.model")

    @pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
    def test_a_truncated_file_is_named(self, tiny_tokenizer: Tokenizer, tmp_path: Path, share: float) -> None:
        path = tmp_path / "tokenizer.model"
        path.write_bytes(tiny_tokenizer.serialized[: int(share * len(tiny_tokenizer.serialized))])
        with pytest.raises(CheckpointError, match=r"tokenizer\.model: not a SentencePiece model"):
            Tokenizer.load(path)

    @settings(max_examples=200)
    @given(data=st.data())
    def test_a_changed_byte_is_refused_or_harmless(
        self, tiny_tokenizer: Tokenizer, data: st.DataObject
    ) -> None:
        content = bytearray(tiny_tokenizer.serialized)
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        try:
            changed = Tokenizer(bytes(content))
        except CheckpointError:
            return
        changed.encode(TINY_TEXT[0])

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"normalization_rule_name": "nmt_nfkc_cf"}, "does not give text back"),
            ({"add_dummy_prefix": True}, "does not give text back"),
            ({"remove_extra_whitespaces": True}, "does not give text back"),
            ({"byte_fallback": False}, "does not have each byte"),
            ({"pad_id": 3, "unk_id": 0}, "have the ids"),
        ],
    )
    def test_a_model_that_loses_text_is_refused(self, change: dict[str, Any], reason: str) -> None:
        faithful: dict[str, Any] = {
            "normalization_rule_name": "identity",
            "add_dummy_prefix": False,
            "remove_extra_whitespaces": False,
            "byte_fallback": True,
            "pad_id": PAD,
            "bos_id": BOS,
            "eos_id": EOS,
            "unk_id": UNK,
        }
        assert Tokenizer(foreign_model(faithful)).languages == ()
        with pytest.raises(CheckpointError, match=reason):
            Tokenizer(foreign_model(faithful | change))


class TestTraining:
    def test_it_is_silent_and_repeatable(self, capfd: pytest.CaptureFixture[str]) -> None:
        models = [train_tokenizer(TINY_TEXT, vocabulary_size=300, languages=["de", "en"]) for _ in range(2)]
        assert models[0].serialized == models[1].serialized
        assert models[0].vocabulary_size == 300
        assert capfd.readouterr() == ("", "")

    @pytest.mark.parametrize(
        ("text", "size", "message"),
        [
            (TINY_TEXT, 5000, r"vocabulary size 5000 is too large for this text; use at most \d+$"),
            (TINY_TEXT, 262, "vocabulary size 262 is too small"),
            ([], 300, "there is no text"),
            (["", ""], 300, "there is no text"),
        ],
    )
    def test_an_impossible_vocabulary_is_explained(
        self, text: list[str], size: int, message: str, capfd: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(CorpusError, match=message):
            train_tokenizer(text, vocabulary_size=size, languages=["de", "en"])
        assert capfd.readouterr() == ("", "")

    @pytest.mark.parametrize("code", ["", "DE", "d e", "<2de>", "zh-Hant"])
    def test_a_strange_language_code_is_refused(self, code: str) -> None:
        with pytest.raises(ValueError, match="lower-case letters"):
            train_tokenizer(TINY_TEXT, vocabulary_size=300, languages=[code])

    def test_a_lone_surrogate_is_refused(self) -> None:
        with pytest.raises(ValueError, match="lone surrogate at character 1"):
            train_tokenizer([*TINY_TEXT, "a\ud800"], vocabulary_size=300, languages=["de"])


def all_log_probs(tokenizer: Tokenizer, text: str) -> list[float]:
    """The log-probability of every way to write ``text`` in pieces, by trying them all.

    A character that no piece has scores 10 below the least probable piece; U+2581 scores nothing, since it
    is always spelt in bytes.
    """
    processor = SentencePieceProcessor(model_proto=tokenizer.serialized)
    pieces = {
        processor.IdToPiece(i).replace("\u2581", " "): processor.GetScore(i)
        for i in range(len(processor))
        if not (processor.IsControl(i) or processor.IsByte(i) or processor.IsUnknown(i))
    }
    letters = set("".join(pieces))
    unknown = min(pieces.values()) - 10

    def spell(rest: str) -> list[float]:
        if not rest:
            return [0.0]
        if rest[0] == "\u2581":
            return spell(rest[1:])
        if rest[0] not in letters:
            return [unknown + more for more in spell(rest[1:])]
        ends = range(1, len(rest) + 1)
        return list(
            itertools.chain.from_iterable(
                [pieces[rest[:end]] + more for more in spell(rest[end:])]
                for end in ends
                if rest[:end] in pieces
            )
        )

    return spell(text)


def foreign_model(options: dict[str, Any]) -> bytes:
    """A model that SentencePiece trained, not ``train_tokenizer``."""
    model = io.BytesIO()
    SentencePieceTrainer.Train(
        sentence_iterator=iter(TINY_TEXT),
        model_writer=model,
        vocab_size=300,
        hard_vocab_limit=False,
        minloglevel=2,
        **options,
    )
    return model.getvalue()
