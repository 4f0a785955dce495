"""Identical work is decoded once: shared while it is in flight, remembered when it is finished."""
