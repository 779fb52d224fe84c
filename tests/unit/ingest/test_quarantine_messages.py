"""From a row of quarantine back to the message that it was a part of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dust.clock import epoch_ms
from ingest.decoding import DecodedMessage, Decoder
from ingest.quarantine.messages import RowDecoder, is_of_ours, is_whole
from ingest.quarantine.rows import QuarantineRow
from ingest.quarantine.telling import payload_text, row_lines, row_object

ARRIVED = datetime(2024, 1, 15, 3, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")
SPOOL = "11111111-1111-4111-8111-111111111111"


def a_row(payload: bytes = b"{}", **more: Any) -> QuarantineRow:
    fields: dict[str, Any] = dict.fromkeys(QuarantineRow._fields)
    known = {
        "quarantine_id": 7,
        "topic": "dust/v1/gw-1/readings",
        "gateway": "gw-1",
        "spool": SPOOL,
        "reason": "malformed",
        "payload": payload,
        "first_received_at": ARRIVED,
        "last_received_at": ARRIVED,
        "times_received": 1,
        "replays": 0,
    }
    return QuarantineRow(**(fields | known | more))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (a_row(seq=4), False),
        (a_row(b'{"seq":"x"}'), False),
        (a_row(b'{"v":1,"readings":[]}'), True),
        (a_row(b'{"v":1,"readings":[NaN]}'), True),
        (a_row(b"{not json", spool=None), True),
        (a_row(b"\xff"), False),
    ],
)
def test_a_refused_message_is_told_from_a_refused_reading(
    row: QuarantineRow,
    expected: bool,  # noqa: FBT001  (a parameter of the case)
) -> None:
    assert expected == is_whole(row)


def test_a_refused_reading_is_decoded_in_a_message_of_its_own() -> None:
    row = a_row(b'{"seq":4,"sensor":"s","t":%d,"pm25":1.5}' % epoch_ms(ARRIVED), seq=4)

    message = RowDecoder(Decoder(600)).decode(row, epoch_ms(ARRIVED))

    assert ("gw-1", SPOOL, [4], []) == (
        message.gateway,
        message.spool,
        [reading.seq for reading in message.readings],
        message.rejections,
    )


def test_a_foreign_message_is_given_to_the_foreign_decoders_as_it_came() -> None:
    row = a_row(b"anything", topic="tele/x/SENSOR", spool=None)
    foreign = Foreign()

    RowDecoder(Decoder(600), foreign).decode(row, 0)

    assert [("tele/x/SENSOR", b"anything", epoch_ms(ARRIVED))] == foreign.given
    assert not is_of_ours(row)
    assert not RowDecoder(Decoder(600)).can_decode(row)
    assert RowDecoder(Decoder(600), foreign).can_decode(row)
    assert not RowDecoder(Decoder(600), foreign).can_decode(a_row(topic="another/topic"))


class Foreign:
    """In place of the foreign decoders; remembers what it was given."""

    def __init__(self) -> None:
        self.given: list[Any] = []

    def matches(self, topic: str) -> bool:
        return topic.startswith("tele/")

    def replayed(self, topic: str, payload: bytes, first_ms: int) -> DecodedMessage:
        self.given.append((topic, payload, first_ms))
        return DecodedMessage("x")


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        (b'{"a":1}', '{\n  "a": 1\n}'),
        (b"no \x1b[31mred", "no \\x1b[31mred"),
        (b"\xff\x00", "\\\\xff\\x00"),
        ("ฝุ่น".encode(), "\\u0e1d\\u0e38\\u0e48\\u0e19"),
    ],
)
def test_a_payload_is_shown_whole_and_cannot_write_to_the_terminal(
    payload: bytes, shown: str
) -> None:
    assert shown == payload_text(payload)


def test_a_row_is_shown_without_what_it_does_not_have() -> None:
    lines = row_lines(a_row(b"x", seq=4, field="pm25", value="nan"), UTC_ZONE)

    assert ["id          7", "reason      malformed", "field       pm25"] == lines[:3]
    assert not [line for line in lines if line.startswith(("discarded", "replayed", "stored"))]


def test_a_payload_that_is_no_text_is_in_the_json_in_hexadecimal() -> None:
    told = row_object(a_row(b"\xff"))

    assert (None, "ff") == (told["payload"], told["payload_hex"])
