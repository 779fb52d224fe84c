"""Whole frames out of a stream of bytes, whatever noise lies between them.

On a failure one byte is dropped and the search goes on, so that noise which looks like a header
never costs the frame behind it. Lengths are checked against a known set, so a false length never
makes the stream wait for bytes that do not come (ESPEasy #914, #976 lost sync for ever).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from firmware_bridge.errors import FrameError


class FrameFormat(Protocol):
    """How a maker's frames begin, how long they are, and what makes one valid."""

    header: bytes

    def length(self, start: bytes) -> int | None:
        """The length in bytes of the frame that begins with `start`; None: more bytes are needed.

        Raises `FrameError` for a length that no frame of this format has.
        """
        ...

    def check(self, frame: bytes) -> None:
        """Raise `FrameError` unless check sum and tail are right."""
        ...


@dataclass(slots=True)
class FrameCounts:
    """What a stream has seen since it began."""

    frames: int = 0
    rejected_frames: int = 0
    discarded_bytes: int = 0


class FrameStream:
    """The bytes of one port, cut into frames."""

    def __init__(self, frame_format: FrameFormat) -> None:
        self._format = frame_format
        self._buffer = bytearray()
        self.counts = FrameCounts()

    def feed(self, chunk: bytes) -> list[bytes]:
        """Add bytes as they come, split anywhere; returns the frames that are whole now."""
        self._buffer += chunk
        frames = []
        while (frame := self._next()) is not None:
            frames.append(frame)
        return frames

    def _next(self) -> bytes | None:
        while self._seek_header():
            try:
                length = self._format.length(bytes(self._buffer[:4]))
                if length is None or len(self._buffer) < length:
                    return None
                return self._take(length)
            except FrameError:
                self.counts.rejected_frames += 1
                self._discard(1)
        return None

    def _take(self, length: int) -> bytes:
        frame = bytes(self._buffer[:length])
        self._format.check(frame)
        del self._buffer[:length]
        self.counts.frames += 1
        return frame

    def _seek_header(self) -> bool:
        """Drop what lies before the next header; keep a tail that may be the beginning of one."""
        header = self._format.header
        at = self._buffer.find(header)
        if at < 0:
            tail = 1 if self._buffer[-1:] == header[:1] else 0
            self._discard(len(self._buffer) - tail)
            return False
        self._discard(at)
        return True

    def _discard(self, count: int) -> None:
        del self._buffer[:count]
        self.counts.discarded_bytes += count
