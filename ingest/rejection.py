"""Why something was not stored: a reason code, the field, its value and what is allowed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_SHOWN: Final = 200
"""Characters of a bad value that are kept beside the payload, which is kept whole."""


class Reason(StrEnum):
    """The fate of what cannot be stored, as counted and shown."""

    NOT_JSON = "not_json"
    UNSUPPORTED_VERSION = "unsupported_version"
    MALFORMED = "malformed"
    GATEWAY_MISMATCH = "gateway_mismatch"
    TOO_MANY_READINGS = "too_many_readings"
    UNKNOWN_SENSOR = "unknown_sensor"
    TIME_TOO_OLD = "time_too_old"
    TIME_IN_FUTURE = "time_in_future"
    NOT_FINITE = "not_finite"
    VALUE_OUT_OF_RANGE = "value_out_of_range"
    NO_VALUE = "no_value"
    REFUSED_BY_DATABASE = "refused_by_database"
    INGEST_FAILED = "ingest_failed"


@dataclass(frozen=True, slots=True)
class Rejection:
    """One refused reading (or message, where `seq` is None), kept whole in `payload`."""

    reason: Reason
    topic: str
    gateway: str
    payload: bytes
    spool: str | None = None
    seq: int | None = None
    field: str | None = None
    value: str | None = None
    allowed: str | None = None

    @staticmethod
    def shown(value: object) -> str:
        """A bad value as text that a database can hold."""
        return str(value).replace("\x00", "\\0").encode("utf-8", "replace").decode()[:_SHOWN]
