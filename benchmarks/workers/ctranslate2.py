"""CTranslate2: a Transformer of random weights, in int8."""

from __future__ import annotations

import math
import tempfile
from collections import Counter
from typing import Any

import ctranslate2
import numpy as np
from ctranslate2.specs import TransformerSpec

from benchmarks.workers.protocol import Workload, serve

_SPECIAL = ["<blank>", "<unk>", "<s>", "</s>"]


def main() -> None:
    """Serve until the input ends."""
    workload = Workload.from_arguments()
    tokens = [*_SPECIAL, *(f"w{number}" for number in range(len(_SPECIAL), workload.vocabulary))]
    with tempfile.TemporaryDirectory() as folder:
        parameters = _save(workload, tokens, folder)
        translator = ctranslate2.Translator(folder, compute_type="int8", inter_threads=1, intra_threads=1)
    sources = [[tokens[token] for token in source] for source in workload.sources()]

    def translate(batch: int, beam: int) -> None:
        translator.translate_batch(
            sources,
            max_batch_size=batch,
            beam_size=beam,
            min_decoding_length=workload.length,
            max_decoding_length=workload.length,
        )

    serve(ctranslate2.__version__, parameters, translate)


def _save(workload: Workload, tokens: list[str], folder: str) -> int:
    """Write a model to ``folder``; its parameters."""
    layers, width = workload.number("layers"), workload.number("width")
    spec = TransformerSpec.from_config(layers, num_heads=max(1, width // 64))
    dice = np.random.default_rng(1)

    sizes: Counter[str] = Counter()

    def weights(*shape: int) -> np.ndarray[Any, np.dtype[np.float32]]:
        sizes["weights"] += math.prod(shape)
        drawn: np.ndarray[Any, np.dtype[np.float32]] = dice.standard_normal(shape, dtype=np.float32)
        return drawn * np.float32(shape[-1] ** -0.5)

    def linear(layer: Any, outputs: int, inputs: int) -> None:
        layer.weight, layer.bias = weights(outputs, inputs), np.zeros(outputs, np.float32)

    def norm(layer: Any) -> None:
        layer.gamma, layer.beta = np.ones(width, np.float32), np.zeros(width, np.float32)

    def block(layer: Any) -> None:
        norm(layer.self_attention.layer_norm)
        linear(layer.self_attention.linear[0], 3 * width, width)
        linear(layer.self_attention.linear[1], width, width)
        norm(layer.ffn.layer_norm)
        linear(layer.ffn.linear_0, 4 * width, width)
        linear(layer.ffn.linear_1, width, 4 * width)

    embedding = weights(len(tokens), width)
    for side in (spec.encoder, spec.decoder):
        table = side.embeddings[0] if isinstance(side.embeddings, list) else side.embeddings
        table.weight = embedding
        side.position_encodings.encodings = weights(512, width)
        norm(side.layer_norm)
        for layer in side.layer:
            block(layer)
    for layer in spec.decoder.layer:
        norm(layer.attention.layer_norm)
        linear(layer.attention.linear[0], width, width)
        linear(layer.attention.linear[1], 2 * width, width)
        linear(layer.attention.linear[2], width, width)
    linear(spec.decoder.projection, len(tokens), width)
    spec.register_source_vocabulary(tokens)
    spec.register_target_vocabulary(tokens)
    spec.validate()
    spec.save(folder)
    return sizes.total() - embedding.size  # the softmax's matrix is the table again


if __name__ == "__main__":
    main()
