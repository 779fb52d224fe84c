"""What an encoder hands back: the bytes, and what a right reader must take from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from sim.air import Air

if TYPE_CHECKING:
    from decimal import Decimal


class Encoded(NamedTuple):
    """One frame and its levels by wire field.

    The fields are `pm1 pm25 pm10 tsp` in µg/m³, `t_c`, `rh`, `wind_mps`, `wind_deg`. What the model
    does not tell, or calm air does not have, is missing.
    """

    data: bytes
    levels: dict[str, Decimal]


Encoder = Callable[[Air], Encoded]
