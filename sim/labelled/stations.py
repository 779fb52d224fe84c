"""The stations of the set: where they stand, which sensor each carries."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from sim.physics import NOVA, PLANTOWER, Optics
from sim.world.dice import key_of, uniform

_MIDDLE_LAT, _MIDDLE_LON = 14.687, 100.871  # Na Phra Lan police station
_M_PER_DEG: Final = 111_320.0
_NEAREST_M, _FARTHEST_M = 400.0, 3200.0
_GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))  # spreads points over a disc
_COUNT: Final = 12
_NOVA_EACH: Final = 4  # every fourth station carries an SDS011
_TWO_CHANNELS: Final = (2, 9)
_OF_MEANS: Final = (0, 4, 6, 10, 11)


class Station(NamedTuple):
    """A station with one sensor; `level` is how much dustier than the others its corner is.

    `tells_means`: a reading is the mean of a minute's frames, as from our gateways; otherwise it is
    one frame, as from a foreign device. A purpleair has two channels and tells means of its own.
    """

    code: str
    model: str
    lat: float
    lon: float
    tells_means: bool
    gain: float
    level: float

    @property
    def optics(self) -> Optics:
        return NOVA if self.is_nova else PLANTOWER

    @property
    def is_nova(self) -> bool:
        return self.model == "sds011"

    @property
    def has_channels(self) -> bool:
        return self.model == "purpleair"

    @property
    def frame_step_ugm3(self) -> float:
        """The step in which the sensor tells a frame."""
        return 0.1 if self.is_nova else 1.0

    @property
    def step_ugm3(self) -> float:
        """The step in which a reading is told."""
        return 0.001 if self.tells_means else 0.01 if self.has_channels else self.frame_step_ugm3


def stations_of(seed: int) -> tuple[Station, ...]:
    """Twelve stations within some 3 km; gain and level hang on the seed."""
    return tuple(_station(seed, number) for number in range(_COUNT))


def _station(seed: int, number: int) -> Station:
    key = key_of(seed, "station", number)
    away_m = _NEAREST_M + (_FARTHEST_M - _NEAREST_M) * math.sqrt(number / (_COUNT - 1))
    angle = number * _GOLDEN_ANGLE
    model = _model(number)
    spread = (NOVA if model == "sds011" else PLANTOWER).spread
    return Station(
        f"s{number + 1:02d}",
        model,
        _MIDDLE_LAT + away_m * math.cos(angle) / _M_PER_DEG,
        _MIDDLE_LON + away_m * math.sin(angle) / (_M_PER_DEG * math.cos(math.radians(_MIDDLE_LAT))),
        number in _OF_MEANS,
        1.0 + spread * (2 * uniform(key, 0) - 1),
        0.85 + 0.35 * uniform(key, 1),
    )


def _model(number: int) -> str:
    if number in _TWO_CHANNELS:
        return "purpleair"
    return "sds011" if number % _NOVA_EACH == _NOVA_EACH - 1 else "pms5003"
