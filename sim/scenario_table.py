"""One table of a scenario file: reads its fields, and refuses what is not allowed by name."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from dust.errors import BadFile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sim.world.plans import Between

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")

Plan = TypeVar("Plan")


class Table:
    """A table by its path in the file; every reader raises `BadFile` for what is not allowed."""

    def __init__(self, path: Path, prefix: str, content: dict[str, object]) -> None:
        self._path = path
        self._prefix = prefix
        self._content = content

    @property
    def kind(self) -> str:
        """What a table of a list stands for: `sensor` for `sensors[3].`."""
        return self._prefix.partition("[")[0].removesuffix("s")

    def refuse(self, field: str, allowed: str) -> BadFile:
        return BadFile(self._path, self._prefix + field, self._content.get(field), allowed)

    def refuse_unknown(self, known: Sequence[str]) -> None:
        for field in self._content:
            if field not in known:
                raise self.refuse(field, f"no such field here; known are {', '.join(known)}")

    def has(self, field: str) -> bool:
        return field in self._content

    def whole(self, field: str, lowest: int, highest: int, default: int | None = None) -> int:
        value = self._content.get(field, default)
        if type(value) is not int or not lowest <= value <= highest:
            raise self.refuse(field, f"a whole number from {lowest} to {highest}")
        return value

    def number(
        self, field: str, lowest: float, highest: float, default: float | None = None
    ) -> float:
        value = self._content.get(field, default)
        if type(value) not in (int, float) or not lowest <= float(str(value)) <= highest:
            raise self.refuse(field, f"a number from {lowest} to {highest}")
        return float(str(value))

    def truth(self, field: str, *, default: bool) -> bool:
        value = self._content.get(field, default)
        if type(value) is not bool:
            raise self.refuse(field, "true or false")
        return value

    def choice(self, field: str, choices: Sequence[str], default: str | None = None) -> str:
        value = self._content.get(field, default)
        if not isinstance(value, str) or value not in choices:
            raise self.refuse(field, f"one of {', '.join(choices)}")
        return value

    def choices(self, field: str, choices: Sequence[str]) -> tuple[str, ...]:
        """A list of some of the choices; none when the field is not there."""
        value = self._content.get(field, [])
        if not isinstance(value, list) or any(one not in choices for one in value):
            raise self.refuse(field, f"a list of some of {', '.join(choices)}")
        if field in self._content and not value:
            raise self.refuse(field, "at least one; leave the field out for all")
        return tuple(value)

    def name(self, field: str) -> str:
        value = self._content.get(field)
        if not isinstance(value, str) or not _ID.fullmatch(value):
            raise self.refuse(field, "small letters, digits and hyphens, at most 63")
        return value

    def instant_ms(self, field: str) -> int | None:
        """Epoch milliseconds of a time with its offset from UTC; None when it is not there."""
        value = self._content.get(field)
        if value is None:
            return None
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise self.refuse(field, "a time with its offset, such as 2026-03-02T00:00:00+07:00")
        return round(value.timestamp() * 1000)

    def tables(self, field: str) -> list[Table]:
        value = self._content.get(field)
        if not isinstance(value, list) or not value or not all(isinstance(t, dict) for t in value):
            raise self.refuse(field, f"one or more tables [[{field}]]")
        return [
            Table(self._path, f"{field}[{number}].", table)
            for number, table in enumerate(value, start=1)
        ]

    def table(self, field: str) -> Table:
        value = self._content.get(field)
        if not isinstance(value, dict):
            raise self.refuse(field, f"a table, such as {field} = {{}}")
        return Table(self._path, f"{self._prefix}{field}.", value)

    def bounded(self, kind: type[Plan], *others: str) -> dict[str, float]:
        """The numbers of a plan that are given here, each within the bounds of its annotation.

        Fields without bounds are left to the caller, who names those that may stand here.
        """
        bounds: dict[str, Between] = {}
        for field in fields(kind):  # type: ignore[arg-type]  # (every plan is a dataclass)
            for between in getattr(field.type, "__metadata__", ()):
                bounds[field.name] = between
        self.refuse_unknown((*others, *bounds))
        return {
            name: self.number(name, *between) for name, between in bounds.items() if self.has(name)
        }
