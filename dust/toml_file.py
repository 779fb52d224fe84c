"""TOML files that people write, read into checked models with errors that say where and what."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from dust.errors import BadFile, BadInput

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from pydantic_core import ErrorDetails


class FileModel(BaseModel):
    """A part of a file that people write: unknown keys are refused, never guessed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Model = TypeVar("Model", bound=BaseModel)


def load_toml(path: Path | Traversable, model: type[Model]) -> Model:
    """Read `path` into `model`; a `BadFile` names file, field, value and what is allowed."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadFile(path, "file", str(path), "the path of a file that exists") from None
    except OSError as error:
        raise BadFile(path, "file", str(error), "a file that can be read") from error
    except UnicodeDecodeError as error:
        raise BadFile(path, "file", str(error), "TOML, in UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise BadFile(path, "file", str(error), "TOML") from error
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise _first_error(path, error.errors()[0]) from None
    except BadInput as error:
        raise BadFile(path, error.field, error.value, error.allowed) from None


def _first_error(path: object, details: ErrorDetails) -> BadFile:
    field = ".".join(str(part) for part in details["loc"]) or "file"
    if details["type"] == "missing":
        # The input is the whole table around the gap, and may hold a password.
        return BadFile(path, field, None, "a value: the key must be given")
    allowed = "no such key" if details["type"] == "extra_forbidden" else details["msg"]
    return BadFile(path, field, details["input"], allowed.removeprefix("Value error, "))
