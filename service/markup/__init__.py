"""HTML and XML around the translation of their text: pure functions, no patterns over markup.

A document is read by a parser into tokens that partition it (``html``, ``xml``), grouped into blocks of
running text (``blocks``, ``block``), and written back around the translations (``writing``, ``document``).
What is not part of a block that changes is copied, code point for code point.
"""
