"""The outer shape that several makers share: `42 4D`, length, body, 16-bit sum, all big-endian."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADER = b"BM"
_SUM_BYTES = 2


def bm_frame(body: bytes) -> bytes:
    """`body` with its header, the number of bytes that follow, and the sum of all before it."""
    summed = HEADER + (len(body) + _SUM_BYTES).to_bytes(2, "big") + body
    return summed + (sum(summed) & 0xFFFF).to_bytes(2, "big")


def words(values: Sequence[int]) -> bytes:
    """Unsigned 16-bit words."""
    return struct.pack(f">{len(values)}H", *values)
