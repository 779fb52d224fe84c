"""The public part of what gateways say of themselves: how they fare, never who or where they are.

A status comes over the broker from whoever may publish there, and is kept as it was written. So
only words that the protocol knows (docs/asyncapi.yaml) are repeated, numbers only where they are
counts, and one odd member costs itself alone: it is told as null, or a state as `other`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.answers import Answer, utc
from dust.indicators.health import age_s
from dust.wire import is_identifier

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from api.queries.database import Row

GATEWAY_STATES: Final = ("online", "offline")
CLOCK_STATES: Final = ("known", "unknown")
SENSOR_STATES: Final = (
    "ok",
    "warming",
    "asleep",
    "silent",
    "stuck",
    "unanswered",
    "refused",
    "port_lost",
)
_OTHER: Final = "other"
_MOST: Final = 2**53  # JSON's readers count no farther


def gateway_answers(rows: list[Row], now: datetime) -> list[Answer]:
    """Every gateway whose name is one."""
    return [_gateway_answer(row, now) for row in rows if is_identifier(row["gateway"])]


def _gateway_answer(row: Row, now: datetime) -> Answer:
    status = _members(row["status"])
    age = age_s(row["received_at"], now)
    return {
        "gateway": row["gateway"],
        "state": _word(row["state"], GATEWAY_STATES),
        "last_heard_at": utc(row["received_at"]),
        "age_s": None if age is None else round(age),
        "said_at": None if row["said_at"] is None else utc(row["said_at"]),
        "spool_depth": _count(status, "spool_depth"),
        "dropped": _count(status, "dropped"),
        "receipts_overdue": _flag(status, "receipts_overdue"),
        "disk_full": _flag(status, "disk_full"),
        "clock": _clock_answer(status),
        "sensors": _sensor_answers(_members((status or {}).get("sensors"))),
    }


def _members(value: object) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


def _word(value: object, known: Collection[str]) -> str:
    return value if isinstance(value, str) and value in known else _OTHER


def _count(status: dict[str, Any] | None, name: str) -> int | None:
    """A member that is left out is 0, as in the protocol; one that is no count is null."""
    if status is None:
        return None
    value = status.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= _MOST else None


def _flag(status: dict[str, Any] | None, name: str) -> bool | None:
    if status is None:
        return None
    value = status.get(name, False)
    return value if isinstance(value, bool) else None


def _clock_answer(status: dict[str, Any] | None) -> Answer | None:
    clock = _members((status or {}).get("clock"))
    if clock is None:
        return None
    return {
        "state": _word(clock.get("state"), CLOCK_STATES),
        "held": _count(clock, "held"),
        "jumps": _count(clock, "jumps"),
    }


def _sensor_answers(sensors: dict[str, Any] | None) -> list[Answer]:
    return [
        {"sensor": code, "state": _word((_members(sensor) or {}).get("state"), SENSOR_STATES)}
        for code, sensor in sorted((sensors or {}).items())
        if is_identifier(code)
    ]
