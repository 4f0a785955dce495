"""Every failure this package raises on purpose.

::

    ModelError
    ├── ConfigError        a configuration file or value that cannot be used
    ├── CheckpointError    a checkpoint folder that must not be loaded; names the file and the reason
    ├── CorpusError        training or evaluation text that cannot be used; names the file
    ├── DecodingError      the network's numbers for a sentence are unusable; names the jobs
    ├── DirectionError     a translation direction that the checkpoint does not have
    ├── KernelError        the compiled kernels cannot be used here, or not for this network
    └── TrainingError      training cannot go on (for example, the loss is no longer finite)

The command line prints the message and exits with status 2; the message therefore says which file,
field or limit is meant, and what would be accepted.
"""

from __future__ import annotations


class ModelError(Exception):
    """The root of the tree above."""


class ConfigError(ModelError):
    """A configuration file or value that cannot be used."""


class CheckpointError(ModelError):
    """A checkpoint folder that must not be loaded."""


class CorpusError(ModelError):
    """Training or evaluation text that cannot be used."""


class DecodingError(ModelError):
    """The network's numbers for a sentence are unusable."""


class DirectionError(ModelError):
    """A translation direction that the checkpoint does not have."""


class KernelError(ModelError):
    """The compiled kernels cannot be used here, or not for this network."""


class TrainingError(ModelError):
    """Training cannot go on."""
