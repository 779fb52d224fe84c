"""What a maker's module supplies for each of its models."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from zoneinfo import ZoneInfo

    from firmware_bridge.framing import FrameFormat

Decoded = dict[str, Any]
"""What a frame says, by the field names of the maker's data sheet: numbers, texts, truths, lists of
registers; None is what the frame leaves empty (the direction of calm air)."""


ASKED: Final = frozenset({"asked", "poll_s"})
"""Settings of a sensor that can be asked."""
CYCLED: Final = ASKED | {"read_s"}
"""Settings of a sensor that can be asked and sent to sleep."""
WIND: Final = frozenset({"mounted_deg"})
"""Settings of a wind vane."""


@dataclass(frozen=True, slots=True)
class SensorModel:
    """A model of sensor: its serial line, its frames and what of them makes a reading.

    `values` maps a reading's pollutants to the frame's fields, `weather` its wind and climate;
    `extras` is what else is kept in `x`. A frame without these fields (an acknowledgement, a reply)
    is no data. `answers` are formats that come only when asked for and are not looked for in a
    stream.
    """

    identifier: str
    baud: int
    parity: Literal["N", "E", "O"]
    frame_format: FrameFormat
    decode: Callable[[bytes], Decoded]
    values: Mapping[str, str]
    extras: tuple[str, ...] = ()
    weather: Mapping[str, str] = field(default_factory=dict)
    answers: tuple[FrameFormat, ...] = ()
    warm_up_s: float = 0
    """Frames so long after power or waking do not count."""
    poll_s: float = 0
    """How often it is asked where it is asked; 0: it cannot be asked."""
    is_only_asked: bool = False
    """It never sends by itself."""
    answer_within_s: float = 1
    """An answer that has not come by then does not come."""
    options: frozenset[str] = frozenset()
    """The settings that this model has beside those that every sensor has."""
    preamble: bytes = b""
    """What may stand before an answer and is no frame of its own."""
    own_time: Callable[[Decoded, ZoneInfo], int | None] | None = None
    """Epoch ms of the END of the hour that a record states by its own clock; None: no clock."""

    def is_data(self, decoded: Decoded) -> bool:
        sources = (*self.values.values(), *self.weather.values())
        return bool(sources) and all(source in decoded for source in sources)


def big_endian_words(payload: bytes) -> list[int]:
    """The unsigned 16-bit big-endian words of `payload`."""
    return [int.from_bytes(payload[at : at + 2]) for at in range(0, len(payload) - 1, 2)]


def signed_word(word: int) -> int:
    """A 16-bit word read as two's complement."""
    return word - 0x1_0000 if word & 0x8000 else word


def exclusive_or(content: Iterable[int]) -> int:
    """All bytes combined by exclusive or."""
    combined = 0
    for byte in content:
        combined ^= byte
    return combined


def zero_sum(content: bytes) -> int:
    """The byte that makes the sum of `content` and itself 0 modulo 256."""
    return -sum(content) & 0xFF
