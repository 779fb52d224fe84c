"""Where a list of readings was cut: the last reading that was told, as one word for the caller.

A place in the order of the readings and not a count of them, so that readings which come or go
meanwhile move nothing.
"""

from __future__ import annotations

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from api.as_of import within_the_calendar
from dust.errors import BadInput

_LAYOUT: Final = struct.Struct(">qiq")
_PADDING: Final = "="  # what base64 adds to the layout's 20 bytes
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_ALLOWED: Final = "the `after` of an earlier answer's `next`, unchanged"


class Cursor(NamedTuple):
    """A reading's place among all readings."""

    phenomenon_time: datetime
    sensor_id: int
    seq: int

    def text(self) -> str:
        time_us = (self.phenomenon_time - _EPOCH) // _MICROSECOND
        packed = _LAYOUT.pack(time_us, self.sensor_id, self.seq)
        return urlsafe_b64encode(packed).decode().removesuffix(_PADDING)


def read_cursor(text: str) -> Cursor:
    """The cursor in `text`, or a `BadInput` where `Cursor.text` has not written it."""
    try:
        time_us, sensor_id, seq = _LAYOUT.unpack(urlsafe_b64decode(text + _PADDING))
        cursor = Cursor(_EPOCH + timedelta(microseconds=time_us), sensor_id, seq)
        within_the_calendar("after", cursor.phenomenon_time)
    except (ValueError, OverflowError, struct.error, BadInput):
        raise BadInput("after", text, _ALLOWED) from None
    if cursor.text() != text:  # the decoder passes over what is no base64
        raise BadInput("after", text, _ALLOWED)
    return cursor
