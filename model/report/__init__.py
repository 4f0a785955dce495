"""One page about a checkpoint: scores, intervals, examples, attention. Needs the training extra."""
