"""What foreign devices said and was refused is taken in again by their own way of reading it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from integration.quarantining import replay, rows

from dust import wire
from ingest.decoding import DecodedMessage

if TYPE_CHECKING:
    import psycopg

    from dust.testing import FakeClock


class Foreign:
    """In place of the foreign decoders: every entry is a sensor's PM2.5, dated by its arrival."""

    def matches(self, topic: str) -> bool:
        return topic.startswith("airgradient/")

    def replayed(self, topic: str, payload: bytes, first_ms: int) -> DecodedMessage:
        return DecodedMessage(
            topic.partition("/")[0],
            None,
            [
                wire.WireReading(seq=0, sensor=code, t=first_ms, pm25=value)
                for code, value in json.loads(payload).items()
            ],
        )


def put_foreign(connection: psycopg.Connection, message: bytes, arrived: datetime) -> None:
    connection.execute(
        "INSERT INTO quarantine (fingerprint, topic, gateway, reason, payload, first_received_at)"
        " VALUES (%s, 'airgradient/readings/abc', 'airgradient', 'unknown_sensor', %s, %s)",
        (message, message, arrived),
    )


def test_a_message_of_a_foreign_device_is_decoded_by_its_own_and_dated_by_its_first_arrival(
    plain_place: str, now: FakeClock, plain_connection: psycopg.Connection
) -> None:
    arrived = datetime(2024, 2, 29, 12, 30, tzinfo=UTC)
    put_foreign(plain_connection, b'{"pms-v1": 12.5}', arrived)

    assert {"unknown_sensor": 1} == replay(plain_place, now).refused
    assert 1 == replay(plain_place, now, foreign=Foreign()).stored
    assert [(arrived, 12.5)] == rows(plain_connection, "SELECT phenomenon_time, pm25 FROM readings")


def test_a_foreign_message_of_which_a_part_is_refused_keeps_its_row_and_gets_no_other(
    plain_place: str, now: FakeClock, plain_connection: psycopg.Connection
) -> None:
    put_foreign(plain_connection, b'{"pms-v1": 1, "nobody": 2}', datetime(2024, 2, 1, tzinfo=UTC))

    result = replay(plain_place, now, foreign=Foreign())

    assert (0, 1) == (result.stored, result.new_readings)
    assert [("nobody", 1)] == rows(plain_connection, "SELECT value, replays FROM quarantine")
    assert 0 == replay(plain_place, now, foreign=Foreign()).new_readings
