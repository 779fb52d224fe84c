"""TOML files that people write, read into checked models with errors that say where and what.

The standard library's parser tells no lines. `_Places` walks the same text again and notes where
each key stands; it only ever reads a text that the parser has accepted, so it checks nothing.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from dust.errors import BadFile, BadInput

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from pydantic_core import ErrorDetails

FieldPath = tuple[str | int, ...]
"""Where a value is in a file's content: `("sensors", 1, "port")`."""

_SECRET: Final = re.compile("pass|secret|token", re.IGNORECASE)


class FileModel(BaseModel):
    """A part of a file that people write: unknown keys are refused, never guessed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Model = TypeVar("Model", bound=BaseModel)


def load_toml(path: Path | Traversable, model: type[Model]) -> Model:
    """Read `path` into `model`; a `BadFile` names file, line, field, value and what is allowed."""
    return TomlFile(path).into(model)


def bad_file(path: Path | Traversable, error: BadInput) -> BadFile:
    """What a check of a whole file found, with the line of its field where that can be told."""
    return TomlFile(path).bad(error)


class TomlFile:
    """A file in TOML, its content, and the line of everything in it.

    Raises `BadFile` unless it can be read and is TOML in UTF-8 (a byte order mark is allowed:
    Windows editors write one).
    """

    def __init__(self, path: Path | Traversable) -> None:
        self.path = path
        try:
            self._text = path.read_text(encoding="utf-8-sig")
            self.content: dict[str, Any] = tomllib.loads(self._text)
        except FileNotFoundError:
            raise BadFile(path, "file", str(path), "the path of a file that exists") from None
        except OSError as error:
            raise BadFile(path, "file", str(error), "a file that can be read") from error
        except UnicodeDecodeError as error:
            raise BadFile(path, "file", str(error), "TOML, in UTF-8") from error
        except tomllib.TOMLDecodeError as error:
            line = _line_in(str(error), self._text)
            raise BadFile(path, "file", str(error), "TOML", line) from error

    def into(self, model: type[Model]) -> Model:
        """The content as `model`; raises the first of its `problems`."""
        try:
            return model.model_validate(self.content)
        except ValidationError as error:
            raise self._refused(error.errors()[0], model) from None
        except BadInput as error:
            raise self.bad(error) from None

    def problems(self, model: type[BaseModel]) -> list[BadFile]:
        """Everything in the file that `model` refuses.

        A check of a whole table ends the library's own search: the table is told and set aside,
        and the rest is looked at again.
        """
        content, found = dict(self.content), list[BadFile]()
        aside: set[str] = set()
        while True:
            try:
                model.model_validate(content)
            except ValidationError as error:
                return found + [
                    self._refused(details, model)
                    for details in error.errors()
                    if not aside.intersection(details["loc"][:1])
                ]
            except BadInput as error:
                found.append(self.bad(error))
                table = error.field.split(".")[0]
                if content.pop(table, None) is None:
                    return found
                aside.add(table)
            else:
                return found

    def line_of(self, field: FieldPath) -> int | None:
        """The line, from 1, of the field or of the innermost table around it."""
        for end in range(len(field), 0, -1):
            if field[:end] in self._lines:
                return self._lines[field[:end]]
        return None

    def bad(self, error: BadInput) -> BadFile:
        """`error` with file and line; its field is dotted.

        `sensors.1.port` is that sensor's; `sensors.code` is that of the last sensor which has the
        error's value.
        """
        field = _path_of(self.content, error.field.split("."), error.value)
        return self.bad_at(field, error)

    def bad_at(self, field: FieldPath, error: BadInput) -> BadFile:
        """`error` at a place that is known."""
        return BadFile(self.path, error.field, error.value, error.allowed, self.line_of(field))

    @cached_property
    def _lines(self) -> dict[FieldPath, int]:
        return _Places(self._text).lines

    def _refused(self, details: ErrorDetails, model: type[BaseModel]) -> BadFile:
        place: FieldPath = details["loc"]
        field, line = ".".join(str(part) for part in place) or "file", self.line_of(place)
        if details["type"] == "missing":
            # The input is the whole table around the gap, and may hold a password.
            return BadFile(self.path, field, None, "a value: the key must be given", line)
        if details["type"] == "extra_forbidden":
            known = _keys_at(model, place[:-1])
            near = get_close_matches(str(place[-1]), known, n=3)
            # A misspelt password is a password.
            value = _shown(" ".join((field, *near)), details["input"])
            return BadFile(self.path, field, value, _no_such_key(known, near), line)
        allowed = details["msg"].removeprefix("Value error, ")
        return BadFile(self.path, field, _shown(field, details["input"]), allowed, line)


def _shown(names: str, value: object) -> object:
    """A value as it may be read by others: of a table, which may hold a password, only its keys."""
    if _SECRET.search(names):
        return "..."
    if isinstance(value, dict):
        return {str(key): "..." for key in value}
    if isinstance(value, list):
        return [_shown(names, entry) for entry in value]
    return value


def _line_in(message: str, text: str) -> int:
    """The line that the parser names; where it only says that the text ended too soon: the last."""
    told = re.search(r"at line (\d+)", message)
    return int(told[1]) if told else text.rstrip("\n").count("\n") + 1


def _no_such_key(known: list[str], near: list[str]) -> str:
    if near:
        return f"no such key: did you mean {' or '.join(near)}?"
    return f"no such key: there are {', '.join(known)}"


def _keys_at(model: type[BaseModel], place: FieldPath) -> list[str]:
    """What may be written at `place`; what is no field on the way is a table's own name."""
    for part in place:
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        if isinstance(part, str) and part in fields:
            model = _first_model(fields[part].annotation) or model
    return [field.alias or name for name, field in model.model_fields.items()]


