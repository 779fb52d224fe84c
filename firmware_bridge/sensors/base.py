"""What a maker's module supplies for each of its models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from firmware_bridge.framing import FrameFormat

Decoded = dict[str, float | int | str | bool]
"""What a frame says, by the field names of the maker's data sheet."""


@dataclass(frozen=True, slots=True)
class SensorModel:
    """A model of sensor: its serial line, its frames and what of them makes a reading.

    `values` maps a reading's fields to the frame's; `extras` is what else is kept in `x`. A frame
    without the value fields (an acknowledgement, a reply) is no data.
    """

    identifier: str
    baud: int
    parity: Literal["N", "E"]
    frame_format: FrameFormat
    decode: Callable[[bytes], Decoded]
    values: Mapping[str, str]
    extras: tuple[str, ...] = ()

    def is_data(self, decoded: Decoded) -> bool:
        return all(source in decoded for source in self.values.values())


def big_endian_words(payload: bytes) -> list[int]:
    """The unsigned 16-bit big-endian words of `payload`."""
    return [int.from_bytes(payload[at : at + 2]) for at in range(0, len(payload) - 1, 2)]
