"""A trained recurrent network, packed once, for decoding on a CPU with AVX-512 VNNI instructions."""

from __future__ import annotations

import ctypes
from collections.abc import Collection, Iterator, Mapping, Sequence
from ctypes import byref, c_int32, c_int64, c_void_p

import torch
from torch import Tensor

from model.inference.library import EncodeTask, ScoreTask, address, load_library
from model.inference.search import PackedSearcher
from model.inference.state import PackedMemory, PackedState, Sentence
from model.inference.structure import PackedWeights
from model.inference.words import SoftmaxPart, Words
from model.interface import Forced, Step
from model.recurrent import RecurrentSeq2Seq

ENCODED_POSITIONS = 1024
"""Of one call of the encoder's kernel, which keeps its scratch for the next: some 8 kB a position."""


class PackedSeq2Seq:
    """Implements ``model.interface.SearchingSeq2Seq``: int8 weights and activations, float32 everything else.

    Every row of every matrix product is made int8 by its own largest magnitude, and integer sums are exact: a
    sentence's numbers are the same, to the last bit, whatever else is in the batch.

    Args:
        network: trained, on the CPU; not kept.
        shortlists: the tokens that a target language uses, by its tag, which is a source's first token. A
            sentence into a language that is not there chooses from the whole vocabulary.

    Raises:
        KernelError: the kernels are not there, or do not know networks of this shape.
    """

    def __init__(
        self, network: RecurrentSeq2Seq, shortlists: Mapping[int, Collection[int]] | None = None
    ) -> None:
        self._library = load_library()
        self._weights = PackedWeights(network)
        self._config = network.config
        softmax = network.embedding.weight, network.output_bias
        self._parts = {tag: SoftmaxPart.of(*softmax, tokens) for tag, tokens in (shortlists or {}).items()}
        self._everything = self.words(())

    @property
    def vocabulary_size(self) -> int:
        """Entries of the joint vocabulary."""
        return self._config.vocabulary_size

    @property
    def device(self) -> torch.device:
        """Where arguments must be."""
        return torch.device("cpu")

    def encode(self, source: Tensor, mask: Tensor) -> PackedMemory:
        """See ``Seq2Seq.encode``."""
        lengths = mask.sum(1).tolist()
        return self.read([ids[:length] for ids, length in zip(source.tolist(), lengths, strict=True)])

    def read(self, sources: Sequence[Sequence[int]]) -> PackedMemory:
        """The memory of sentences given by their ids, none of them empty."""
        hidden, layers = self._config.hidden_size, self._config.decoder_layers
        sentences = tuple(
            Sentence(ids[0], torch.empty(2, len(ids), hidden), torch.empty(layers, hidden)) for ids in sources
        )
        for rows in groups([len(ids) for ids in sources], ENCODED_POSITIONS):
            self._encode(sources[rows], sentences[rows])
        return PackedMemory(sentences)

    def _encode(self, sources: Sequence[Sequence[int]], sentences: Sequence[Sentence]) -> None:
        """Call the kernel for some rows, whose results it writes into ``sentences``."""
        count = len(sentences)
        pointers, kept = c_void_p * count, [(c_int64 * len(ids))(*ids) for ids in sources]
        task = EncodeTask(
            rows=count,
            lengths=(c_int32 * count)(*[each.length for each in sentences]),
            ids=pointers(*[ctypes.addressof(ids) for ids in kept]),
            memory=pointers(*[address(each.keys_values) for each in sentences]),
            start=pointers(*[address(each.start) for each in sentences]),
            threads=torch.get_num_threads(),
        )
        self._library.dragoman_encode(byref(self._weights.structure), byref(task))

    def init_state(self, memory: PackedMemory, beam: int) -> PackedState:
        """See ``Seq2Seq.init_state``."""
        start = torch.stack([sentence.start for sentence in memory.sentences])
        batch, layers, hidden = start.shape
        slots = torch.zeros(batch, beam, layers, 2, hidden)
        slots[:, :, :, 0] = start[:, None]
        return PackedState(slots)

    def step(self, tokens: Tensor, state: PackedState, memory: PackedMemory) -> Step[PackedState]:
        """See ``Seq2Seq.step``; what a shortlist leaves out has a log-probability of -inf."""
        batch, beam = tokens.shape
        tokens, slots = tokens.contiguous(), state.slots
        parents = torch.arange(beam).repeat(batch, 1) if state.parents is None else state.parents.contiguous()
        log_probs = torch.empty(batch, beam, self.vocabulary_size)
        after = torch.empty(batch, beam, *slots.shape[2:])
        attention = torch.zeros(batch, beam, memory.longest)
        task = ScoreTask(
            rows=batch,
            beam=beam,
            tokens=address(tokens),
            before=address(slots),
            parents=address(parents),
            old_beam=slots.shape[1],
            after=address(after),
            lengths=memory.lengths,
            memory=memory.blocks,
            shortlists=self._everything.shortlists(memory.targets),
            columns=self._everything.columns,
            attention=address(attention),
            source=attention.shape[2],
            log_probs=address(log_probs),
        )
        self._library.dragoman_score(byref(self._weights.structure), byref(task))
        return Step(log_probs, PackedState(after), attention)

    def force(self, source: Tensor, mask: Tensor, target_in: Tensor) -> Forced:
        """See ``Seq2Seq.force``: step by step, so that the numbers are those of decoding."""
        memory = self.encode(source, mask)
        state = self.init_state(memory, 1)
        log_probs, attention = [], []
        for tokens in target_in.split(1, 1):
            step = self.step(tokens, state, memory)
            state = step.state
            log_probs.append(step.log_probs)
            attention.append(step.attention)
        return Forced(torch.cat(log_probs, 1), torch.cat(attention, 1))

    def searcher(
        self, forbidden: Collection[int], boundaries: Collection[int] | None = None
    ) -> PackedSearcher:
        """See ``SearchingSeq2Seq.searcher``."""
        return PackedSearcher(self.read, self._weights, self.words(forbidden, boundaries))

    def words(self, forbidden: Collection[int], boundaries: Collection[int] | None = None) -> Words:
        """All tokens but ``forbidden`` and EOS, as the kernels want to know them."""
        return Words(self.vocabulary_size, self._parts, forbidden, boundaries)


def groups(lengths: Sequence[int], most: int) -> Iterator[slice]:
    """Neighbouring rows of at most ``most`` positions together; a longer row is alone.

    ``groups([3, 1, 2, 9], 4)`` -> rows 0 to 1, row 2, row 3
    """
    start = positions = 0
    for row, length in enumerate(lengths):
        if row > start and positions + length > most:
            yield slice(start, row)
            start, positions = row, 0
        positions += length
    yield slice(start, len(lengths))
