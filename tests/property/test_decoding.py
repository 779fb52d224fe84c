"""Whatever somebody sends, the decoder answers, and every reading is accounted for."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from dust.readings import VALUE_FIELDS
from ingest.decoding import DecodedMessage, Decoder
from ingest.reading_columns import ReadingColumns
from ingest.rejection import Reason

TOPIC = "dust/v1/gw-1/readings"
SPOOL = "8d3f2a1c-0000-4000-8000-000000000001"
NOW = 1_767_225_660_000
HEAD = f'{{"v":1,"gateway":"gw-1","spool":"{SPOOL}","readings":'

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=6)
    | st.sampled_from([2**63, 10**30, "\x00", "\ud800", "pms-1"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "seq": st.integers(1, 2**63 - 2),
    "sensor": st.just("pms-1"),
    "t": st.integers(NOW - 10**9, NOW),
}
OPTIONAL: dict[str, st.SearchStrategy[Any]] = {
    "n": st.integers(1, 60),
    **{name: st.floats(-100, 5000, width=32) for name in VALUE_FIELDS},
    "x": st.dictionaries(st.text(max_size=4), JSON, max_size=2),
}
READINGS = st.fixed_dictionaries(FIELDS, optional=OPTIONAL)
# A good reading of which one field is anything at all, or anything at all.
SPOILED = (
    st.tuples(READINGS, st.sampled_from([*FIELDS, *OPTIONAL, "more"]), JSON).map(
        lambda parts: {**parts[0], parts[1]: parts[2]}
    )
    | JSON
)


def decode(payload: bytes) -> DecodedMessage:
    return Decoder(ahead_tolerance_s=600).decode(TOPIC, payload, NOW)


def storable(message: DecodedMessage) -> bool:
    """Whether every rejection is made of what PostgreSQL's text and bigint can hold."""
    for rejection in message.rejections:
        for text in (rejection.spool, rejection.field, rejection.value, rejection.allowed):
            if text is not None and ("\x00" in text or text != text.encode().decode()):
                return False
        if rejection.seq is not None and type(rejection.seq) is not int:
            return False
    return True


@given(payload=st.binary(max_size=200) | st.binary(max_size=60).map(HEAD.encode().__add__))
@example(b"")
@example(HEAD.encode() + b'[{"x":"\xff"}]}')
def test_any_bytes_get_an_answer(payload: bytes) -> None:
    message = decode(payload)

    assert [] == message.readings
    assert storable(message)


@given(content=JSON)
def test_any_json_gets_an_answer(content: object) -> None:
    message = decode(json.dumps(content).encode())

    assert [] == message.readings
    assert 1 == len(message.rejections)
    assert storable(message)


@given(items=st.lists(READINGS | SPOILED, max_size=8))
def test_every_reading_of_a_batch_is_accepted_or_refused(items: list[object]) -> None:
    message = decode(f"{HEAD}{json.dumps(items)}}}".encode())

    assert len(items) == len(message.readings) + len(message.rejections)
    assert storable(message)
    assert all(rejection.spool == SPOOL for rejection in message.rejections)


@given(items=st.lists(READINGS, max_size=8))
def test_a_reading_is_refused_only_for_a_reason_that_it_gives(items: list[dict[str, Any]]) -> None:
    message = decode(f"{HEAD}{json.dumps(items)}}}".encode())

    for rejection in message.rejections:
        content = json.loads(rejection.payload)
        if rejection.reason is Reason.NO_VALUE:
            assert not set(VALUE_FIELDS) & content.keys()
        elif rejection.reason is Reason.VALUE_OUT_OF_RANGE:
            assert 0 < abs(content[rejection.field]) < 1e-37
        else:
            assert "x" in content  # a NUL, a lone surrogate, NaN or a number beyond JSON's


@given(good=st.lists(READINGS.map(lambda r: r | {"pm25": 1.5, "x": {}}), max_size=5), bad=SPOILED)
def test_one_bad_reading_never_takes_a_good_one_with_it(
    good: list[dict[str, Any]], bad: object
) -> None:
    for reading in good:
        for name in VALUE_FIELDS:
            reading[name] = 1.5
    items = [*good, bad, *good]

    message = decode(f"{HEAD}{json.dumps(items)}}}".encode())

    assert 2 * len(good) <= len(message.readings)
    assert len(items) == len(message.readings) + len(message.rejections)


@given(
    contents=st.lists(
        st.tuples(st.lists(READINGS | SPOILED, max_size=4), st.sampled_from(["gw-1", "gw-2"])),
        max_size=6,
    )
)
def test_messages_decoded_together_say_what_each_says_alone(
    contents: list[tuple[list[Any], str]],
) -> None:
    messages = [
        (TOPIC, HEAD.replace("gw-1", gateway).encode() + json.dumps(readings).encode() + b"}")
        for readings, gateway in contents
    ]
    decoder = Decoder(ahead_tolerance_s=600)

    together = decoder.decode_all(messages, NOW)

    alone = [decoder.decode(topic, payload, NOW) for topic, payload in messages]
    assert [as_told(message) for message in alone] == [as_told(each) for each in together.messages]
    told = [reading for message in alone for reading in message.readings]
    assert_same_columns(ReadingColumns.of(told), together.columns)


def as_told(message: DecodedMessage) -> tuple[Any, ...]:
    readings = [json.loads(msgspec.json.encode(reading)) for reading in message.readings]
    for reading in readings:
        if not reading.get("x"):
            reading.pop("x", None)
    return message.gateway, message.spool, readings, message.rejections


def assert_same_columns(expected: ReadingColumns, actual: ReadingColumns) -> None:
    for name in ("times_ms", "seqs", "frames"):
        assert getattr(expected, name).tolist() == getattr(actual, name).tolist()
    for name in VALUE_FIELDS:
        np.testing.assert_array_equal(expected.values[name], actual.values[name])
    read = [[json.loads(text or b"{}") for text in each.extras] for each in (expected, actual)]
    assert read[0] == read[1]
