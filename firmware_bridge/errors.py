"""Errors of the gateway.

DustError
├── FrameError            bytes that are no frame: thrown away, counted, never fatal
├── PortUnavailable       a serial port that is not there now (retryable)
├── SendingEnded          publishing cannot go on: the service manager has to start the gateway anew
├── SpoolError            a spool that this version cannot use
└── SpoolFull             the disk is full: nothing was written, may be tried again (retryable)
"""

from __future__ import annotations

from dust.errors import DustError, Unavailable


class FrameError(DustError):
    """Bytes that are no frame; `reason` is length, checksum, tail, header or alarm."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        super().__init__(f"{reason}: {detail}")


class PortUnavailable(Unavailable):
    """A serial port cannot be opened or has gone."""


class SendingEnded(DustError):  # noqa: N818  (named by what is wrong)
    """Nothing is sent any more; the readings are in the spool."""


class SpoolError(DustError):
    """The spool's file cannot be used by this version."""


class SpoolFull(Unavailable):
    """The disk under the spool is full; nothing was written."""
