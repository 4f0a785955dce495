from __future__ import annotations

from pathlib import Path

import pytest
import torch

from model.build import build_model
from model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from model.config import DecodingOptions
from model.decoding import align
from model.errors import ConfigError
from model.evaluation import translate_texts
from model.plotting.matrix import TranslationAttention, translation_attention
from model.tokenizer import EOS, Tokenizer
from tests.model.architectures import config_of

OPTIONS = DecodingOptions(beam_size=2, max_length=8)


@pytest.fixture(scope="module")
def checkpoint(tiny_checkpoint: Path) -> Checkpoint:
    return load_checkpoint(tiny_checkpoint)


def attention_between(tokenizer: Tokenizer, source: str, target: str) -> TranslationAttention:
    """Random rows that sum to one."""
    source_ids = tokenizer.source_ids(source, "en")
    target_ids = (*tokenizer.encode(target), EOS)
    weights = torch.rand(len(target_ids), len(source_ids), generator=torch.Generator().manual_seed(2))
    return TranslationAttention(
        tokenizer, tuple(source_ids), target_ids, weights / weights.sum(1, keepdim=True)
    )


def test_pieces_are_those_of_the_text_and_of_its_translation(checkpoint: Checkpoint) -> None:
    text, tokenizer = "Das alte Haus ist grün.", checkpoint.tokenizer
    found = translation_attention(checkpoint, f" {text} ", "en", OPTIONS)
    [translation] = translate_texts(checkpoint.model, tokenizer, [text], "en", OPTIONS)
    assert found.source == tuple(tokenizer.source_ids(text, "en"))
    assert tokenizer.decode(found.target).strip() == translation
    [wanted] = align(checkpoint.model, [found.source], [found.target[:-1]])
    matrix = found.by_piece()
    assert torch.equal(matrix.weights, wanted)
    assert (len(matrix.target), len(matrix.source)) == matrix.weights.shape
    assert (matrix.source[0], matrix.source[-1], matrix.target[-1]) == ("<2en>", "</s>", "</s>")


def test_the_network_says_a_given_translation(checkpoint: Checkpoint) -> None:
    found = translation_attention(checkpoint, "Wo?", "en", OPTIONS, translation="Two dogs.")
    assert checkpoint.tokenizer.decode(found.target) == "Two dogs."
    assert found.by_word().target == ("Two", "dogs.", "</s>")


@pytest.mark.parametrize("target", ["The old house is green.", "x", "", "  "])
def test_words_add_up_columns_and_average_rows(tiny_tokenizer: Tokenizer, target: str) -> None:
    attention = attention_between(tiny_tokenizer, "Zwei Hunde laufen, ÄÖ.", target)
    pieces, words = attention.by_piece(), attention.by_word()
    assert words.source == ("<2en>", "Zwei", "Hunde", "laufen,", "ÄÖ.", "</s>")
    assert words.weights.sum(1).tolist() == pytest.approx([1.0] * len(words.target), abs=1e-5)

    def members(count: int, labels: tuple[str, ...], ids: tuple[int, ...]) -> list[int]:
        """The word of each token, by spelling out the text so far; control symbols are their own."""
        found = []
        for end in range(1, count + 1):
            spelt = tiny_tokenizer.decode(ids[:end]).split()
            found.append(max(len(spelt) - 1, 0))
        return found

    columns = [-1, *members(len(pieces.source) - 2, words.source, attention.source[1:-1]), -2]
    rows = [*members(len(pieces.target) - 1, words.target, attention.target[:-1]), -2]
    for j in range(len(words.target)):
        tokens = [t for t, word in enumerate(rows) if word == (j if j < len(words.target) - 1 else -2)]
        for i in range(1, len(words.source) - 1):
            total = sum(
                float(pieces.weights[t, s]) for t in tokens for s, word in enumerate(columns) if word == i - 1
            )
            assert float(words.weights[j, i]) == pytest.approx(total / len(tokens), abs=1e-6)


@pytest.mark.parametrize(
    ("text", "limit", "reason"),
    [("   ", 128, "the text is blank"), ("Das alte Haus", 5, "at most 5 can be drawn")],
)
def test_text_that_cannot_be_drawn(checkpoint: Checkpoint, text: str, limit: int, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason) as caught:
        translation_attention(checkpoint, text, "en", OPTIONS, max_source_tokens=limit)
    assert "Haus" not in str(caught.value)


def test_a_network_without_attention_has_nothing_to_draw(tiny_tokenizer: Tokenizer, tmp_path: Path) -> None:
    config = config_of("lstm-none", vocabulary_size=tiny_tokenizer.vocabulary_size)
    save_checkpoint(
        tmp_path / "plain",
        model=build_model(config),
        config=config,
        tokenizer=tiny_tokenizer,
        directions=(("de", "en"),),
        name="plain",
        dtype=torch.float32,
    )
    with pytest.raises(ConfigError, match="plain is a network without attention"):
        translation_attention(load_checkpoint(tmp_path / "plain"), "Wo?", "en", OPTIONS)
