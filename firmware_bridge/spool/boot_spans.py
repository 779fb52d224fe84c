"""Readings whose stored time counts from the start of the machine, not from 1970.

A span is a run of consecutive numbers from one boot. When the clock becomes known, the span gets
its offset: one row is written, however many readings wait. An offset never changes again, because
a reading may have been sent with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from firmware_bridge.spool.entry import Entry

LAST_NUMBER: Final = 2**63 - 1
NEVER_KNOWN_MS: Final = 0
"""Offset of a boot that ended before the clock was known: its times stay in 1970."""


class BootSpan(NamedTuple):
    """Numbers, both ends included; `offset_ms` None while the clock is not known."""

    first_seq: int
    last_seq: int
    boot: str
    offset_ms: int | None

    @property
    def is_held(self) -> bool:
        return self.offset_ms is None

    @property
    def is_dated(self) -> bool:
        """Whether its readings have a true time."""
        return self.offset_ms not in {None, NEVER_KNOWN_MS}

    def goes_on_with(self, seq: int, boot: str) -> bool:
        return self.is_held and self.last_seq == seq - 1 and self.boot == boot


class Stretch(NamedTuple):
    """Numbers, both ends included, whose readings all have this added to their stored time."""

    first_seq: int
    last_seq: int
    offset_ms: int
    is_dated: bool = True


def spans_with(spans: Sequence[BootSpan], entries: Sequence[Entry], first: int) -> list[BootSpan]:
    """The spans that entries without a time make or lengthen, numbered from `first`."""
    grown = list(spans[-1:])
    for seq, entry in enumerate(entries, first):
        if entry.t_ms is not None:
            continue
        if grown and grown[-1].goes_on_with(seq, entry.boot):
            grown[-1] = grown[-1]._replace(last_seq=seq)
        else:
            grown.append(BootSpan(seq, seq, entry.boot, None))
    return [span for span in grown if span not in spans[-1:]]


def stretches(spans: Sequence[BootSpan], first: int, last: int) -> Iterator[Stretch]:
    """What lies in [first, last] without the held numbers, in order."""
    for span in spans:
        if span.last_seq < first:
            continue
        if first < span.first_seq:
            yield Stretch(first, min(last, span.first_seq - 1), 0)
        if span.first_seq <= last and span.offset_ms is not None:
            within = max(first, span.first_seq), min(last, span.last_seq)
            yield Stretch(*within, span.offset_ms, span.is_dated)
        first = span.last_seq + 1
        if first > last:
            return
    if first <= last:
        yield Stretch(first, last, 0)
