"""Payloads to readings, whatever somebody sends."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from dust.clock import epoch_ms
from dust.testing import a_reading
from dust.wire import encode_batch, spooled_body
from ingest.decoding import EARLIEST_MS, DecodedMessage, Decoder
from ingest.rejection import Reason, Rejection

TOPIC = "dust/v1/gw-1/readings"
SPOOL = "8d3f2a1c-0000-4000-8000-000000000001"
T = 1_767_225_659_999
NOW = T + 1
GOOD = f'{{"seq":1,"sensor":"pms-1","t":{T},"pm25":20.2}}'


def decode(payload: bytes) -> DecodedMessage:
    return Decoder(ahead_tolerance_s=600).decode(TOPIC, payload, NOW)


def batch(*readings: str, **head: Any) -> bytes:
    start = json.dumps({"v": 1, "gateway": "gw-1", "spool": SPOOL} | head)[:-1]
    return f'{start},"readings":[{",".join(readings)}]}}'.encode()


def reading(**fields: Any) -> str:
    return json.dumps({"seq": 1, "sensor": "pms-1", "t": T, "pm25": 20.2} | fields)


def the_only_rejection(payload: bytes) -> Rejection:
    message = decode(payload)
    assert [] == message.readings
    (rejection,) = message.rejections
    return rejection


def test_what_a_gateway_sends_is_accepted_whole() -> None:
    rows = [
        (seq, T, spooled_body(a_reading(seq=0, sensor="pms-1", t=T, pm25=20.25, pm10=seq)))
        for seq in range(1, 501)
    ]

    message = decode(encode_batch("gw-1", SPOOL, rows))

    assert ("gw-1", SPOOL, []) == (message.gateway, message.spool, message.rejections)
    assert list(range(1, 501)) == [reading.seq for reading in message.readings]


def test_a_batch_without_readings_is_empty_and_no_fault() -> None:
    message = decode(batch())

    assert ([], []) == (message.readings, message.rejections)


# --- Whole messages -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", Reason.NOT_JSON),
        (b"\x00\xff\xfe", Reason.NOT_JSON),
        (b"hello", Reason.NOT_JSON),
        (b'{"v":1', Reason.NOT_JSON),
        (batch(GOOD) + b"x", Reason.NOT_JSON),
        (batch("[" * 100_000), Reason.NOT_JSON),
        (b"[" * 100_000, Reason.MALFORMED),
        (b"null", Reason.MALFORMED),
        (b"[]", Reason.MALFORMED),
        (b"[NaN]", Reason.MALFORMED),
        (b"{}", Reason.MALFORMED),
        (b'{"v":NaN}', Reason.MALFORMED),
        (b'"readings"', Reason.MALFORMED),
        (batch(GOOD, v="1"), Reason.MALFORMED),
        (batch(GOOD, more=1), Reason.MALFORMED),
        (batch(GOOD, spool=None), Reason.MALFORMED),
        (batch(GOOD, gateway="a/b"), Reason.MALFORMED),
        (batch(GOOD).replace(b'"readings":[', b'"readings":{"a":[').replace(b"]}", b"]}}"),
         Reason.MALFORMED),
        (b'{"v":1,"gateway":"gw-1","spool":"' + SPOOL.encode() + b'","readings":null}',
         Reason.MALFORMED),
        (batch(GOOD, v=2), Reason.UNSUPPORTED_VERSION),
        (batch(GOOD, v=10**50), Reason.UNSUPPORTED_VERSION),
        (batch(GOOD, gateway="gw-2"), Reason.GATEWAY_MISMATCH),
    ],
)  # fmt: skip
def test_a_message_in_which_no_reading_can_be_told_apart_is_refused_whole(
    payload: bytes, reason: Reason
) -> None:
    rejection = the_only_rejection(payload)

    assert reason == rejection.reason
    assert (payload, TOPIC, "gw-1", None) == (
        rejection.payload,
        rejection.topic,
        rejection.gateway,
        rejection.seq,
    )
    assert rejection.field
    assert rejection.allowed


@pytest.mark.parametrize(
    ("payload", "field", "allowed"),
    [
        (batch(GOOD, v="1"), "v", "Expected `int`, got `str`"),
        (batch(GOOD, spool=None), "spool", "Expected `str`, got `null`"),
        (batch(GOOD, more=1), "payload", "Object contains unknown field `more`"),
        (batch(GOOD, v=2), "v", "1"),
        (b'{"v":NaN}', "v", "Expected `int`, got `float`"),
    ],
)
def test_a_refused_message_names_the_field_and_what_is_allowed(
    payload: bytes, field: str, allowed: str
) -> None:
    rejection = the_only_rejection(payload)

    assert (field, allowed) == (rejection.field, rejection.allowed)


@pytest.mark.parametrize(
    "spool",
    [
        "",
        "x",
        SPOOL[:-1],
        SPOOL + "0",
        "urn:uuid:" + SPOOL,
        "{" + SPOOL + "}",
        SPOOL.replace("-", ""),
        "8d3f2a1c0-000-4000-8000-000000000001",
        "8d3f2a1c-0000-4000-8000-00000000000_",
        SPOOL + "\n",
        SPOOL + "\x00",
    ],
)
def test_a_spool_is_named_as_a_database_can_read_it(spool: str) -> None:
    rejection = the_only_rejection(batch(GOOD, spool=spool))

    assert (Reason.MALFORMED, "spool", "a UUID") == (
        rejection.reason,
        rejection.field,
        rejection.allowed,
    )


def test_a_message_on_another_gateways_topic_names_both() -> None:
    rejection = the_only_rejection(batch(GOOD, gateway="gw-2"))

    assert ("gateway", "gw-2", "the topic's: gw-1") == (
        rejection.field,
        rejection.value,
        rejection.allowed,
    )


@pytest.mark.parametrize("fault", ["", ',"pm99":1'])
def test_501_readings_are_refused_whole(fault: str) -> None:
    readings = [GOOD] * 500 + [GOOD.replace("}", fault + "}")]

    rejection = the_only_rejection(batch(*readings))

    assert Reason.TOO_MANY_READINGS == rejection.reason
    assert ("501 readings", "at most 500") == (rejection.value, rejection.allowed)


def test_500_readings_of_which_one_is_bad_lose_only_that_one() -> None:
    message = decode(batch(*[GOOD] * 499, GOOD.replace("20.2", '"x"')))

    assert (499, 1) == (len(message.readings), len(message.rejections))


# --- Single readings ------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_a_number_that_is_none_costs_only_its_own_reading(bad: str) -> None:
    good = [reading(seq=1), reading(seq=3)]

    message = decode(batch(good[0], reading(seq=2).replace("20.2", bad), good[1]))

    assert [1, 3] == [reading.seq for reading in message.readings]
    (rejection,) = message.rejections
    assert (Reason.NOT_FINITE, 2, "pm25", SPOOL) == (
        rejection.reason,
        rejection.seq,
        rejection.field,
        rejection.spool,
    )
    assert "a finite number" == rejection.allowed


@pytest.mark.parametrize(
    ("item", "field", "seq"),
    [
        (reading(pm99=1.0), "reading", 1),
        (reading(pm99=1.0, seq=0), "reading", 0),
        (reading(pm25="20.2"), "pm25", 1),
        (reading(pm25=[1]), "pm25", 1),
        (reading(pm25=True), "pm25", 1),
        (reading(sensor=7), "sensor", 1),
        (reading(sensor="a b"), "sensor", 1),
        (reading(sensor="a\n"), "sensor", 1),
        (reading(sensor=""), "sensor", 1),
        (reading(seq="1"), "seq", None),
        (reading(seq=-1), "seq", None),
        (reading(seq=True), "seq", None),
        (reading(seq=1.5), "seq", None),
        (reading(seq=2**63 - 1), "seq", None),
        (reading(seq=10**40), "seq", None),
        (reading(t="2026-01-01"), "t", 1),
        (reading(t=None), "t", 1),
        (reading(t=10**40), "t", 1),
        (reading(n=0), "n", 1),
        (reading(n=2**31), "n", 1),
        (reading(x=[]), "x", 1),
        (reading(x="a"), "x", 1),
        (f'{{"sensor":"pms-1","t":{T}}}', "reading", None),
        (f'{{"seq":1,"t":{T}}}', "reading", 1),
        (GOOD.replace("20.2", "9" * 5000), "pm25", None),
        (GOOD.replace('"pms-1"', r'"\ud800"'), "reading", 1),
        (GOOD.replace('"pms-1"', r'"\udc00x"'), "reading", 1),
        ("null", "reading", None),
        ("[]", "reading", None),
        ('"a"', "reading", None),
        ("7", "reading", None),
    ],
)
def test_a_wrong_reading_is_refused_alone_by_field(item: str, field: str, seq: int | None) -> None:
    message = decode(batch(item, GOOD))

    assert 1 == len(message.readings)
    (rejection,) = message.rejections
    assert (Reason.MALFORMED, field, seq) == (rejection.reason, rejection.field, rejection.seq)
    assert (seq is None) or type(rejection.seq) is int
    assert rejection.value is not None
    assert rejection.allowed


def test_an_unknown_field_is_named_in_what_is_allowed() -> None:
    rejection = the_only_rejection(batch(reading(pm99=1.0)))

    assert "Object contains unknown field `pm99`" == rejection.allowed


def test_a_refused_reading_is_kept_byte_for_byte() -> None:
    item = ' {"seq":1,  "sensor":"pms-1", "t":0, "pm25":20.20} '

    assert item.strip().encode() == the_only_rejection(batch(item)).payload.strip()


def test_bytes_that_are_no_utf_8_cost_only_their_own_reading() -> None:
    payload = batch(reading(seq=7, x={"a": "?"}), GOOD).replace(b"?", b"\xff")

    message = decode(payload)

    assert [1] == [reading.seq for reading in message.readings]
    assert [(Reason.MALFORMED, 7)] == [(r.reason, r.seq) for r in message.rejections]


@pytest.mark.parametrize(
    ("t", "reason"),
    [
        (0, Reason.TIME_TOO_OLD),
        (-1, Reason.TIME_TOO_OLD),
        (EARLIEST_MS - 1, Reason.TIME_TOO_OLD),
        (NOW + 600_001, Reason.TIME_IN_FUTURE),
        (2**32 * 1000, Reason.TIME_IN_FUTURE),
        (2**53, Reason.TIME_IN_FUTURE),
    ],
)
def test_a_time_of_1970_or_2106_is_refused(t: int, reason: Reason) -> None:
    rejection = the_only_rejection(batch(reading(t=t)))

    assert (reason, "t", str(t), 1) == (
        rejection.reason,
        rejection.field,
        rejection.value,
        rejection.seq,
    )


@pytest.mark.parametrize("t", [EARLIEST_MS, T, NOW + 600_000])
def test_a_time_from_2000_to_the_tolerated_future_is_taken(t: int) -> None:
    assert [t] == [reading.t for reading in decode(batch(reading(t=t))).readings]


def test_the_earliest_time_is_the_year_2000() -> None:
    assert EARLIEST_MS == epoch_ms(datetime(2000, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("value", [-0.1, -1_000_000, 0, -0.0, 1_000_000, 999.9, 1e-30])
def test_a_value_that_qc_can_judge_is_let_through(value: float) -> None:
    assert [value] == [reading.pm25 for reading in decode(batch(reading(pm25=value))).readings]


@pytest.mark.parametrize("value", [1_000_000.1, -1_000_001, 1e300, 1e-300, -5e-324])
def test_a_value_that_no_column_could_hold_is_refused(value: float) -> None:
    rejection = the_only_rejection(batch(reading(pm25=value)))

    assert (Reason.VALUE_OUT_OF_RANGE, "pm25") == (rejection.reason, rejection.field)


@pytest.mark.parametrize("item", [reading(pm25=None), reading(pm25=None, x={"pm25_cf1": 20})])
def test_a_reading_without_any_value_is_refused(item: str) -> None:
    rejection = the_only_rejection(batch(item))

    assert Reason.NO_VALUE == rejection.reason
    assert rejection.allowed is not None
    assert "pm25" in rejection.allowed


def test_a_reading_of_weather_alone_is_a_reading() -> None:
    item = reading(pm25=None, t_c=30.2, rh=61.0)

    assert [30.2] == [reading.t_c for reading in decode(batch(item)).readings]


def test_of_a_key_that_stands_twice_the_last_one_counts() -> None:
    item = GOOD.replace('"pm25":20.2', '"pm25":20.2,"pm25":30.5')

    assert [30.5] == [reading.pm25 for reading in decode(batch(item)).readings]


# --- x, which becomes jsonb -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "x",
    [
        {"a": "b\x00c"},
        {"a\x00": 1},
        {"a": {"b": ["\x00"]}},
        {"a": "\\\x00"},
    ],
)
def test_a_nul_character_in_x_is_malformed_because_jsonb_cannot_hold_it(x: dict[str, Any]) -> None:
    rejection = the_only_rejection(batch(reading(x=x)))

    assert (Reason.MALFORMED, "x", 1) == (rejection.reason, rejection.field, rejection.seq)
    assert rejection.value is not None
    assert "\x00" not in rejection.value


@pytest.mark.parametrize(
    "x",
    [
        {},
        {"a": r"\u0000"},
        {"a": "\\\\u0000"},
        {"a": "น้ำ\U0001f600\x01\x7f"},
        {"a": [1, {"b": None}], "c": True},
        {"a": 10**30},
    ],
)
def test_any_other_x_is_let_through(x: dict[str, Any]) -> None:
    assert [x] == [reading.x for reading in decode(batch(reading(x=x))).readings]


@pytest.mark.parametrize("depth", [400, 990, 5_000, 200_000])
def test_x_may_be_nested_so_deep_that_it_is_refused_but_nothing_breaks(depth: int) -> None:
    deep = GOOD.replace("}", ',"x":{"a":' + "[" * depth + "]" * depth + "}}")

    message = decode(batch(deep))

    assert 1 == len(message.readings) + len(message.rejections)


def test_a_wrong_reading_with_a_deep_x_is_refused_and_nothing_breaks() -> None:
    for depth in (900, 950, 980, 985, 990, 995):
        deep = GOOD.replace("}", ',"pm99":NaN,"x":{"a":' + "[" * depth + "]" * depth + "}}")
        message = decode(batch(deep))
        assert [] == message.readings
        assert message.rejections


def test_a_field_name_that_no_text_column_holds_is_shown_harmlessly() -> None:
    rejection = the_only_rejection(batch(GOOD.replace("}", r',"a\u0000b":NaN}')))

    assert "a\\0b" == rejection.field
    assert Reason.NOT_FINITE == rejection.reason
