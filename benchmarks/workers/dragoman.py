"""This project: a checkpoint, decoded by the running batch."""

from __future__ import annotations

from pathlib import Path

import torch

from benchmarks.workers.protocol import Workload, serve
from model.checkpoint import load_checkpoint
from model.config import DecodingOptions
from model.decoding import CONTROL_IDS, decode
from model.inference import DecodingPrecision, decoding_network, precision_of, trained_dtype
from model.tokenizer import EOS


def main() -> None:
    """Serve until the input ends."""
    workload = Workload.from_arguments()
    torch.set_num_threads(1)
    precision: DecodingPrecision = "int8" if workload.options["precision"] == "int8" else "float32"
    checkpoint = load_checkpoint(Path(str(workload.options["checkpoint"])), dtype=trained_dtype(precision))
    tokenizer = checkpoint.tokenizer
    network = decoding_network(checkpoint.model, precision, checkpoint.shortlists)
    tag = tokenizer.tag(checkpoint.directions[0][1])
    sources = [[tag, *source, EOS] for source in workload.sources()]
    forbidden = CONTROL_IDS | {tokenizer.tag(language) for language in tokenizer.languages}

    def translate(batch: int, beam: int) -> None:
        options = DecodingOptions(
            beam_size=beam, min_length=workload.length, max_length=workload.length, early_stopping=False
        )
        decode(network, sources, options, forbidden=forbidden, max_rows=batch, max_padded_tokens=1 << 20)

    parameters = sum(weight.numel() for weight in checkpoint.model.parameters())
    serve(precision_of(network), parameters, translate)


if __name__ == "__main__":
    main()
