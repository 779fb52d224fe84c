"""Times as devices write them: local without a zone, or ISO 8601 with its offset."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from dust.clock import epoch_ms
from ingest.decoding import EARLIEST_MS
from ingest.foreign.message import Fault
from ingest.rejection import Reason, Rejection

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_SHORTEST, _LONGEST = len("2026-01-31T12:00"), 40  # not a day alone
_DAY_MS: Final = 24 * 3600 * 1000
_ALLOWED: Final = "a time such as 2026-01-31T12:00:00"


def local_ms(name: str, text: object, zone: ZoneInfo | None, near_ms: int) -> int:
    """The instant of an ISO 8601 text, which without an offset is meant in `zone`.

    An hour that a clock shows twice is taken as the one nearer to `near_ms`. Raises `Fault`.
    """
    shown = Rejection.shown(text)
    if not isinstance(text, str) or not _SHORTEST <= len(text) <= _LONGEST:
        raise Fault(Reason.MALFORMED, name, shown, _ALLOWED)
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return epoch_ms(moment)
        if zone is None:
            raise Fault(Reason.MALFORMED, name, shown, f"{_ALLOWED}Z, with its offset from UTC")
        meant = (epoch_ms(moment.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
        return min(meant, key=lambda told: abs(told - near_ms))
    except (ValueError, OverflowError, OSError):
        raise Fault(Reason.MALFORMED, name, shown, _ALLOWED) from None


def is_never_set(instant_ms: int) -> bool:
    """Whether a clock that says this was never set: it counts from 1970 since its last start."""
    return -_DAY_MS <= instant_ms < 365 * _DAY_MS


def check_time(name: str, instant_ms: int, latest_ms: int) -> int:
    """`instant_ms` where a reading may have it; raises `Fault`."""
    if instant_ms < EARLIEST_MS:
        allowed = f"{EARLIEST_MS} (2000-01-01) or later"
        raise Fault(Reason.TIME_TOO_OLD, name, instant_ms, allowed)
    if instant_ms > latest_ms:
        allowed = f"at most {latest_ms} (now and a little)"
        raise Fault(Reason.TIME_IN_FUTURE, name, instant_ms, allowed)
    return instant_ms
