"""How fast it is: decoding alone, and the service under load.

``python -m benchmarks.decode`` times the decoder, ``python -m benchmarks.load`` a running service, and
``python -m benchmarks.run`` both, with a record of the machine. ``README.md`` says what is measured and why.
"""
