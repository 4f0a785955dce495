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

CellKind = Literal["lstm", "gru", "rnn"]
"""Recurrent units; ``rnn`` is the plain one with tanh."""
AttentionKind = Literal["none", "additive", "dot", "general", "scaled_dot", "multi_head"]
"""How a recurrent decoder looks at the source; with ``none`` it sees the encoder's final state alone."""

_WITHOUT_EFFECT = {
    "recurrent": ("feed_forward_size",),
    "transformer": ("cell", "bidirectional", "attention"),
}
"""Keys of the ``[model]`` table that an architecture does not have."""


class Frozen(BaseModel):
    """A value object: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ModelShape(Frozen):
    """The ``[model]`` table of a recipe: the shape of a network but for its vocabulary."""

    architecture: Literal["recurrent", "transformer"] = "recurrent"
    embedding_size: PositiveInt = 256
    hidden_size: PositiveInt = Field(default=384, description="even: widths are split in halves")
    encoder_layers: PositiveInt = 2
    decoder_layers: PositiveInt = Field(default=2, description="recurrent: the first queries the attention")
    attention_heads: PositiveInt = Field(
        default=4, description="of multi_head attention and the Transformer; must divide hidden_size"
    )
    cell: CellKind = "lstm"
    bidirectional: bool = Field(default=True, description="the first encoder layer reads both ways")
    attention: AttentionKind = "multi_head"
    feed_forward_size: PositiveInt = Field(default=1024, description="width inside a Transformer's layers")

    @model_validator(mode="after")
    def _check_shapes(self) -> Self:
        if self.hidden_size % 2:
            raise ValueError(f"hidden_size must be even, not {self.hidden_size}")
        if self.attention == "multi_head" and self.hidden_size % self.attention_heads:
            raise ValueError(
                f"attention_heads ({self.attention_heads}) must divide hidden_size ({self.hidden_size})"
            )
        return self

    @model_validator(mode="after")
    def _check_options_fit(self) -> Self:
        """An option without effect would be a misunderstanding; at its default it may be spelt out."""
        for key in _WITHOUT_EFFECT[self.architecture]:
            self._refuse_unless_default(key, f"architecture {self.architecture!r}")
        if self.attention != "multi_head":
            self._refuse_unless_default("attention_heads", f"attention {self.attention!r}")
        return self

    def _refuse_unless_default(self, key: str, owner: str) -> None:
        value, default = getattr(self, key), ModelShape.model_fields[key].default
        if value != default:
            raise ValueError(f"{key} = {value!r} has no effect with {owner}; leave it out")

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
    """Where the prepared corpus is (``python -m model prepare`` writes it), and what is drawn from it."""

    directory: Path
    directions: tuple[Annotated[str, Field(pattern=r"^[a-z]{2,3}-[a-z]{2,3}$")], ...] = Field(
        default=(), description="train only these of the prepared ones, such as de-en; empty: all"
    )
    temperature: Annotated[float, Field(ge=1.0)] = Field(
        default=1.0, description="a direction of n pairs has a share proportional to n ** (1 / temperature)"
    )
    weights: dict[str, NonNegativeFloat] = Field(
        default_factory=dict,
        description="how often pairs of a corpus are seen; keys: names in corpus.json, or patterns with *",
    )
    epoch_pairs: NonNegativeInt = Field(default=0, description="pairs of an epoch; 0: as many as there are")


class TrainingConfig(Frozen):
    """How a network is trained."""

    initialize_from: Path | None = Field(
        default=None, description="a checkpoint of the same shape and vocabulary whose weights to start from"
    )
    transfer_vocabulary: bool = Field(
        default=False, description="whether the vocabulary of initialize_from may be another"
    )
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
    weight_drop: Probability = Field(default=0.0, description="recurrent weights zeroed for an update")
    segmentation_sampling: Probability = Field(
        default=0.3, description="share of sentences drawn as one of their n-best subword segmentations"
    )
    consistency: Literal["none", "r_drop", "simcut"] = Field(
        default="none", description="read each batch twice and pull the two predictions together"
    )
    consistency_weight: NonNegativeFloat = Field(default=3.0, description="alpha of both papers")
    simcut_share: Probability = Field(default=0.05, description="tokens cut from simcut's second reading")
    scheduled_sampling: Probability = Field(
        default=0.0, description="share of target-input tokens that are the network's own, in the end"
    )
    scheduled_sampling_after_updates: NonNegativeInt = Field(
        default=0, description="from then on the share grows linearly, until max_updates"
    )
    scheduled_sampling_temperature: NonNegativeFloat = Field(
        default=0.0, description="0: the most probable token; above: drawn"
    )
    calm_after_updates: NonNegativeInt | None = Field(
        default=None, description="from then on dropout and the three rates of noise are reduced; none: never"
    )
    calm_noise_fraction: Probability = Field(default=0.4, description="what is left of them then")
    keep_zeros: bool = Field(default=False, description="weights that are zero at the start stay zero")
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
    """Read and validate a TOML recipe; the paths in it are taken relative to the file.

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
    return _relative_to(path.parent, parse(Recipe, document, str(path)))


def _relative_to(folder: Path, recipe: Recipe) -> Recipe:
    data, training = recipe.data, recipe.training
    if training.initialize_from:
        training = training.model_copy(update={"initialize_from": folder / training.initialize_from})
    data = data.model_copy(update={"directory": folder / data.directory})
    return recipe.model_copy(update={"data": data, "training": training})


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
