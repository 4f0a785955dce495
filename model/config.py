"""Configurations: frozen, validated values with their units in their names.

A recipe is one TOML file with the tables ``[data]``, ``[model]`` and ``[training]``;
``load_recipe`` reads it. ``ModelConfig`` and ``DecodingOptions`` are also stored in a checkpoint.
"""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from model.errors import ConfigError

Probability = Annotated[float, Field(ge=0.0, lt=1.0)]
PositiveInt = Annotated[int, Field(gt=0)]
PositiveFloat = Annotated[float, Field(gt=0.0)]
NonNegativeInt = Annotated[int, Field(ge=0)]
NonNegativeFloat = Annotated[float, Field(ge=0.0)]
Config = TypeVar("Config", bound=BaseModel)


class Frozen(BaseModel):
    """A value object: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ModelShape(Frozen):
    """The ``[model]`` table of a recipe: the shape of a network but for its vocabulary."""

    architecture: Literal["recurrent"] = "recurrent"
    embedding_size: PositiveInt = 256
    hidden_size: PositiveInt = Field(default=384, description="even: the first encoder layer is two halves")
    encoder_layers: PositiveInt = Field(default=2, description="the first is bidirectional")
    decoder_layers: PositiveInt = Field(default=2, description="the first queries the attention")
    attention: Literal["additive", "multi_head"] = "multi_head"
    attention_heads: PositiveInt = Field(default=4, description="used by multi_head; must divide hidden_size")

    @model_validator(mode="after")
    def _check_shapes(self) -> Self:
        if self.hidden_size % 2:
            raise ValueError(f"hidden_size must be even, not {self.hidden_size}")
        if self.attention == "multi_head" and self.hidden_size % self.attention_heads:
            raise ValueError(
                f"attention_heads ({self.attention_heads}) must divide hidden_size ({self.hidden_size})"
            )
        return self

    def with_vocabulary(self, size: int) -> ModelConfig:
        """The whole configuration, once the size of the vocabulary is known."""
        return ModelConfig(vocabulary_size=size, **self.model_dump())


class ModelConfig(ModelShape):
    """All that is needed to build a network, and nothing about its training."""

    vocabulary_size: PositiveInt


class DecodingOptions(Frozen):
    """How one sentence is decoded. Sentences with different options share a running batch.

    Hypothesis scores are ``log p / ((5 + len) / 6) ** length_penalty`` (Wu et al. 2016, eq. 14, ``len``
    counting EOS) plus ``coverage_penalty`` times the sum over source positions of
    ``log(min(attention received, 1))``.
    """

    beam_size: Annotated[int, Field(ge=1, le=64)] = 5
    n_best: Annotated[int, Field(ge=1, le=64)] = Field(default=1, description="at most beam_size")
    length_penalty: Annotated[float, Field(ge=0.0, le=5.0)] = 0.6
    coverage_penalty: Annotated[float, Field(ge=0.0, le=5.0)] = 0.0
    min_length: NonNegativeInt = Field(default=0, description="target tokens before EOS is allowed")
    max_length: PositiveInt | None = Field(
        default=None,
        description="target tokens before EOS is forced; default: twice the source tokens, plus 20",
    )
    strategy: Literal["beam", "sample"] = Field(
        default="beam",
        description="sample draws beam_size translations; beam with beam_size 1 is greedy search",
    )
    temperature: PositiveFloat = 1.0
    top_k: NonNegativeInt = Field(default=0, description="0: no limit")
    top_p: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0
    seed: NonNegativeInt = 0
    early_stopping: bool = Field(
        default=True, description="stop when no open hypothesis can win any more; never changes the result"
    )

    @model_validator(mode="after")
    def _check_n_best(self) -> Self:
        if self.n_best > self.beam_size:
            raise ValueError(f"n_best ({self.n_best}) must be at most beam_size ({self.beam_size})")
        return self


class DataConfig(Frozen):
    """Where the prepared corpus is (``python -m model prepare`` writes it)."""

    directory: Path


class TrainingConfig(Frozen):
    """How a network is trained."""

    seed: NonNegativeInt = 1
    max_updates: PositiveInt = 20_000
    batch_tokens: PositiveInt = Field(default=4096, description="padded source + target tokens of a batch")
    max_sentence_tokens: PositiveInt = Field(default=128, description="longer training pairs are left out")
    learning_rate: PositiveFloat = 1.5e-3
    warmup_updates: NonNegativeInt = 1000
    final_learning_rate_fraction: Annotated[float, Field(ge=0.0, le=1.0)] = Field(
        default=0.02, description="where the cosine decay ends, as a fraction of learning_rate"
    )
    adam_betas: tuple[Probability, Probability] = (0.9, 0.98)
    weight_decay: NonNegativeFloat = 0.01
    gradient_clip_norm: PositiveFloat = 1.0
    label_smoothing: Probability = 0.1
    dropout: Probability = 0.3
    word_dropout: Probability = Field(default=0.1, description="whole source and target-input tokens zeroed")
    segmentation_sampling: Probability = Field(
        default=0.3, description="share of sentences drawn as one of their n-best subword segmentations"
    )
    ema_decay: Probability = Field(default=0.999, description="0 turns the moving average of the weights off")
    average_checkpoints: NonNegativeInt = Field(
        default=5,
        description="the last validated weights averaged as a further candidate; 0: off",
    )
    validate_every_updates: PositiveInt = 1000
    validation_sentences: PositiveInt = Field(default=500, description="per direction, decoded for dev BLEU")
    validation_beam_size: PositiveInt = 1
    patience: NonNegativeInt = Field(
        default=0, description="validations without a better dev BLEU before stopping; 0 never stops early"
    )
    save_every_updates: PositiveInt = 500
    log_every_updates: PositiveInt = 50
    precision: Literal["float32", "bfloat16"] = "bfloat16"
    threads: PositiveInt = 1
    device: Literal["auto", "cpu", "cuda"] = "auto"


class Recipe(Frozen):
    """One training run, whole."""

    data: DataConfig
    model: ModelShape = ModelShape()
    training: TrainingConfig = TrainingConfig()


def load_recipe(path: Path) -> Recipe:
    """Read and validate a TOML recipe; ``data.directory`` is taken relative to the file.

    Raises:
        ConfigError: the file is missing, is not TOML, or a key or value is not accepted; the message names
            the key, and for an unknown one the nearest known.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    recipe = parse(Recipe, document, str(path))
    directory = path.parent / recipe.data.directory
    return recipe.model_copy(update={"data": DataConfig(directory=directory)})


def parse(kind: type[Config], document: dict[str, Any], origin: str) -> Config:
    """Validate ``document`` as ``kind``.

    Raises:
        ConfigError: names ``origin``, the key and what is accepted.
    """
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        lines = [_explain(kind, item["loc"], item["type"], item["msg"]) for item in error.errors()]
        raise ConfigError(f"{origin}: " + "; ".join(lines)) from error


def _explain(kind: type[BaseModel], loc: tuple[int | str, ...], fault: str, message: str) -> str:
    key = ".".join(str(part) for part in loc)
    if fault != "extra_forbidden":
        return f"{key}: {message}" if key else message
    known = _known_keys(kind, loc[:-1])
    nearest = difflib.get_close_matches(str(loc[-1]), known, n=1, cutoff=0.0)
    return f"unknown key {key!r}; did you mean {nearest[0]!r}?" if nearest else f"unknown key {key!r}"


def _known_keys(kind: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    for part in path:
        inner = kind.model_fields[str(part)].annotation
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        kind = inner
    return list(kind.model_fields)
