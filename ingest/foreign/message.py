"""What a decoder is given and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from ingest.decoding import DecodedMessage
from ingest.rejection import Reason, Rejection


class Ignored(StrEnum):
    """Why nothing of a message is stored on purpose, as counted and shown."""

    NO_MEASURES = "no_measures"
    """It holds no quantity that is kept here: a device right after its start, a lamp."""
    NO_VALUE = "no_value"
    """The device says that it has no value now (`nan`, `unavailable`)."""
    NOT_A_STATE = "not_a_state"
    """Talk of a bridge, of availability, of settings."""
    NOT_MAPPED = "not_mapped"
    """A quantity that the mapping does not name."""
    RETAINED = "retained"
    """The broker's copy of an old message that has no time of its own."""


class Heard(NamedTuple):
    """A message, and what its topic says: the device, and the quantity where it has one."""

    topic: str
    payload: bytes
    arrived_ms: int
    retain: bool
    device: str | None
    quantity: str | None = None


@dataclass(slots=True)
class ForeignMessage(DecodedMessage):
    """What one foreign message holds.

    `ignored` has a reason for each thing that is not stored on purpose. `uses_arrival`: a reading
    is dated by arrival, so that the arrival must be remembered.
    """

    ignored: list[Ignored] = field(default_factory=list)
    uses_arrival: bool = False

    def refuse(self, heard: Heard, fault: Fault, payload: bytes | None = None) -> None:
        """Set aside the message, or the part of it that is given."""
        self.rejections.append(
            Rejection(
                fault.reason,
                Rejection.shown(heard.topic),
                self.gateway,
                heard.payload if payload is None else payload,
                field=Rejection.shown(fault.field),
                value=Rejection.shown(fault.value),
                allowed=Rejection.shown(fault.allowed),
            )
        )


class Fault(Exception):  # noqa: N818  (named by what it is; always caught in this package)
    """What is wrong with a message: field, value and what is allowed."""

    def __init__(self, reason: Reason, field_name: str, value: object, allowed: str) -> None:
        super().__init__(reason, field_name, value, allowed)
        self.reason = reason
        self.field = field_name
        self.value = value
        self.allowed = allowed
