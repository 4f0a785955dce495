"""Decoding in slots."""
