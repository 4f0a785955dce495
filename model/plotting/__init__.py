"""Pictures: the attention of a translation, and the curves of training runs. Needs matplotlib."""
