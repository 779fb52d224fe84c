"""A fault that nobody foresaw costs one message, never the others and never the worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from integration.networks import GATEWAY

from dust import wire
from ingest.decoding import DecodedMessage, Decoder
from ingest.inbox import Delivery

if TYPE_CHECKING:
    import psycopg
    from integration.desk import Desk

BOMB = b"the message that no decoder foresaw"


@pytest.fixture
def decoder_with_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """A decoder that raises on one payload, as a bug of ours would."""
    decode = Decoder.decode

    def faulty(self: Decoder, topic: str, payload: bytes, now_ms: int) -> DecodedMessage:
        if payload == BOMB:
            raise ZeroDivisionError
        return decode(self, topic, payload, now_ms)

    monkeypatch.setattr(Decoder, "decode", faulty)


@pytest.mark.usefixtures("decoder_with_a_fault")
def test_the_faulty_message_is_set_aside_whole_and_the_others_are_settled(
    plain_desk: Desk, plain_connection: psycopg.Connection
) -> None:
    topic = wire.readings_topic(GATEWAY)
    payloads = [b"no json", BOMB, b"[]"]

    plain_desk.pipeline.settle(
        [Delivery(topic, each, mid, 0) for mid, each in enumerate(payloads, 1)]
    )

    aside = plain_connection.execute("SELECT reason, payload FROM quarantine ORDER BY 1").fetchall()
    assert [("ingest_failed", BOMB), ("malformed", b"[]"), ("not_json", b"no json")] == aside
    assert {("acknowledged", mid) for mid in (1, 2, 3)} == set(plain_desk.subscriber.done)
