"""The work of ``python -m model narrow``."""

from __future__ import annotations

import argparse

from model.checkpoint import read_manifest, set_shortlists
from model.checkpoint.document import read_config
from model.checkpoint.load import read_tokenizer
from model.errors import CorpusError
from model.training.prepared import PreparedCorpus
from model.training.target_words import target_words


def run_narrow(args: argparse.Namespace) -> int:
    """Find the pieces of each target language, print how many, and store them if asked to.

    Raises:
        CheckpointError: the checkpoint is damaged.
        CorpusError: the corpus is, or was prepared with another vocabulary.
    """
    manifest = read_manifest(args.checkpoint)
    tokenizer, config = read_tokenizer(args.checkpoint, manifest), read_config(args.checkpoint, manifest)
    corpus = PreparedCorpus.load(args.data)
    if corpus.tokenizer.serialized != tokenizer.serialized:
        raise CorpusError(f"{args.data}: prepared with another vocabulary than that of {args.checkpoint}")
    targets = {target for _, target in config.directions}
    found = {language: ids for language, ids in target_words(corpus).items() if language in targets}
    for language, ids in found.items():
        size = tokenizer.vocabulary_size
        print(f"{language}: {len(ids):,} of {size:,} pieces ({len(ids) / size:.0%})")
    if args.write:
        set_shortlists(args.checkpoint, found)
        print(f"stored in {args.checkpoint}, now {read_manifest(args.checkpoint).digest}")
    return 0
