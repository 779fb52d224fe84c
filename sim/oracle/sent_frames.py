"""Frames as a sensor sent them, and the readings that a gateway makes of them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from sim.oracle.exact import mean, rounded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

_READING_DECIMALS = 3


class SentFrame(NamedTuple):
    """One frame that must count: levels in ug/m3 as it carries them, None where it has none."""

    sensor: str
    t_ms: int
    pm1: Decimal | None
    pm25: Decimal | None
    pm10: Decimal | None


class Reading(NamedTuple):
    """The mean of a sensor's frames in one sampling interval, stamped with its last millisecond."""

    sensor: str
    t_ms: int
    n: int
    pm1: Decimal | None
    pm25: Decimal | None
    pm10: Decimal | None


def readings(sent: Iterable[SentFrame], sampling_interval_s: int) -> list[Reading]:
    """Frames of one sensor in one aligned interval, averaged and rounded to 3 decimals."""
    interval_ms = sampling_interval_s * 1000
    groups: defaultdict[tuple[str, int], list[SentFrame]] = defaultdict(list)
    for frame in sent:
        groups[frame.sensor, frame.t_ms // interval_ms].append(frame)
    return [
        Reading(
            sensor,
            (interval + 1) * interval_ms - 1,
            len(frames),
            _frames_mean([frame.pm1 for frame in frames]),
            _frames_mean([frame.pm25 for frame in frames]),
            _frames_mean([frame.pm10 for frame in frames]),
        )
        for (sensor, interval), frames in sorted(groups.items())
    ]


def _frames_mean(levels: Sequence[Decimal | None]) -> Decimal | None:
    carried = [level for level in levels if level is not None]
    return rounded(mean(carried), _READING_DECIMALS) if carried else None
