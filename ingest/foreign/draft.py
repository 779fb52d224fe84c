"""A reading in the making: values of a device are put in one by one, each judged on its own.

Dust that cannot be read costs the reading, because the row cannot be trusted. Weather that cannot
is left out and told in `x.left_out`: a broken hygrometer must not cost the dust.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dust.readings import PARTICULATE_FIELDS, VALUE_FIELDS
from dust.wire import WireReading
from ingest.foreign.measured_values import check_size, extra_of, number_of
from ingest.foreign.message import Fault
from ingest.foreign.units import converted
from ingest.rejection import Reason, Rejection

if TYPE_CHECKING:
    from collections.abc import Collection

ORDINALS: Final = {name: number for number, name in enumerate(VALUE_FIELDS, 1)}
"""The sequence number of a reading that has one quantity alone: two quantities of one device in one
millisecond are two readings. The numbers never change; a new field goes to the end."""
_WIDEST: Final = {"rh": (0.0, 100.0), "t_c": (-90.0, 125.0), "p_hpa": (300.0, 1100.0)}
"""Outside no weather lies: decided, as wide as sensors of this kind go."""
_MOST_EXTRAS: Final = 64


class Draft:
    """Collects values; the first of a field counts, later ones go to `x` under their own names."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}
        self.extras: dict[str, float | int] = {}
        self.left_out: dict[str, str] = {}
        self.says_none = False
        """Whether a field of ours was there and said that it has no value."""

    def put(
        self,
        field: str,
        name: str,
        raw: object,
        unit: str | None = None,
        none: Collection[float] = (),
    ) -> None:
        """The quantity that the device calls `name`; `none` are the numbers by which it says none.

        Raises `Fault` where it is dust and cannot be read.
        """
        try:
            value = number_of(name, raw)
            if value is None or value in none:
                self.says_none = True
                return
            value = check_size(name, converted(field, value, unit))
            _check_weather(field, name, value)
        except Fault as fault:
            if field in PARTICULATE_FIELDS:
                raise
            self._leave_out(name, fault.value)
            return
        if field in self.values:
            self.keep(name, value)
        else:
            self.values[field] = value

    def keep(self, name: str, raw: object, none: Collection[float] = ()) -> None:
        """Something else that this model says; whatever is no number is not kept."""
        value = extra_of(raw)
        if value is not None and value not in none and len(self.extras) < _MOST_EXTRAS:
            self.extras[Rejection.shown(name)] = value

    def reading(self, sensor: str, instant_ms: int, seq: int = 0) -> WireReading | None:
        """The reading; None without a single value."""
        if not self.values:
            return None
        values: dict[str, Any] = dict(self.values)
        return WireReading(seq=seq, sensor=sensor, t=instant_ms, x=self._x(), **values)

    def _x(self) -> dict[str, Any] | None:
        told: dict[str, Any] = dict(self.extras)
        if self.left_out:
            told["left_out"] = self.left_out
        return told or None

    def _leave_out(self, name: str, value: object) -> None:
        if len(self.left_out) < _MOST_EXTRAS:
            self.left_out[Rejection.shown(name)] = Rejection.shown(value)


def _check_weather(field: str, name: str, value: float) -> None:
    low, high = _WIDEST.get(field, (value, value))
    if not low <= value <= high:
        raise Fault(Reason.VALUE_OUT_OF_RANGE, name, value, f"{low:g} to {high:g}")
