"""Errors of the system: each says what is wrong and whether trying again can help.

DustError
├── BadInput            a field, its value and what is allowed
│   ├── BadFile         the same, with the file (and line where known)
│   └── ...             each package's own, in its errors module
└── Unavailable         a database, broker or port that may come back (retryable)
"""

from __future__ import annotations

from typing import ClassVar


class DustError(Exception):
    """Something went wrong that the caller can name."""

    retryable: ClassVar[bool] = False


class BadInput(DustError):  # noqa: N818  (named by what is wrong, as in docs/glossary.md)
    """A value is not allowed: names the field, the value and what is allowed."""

    def __init__(self, field: str, value: object, allowed: str) -> None:
        self.field = field
        self.value = value
        self.allowed = allowed
        super().__init__(f"{field} = {value!r}: allowed is {allowed}")


class BadFile(BadInput):
    """A file holds a value that is not allowed: names the file, and the line if it is known."""

    def __init__(
        self, path: object, field: str, value: object, allowed: str, line: int | None = None
    ) -> None:
        super().__init__(field, value, allowed)
        self.path = str(path)
        self.line = line
        place = self.path if line is None else f"{self.path}:{line}"
        self.args = (f"{place}: {field} = {value!r}: allowed is {allowed}",)


class Unavailable(DustError):  # noqa: N818  (named by what is wrong)
    """A database, a broker or a port does not answer now and may come back."""

    retryable = True
