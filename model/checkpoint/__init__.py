"""A checkpoint: all that is needed to translate, in one folder that is safe to load.

::

    manifest.json        format_version; sha256 and size of each file below
    config.json          name, network, directions, decoding defaults, calibration, how it was trained
    weights.safetensors  the network's tensors, bfloat16 or float32; of a pruned network without the zeros
    tokenizer.model      the SentencePiece model
    README.md            the model card: optional, for people, not hashed

The checkpoint's *digest* is the sha256 of ``manifest.json``: through it, the digest covers every byte
that can change a translation, and the same network saved twice has the same digest. The card is left
out so that it can quote the digest, and be corrected without making another checkpoint.

Nothing is unpickled. What is read is checked before it is used: sizes and hashes first, then the JSON
against its schema, then tensor names and shapes against the network that the configuration describes,
then that every weight is finite. Whatever fails is a ``CheckpointError`` that names the file and the
reason.
"""

from model.checkpoint.document import CheckpointConfig, read_config
from model.checkpoint.load import Checkpoint, load_checkpoint
from model.checkpoint.manifest import (
    CARD_FILE,
    CONFIG_FILE,
    FORMAT_VERSION,
    MANIFEST_FILE,
    TOKENIZER_FILE,
    WEIGHTS_FILE,
    FileEntry,
    Manifest,
    read_manifest,
)
from model.checkpoint.save import (
    save_checkpoint,
    save_pruned,
    set_calibration,
    set_decoding_defaults,
    set_shortlists,
)

__all__ = [
    "CARD_FILE",
    "CONFIG_FILE",
    "FORMAT_VERSION",
    "MANIFEST_FILE",
    "TOKENIZER_FILE",
    "WEIGHTS_FILE",
    "Checkpoint",
    "CheckpointConfig",
    "FileEntry",
    "Manifest",
    "load_checkpoint",
    "read_config",
    "read_manifest",
    "save_checkpoint",
    "save_pruned",
    "set_calibration",
    "set_decoding_defaults",
    "set_shortlists",
]
