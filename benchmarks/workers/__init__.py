"""Programs that translate made-up sentences when they are told to, each in an environment of its own.

They import nothing of ours but ``protocol``, which needs the standard library alone.
"""
