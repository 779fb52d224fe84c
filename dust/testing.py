"""Doubles and builders that tests of every service share; none of it is imported by a service."""

from __future__ import annotations

from dust.wire import WireReading


class FakeClock:
    """A `dust.clock.Clock` by hand; starts at 2026-01-01 00:00 UTC.

    `advance` lets time pass, for stamps and time-outs alike. `set_ms` puts the stamp wherever the
    test wants, as a wrong or a corrected clock does, and the monotonic count knows nothing of it.
    """

    def __init__(self, now_ms: int = 1_767_225_600_000) -> None:
        self._now_ms = now_ms
        self._monotonic_s = 1000.0
        self.boot = "boot-1"
        self.is_synchronised = True

    def now_ms(self) -> int:
        return self._now_ms

    def monotonic_s(self) -> float:
        return self._monotonic_s

    def since_boot_ms(self) -> int:
        return round(self._monotonic_s * 1000)

    def synchronised(self) -> bool:
        return self.is_synchronised

    def set_ms(self, now_ms: int) -> None:
        self._now_ms = now_ms

    def advance(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError(
                f"seconds = {seconds}: allowed is 0 or more; set_ms turns the clock back"
            )
        self._now_ms += round(seconds * 1000)
        self._monotonic_s += seconds


def a_reading(
    seq: int = 1, sensor: str = "pms-v1", t: int = 1_767_225_659_999, **values: float
) -> WireReading:
    """A plausible reading; name the values that matter to the test."""
    return WireReading(seq=seq, sensor=sensor, t=t, **({"pm25": 20.2} | values))  # type: ignore[arg-type]
