"""OpenNMT-py: an LSTM of random weights, in float32, batches handed to its translator as tensors."""

from __future__ import annotations

import importlib.metadata

import onmt.opts
import torch
from onmt.model_builder import build_base_model
from onmt.translate import GNMTGlobalScorer
from onmt.translate.translator import Translator
from onmt.utils.parse import ArgumentParser
from pyonmttok import build_vocab_from_tokens

from benchmarks.workers.protocol import Workload, serve

_SPECIAL = ["<unk>", "<blank>", "<s>", "</s>"]


def main() -> None:
    """Serve until the input ends."""
    workload = Workload.from_arguments()
    torch.set_num_threads(1)
    tokens = [*_SPECIAL, *(f"w{number}" for number in range(len(_SPECIAL), workload.vocabulary))]
    vocabulary = build_vocab_from_tokens(tokens)
    vocabularies = {
        "src": vocabulary,
        "tgt": vocabulary,
        "data_task": "seq2seq",
        "decoder_start_token": "<s>",
    }
    model = build_base_model(_options(workload), vocabularies).eval()
    sources = torch.tensor(workload.sources())[:, :, None]

    def translate(batch: int, beam: int) -> None:
        translator = Translator(
            model,
            vocabularies,
            min_length=workload.length,
            max_length=workload.length,
            max_length_ratio=0.0,
            beam_size=beam,
            global_scorer=GNMTGlobalScorer(0.0, 0.0, "avg", "none"),
        )
        for part in sources.split(batch):
            lengths = torch.full((len(part),), workload.length)
            translator.translate_batch({"src": part, "srclen": lengths}, attn_debug=False)

    parameters = sum(weight.numel() for weight in model.parameters())
    serve(importlib.metadata.version("OpenNMT-py"), parameters, translate)


def _options(workload: Workload) -> object:
    parser = ArgumentParser()
    onmt.opts.train_opts(parser)
    layers, width = workload.number("layers"), workload.number("width")
    words = (
        f"--data none --src_vocab none --encoder_type brnn --decoder_type rnn --rnn_type LSTM"
        f" --enc_layers {layers} --dec_layers {layers} --hidden_size {width} --word_vec_size {width}"
        f" --global_attention general --input_feed {workload.number('input_feed')} --share_vocab"
        " --share_embeddings --share_decoder_embeddings"
    )
    options, _ = parser.parse_known_args(words.split())
    ArgumentParser.update_model_opts(options)
    ArgumentParser.validate_model_opts(options)
    return options


if __name__ == "__main__":
    main()
