"""Whole frames out of a stream of bytes, whatever noise lies between them.

On a failure one byte is dropped and the search goes on, so that noise which looks like a header
never costs the frame behind it. Lengths are checked against a known set and every format is bounded
(`reach`), so a false length never makes the stream wait for bytes that do not come (ESPEasy #914,
#976 lost sync for ever).
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass

from firmware_bridge.errors import FrameError


class FrameFormat(ABC):
    """How a maker's frames begin, how long they are, and what makes one valid."""

    headers: tuple[bytes, ...] = ()
    """A frame begins with one of these."""
    reach: int = 4
    """So many bytes of its beginning are enough to tell a frame's length."""
    shares_flag: bool = False
    """The last byte of a frame may be the first of the next one, if that one lost its own."""
    unended_reason: str = "length"
    """Why a frame without its end is refused."""

    def may_be(self, frame: bytes) -> bool:  # noqa: ARG002  (for those without a header)
        """Whether these bytes, which have the header, may be one; formats without one say more."""
        return True

    @abstractmethod
    def length(self, start: bytes) -> int | None:
        """The length in bytes of the frame that begins with `start`; None: more bytes are needed.

        Raises `FrameError` for a length that no frame of this format has.
        """

    @abstractmethod
    def check(self, frame: bytes) -> None:
        """Raise `FrameError` unless check sum and tail are right."""


class AnyOf(FrameFormat):
    """Several formats on one line (data, replies, acknowledgements), told by their headers."""

    def __init__(self, *formats: FrameFormat) -> None:
        self._formats = formats
        self.headers = tuple(header for form in formats for header in form.headers)
        self.reach = max(form.reach for form in formats)

    def length(self, start: bytes) -> int | None:
        form = self._format_of(start)
        return form.length(start) if form else None

    def check(self, frame: bytes) -> None:
        form = self._format_of(frame)
        if form:
            form.check(frame)

    def _format_of(self, start: bytes) -> FrameFormat | None:
        return next((form for form in self._formats if start.startswith(form.headers)), None)


class LineFormat(FrameFormat):
    """Text from a header to an end mark, of bounded length; no header is inside a line."""

    def __init__(self, header: bytes, end: bytes, longest: int) -> None:
        self.headers = (header,)
        self.reach = longest
        self._end = end

    def length(self, start: bytes) -> int | None:
        at = start.find(self._end)
        body = start if at < 0 else start[:at]
        if body.find(self.headers[0], 1) > 0:
            raise FrameError("length", "the next line begins before this one ends")
        if at >= 0:
            return at + len(self._end)
        if len(start) >= self.reach:
            raise FrameError("length", f"no end within {self.reach} bytes")
        return None


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
        self._begin = _beginning(frame_format.headers)
        self._buffer = bytearray()
        self._kept = 0  # bytes at the front that belong to the frame before
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
                length = self._format.length(bytes(self._buffer[: self._format.reach]))
                if length is None or len(self._buffer) < length:
                    return None
                return self._take(length)
            except Exception:  # noqa: BLE001  (a FrameError, or a fault of ours that must not stop)
                self.counts.rejected_frames += 1
                self._discard(1)
        return None

    def _take(self, length: int) -> bytes:
        frame = bytes(self._buffer[:length])
        self._format.check(frame)
        self._kept = int(self._format.shares_flag)
        del self._buffer[: length - self._kept]
        self.counts.frames += 1
        return frame

    def _seek_header(self) -> bool:
        """Drop what lies before the next header; keep a tail that may be the beginning of one."""
        if self._kept and self._buffer[:1] == self._buffer[1:2]:
            self._discard(1)  # the next frame brought a flag of its own
        found = self._begin.search(self._buffer)
        self._discard(found.start() if found else len(self._buffer))
        return found is not None

    def _discard(self, count: int) -> None:
        del self._buffer[:count]
        self.counts.discarded_bytes += max(0, count - self._kept)
        self._kept = 0 if count else self._kept


def _beginning(headers: tuple[bytes, ...]) -> re.Pattern[bytes]:
    """Finds the first header, or the beginning of one at the very end."""
    whole = [re.escape(header) for header in headers]
    begun = {header[:count] for header in headers for count in range(1, len(header))}
    return re.compile(b"|".join(whole + [re.escape(part) + rb"\Z" for part in sorted(begun)]))
