"""The work of ``python -m model prune``."""

from __future__ import annotations

import argparse

from model.checkpoint import WEIGHTS_FILE, load_checkpoint, save_pruned
from model.pruning import zero_share


def run_prune(args: argparse.Namespace) -> int:
    """Write the pruned checkpoint; print what became of each matrix, and of the file's size.

    Raises:
        CheckpointError: the checkpoint is damaged, or the output holds something else.
    """
    save_pruned(args.checkpoint, args.share, args.output)
    pruned = load_checkpoint(args.output)
    for name, tensor in pruned.model.state_dict().items():
        if tensor.dim() > 1:
            print(f"{zero_share([tensor]):>6.1%} zero  {name}  {list(tensor.shape)}")
    before, after = ((folder / WEIGHTS_FILE).stat().st_size for folder in (args.checkpoint, args.output))
    total = zero_share(pruned.model.state_dict().values())
    print(f"{total:>6.1%} zero  in all; {before / 1e6:.1f} MB before, {after / 1e6:.1f} MB now")
    print(f"{args.output}: {pruned.digest}")
    return 0
