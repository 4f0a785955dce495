"""Settings: the environment, read once, as one frozen and validated value.

``read_settings`` is called in the entry point and nowhere else; everything below is handed the value, or
the part of it that it needs. Units are in the names.
"""

from __future__ import annotations

import difflib
import os
import textwrap
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "DRAGOMAN_"


class SettingsError(Exception):
    """A variable of the environment that cannot be used; one line for each, naming it and what is allowed."""


def _split(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


class Settings(BaseSettings):
    """Everything that can be set about a running service."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        allow_inf_nan=False,
    )

    host: str = Field(
        default="127.0.0.1",
        validation_alias=AliasChoices(f"{PREFIX}HOST", "HOST"),
        description="address to listen on; HOST is read where this is not set",
    )
    port: int = Field(
        default=8000,
        ge=0,
        le=65535,
        validation_alias=AliasChoices(f"{PREFIX}PORT", "PORT"),
        description="port to listen on, 0 for any free one; PORT is read where this is not set",
    )
    checkpoints: Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_split)] = Field(
        default=(Path("checkpoints"),),
        min_length=1,
        description="comma-separated folders, each a checkpoint or a folder of checkpoints; where two serve "
        "the same direction the first one does",
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto", description="where to compute; auto: cuda where there is one"
    )
    precision: Literal["auto", "int8", "float32", "bfloat16", "float16"] = Field(
        default="auto",
        description="what to compute in; int8 needs a CPU with AVX-512 VNNI and kernels compiled when the "
        "package was installed; the half ones are for cuda; auto: on a CPU int8 where it can be had, on cuda "
        "bfloat16 where the device computes in it, else float32",
    )
    cuda_graphs: bool = Field(
        default=True,
        description="whether decoding on cuda replays recorded steps, which are recorded at the start for "
        "every size of batch up to the limits; false starts sooner and takes less of the device's memory",
    )
    threads: int | None = Field(
        default=None,
        ge=1,
        le=1024,
        description="CPU threads an engine computes with; default: all processors allowed but one, at most 4",
    )
    max_queue_segments: int = Field(
        default=4096, ge=1, description="segments that may wait; beyond that requests are refused with 429"
    )
    max_queue_tokens: int = Field(default=131_072, ge=1, description="source tokens that may wait")
    max_running_rows: int = Field(default=64, ge=1, le=4096, description="segments decoded at once")
    max_padded_tokens: int = Field(
        default=65_536, ge=1, description="rows x longest source x widest beam that may be decoded at once"
    )
    max_segment_tokens: int = Field(
        default=128, ge=64, le=4096, description="longer sentences are translated in parts"
    )
    beam_size: int | None = Field(
        default=None, ge=1, le=64, description="hypotheses of a segment; default: the checkpoint's"
    )
    length_penalty: float | None = Field(
        default=None, ge=0.0, le=5.0, description="exponent of the length norm; default: the checkpoint's"
    )
    second_tries: bool = Field(
        default=True,
        description="whether a translation that seems faulty is decoded once more in another way; of many "
        "segments of a request, at most a quarter",
    )
    max_alternatives: int = Field(
        default=5, ge=0, le=63, description="most alternatives that a request may ask for"
    )
    max_request_characters: int = Field(
        default=100_000, ge=1, description="characters of all texts of a request"
    )
    max_request_items: int = Field(default=1000, ge=1, description="texts in a request")
    max_body_bytes: int = Field(default=2_097_152, ge=1024, description="size of a request's body")
    max_file_bytes: int = Field(
        default=10_485_760,
        ge=0,
        description="size of a file to translate; 0 turns the translation of files off",
    )
    max_file_characters: int = Field(default=500_000, ge=1, description="characters to translate in a file")
    max_kept_files: int = Field(
        default=100, ge=1, description="files that are being translated or wait to be fetched"
    )
    files_folder: Path | None = Field(
        default=None, description="where files are kept; default: the system's place for temporary files"
    )
    file_expiry_seconds: float = Field(
        default=3600.0, gt=0.0, description="after which a translated file that nobody has fetched is removed"
    )
    file_timeout_seconds: float = Field(
        default=3600.0, gt=0.0, description="for a file, from when it came until it is translated"
    )
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s?#]+$",
        description="address under which clients reach the service, for links to translated files; default: "
        "the one that they have used",
    )
    data_folder: Path | None = Field(
        default=None,
        description="where glossaries are kept; default: in memory, until the process ends",
    )
    max_glossary_entries: int = Field(default=10_000, ge=1, description="entries of a glossary")
    cache_segments: int = Field(
        default=10_000,
        ge=0,
        description="finished segments that are remembered, at some 10 kB each at most; identical work in "
        "flight is then shared too; 0 decodes everything that is asked for",
    )
    cache_between_keys: bool = Field(
        default=False,
        description="whether what one API key has asked for is remembered for the others too; answers from "
        "memory are faster, so that they can then find out what others have asked for",
    )
    cache_grace_seconds: float = Field(
        default=5.0,
        ge=0.0,
        le=60.0,
        description="a segment goes on for so long after its client has waited for some seconds and hung up, "
        "so that the client finds it when it tries again",
    )
    redis_url: SecretStr | None = Field(
        default=None,
        description="redis://, rediss:// or unix:// URL of a Redis in which replicas share finished segments",
    )
    redis_secret: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="needed with a Redis, and the same for all replicas: hides the texts in its keys",
    )
    redis_ttl_seconds: int = Field(
        default=86_400, ge=1, le=2_592_000, description="after which Redis forgets a segment"
    )
    redis_timeout_seconds: float = Field(
        default=0.1,
        gt=0.0,
        le=5.0,
        description="for an answer of Redis; then segments are decoded without it",
    )
    api_keys: Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_split)] = Field(
        default=(), description="comma-separated; a request must then bring one of them"
    )
    api_keys_file: Path | None = Field(
        default=None, description="a file with more of them, one a line; lines that begin with # do not count"
    )
    character_quota: int | None = Field(
        default=None,
        ge=1,
        description="characters that each key may translate while the process runs, or everybody together "
        "where no keys are required; default: any number",
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)] = Field(
        default=(),
        description="comma-separated origins, such as https://example.org, whose pages may call the service "
        "from a browser; * for any",
    )
    default_deadline_seconds: float = Field(
        default=60.0, gt=0.0, description="a request that takes longer fails, unless it says otherwise"
    )
    max_deadline_seconds: float = Field(
        default=600.0, gt=0.0, description="longest deadline that a request may set"
    )
    stuck_after_seconds: float = Field(
        default=30.0, gt=0.0, description="/health fails when a decoding step has taken longer"
    )
    shutdown_delay_seconds: float = Field(
        default=0.5,
        ge=0.0,
        description="after SIGTERM, time to go on accepting while /ready already fails, so that whoever has "
        "connected is heard and a load balancer notices",
    )
    drain_timeout_seconds: float = Field(
        default=30.0, gt=0.0, description="then, time to finish what was accepted"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="least severe level that is logged"
    )

    @model_validator(mode="after")
    def _check_deadlines(self) -> Self:
        if self.default_deadline_seconds > self.max_deadline_seconds:
            raise ValueError(
                f"{PREFIX}DEFAULT_DEADLINE_SECONDS ({self.default_deadline_seconds:g}) must be at most "
                f"{PREFIX}MAX_DEADLINE_SECONDS ({self.max_deadline_seconds:g})"
            )
        return self

    @model_validator(mode="after")
    def _check_redis(self) -> Self:
        if self.redis_url is None:
            return self
        if not self.redis_url.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
            raise ValueError(f"{PREFIX}REDIS_URL must begin with redis://, rediss:// or unix://")
        if self.redis_secret is None:
            raise ValueError(
                f"{PREFIX}REDIS_URL needs a {PREFIX}REDIS_SECRET of at least 16 characters, "
                "the same for all replicas"
            )
        if not self.cache_segments:
            raise ValueError(f"{PREFIX}REDIS_URL needs {PREFIX}CACHE_SEGMENTS above 0: 0 turns sharing off")
        return self


def variable(field: str) -> str:
    """The variable that sets ``field``."""
    return PREFIX + field.upper()


def read_settings() -> Settings:
    """The settings that the environment describes.

    Raises:
        SettingsError: a variable has a value that is not accepted, or begins with ``DRAGOMAN_`` and is not
            known.
    """
    lines = [_explain_unknown(name) for name in sorted(os.environ) if _is_unknown(name)]
    try:
        settings = Settings()
    except ValidationError as error:
        lines += [_explain(item["loc"], item["msg"]) for item in error.errors(include_input=False)]
    if lines:
        raise SettingsError("\n".join(lines))
    return settings


def _is_unknown(name: str) -> bool:
    return name.upper().startswith(PREFIX) and name.upper() not in map(variable, Settings.model_fields)


def _explain_unknown(name: str) -> str:
    known = [variable(field) for field in Settings.model_fields]
    nearest = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.0)
    return f"{name}: no such variable; did you mean {nearest[0]}?"


def _explain(location: tuple[int | str, ...], message: str) -> str:
    if not location:
        return message.removeprefix("Value error, ")
    field = str(location[0]).lower().removeprefix(PREFIX.lower())
    return f"{_read_variable(field)} must be {_allowed(_schema(field))}"


def _read_variable(field: str) -> str:
    """The variable that ``field`` was read from."""
    plain = {"host": "HOST", "port": "PORT"}
    return plain[field] if field in plain and not os.environ.get(variable(field)) else variable(field)


def describe_settings() -> str:
    """Every variable: name, default, what is allowed, meaning."""
    return "\n".join(map(_describe, Settings.model_fields))


def _describe(field: str) -> str:
    schema = _schema(field)
    default = schema.get("default")
    shown = ",".join(map(str, default)) if isinstance(default, list) else default
    set_to = f" (default: {shown})" if shown not in (None, "") else ""
    meaning = textwrap.fill(f"{schema['description']}; {_allowed(schema)}", 94)
    return f"  {variable(field)}{set_to}\n{textwrap.indent(meaning, ' ' * 6)}"


def _schema(field: str) -> dict[str, Any]:
    schema: dict[str, Any] = Settings.model_json_schema(by_alias=False)["properties"][field]
    return schema


def _allowed(schema: dict[str, Any]) -> str:
    """What a JSON schema accepts, in words."""
    if "anyOf" in schema:  # a value or None, which is written by leaving the variable out
        return _allowed(schema["anyOf"][0])
    if "enum" in schema:
        return "one of " + ", ".join(schema["enum"])
    kinds = {
        "string": "a text",
        "array": "one value or more",
        "integer": "an integer",
        "number": "a number",
        "boolean": "true or false",
    }
    words = {
        "minimum": "at least {:g}",
        "exclusiveMinimum": "above {:g}",
        "maximum": "at most {:g}",
        "minLength": "of at least {} characters",
    }
    limits = [text.format(schema[key]) for key, text in words.items() if key in schema]
    return " ".join([kinds[schema["type"]], " and ".join(limits)]).strip()
