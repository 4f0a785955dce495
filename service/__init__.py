"""The HTTP service: one process a replica. Imports ``model``, never its training code."""
