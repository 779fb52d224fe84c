"""The wire protocol: topics, batches, receipts."""

from __future__ import annotations

import uuid

import msgspec
import pytest

from dust import wire
from dust.errors import BadInput
from dust.testing import a_reading
from dust.wire import Batch, GatewayStatus, Receipt, WireReading

SPOOL = str(uuid.UUID(int=1))


@pytest.mark.parametrize(
    ("kind", "topic"),
    [
        ("readings", wire.readings_topic("gw-1")),
        ("status", wire.status_topic("gw-1")),
        ("receipts", wire.receipts_topic("gw-1")),
    ],
)
def test_a_topic_names_its_gateway(kind: str, topic: str) -> None:
    assert f"dust/v1/gw-1/{kind}" == topic
    assert "gw-1" == wire.gateway_of(topic)


@pytest.mark.parametrize("topic", ["", "dust", "dust/v1/gw", "dust/v1/gw/readings/more"])
def test_a_topic_of_another_shape_has_no_gateway(topic: str) -> None:
    assert not wire.gateway_of(topic)


@pytest.mark.parametrize("value", ["a", "npl-gw-01", "A.b_c", "0" * 64])
def test_an_identifier_may_stand_in_a_topic(value: str) -> None:
    assert value == wire.check_identifier("gateway", value)


@pytest.mark.parametrize("value", ["", "-a", "a/b", "a+", "#", "0" * 65, "a\n", "ก", "a b"])
def test_an_identifier_that_could_break_a_topic_is_refused(value: str) -> None:
    with pytest.raises(BadInput) as caught:
        wire.check_identifier("gateway", value)

    assert ("gateway", value) == (caught.value.field, caught.value.value)


@pytest.mark.parametrize("sensor", ["", "a/b", "a\n", "0" * 65])
def test_a_reading_with_such_a_sensor_is_refused(sensor: str) -> None:
    payload = msgspec.json.encode({"seq": 1, "sensor": sensor, "t": 0, "pm25": 1.0})

    with pytest.raises(msgspec.ValidationError, match=r"\$\.sensor"):
        msgspec.json.decode(payload, type=WireReading)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seq", -1),
        ("seq", 2**63 - 1),
        ("t", 2**53 + 1),
        ("n", 0),
        ("n", 2**31),
        ("pm25", "20"),
        ("x", []),
        ("pm_25", 1.0),
    ],
)
def test_a_field_out_of_range_or_unknown_is_refused(field: str, value: object) -> None:
    content: dict[str, object] = {"seq": 1, "sensor": "a", "t": 0, "pm25": 1.0, field: value}

    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(content), type=WireReading)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seq", 0),
        ("seq", 2**63 - 2),
        ("t", -(2**53)),
        ("t", 2**53),
        ("n", 1),
        ("n", 2**31 - 1),
        ("pm25", 7),
        ("x", {}),
    ],
)
def test_a_field_at_the_end_of_its_range_is_taken(field: str, value: object) -> None:
    content: dict[str, object] = {"seq": 1, "sensor": "a", "t": 0, "pm25": 1.0, field: value}

    reading = msgspec.json.decode(msgspec.json.encode(content), type=WireReading)

    assert value == getattr(reading, field)
    assert field == "n" or 1 == reading.n


def test_a_batch_has_500_readings_at_most() -> None:
    assert 500 == wire.MAX_READINGS


def test_a_batch_made_of_spooled_bodies_equals_its_readings_one_by_one() -> None:
    readings = [
        a_reading(seq=0, sensor="pms-v1", pm25=20.25, pm10=0.0, t_c=-3.5),
        a_reading(seq=0, sensor="sds-v2", t=1, pm10=1e-3),
    ]
    readings[1].x = {"device_id": '"seq":0,', "note": "น้ำ"}
    rows = [
        (41 + index, reading.t, wire.spooled_body(reading))
        for index, reading in enumerate(readings)
    ]

    payload = wire.encode_batch("gw-1", SPOOL, rows)

    batch = msgspec.json.decode(payload, type=Batch)
    assert (1, "gw-1", SPOOL) == (batch.v, batch.gateway, batch.spool)
    for reading, seq in zip(readings, (41, 42), strict=True):
        reading.seq = seq
    assert readings == msgspec.json.decode(batch.readings, type=list[WireReading])


def test_an_empty_batch_is_a_batch() -> None:
    batch = msgspec.json.decode(wire.encode_batch("gw-1", SPOOL, []), type=Batch)

    assert b"[]" == bytes(batch.readings)


def test_a_receipt_comes_back_as_it_was_sent() -> None:
    receipt = Receipt(1, SPOOL, [(1, 3), (5, 5)])

    assert receipt == wire.decode_receipt(wire.encode(receipt))


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"not json",
        b'{"v":1}',
        b'{"v":2,"spool":"a","ranges":[[1,2]]}',
        b'{"v":1,"spool":"a","ranges":[[1]]}',
        b'{"v":1,"spool":"a","ranges":[[1,99999999999999999999]]}',
        b'{"v":1,"spool":"a","ranges":[[-1,2]]}',
        b'{"v":1,"spool":"a","ranges":[],"more":1}',
        b'{"v":1,"spool":"\xff","ranges":[]}',
        b'{"ranges":' + b"[" * 100_000,
    ],
)
def test_anything_else_is_no_receipt(payload: bytes) -> None:
    with pytest.raises(BadInput, match=r"^receipt"):
        wire.decode_receipt(payload)


@pytest.mark.parametrize(
    ("numbers", "ranges"),
    [
        ([], []),
        ([5], [(5, 5)]),
        ([3, 1, 2], [(1, 3)]),
        ([1, 2, 4, 4, 5, 9], [(1, 2), (4, 5), (9, 9)]),
    ],
)
def test_sequence_numbers_become_the_fewest_closed_ranges(
    numbers: list[int], ranges: list[tuple[int, int]]
) -> None:
    assert ranges == wire.ranges_of(numbers)


def test_a_status_leaves_out_what_it_does_not_know() -> None:
    status = GatewayStatus(v=1, gateway="gw-1", state="offline")

    assert b'{"v":1,"gateway":"gw-1","state":"offline"}' == wire.encode(status)
