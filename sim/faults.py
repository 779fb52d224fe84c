"""Faults of sensors and lines: what happens to the bytes between a sensor and its reader.

A fault is given what comes down the line at an instant and says what gets through. It also says
what of that must still count, and its tally holds what it lost, added or holds back, so that
nothing is unaccounted for. Chance hangs on the seed and the instant alone.
"""

# No `from __future__ import annotations`: the bounds of a plan are read from its annotations.
import math
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Generic, NamedTuple, Protocol

from sim.emission import Emission, Told
from sim.world.dice import key_of, uniform
from sim.world.local_time import HOUR_MS
from sim.world.plans import Between, Share

SENSOR_FAULTS = (
    *("drop_out", "duplicate", "reorder", "bad_check_sum"),
    *("noise_burst", "stuck_value", "power_cut"),
)
CLOCK_FAULTS = ("clock_skew", "clock_jump")
KINDS = (*SENSOR_FAULTS, *CLOCK_FAULTS, "network_outage")
WITHOUT_CHECK_SUM = ("bam1020",)  # a turned bit in its text would pass for another figure

_LONGEST_NOISE = 40
_SILENCE: bytes = b""

Hours = Annotated[float, Between(0.0, 1e6)]


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """One fault: whom it befalls (nobody named: all), when, in hours from the start, how often.

    `rate` is the chance per frame, `ppm` how much a skewed clock runs ahead, `by_s` how far a
    clock jumps.
    """

    kind: str
    sensors: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    rate: Share = 1.0
    from_h: Hours = 0.0
    to_h: Annotated[float, Between(0.0, math.inf)] = math.inf
    ppm: Annotated[float, Between(-100_000.0, 100_000.0)] = 0.0
    by_s: Annotated[float, Between(-1e8, 1e8)] = 0.0

    def aims_at(self, sensor_id: str, gateway: str) -> bool:
        named = not self.sensors or sensor_id in self.sensors
        return named and (not self.gateways or gateway in self.gateways)

    def window(self, start_ms: int) -> "Window":
        return Window(start_ms + self.from_h * HOUR_MS, start_ms + self.to_h * HOUR_MS)


class Window(NamedTuple):
    """The instants from one to just before another."""

    from_ms: float
    to_ms: float

    def holds(self, instant_ms: int) -> bool:
        return self.from_ms <= instant_ms < self.to_ms


@dataclass(slots=True)
class Tally:
    """Frames that must not count any more, that count once more, that are still held back."""

    lost: int = 0
    added: int = 0
    held: int = 0


class Fault(Protocol[Told]):
    """Called once for every instant, in their order, also when the sensor is silent."""

    kind: str
    tally: Tally

    def pass_on(self, instant_ms: int, sent: Emission[Told]) -> Emission[Told]: ...


class _Chance:
    """Strikes within its window, at its rate."""

    def __init__(self, plan: FaultPlan, start_ms: int, key: int) -> None:
        self.kind = plan.kind
        self.tally = Tally()
        self._window = plan.window(start_ms)
        self._rate = plan.rate
        self._key = key

    def _strikes(self, instant_ms: int) -> bool:
        return self._window.holds(instant_ms) and uniform(self._key, instant_ms) < self._rate


class DropOut(_Chance, Generic[Told]):
    """Nothing comes down the line: drop-outs, and power cuts."""

    def pass_on(self, instant_ms: int, sent: Emission[Told]) -> Emission[Told]:
        if not self._strikes(instant_ms):
            return sent
        self.tally.lost += len(sent.counted)
        return Emission(_SILENCE, ())


class Duplicate(_Chance, Generic[Told]):
    """Everything comes twice; both count."""

    def pass_on(self, instant_ms: int, sent: Emission[Told]) -> Emission[Told]:
        if not self._strikes(instant_ms):
            return sent
        self.tally.added += len(sent.counted)
        return sent.then(sent)


class Reorder(_Chance, Generic[Told]):
    """What is held back comes behind the next frame, and counts at that instant."""

    def __init__(self, plan: FaultPlan, start_ms: int, key: int) -> None:
        super().__init__(plan, start_ms, key)
        self._held: Emission[Told] = Emission(_SILENCE, ())

    def pass_on(self, instant_ms: int, sent: Emission[Told]) -> Emission[Told]:
        if not sent.counted:
            return sent
        if self._held.counted:
            late, self._held = self._held, Emission(_SILENCE, ())
            self.tally.held = 0
            return sent.then(late)
        if self._strikes(instant_ms):
            self._held = sent
            self.tally.held = len(sent.counted)
            return Emission(_SILENCE, ())
        return sent


class BadCheckSum(_Chance, Generic[Told]):
    """A turned bit in every frame on the way: the reader must refuse what comes."""

    def pass_on(self, instant_ms: int, sent: Emission[Told]) -> Emission[Told]:
        if not sent.counted or not self._strikes(instant_ms):
            return sent
        self.tally.lost += len(sent.counted)
        return Emission(_damaged(sent, self._key + instant_ms), ())


class NoiseBurst(_Chance, Generic[Told]):
    """Random bytes ahead of what comes, which must not harm it."""

    def pass_on(self, instant_ms: int, sent: Emission[Told]) -> Emission[Told]:
        if not sent.data or not self._strikes(instant_ms):
            return sent
        dice = random.Random(self._key + instant_ms)  # noqa: S311  (repeatable, nothing secret)
        noise = dice.randbytes(dice.randint(1, _LONGEST_NOISE))
        return sent.after(noise)


