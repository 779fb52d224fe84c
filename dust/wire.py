"""Wire protocol v1: what gateways, ingest and the simulator say to each other over MQTT.

Topics `dust/v1/<gateway>/{readings,status,receipts}`, JSON payloads. Unknown fields are refused
with a reason, never guessed; `docs/asyncapi.yaml` is the published schema.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from msgspec import Meta

from dust.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterable

VERSION: Final = 1
MAX_READINGS: Final = 500
"""Readings in one batch at most; a larger batch is refused whole."""

# Not "$", which lets a line feed through behind the last character.
Identifier = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")]
Count = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Sequence = Annotated[int, Meta(ge=0, le=2**63 - 2)]  # a half-open range needs the one above
Instant = Annotated[int, Meta(ge=-(2**53), le=2**53)]
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class WireReading(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One reading: `t` is the phenomenon time in epoch ms UTC, `n` the frames averaged.

    `seq` grows by one per spool; 0 stands for a foreign device without a spool. `x` holds what only
    this model says (CF=1 values, particle counts).
    """

    seq: Sequence
    t: Instant
    sensor: Identifier
    n: Count = 1
    pm1: float | None = None
    pm25: float | None = None
    pm10: float | None = None
    tsp: float | None = None
    t_c: float | None = None
    rh: float | None = None
    p_hpa: float | None = None
    wind_mps: float | None = None
    wind_deg: float | None = None
    x: dict[str, Any] | None = None


class Batch(msgspec.Struct, forbid_unknown_fields=True):
    """A message of readings from one spool, its readings not yet decoded one by one."""

    v: int
    gateway: Identifier
    spool: str
    readings: msgspec.Raw


class Receipt(msgspec.Struct, forbid_unknown_fields=True):
    """The sequence ranges, both ends included, that are committed (stored or quarantined)."""

    v: int
    spool: str
    ranges: list[tuple[Sequence, Sequence]]


class SensorStatus(msgspec.Struct, omit_defaults=True):
    """How one sensor of a gateway fares; bytes, frames and questions since the bridge started."""

    state: str
    frames: int = 0
    rejected_frames: int = 0
    discarded_bytes: int = 0
    last_frame_ms: int | None = None
    warming_frames: int = 0
    asked: int = 0
    answered: int = 0
    settings_written: int = 0


class ClockStatus(msgspec.Struct, omit_defaults=True):
    """What a gateway knows of the time; `held` readings wait until it is known."""

    state: str
    held: int = 0
    jumps: int = 0
    last_jump_ms: int | None = None


class GatewayStatus(msgspec.Struct, omit_defaults=True):
    """The retained word of a gateway about itself; the broker says `offline` in its stead.

    `dropped` readings were given up because the spool was at its limit; `dropped_ranges` are the
    newest of their numbers, both ends included. `set_aside` names spool files that were corrupt.
    `last_seq` is the highest number that the spool has given.
    """

    v: int
    gateway: str
    state: str
    t: int | None = None
    spool: str | None = None
    uptime_s: int = 0
    spool_depth: int = 0
    last_seq: int = 0
    dropped: int = 0
    dropped_ranges: list[tuple[int, int]] = []
    receipts_overdue: bool = False
    disk_full: bool = False
    set_aside: list[str] = []
    clock: ClockStatus | None = None
    sensors: dict[str, SensorStatus] = {}


_OWN: Final = f"dust/v{VERSION}/"
_encoder: Final = msgspec.json.Encoder()
_receipt_decoder: Final = msgspec.json.Decoder(Receipt)
_fields_decoder: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def readings_topic(gateway: str) -> str:
    return f"dust/v{VERSION}/{gateway}/readings"


def status_topic(gateway: str) -> str:
    return f"dust/v{VERSION}/{gateway}/status"


def receipts_topic(gateway: str) -> str:
    return f"dust/v{VERSION}/{gateway}/receipts"


def is_ours(topic: str) -> bool:
    """Whether a topic belongs to this protocol."""
    return topic.startswith(_OWN)


def is_readings_topic(topic: str) -> bool:
    """Whether a topic is one on which a gateway sends readings."""
    return is_ours(topic) and topic.endswith("/readings")


def is_status_topic(topic: str) -> bool:
    """Whether a topic is one on which a gateway tells of itself."""
    return is_ours(topic) and topic.endswith("/status")


def gateway_of(topic: str) -> str:
    """The gateway that a topic belongs to; '' for a topic of another shape."""
    parts = topic.split("/")
    return parts[2] if len(parts) == 4 else ""  # noqa: PLR2004  (dust / version / gateway / kind)


def is_identifier(value: str) -> bool:
    """Whether `value` may stand in a topic or be a sensor's code."""
    return _IDENTIFIER.fullmatch(value) is not None


def check_identifier(field: str, value: str) -> str:
    """`value` where it may stand in a topic or as a sensor's code, else `BadInput`."""
    if not is_identifier(value):
        raise BadInput(field, value, "1 to 64 letters, digits, '.', '_' or '-', no sign first")
    return value


def encode(message: msgspec.Struct) -> bytes:
    """The message as JSON bytes."""
    return _encoder.encode(message)


def spooled_body(reading: WireReading) -> bytes:
    """A reading as JSON without its number and time, which stand beside it in the spool."""
    encoded = _encoder.encode(reading)
    return b"{" + encoded[encoded.index(b'"sensor"') :]


def encode_batch(gateway: str, spool: str, rows: Iterable[tuple[int, int, bytes]]) -> bytes:
    """A readings payload from spooled rows (number, time, body).

    A body that is no JSON object (a damaged disk) goes as `damaged` in hexadecimal: ingest puts it
    in quarantine under its number, and the others of its batch are not held back.
    """
    head = _encoder.encode({"v": VERSION, "gateway": gateway, "spool": spool})
    items = b",".join(
        b'{"seq":%d,"t":%d,%s' % (seq, t_ms, _sound(body)[1:]) for seq, t_ms, body in rows
    )
    return head[:-1] + b',"readings":[' + items + b"]}"


def _sound(body: bytes) -> bytes:
    """`body`, which begins with its brace and has a field; else what tells that it is damaged."""
    try:
        if body.startswith(b'{"') and _fields_decoder.decode(body):
            return body
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    return _encoder.encode({"damaged": body.hex()})


def decode_receipt(payload: bytes) -> Receipt:
    """A receipt; raises `BadInput` for anything else."""
    try:
        receipt = _receipt_decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(
            "receipt", payload[:200], f"a receipt of protocol v{VERSION} ({error})"
        ) from None
    if receipt.v != VERSION:
        raise BadInput("receipt.v", receipt.v, str(VERSION))
    return receipt


def ranges_of(sequence_numbers: list[int]) -> list[tuple[int, int]]:
    """The shortest list of closed ranges that holds exactly these numbers."""
    numbers = set(sequence_numbers)
    if numbers and max(numbers) - min(numbers) == len(numbers) - 1:  # nearly always
        return [(min(numbers), max(numbers))]
    ranges: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ranges
