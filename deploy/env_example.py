"""Writes deploy/env.example from the settings of the services: `python deploy/env_example.py`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, SecretStr

from api.settings import ApiSettings
from ingest.settings import IngestSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

_HEAD = """\
# Configuration of `dust ingest` and `dust api`, with the defaults. Generated from the settings
# (deploy/env_example.py). A gateway has a TOML file instead: `dust bridge --config`.
"""


def render() -> str:
    """The whole file: each variable once, with its meaning and default."""
    lines: dict[str, str] = {}
    for settings in (IngestSettings, ApiSettings):
        for name, meaning, default in _variables(settings, "DUST"):
            # Without a default the line is a comment: an empty variable is not an unset one.
            setting = f"#{name}=" if default is None else f"{name}={default}"
            lines.setdefault(name, f"# {meaning}\n{setting}\n")
    return _HEAD + "\n" + "\n".join(lines.values())


def _variables(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, str, str | None]]:
    for name, field in model.model_fields.items():
        joined = f"{prefix}{'_' if prefix == 'DUST' else '__'}{name.upper()}"
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _variables(kind, joined)
        else:
            yield joined, field.description or name, _shown(field)


def _shown(field: FieldInfo) -> str | None:
    default: Any = field.default
    if isinstance(default, tuple):
        return ",".join(default)
    if isinstance(default, SecretStr):
        return default.get_secret_value()
    return None if default is None else json.dumps(default).strip('"')


if __name__ == "__main__":
    Path(__file__).with_name("env.example").write_text(render(), encoding="utf-8")
