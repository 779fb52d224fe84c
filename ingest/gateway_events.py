"""What changed between two words of a gateway about itself: the events that explain holes later.

An event says what held from an instant on, so that events may be read in any order. `offline` is
dated by the last word before it: nobody knows how long after that the gateway went.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dust.wire import GatewayStatus, SensorStatus

MOST_SENSORS: Final = 64
"""Sensors of one gateway whose states are followed; more are no gateway of ours."""
_RESTART_SLACK_MS: Final = 5_000
_WELL: Final = frozenset({"ok", "warming", "asleep"})
_SHOWN: Final = 200


class EventKind(StrEnum):
    """What an event is about."""

    GATEWAY = "gateway"
    """`online` (first word), `offline`, `back` (it ran meanwhile), `started` (it did not)."""
    SENSOR = "sensor"
    """Of the sensor named: `well`, `removed`, or the trouble that the gateway tells."""
    CLOCK = "clock"
    """`known` or `unknown`."""
    CLOCK_JUMPED = "clock_jumped"
    """By how many milliseconds."""
    DISK = "disk"
    """`room` or `full`."""
    SPOOL_BEGUN = "spool_begun"
    SPOOL_ENDED = "spool_ended"
    """Of the spool named: `set_aside` (damaged) or `replaced`."""
    DROPPED = "dropped"
    """Of the spool named: how many readings it has given up by now, and the newest of them."""
    LEFT_OUT = "left_out"
    """More events than are kept for one gateway in one day."""


CALM: Final = frozenset({"online", "back", "well", "known", "room"})
"""Values that are no trouble."""


@dataclass(frozen=True, slots=True)
class Event:
    """From `at_ms` (epoch ms) on, `subject` (a sensor, a spool, or '') was in the state `value`.

    Up to `until_ms`, where it is told, the state went to and fro between calm and `trouble`.
    """

    kind: EventKind
    subject: str
    value: str
    at_ms: int
    number: int = 0
    until_ms: int | None = None
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """A status and the instant that it is dated by; `is_said` where the gateway's clock gave it."""

    status: GatewayStatus
    at_ms: int
    is_said: bool


def is_will(status: GatewayStatus) -> bool:
    """Whether the broker speaks in the gateway's stead: it knows that it went, and nothing else."""
    return status.t is None and status.spool is None and status.state == "offline"


def changes(known: Word | None, new: Word) -> list[Event]:
    """The events between the last word that is kept and the next one, which is not older."""
    return [
        *_gateway(known, new),
        *_spool(known, new),
        *_dropped(known, new),
        *_clock(known, new),
        *_disk(known, new),
        *_sensors(known, new),
    ]


def _gateway(known: Word | None, new: Word) -> Iterator[Event]:
    is_online = new.status.state == "online"
    if known is None:
        yield Event(EventKind.GATEWAY, "", "online" if is_online else "offline", new.at_ms)
        return
    was_online = known.status.state == "online"
    if not is_online:
        if was_online:
            yield Event(EventKind.GATEWAY, "", "offline", new.at_ms)
        return
    started_ms = _started_again_ms(known, new)
    if started_ms is not None:
        if was_online:  # so quick that the broker has not missed it
            yield Event(EventKind.GATEWAY, "", "offline", known.at_ms)
        yield Event(EventKind.GATEWAY, "", "started", started_ms)
    elif not was_online:
        yield Event(EventKind.GATEWAY, "", "back", new.at_ms)


def _started_again_ms(known: Word, new: Word) -> int | None:
    """When the bridge started, if it did between the two words.

    A clock that is replayed runs faster than the uptime, so beside that the broker must have missed
    the gateway; a lower uptime is proof by itself.
    """
    is_dated = new.is_said and known.is_said
    if is_dated and new.at_ms == known.at_ms:
        return None  # told again
    started_ms = max(known.at_ms, new.at_ms - new.status.uptime_s * 1000)
    if new.status.uptime_s < known.status.uptime_s:
        return started_ms
    was_missed = is_dated and known.status.state != "online"
    return started_ms if was_missed and started_ms > known.at_ms + _RESTART_SLACK_MS else None


def _spool(known: Word | None, new: Word) -> Iterator[Event]:
    spool, before = new.status.spool, known.status.spool if known else None
    if spool is None or spool == before:
        return
    if known is not None and before is not None:
        is_aside = bool(set(new.status.set_aside) - set(known.status.set_aside))
        end = "set_aside" if is_aside else "replaced"
        yield Event(EventKind.SPOOL_ENDED, before[:_SHOWN], end, new.at_ms)
    yield Event(EventKind.SPOOL_BEGUN, spool[:_SHOWN], "begun", new.at_ms)


def _dropped(known: Word | None, new: Word) -> Iterator[Event]:
    status = new.status
    is_same = known is not None and known.status.spool == status.spool
    before = known.status.dropped if known is not None and is_same else 0
    if status.spool is not None and status.dropped > before:
        newest = ",".join(f"{first}-{last}" for first, last in status.dropped_ranges[-5:])
        yield Event(
            EventKind.DROPPED, status.spool[:_SHOWN], f"{status.dropped}: {newest}", new.at_ms
        )


def _clock(known: Word | None, new: Word) -> Iterator[Event]:
    clock, before = new.status.clock, known.status.clock if known else None
    if clock is None:
        return
    if before is None or clock.state != before.state:
        state = "known" if clock.state == "known" else "unknown"
        yield Event(EventKind.CLOCK, "", state, new.at_ms)
    if clock.jumps and clock.jumps != (before.jumps if before else 0):
        yield Event(EventKind.CLOCK_JUMPED, "", str(clock.last_jump_ms or 0), new.at_ms)


def _disk(known: Word | None, new: Word) -> Iterator[Event]:
    was_full = known is not None and known.status.disk_full
    if new.status.disk_full != was_full:
        yield Event(EventKind.DISK, "", "full" if new.status.disk_full else "room", new.at_ms)


def _sensors(known: Word | None, new: Word) -> Iterator[Event]:
    before = known.status.sensors if known else {}
    for code in sorted(new.status.sensors):
        now, was = new.status.sensors[code], before.get(code)
        if was is None or _told(was) != _told(now):
            at_ms = _since_ms(now, was, new)
            yield Event(EventKind.SENSOR, code[:_SHOWN], _told(now), at_ms)
    for code in sorted(before.keys() - new.status.sensors.keys()):
        yield Event(EventKind.SENSOR, code[:_SHOWN], "removed", new.at_ms)


def _told(sensor: SensorStatus) -> str:
    return "well" if sensor.state in _WELL else sensor.state[:_SHOWN]


def _since_ms(now: SensorStatus, was: SensorStatus | None, new: Word) -> int:
    """A trouble begins with the last frame, which is told later than it was."""
    last_ms = now.last_frame_ms
    from_well = was is None or _told(was) == "well"
    if _told(now) == "well" or last_ms is None or not from_well or not new.is_said:
        return new.at_ms
    return min(last_ms, new.at_ms) if last_ms > 0 else new.at_ms
