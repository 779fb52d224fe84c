"""From a gateway's events to the spans of time in which readings cannot be expected."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from ingest.gaps.causes import Cause
from ingest.gateway_events import CALM, EventKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ingest.gateway_events import Event

_SENSOR_CAUSES: Final = {
    "port_lost": Cause.PORT_LOST,
    "refused": Cause.SENSOR_REFUSES,
    "removed": Cause.SENSOR_REMOVED,
    "stuck": None,  # its readings are kept
}
_CAUSES: Final = {
    (EventKind.CLOCK, "unknown"): Cause.CLOCK_UNKNOWN,
    (EventKind.DISK, "full"): Cause.DISK_FULL,
}
_BY_CERTAINTY: Final = (
    *(Cause.PORT_LOST, Cause.SENSOR_SILENT, Cause.SENSOR_REFUSES, Cause.SENSOR_REMOVED),
    *(Cause.GATEWAY_OFF, Cause.QUARANTINED, Cause.CLOCK_UNKNOWN, Cause.DISK_FULL),
    *(Cause.GATEWAY_OFFLINE, Cause.CLOCK_JUMPED),
)


class CauseSpan(NamedTuple):
    """A cause over [start_ms, end_ms), epoch ms."""

    start_ms: int
    end_ms: int
    cause: Cause


def cause_spans(events: Iterable[Event], sensor: str, until_ms: int) -> list[CauseSpan]:
    """What the events of a gateway explain of one of its sensors; the order of `events` is free.

    The surer cause comes first. `until_ms` is now: a state that has not ended lasts until then.
    """
    lines: defaultdict[tuple[EventKind, str], list[Event]] = defaultdict(list)
    for event in events:
        if event.kind is not EventKind.SENSOR or event.subject == sensor:
            lines[event.kind, event.subject].append(event)
    found = [
        span
        for (kind, _), line in lines.items()
        for span in _line(
            kind, sorted(line, key=lambda event: (event.at_ms, event.number)), until_ms
        )
        if span.start_ms < span.end_ms
    ]
    return by_certainty(found)


def _line(kind: EventKind, events: list[Event], until_ms: int) -> Iterator[CauseSpan]:
    """The spans of one kind and subject, its events in order."""
    for event, following in zip(events, [*events[1:], None], strict=True):
        end_ms = following.at_ms if following is not None else until_ms
        if event.until_ms is not None and (cause := _cause(kind, event.trouble, following)):
            yield CauseSpan(event.at_ms, event.until_ms, cause)
        if kind is EventKind.CLOCK_JUMPED:
            yield from _jump(event)
        elif cause := _cause(kind, event.value, following):
            yield CauseSpan(max(event.at_ms, event.until_ms or 0), end_ms, cause)


def _cause(kind: EventKind, value: str | None, following: Event | None) -> Cause | None:
    if value is None or value in CALM:
        return None
    if kind is EventKind.SENSOR:
        return _SENSOR_CAUSES.get(value, Cause.SENSOR_SILENT)
    if kind is EventKind.GATEWAY:
        return _of_gateway(value, following)
    return _CAUSES.get((kind, value))


def _of_gateway(value: str, following: Event | None) -> Cause | None:
    """Only its return tells whether it was off, or away with its spool filling up."""
    if value != "offline":
        return None
    if following is None:
        return Cause.GATEWAY_OFFLINE
    return Cause.GATEWAY_OFF if following.value == "started" else None


def _jump(event: Event) -> Iterator[CauseSpan]:
    by_ms = int(event.value) if event.value.lstrip("-").isdecimal() else 0
    if by_ms > 0:
        yield CauseSpan(event.at_ms - by_ms, event.at_ms, Cause.CLOCK_JUMPED)


def by_certainty(spans: Iterable[CauseSpan]) -> list[CauseSpan]:
    """The surer cause first."""
    return sorted(spans, key=lambda span: (_BY_CERTAINTY.index(span.cause), span))
