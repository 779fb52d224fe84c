"""A sensor's side of the serial line: what all of them have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sim.instruments.requests import requests_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.air import Air
    from sim.instruments.requests import Taker


class Instrument(Protocol):
    """One specimen of a model; it is told the time and reads no clock.

    Times are seconds on any clock that does not go back. Nothing is said before `power_up`.
    """

    model: str
    laser_s: float
    """How long laser (and fan) have run, up to the last call: the part that wears."""
    flash_writes: int
    """How often a setting was written to what survives a loss of power."""

    def power_up(self, now_s: float) -> None:
        """Power comes (again): settings in flash stay, everything else begins anew."""

    def hear(self, data: bytes, now_s: float) -> bytes:
        """Take bytes of the host, split anywhere; the immediate reply."""

    def send(self, now_s: float, air: Air) -> bytes:
        """What it sends by itself now, delayed replies included."""


class Powered:
    """Power, warm-up, laser time, requests and the answers that wait for air or for their time."""

    take: Taker | None = None
    """How requests are told apart; None: it never listens."""

    def __init__(self, model: str, warm_up_s: float = 0.0) -> None:
        self.model = model
        self.laser_s = 0.0
        self.flash_writes = 0
        self._warm_up_s = warm_up_s
        self._warming_from_s = 0.0
        self._told_s = 0.0
        self._powered = False
        self._lasing = False
        self._heard = bytearray()
        self._air: Air | None = None
        self._owed: list[tuple[float, Callable[[Air], bytes]]] = []

    def power_up(self, now_s: float) -> None:
        self._powered = True
        self._told_s = now_s
        self._heard.clear()
        self._owed.clear()
        self._wake(now_s)
        self._begin(now_s)

    def hear(self, data: bytes, now_s: float) -> bytes:
        if not self._powered or self.take is None:
            return b""
        self._pass(now_s)
        self._heard += data
        requests = requests_in(self._heard, self.take)
        return b"".join(self._obey(request, now_s) for request in requests)

    def send(self, now_s: float, air: Air) -> bytes:
        if not self._powered:
            return b""
        self._pass(now_s)
        self._air = air
        due = [make for due_s, make in self._owed if due_s <= now_s]
        self._owed = [(due_s, make) for due_s, make in self._owed if due_s > now_s]
        return b"".join(make(self._seen(now_s, air)) for make in due) + self._unasked(now_s, air)

    def _begin(self, now_s: float) -> None:
        """What else begins anew with power."""

    def _obey(self, request: bytes, now_s: float) -> bytes:  # noqa: ARG002  (most have requests)
        """The reply to a whole request."""
        return b""

    def _unasked(self, now_s: float, air: Air) -> bytes:  # noqa: ARG002  (some only answer)
        """What is sent without being asked."""
        return b""

    def _answer(self, now_s: float, make: Callable[[Air], bytes], delay_s: float = 0.0) -> bytes:
        """An answer made of the air: at once, or with the next `send` from `delay_s` later on."""
        if delay_s or self._air is None:
            self._owed.append((now_s + delay_s, make))
            return b""
        return make(self._seen(now_s, self._air))

    def _wake(self, now_s: float) -> None:
        """Laser and fan begin to run, and the warm-up with them."""
        self._lasing = True
        self._warming_from_s = now_s

    def _fall_asleep(self) -> None:
        self._lasing = False
        self._owed.clear()

    def _seen(self, now_s: float, air: Air) -> Air:
        """The air as it is told: while the sensor warms up its levels grow from nothing."""
        elapsed_s = now_s - self._warming_from_s
        if elapsed_s >= self._warm_up_s:
            return air
        return thinned(air, elapsed_s / self._warm_up_s)

    def _pass(self, now_s: float) -> None:
        if self._lasing:
            self.laser_s += max(0.0, now_s - self._told_s)
        self._told_s = now_s


def thinned(air: Air, share: float) -> Air:
    """The same air with a share of its dust."""
    return air._replace(
        pm1=air.pm1 * share,
        pm25=air.pm25 * share,
        pm4=air.pm4 * share,
        pm10=air.pm10 * share,
        tsp=air.tsp * share,
    )
