"""An emission: what comes down a sensor's line at one instant, and what of it must count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, NamedTuple, TypeVar

Told = TypeVar("Told")
Levels = Mapping[str, float]
"""What one frame tells, by field of the wire."""


class Emission(NamedTuple, Generic[Told]):
    """Bytes for the port, and what each frame in them that must count tells.

    On a port a frame tells its `pm1,pm25,pm10` as a text for the sent record; where readings are
    made without bytes it tells its `Levels`, and `data` is empty. `spans` are the (begin, end) of
    the frames in `data`; left out: it is one frame.
    """

    data: bytes
    counted: tuple[Told, ...]
    spans: tuple[tuple[int, int], ...] = ()

    @property
    def frames(self) -> tuple[tuple[int, int], ...]:
        """Where its frames begin and end; none where there are no bytes."""
        return self.spans or (((0, len(self.data)),) if self.data else ())

    def after(self, noise: bytes) -> Emission[Told]:
        """The same behind other bytes."""
        return Emission(noise + self.data, self.counted, _moved(self.frames, len(noise)))

    def then(self, later: Emission[Told]) -> Emission[Told]:
        """The same, and another behind it."""
        spans = self.frames + _moved(later.frames, len(self.data))
        return Emission(self.data + later.data, self.counted + later.counted, spans)


def _moved(spans: tuple[tuple[int, int], ...], by: int) -> tuple[tuple[int, int], ...]:
    return tuple((begin + by, end + by) for begin, end in spans)
