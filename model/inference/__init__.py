"""Networks made for decoding: packed once from a trained one, and read only.

``decoding_network`` gives what translates: a ``PackedSeq2Seq`` in int8, or the trained network itself. Both
are a ``model.interface.Seq2Seq``, so that nothing else has to know.

The kernels are C++ (``native/``), compiled when the package is installed, where there is a compiler. Without
them, or on a processor without AVX-512 VNNI instructions, the trained network decodes, in float32: the same
translations but for rounding, several times slower.
"""

from model.inference.choice import DecodingPrecision, decoding_network, precision_of, trained_dtype

__all__ = ["DecodingPrecision", "decoding_network", "precision_of", "trained_dtype"]