def _first_model(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, (_first_model(part) for part in get_args(annotation))), None)


def _path_of(content: object, parts: list[str], value: object) -> FieldPath:
    """As far as `parts` lead into the content."""
    if not parts:
        return ()
    part, *rest = parts
    if isinstance(content, dict) and part in content:
        return (part, *_path_of(content[part], rest, value))
    if isinstance(content, list) and part.isdecimal() and int(part) < len(content):
        return (int(part), *_path_of(content[int(part)], rest, value))
    if isinstance(content, list):
        for index in reversed(range(len(content))):
            if isinstance(content[index], dict) and content[index].get(part) == value:
                return (index, part)
    return ()


_BLANK: Final = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_TEXT: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})'  # up to two quotes may stand before the closing three
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR: Final = re.compile(r"[^,\]}#\n]*")


class _Places:
    """The lines of every key, table and element of a text that is TOML."""

    def __init__(self, text: str) -> None:
        self.lines: dict[FieldPath, int] = {}
        self._text = text
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._at = 0
        self._elements: dict[FieldPath, int] = {}  # of arrays of tables: how many so far
        self._read()

    def _read(self) -> None:
        table: FieldPath = ()
        while self._more():
            if self._take("[["):
                table = self._header("]]", is_element=True)
            elif self._take("["):
                table = self._header("]", is_element=False)
            else:
                self._pair(table)

    def _header(self, end: str, *, is_element: bool) -> FieldPath:
        line, key = self._line(), self._key()
        self._take(end)
        path: FieldPath = ()
        for part in key[:-1]:
            path = self._newest((*path, part), line)
        path = (*path, key[-1])
        if not is_element:
            path = self._newest(path, line)
            self.lines[path] = line  # a header stands above what its children implied
            return path
        self._elements[path] = self._elements.get(path, 0) + 1
        path = self._newest(path, line)
        self.lines[path] = line
        return path

    def _newest(self, path: FieldPath, line: int) -> FieldPath:
        """Inside an array of tables: its newest element."""
        self.lines.setdefault(path, line)
        return (*path, self._elements[path] - 1) if path in self._elements else path

    def _pair(self, table: FieldPath) -> None:
        line, path = self._line(), table
        for part in self._key():
            path = (*path, part)
            self.lines.setdefault(path, line)
        self._take("=")
        self._value(path)

    def _key(self) -> list[str]:
        parts = [self._key_part()]
        while self._take("."):
            parts.append(self._key_part())
        return parts

    def _key_part(self) -> str:
        self._more()
        if bare := _BARE_KEY.match(self._text, self._at):
            self._at = bare.end()
            return bare[0]
        quoted = self._match(_TEXT)
        return str(tomllib.loads(f"key = {quoted}")["key"])

    def _value(self, path: FieldPath) -> None:
        self._more()
        if self._text.startswith(("'", '"'), self._at):
            self._match(_TEXT)
        elif self._take("["):
            self._array(path)
        elif self._take("{"):
            self._inline_table(path)
        else:
            self._match(_SCALAR)

    def _array(self, path: FieldPath) -> None:
        index = 0
        while self._more() and not self._take("]"):
            self.lines[(*path, index)] = self._line()
            self._value((*path, index))
            self._take(",")
            index += 1

    def _inline_table(self, path: FieldPath) -> None:
        while self._more() and not self._take("}"):
            self._pair(path)
            self._take(",")

    def _more(self) -> bool:
        """Go on to what is neither blank nor a comment."""
        self._match(_BLANK)
        return self._at < len(self._text)

    def _take(self, mark: str) -> bool:
        self._more()
        found = self._text.startswith(mark, self._at)
        self._at += len(mark) if found else 0
        return found

    def _match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:  # never of a text that the parser accepts
            raise ValueError(f"no TOML at {self._text[self._at : self._at + 20]!r}")
        self._at = found.end()
        return found[0]

    def _line(self) -> int:
        return bisect_right(self._starts, self._at)
