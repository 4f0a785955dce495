"""``config.json``: what a checkpoint is, apart from its numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, JsonValue, model_validator

from model.calibration import Calibration
from model.checkpoint.manifest import CONFIG_FILE, Manifest
from model.checkpoint.strict_json import MAX_JSON_BYTES, parse_json
from model.config import DecodingOptions, Frozen, ModelConfig, parse
from model.errors import CheckpointError, ConfigError
from model.shortlist import unpack_ids

Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$", description="a code such as de")]
Direction = tuple[Language, Language]


class CheckpointConfig(Frozen):
    """The content of ``config.json``."""

    name: Annotated[
        str, Field(pattern=r"^[^\x00-\x1f/\\]{1,100}$", description="no slashes or control characters")
    ]
    model: ModelConfig
    directions: Annotated[tuple[Direction, ...], Field(min_length=1, description="(source, target) pairs")]
    decoding: DecodingOptions = Field(
        default=DecodingOptions(), description="used where a caller asks for nothing else"
    )
    calibration: Calibration | None = Field(
        default=None, description="what its probabilities are worth; none: not calibrated"
    )
    shortlists: dict[Language, str] = Field(
        default_factory=dict,
        description="the vocabulary entries that a target language uses, a bit for each, as base64",
    )
    training: dict[str, JsonValue] = Field(
        default_factory=dict,
        description="a free summary of how it was trained; nothing reads it to translate",
    )

    @model_validator(mode="after")
    def _check_directions(self) -> Self:
        if len(set(self.directions)) < len(self.directions):
            raise ValueError("directions: each must be listed once")
        for source, target in self.directions:
            if source == target:
                raise ValueError(f"directions: source and target are both {source!r}")
        return self

    @model_validator(mode="after")
    def _check_shortlists(self) -> Self:
        targets = {target for _, target in self.directions}
        for language, shortlist in self.shortlists.items():
            if language not in targets:
                raise ValueError(f"shortlists: {language!r} is no target language")
            unpack_ids(shortlist, self.model.vocabulary_size)
        return self

    @property
    def languages(self) -> tuple[str, ...]:
        """Every language that is a source or a target, sorted."""
        return tuple(sorted({language for direction in self.directions for language in direction}))

    def to_bytes(self) -> bytes:
        """The file's content; the same configuration always gives the same bytes."""
        document = self.model_dump(mode="json")
        if self.calibration is None:
            del document["calibration"]
        return (json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def read_config(directory: Path, manifest: Manifest) -> CheckpointConfig:
    """Read and validate ``config.json``, checked against ``manifest``.

    Raises:
        CheckpointError: it is missing, damaged, or not a checkpoint's configuration; names the key.
    """
    path = directory / CONFIG_FILE
    if manifest.files[CONFIG_FILE].bytes > MAX_JSON_BYTES:
        raise CheckpointError(f"{path}: larger than {MAX_JSON_BYTES:,} bytes, which no such file is")
    document = parse_json(manifest.read(directory, CONFIG_FILE), path)
    try:
        return parse(CheckpointConfig, document, str(path))
    except ConfigError as error:
        raise CheckpointError(str(error)) from error
