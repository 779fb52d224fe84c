"""Doubles and builders that tests of every service share; none of it is imported by a service."""

from __future__ import annotations

from dust.wire import WireReading


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self, instant_ms: int = 1_767_225_600_000) -> None:
        self.instant_ms = instant_ms
        self.count_s = 0.0

    def now_ms(self) -> int:
        return self.instant_ms

    def monotonic_s(self) -> float:
        return self.count_s

    def advance(self, seconds: float) -> None:
        """Move both hands forward."""
        self.instant_ms += round(seconds * 1000)
        self.count_s += seconds


def a_reading(
    seq: int = 1, sensor: str = "pms-v1", t: int = 1_767_225_659_999, **values: float
) -> WireReading:
    """A plausible reading; name the values that matter to the test."""
    return WireReading(seq=seq, sensor=sensor, t=t, **({"pm25": 20.2} | values))  # type: ignore[arg-type]