class StuckValue(_Chance, Generic[Told]):
    """The sensor repeats its last frame; the frames are valid, so they count."""

    def __init__(self, plan: FaultPlan, start_ms: int, key: int) -> None:
        super().__init__(plan, start_ms, key)
        self._last: Emission[Told] | None = None

    def pass_on(self, instant_ms: int, sent: Emission[Told]) -> Emission[Told]:
        if not sent.counted:
            return sent
        if self._last is None or not self._window.holds(instant_ms):
            self._last = sent
            return sent
        repeated = self._last
        self.tally.added += len(repeated.counted)
        self.tally.lost += len(sent.counted)
        return repeated


_CLASSES: dict[str, Callable[[FaultPlan, int, int], Fault[Any]]] = {
    "drop_out": DropOut,
    "power_cut": DropOut,
    "duplicate": Duplicate,
    "reorder": Reorder,
    "bad_check_sum": BadCheckSum,
    "noise_burst": NoiseBurst,
    "stuck_value": StuckValue,
}


class Faults(Generic[Told]):
    """The faults of one sensor, one behind another in the scenario's order."""

    def __init__(self, chain: Sequence[Fault[Told]]) -> None:
        self.chain = chain

    def pass_on(self, instant_ms: int, sent: Emission[Told] | None) -> Emission[Told] | None:
        """What gets through of what a sensor sends at an instant; None where nothing does."""
        if not self.chain:
            return sent
        passed: Emission[Told] = sent or Emission(_SILENCE, ())
        for fault in self.chain:
            passed = fault.pass_on(instant_ms, passed)
        return passed if passed.data or passed.counted else None

    def stream(
        self, sent: Iterable[tuple[int, Emission[Told] | None]]
    ) -> Iterator[tuple[int, Emission[Told]]]:
        """The same for a whole stream in the order of its instants."""
        for instant_ms, emission in sent:
            passed = self.pass_on(instant_ms, emission)
            if passed is not None:
                yield instant_ms, passed


def sensor_faults(
    plans: Sequence[FaultPlan],
    seed: int,
    start_ms: int,
    sensor: tuple[str, str],
    unit: str,
) -> Faults[Told]:
    """The faults that befall a sensor, given as (id, gateway); `unit` names its dice."""
    chain: list[Fault[Told]] = []
    for number, plan in enumerate(plans):
        if plan.kind in SENSOR_FAULTS and plan.aims_at(*sensor):
            key = key_of(seed, "fault", number, plan.kind, unit)
            chain.append(_CLASSES[plan.kind](plan, start_ms, key))
    return Faults(chain)


class Sending(Protocol):
    """What a fault asks of a sensor before it may befall it."""

    @property
    def model(self) -> str: ...

    @property
    def signal(self) -> str: ...


def may_befall(kind: str, sensor: Sending) -> bool:
    """A check sum can be made bad where there is one, and where it is known where frames end."""
    has_one = sensor.model not in WITHOUT_CHECK_SUM and sensor.signal != "captured"
    return kind != "bad_check_sum" or has_one


class Counted(Protocol):
    """Anything with a kind and a tally."""

    kind: str
    tally: Tally


def sums(faults: Iterable[Counted]) -> dict[str, dict[str, int]]:
    """The tallies of many faults together, by kind."""
    counts: dict[str, Counter[str]] = {}
    for fault in faults:
        counts.setdefault(fault.kind, Counter()).update(asdict(fault.tally))
    return {kind: dict(count) for kind, count in sorted(counts.items())}


class WrongClock:
    """How far a gateway's clock is from the truth; it is right again behind its windows.

    `gateway` None: one clock that all share.
    """

    def __init__(
        self, plans: Sequence[FaultPlan], start_ms: int, gateway: str | None = None
    ) -> None:
        self._wrongs = [
            (plan.window(start_ms), plan.ppm / 1e6, plan.by_s * 1000)
            for plan in plans
            if plan.kind in CLOCK_FAULTS
            if gateway is None or not plan.gateways or gateway in plan.gateways
        ]

    def by_ms(self, instant_ms: int) -> int:
        return round(
            sum(
                jump_ms + skew * (instant_ms - window.from_ms)
                for window, skew, jump_ms in self._wrongs
                if window.holds(instant_ms)
            )
        )


class CutOff:
    """When a gateway cannot reach the broker: network outages and power cuts."""

    def __init__(self, plans: Sequence[FaultPlan], start_ms: int, gateway: str) -> None:
        self._windows = [
            plan.window(start_ms)
            for plan in plans
            if plan.kind == "network_outage" or (plan.kind == "power_cut" and not plan.sensors)
            if not plan.gateways or gateway in plan.gateways
        ]

    def holds(self, instant_ms: int) -> bool:
        return any(window.holds(instant_ms) for window in self._windows)


def _damaged(sent: Emission[Told], seed: int) -> bytes:
    """One bit of each frame turned where it can neither move its end nor make another."""
    dice = random.Random(seed)  # noqa: S311  (repeatable, nothing secret)
    damaged = bytearray(sent.data)
    for begin, end in sent.frames:
        length = end - begin
        is_text = sent.data[end - 1] in b"\r\n"
        first, last = (length // 4, length // 2) if is_text else (length // 2, length - 2)
        place = begin + dice.randint(first, max(first, last))
        damaged[place] ^= 1 << dice.randrange(2 if is_text else 8)
    return bytes(damaged)
