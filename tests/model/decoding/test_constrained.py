"""Terms that a translation must hold, against slow references: all translations, and a plain search."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from model.config import DecodingOptions
from model.decoding import Job, RunningBatch, Term, Translation, decode_stream
from model.tokenizer import EOS, UNK
from tests.model.decoding.network import TinyNetwork
from tests.model.decoding.reference import Demand, Ended, Walker, constrained_search, every_ending
from tests.model.decoding.samples import beam_options, mixed_jobs, some_terms, sources

SIZE = 9
WORDS = range(UNK + 1, SIZE)


def anywhere(source: tuple[int, ...], *terms: tuple[int, ...]) -> tuple[Term, ...]:
    return tuple(Term(tokens, 0, len(source)) for tokens in terms)


def constrained_jobs(count: int, *, seed: int, size: int = SIZE) -> list[Job]:
    dice = random.Random(seed)
    return [
        Job(index, source, beam_options(dice), terms=some_terms(dice, source, range(UNK + 1, size)))
        for index, source in enumerate(sources(count, size, seed=seed))
    ]


def capped(job: Job) -> Job:
    """At most ten tokens: the reference looks at the whole vocabulary for each."""
    limit = min(10, job.max_length)
    return replace(job, options=job.options.model_copy(update={"max_length": limit}))


def translate(
    network: TinyNetwork, jobs: list[Job], boundaries: frozenset[int] | None = None
) -> list[Translation]:
    batch = RunningBatch(network, boundaries=boundaries)
    batch.join(jobs)
    done: dict[int, Translation] = {}
    while batch.rows:
        done |= {each.id: each.translation for each in batch.step()}
    return [done[job.id] for job in jobs]


def holds(tokens: tuple[int, ...], term: tuple[int, ...]) -> bool:
    return any(tokens[at : at + len(term)] == term for at in range(len(tokens)))


def assert_same(translation: Translation, expected: list[Ended]) -> None:
    assert [each.tokens for each in translation.hypotheses] == [each.tokens for each in expected]
    for found, wanted in zip(translation.hypotheses, expected, strict=True):
        assert found.score == pytest.approx(wanted.score, abs=1e-4)


@pytest.mark.parametrize("terms", [((4,),), ((5, 4),), ((4, 4, 5),), ((4,), (5, 5)), ((4, 5), (5, 4))])
@pytest.mark.parametrize("penalty", [0.0, 0.6])
def test_a_wide_beam_finds_every_translation_that_holds_the_terms_in_order(
    terms: tuple[tuple[int, ...], ...], penalty: float
) -> None:
    network = TinyNetwork(6, seed=3)
    options = DecodingOptions(beam_size=64, n_best=64, max_length=5, length_penalty=penalty)
    for source in sources(4, 6, seed=1):
        (translation,) = translate(network, [Job(0, source, options, terms=anywhere(source, *terms))])
        everything = every_ending(Walker(network, source, options))
        expected = [one for one in everything if all(holds(one.tokens, term) for term in terms)]
        assert 0 < len(expected) < len(everything)
        assert_same(translation, expected)


def test_a_wide_beam_finds_every_translation_that_holds_the_term_as_a_whole_word() -> None:
    """Token 5 goes on with a word: what it follows is not the term, and cannot be where that comes first."""
    network, boundary = TinyNetwork(7, seed=4), frozenset({4, 6})
    options = DecodingOptions(beam_size=64, n_best=64, max_length=3)
    job = Job(0, (4, 5, EOS), options, terms=(Term((4,), 1, 2),))
    (translation,) = translate(network, [job], boundary)
    everything = every_ending(Walker(network, (4, 5, EOS), options))

    def is_whole(tokens: tuple[int, ...]) -> bool:
        behind = tokens[tokens.index(4) + 1 :] if 4 in tokens else (5,)
        return not behind or behind[0] in boundary

    assert_same(translation, [one for one in everything if is_whole(one.tokens)])


@pytest.mark.parametrize("grain", [0.0, 0.5], ids=["distinct", "tied"])
@pytest.mark.parametrize("boundaries", [frozenset(WORDS), frozenset({4, 6, 7})], ids=["all", "some"])
def test_it_is_the_search_that_is_described(grain: float, boundaries: frozenset[int]) -> None:
    network = TinyNetwork(SIZE, seed=5, sharpness=1.0, eos_bias=0.5, grain=grain)
    jobs = [capped(job) for job in constrained_jobs(100, seed=1)]
    for job, translation in zip(jobs, translate(network, jobs, boundaries), strict=True):
        walker = Walker(network, job.source, job.options)
        assert_same(translation, constrained_search(walker, Demand(job.terms, boundaries)))


def test_ties_in_a_large_vocabulary_change_nothing() -> None:
    network = TinyNetwork(200, seed=2, sharpness=0.4, eos_bias=3.5, grain=1.0)
    boundaries = frozenset(range(60, 200))
    jobs = [capped(job) for job in constrained_jobs(25, seed=4, size=200)]
    for job, translation in zip(jobs, translate(network, jobs, boundaries), strict=True):
        walker = Walker(network, job.source, job.options)
        assert_same(translation, constrained_search(walker, Demand(job.terms, boundaries)))


@pytest.mark.parametrize("beam_size", [1, 2, 5])
def test_every_term_appears_where_there_is_room_for_it(beam_size: int) -> None:
    """However much the network dislikes the terms."""
    network = TinyNetwork(40, seed=6, eos_bias=2.0)
    network.bias[30:] = -30.0
    dice = random.Random(3)
    jobs = [
        Job(
            index, source, DecodingOptions(beam_size=beam_size), terms=some_terms(dice, source, range(30, 40))
        )
        for index, source in enumerate(sources(200, 40, seed=6))
    ]
    for job, translation in zip(jobs, translate(network, jobs), strict=True):
        assert all(holds(translation.best.tokens, term.tokens) for term in job.terms)


def test_without_room_for_a_term_there_is_a_translation_without_it() -> None:
    options = DecodingOptions(beam_size=3, max_length=2)
    job = Job(0, (4, EOS), options, terms=anywhere((4, EOS), (4, 5, 6)))
    (translation,) = translate(TinyNetwork(SIZE), [job])
    assert translation.best.truncated
    assert not holds(translation.best.tokens, (4, 5, 6))


def test_rows_with_and_without_terms_do_not_notice_one_another() -> None:
    network = TinyNetwork(SIZE, seed=7)
    plain = mixed_jobs(60, SIZE, seed=7)
    bound = [replace(job, id=100 + job.id, attention=job.id % 2 == 0) for job in constrained_jobs(60, seed=8)]
    jobs = [*plain, *bound]
    random.Random(1).shuffle(jobs)
    alone = {job.id: translate(network, [job])[0] for job in jobs}
    for done in decode_stream(network, jobs, max_rows=16):
        expected = alone[done.id]
        assert [one.tokens for one in done.translation.hypotheses] == [
            one.tokens for one in expected.hypotheses
        ]
        assert done.translation.steps == expected.steps


@pytest.mark.parametrize(
    ("term", "options", "reason"),
    [
        (Term((), 0, 1), DecodingOptions(), "must not be empty"),
        (Term((SIZE,), 0, 1), DecodingOptions(), "of the vocabulary"),
        (Term((4, EOS), 0, 1), DecodingOptions(), "what may be produced"),
        (Term((UNK,), 0, 1), DecodingOptions(), "what may be produced"),
        (Term((4,), 1, 1), DecodingOptions(), "tokens of the source"),
        (Term((4,), 0, 3), DecodingOptions(), "tokens of the source"),
        (Term((4,), 0, 1), DecodingOptions(strategy="sample"), "need the strategy beam"),
    ],
)
def test_a_term_that_cannot_be_held_is_refused(term: Term, options: DecodingOptions, reason: str) -> None:
    batch = RunningBatch(TinyNetwork(SIZE))
    with pytest.raises(ValueError, match=reason):
        batch.join([Job(7, (4, EOS), options, terms=(term,))])
    assert batch.rows == 0
