"""Search over the ``Seq2Seq`` interface: beam, greedy and sampling in one loop over a running batch."""
