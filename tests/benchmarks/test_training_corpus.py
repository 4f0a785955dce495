"""The text that trainers are compared on."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.texts import read_sentences
from benchmarks.training_corpus import PEER_SPECIALS, made_pairs, prepare_pairs, read_pairs, write_peer_files


def test_made_pairs_are_different_repeatable_and_as_long_as_the_sentences_they_are_made_of() -> None:
    pairs = made_pairs(300, seed=1)
    assert made_pairs(300, seed=1) == pairs
    assert made_pairs(300, seed=2) != pairs
    assert len(set(pairs)) == 300
    lengths = {
        (len(source.split()), len(target.split()))
        for source, target in zip(read_sentences(None, "de"), read_sentences(None, "en"), strict=True)
    }
    assert {(len(source.split()), len(target.split())) for source, target in pairs} <= lengths


def test_made_pairs_have_more_words_than_the_sentences_they_are_made_of() -> None:
    words = {word for source, _ in made_pairs(500, seed=1) for word in source.split()}
    built_in = {word for sentence in read_sentences(None, "de") for word in sentence.split()}
    assert len(words) > 3 * len(built_in)


def test_files_give_their_pairs_in_order_without_blank_ones(tmp_path: Path) -> None:
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_text("eins\n\nzwei\ndrei\nvier\n", encoding="utf-8")
    target.write_text("one\nblank\ntwo\n \nfour\n", encoding="utf-8")
    assert read_pairs(source, target, 9) == [("eins", "one"), ("zwei", "two"), ("vier", "four")]
    assert read_pairs(source, target, 1) == [("eins", "one")]


def test_files_that_are_not_aligned_or_not_there_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1\n2\n", encoding="utf-8")
    (tmp_path / "b").write_text("1\n2\n3\n", encoding="utf-8")
    (tmp_path / "c").write_bytes(b"\xff\n\n")
    for name, reason in (("b", "must translate line n"), ("missing", "cannot be read"), ("c", "not UTF-8")):
        with pytest.raises(BenchmarkError, match=reason):
            read_pairs(tmp_path / "a", tmp_path / name, 9)


def test_two_pairs_are_too_few(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match="2 sentence pairs are too few; at least 3"):
        prepare_pairs([("a", "b"), ("c", "d")], tmp_path, 300)


def test_a_peer_reads_the_sentences_of_the_prepared_corpus_with_a_vocabulary_of_the_same_size(
    tmp_path: Path,
) -> None:
    pairs = made_pairs(60, seed=3)
    corpus = prepare_pairs(pairs, tmp_path, 500)
    tokenizer = corpus.tokenizer
    files = write_peer_files(corpus, tmp_path / "ids")
    known = files.vocabulary.read_text(encoding="utf-8").split()
    assert len(known) + PEER_SPECIALS == tokenizer.vocabulary_size == 500
    sources = [line.split() for line in files.source.read_text(encoding="utf-8").splitlines()]
    targets = [line.split() for line in files.target.read_text(encoding="utf-8").splitlines()]
    tag = str(tokenizer.tag("en"))
    assert all(first == tag and last == "</s>" for first, *_, last in sources)
    seen = {token for ids in targets for token in ids} | {token for ids in sources for token in ids[:-1]}
    assert seen <= set(known)
    decoded = [
        (tokenizer.decode(map(int, source[1:-1])), tokenizer.decode(map(int, target)))
        for source, target in zip(sources, targets, strict=True)
    ]
    assert set(decoded) == set(pairs[:-2])
    assert len(decoded) == 58
