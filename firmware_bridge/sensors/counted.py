"""Frames whose header tells their length and whose last byte is an 8-bit check of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware_bridge.errors import FrameError
from firmware_bridge.framing import FrameFormat

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class CountedFormat(FrameFormat):
    """Header bytes -> whole length; `check_byte` computes the last byte from all before it."""

    def __init__(self, lengths: Mapping[bytes, int], check_byte: Callable[[bytes], int]) -> None:
        self.headers = tuple(lengths)
        self._lengths = lengths
        self._check_byte = check_byte

    def length(self, start: bytes) -> int | None:
        return next((n for header, n in self._lengths.items() if start.startswith(header)), None)

    def check(self, frame: bytes) -> None:
        computed = self._check_byte(frame[:-1])
        if frame[-1] != computed:
            raise FrameError("checksum", f"{frame[-1]:#04x} stated, {computed:#04x} computed")
