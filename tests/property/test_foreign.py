"""Whatever a foreign device sends, the decoders answer, and what they store can be stored."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from dust import push, wire
from dust.errors import BadInput
from dust.readings import VALUE_FIELDS
from ingest.foreign.formats import FORMATS
from ingest.foreign.mapping import ForeignFile
from ingest.foreign.sensor_codes import sensor_code
from ingest.foreign.sources import ForeignSources
from ingest.foreign.topic_filters import levels_of, match, overlap

if TYPE_CHECKING:
    from ingest.foreign.message import ForeignMessage

NOW = 1_767_225_660_000
TOPICS = {
    "airgradient": "airgradient/readings/{}",
    "tasmota": "tele/{}/SENSOR",
    "esphome": "esp/{}/sensor/pm_2_5m/state",
    "zigbee2mqtt": "zigbee2mqtt/{}",
    "senml": "senml/{}",
    push.SENSOR_COMMUNITY: "dust/push/v1/sensor-community/{}",
}
SOURCES = ForeignSources(
    ForeignFile.model_validate(
        {
            "foreign": [
                {"format": "airgradient"},
                {"format": "tasmota", "time_zone": "Europe/Berlin"},
                {"format": "esphome", "topic": "esp/+/sensor/+/state"},
                {"format": "zigbee2mqtt", "topic": "zigbee2mqtt/#"},
                {"format": "senml", "topic": "senml/+"},
            ]
        }
    ),
    ahead_tolerance_s=600,
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=8)
    | st.sampled_from(
        [
            2**63,
            10**400,
            "\x00",
            "\ud800",
            "nan",
            "unavailable",
            "-1",
            "1e999",
            "12,5",
            "\uff10",
            "1_0",
        ]
    )
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)
WORDS = """
Time TempUnit PressureUnit PMS5003 StatusSNS PM2.5 PM10 Temperature Humidity Pressure pm02 pm10
atmp rhum channels 1 2 serialno pm25 temperature humidity last_seen n v t u bn bt bu bv bver vs
sensordatavalues value_type value esp8266id age
""".split()  # noqa: SIM905  (shorter so)
TOLD = st.sampled_from(
    [
        "2026-01-01T00:00:00",
        "1970-01-01T00:00:09",
        "F",
        "hPa",
        "SDS_P1",
        "BME280_pressure",
        "pm25",
        7,
    ]
)
SHAPED = st.recursive(
    SCALARS | TOLD,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(WORDS), inner, min_size=1, max_size=6)
    ),
    max_leaves=16,
)
PAYLOADS = (
    st.binary(max_size=80)
    | JSON.map(lambda content: json.dumps(content).encode())
    | SHAPED.map(lambda content: json.dumps(content).encode())
)
NAMES = st.text(st.characters(blacklist_characters="/+#\x00", codec="utf-8"), max_size=80)


def decode(
    name: str, payload: bytes, *, device: str = "d1", retain: bool = False
) -> ForeignMessage:
    topic = TOPICS[name].format(device)
    assert SOURCES.matches(topic)
    return SOURCES.decode(topic, payload, NOW, retain=retain)


def check(message: ForeignMessage) -> None:
    """What ingest and PostgreSQL ask of what they are given."""
    for reading in message.readings:
        again = msgspec.json.decode(wire.encode(reading), type=wire.WireReading)
        assert again == reading
        assert "\\u0000" not in msgspec.json.encode(reading.x).decode()
        values = [getattr(reading, field) for field in VALUE_FIELDS]
        assert any(value is not None for value in values)
        assert all(value is None or abs(value) <= 1e6 for value in values)
        assert not any(value is not None and 0 < abs(value) < 1e-37 for value in values)
        assert all(value is None or math.isfinite(value) for value in values)
        assert NOW + 600_000 >= reading.t >= 946_684_800_000
        assert reading.sensor == wire.check_identifier("sensor", reading.sensor)
    for rejection in message.rejections:
        for text in (rejection.topic, rejection.field, rejection.value, rejection.allowed):
            assert text is not None
            assert "\x00" not in text
            assert text == text.encode().decode()


@pytest.mark.parametrize("name", sorted(FORMATS))
@given(payload=PAYLOADS, retain=st.booleans())
@example(payload=b"", retain=False)
@example(payload=b"[" * 60_000, retain=False)
@example(payload=b"1" * 5000, retain=False)
@example(payload=b'{"a":1,"a":2}', retain=True)
@example(payload=b'{"pm25":NaN,"pm10":Infinity}', retain=False)
def test_any_payload_is_stored_refused_or_ignored_for_a_reason(
    name: str,
    payload: bytes,
    retain: bool,  # noqa: FBT001  (drawn)
) -> None:
    message = decode(name, payload, retain=retain)

    check(message)
    assert message.readings or message.rejections or message.ignored


@given(body=SHAPED.map(json.dumps) | st.text(st.characters(), max_size=60), pin=st.text(max_size=3))
def test_any_body_of_a_push_gets_an_answer(body: str, pin: str) -> None:
    sent = push.Push(
        v=1, received=NOW, format=push.SENSOR_COMMUNITY, body=body, x_sensor="d1", x_pin=pin or None
    )
    try:
        payload = wire.encode(sent)
    except UnicodeEncodeError:
        assume(False)  # noqa: FBT003  (half a letter: no JSON says it)

    check(decode(push.SENSOR_COMMUNITY, payload))


@given(payload=st.binary(max_size=200))
def test_what_is_no_envelope_is_refused_by_name(payload: bytes) -> None:
    with pytest.raises(BadInput, match=r"^push"):
        push.decode_push(payload)


@pytest.mark.parametrize("name", ["tasmota", "zigbee2mqtt", "senml", "esphome", "airgradient"])
@given(device=NAMES)
def test_any_name_of_a_device_is_a_code_or_a_reason(name: str, device: str) -> None:
    payloads = {
        "tasmota": b'{"Time":"2026-01-01T01:00:00","SDS0X1":{"PM2.5":1}}',
        "senml": b'[{"n":"pm25","u":"ug/m3","t":1700000000,"v":1}]',
        "esphome": b"1",
        "airgradient": b'{"pm02":1}',
        "zigbee2mqtt": b'{"pm25":1}',
    }

    message = decode(name, payloads[name], device=device)

    check(message)
    assert 1 == len(message.readings) + len(message.rejections) + len(message.ignored)


@given(names=st.lists(NAMES | st.text("ab-", max_size=6), min_size=2, max_size=8, unique=True))
def test_two_names_are_two_codes(names: list[str]) -> None:
    assert len(names) == len({sensor_code("p", name) for name in names})


LEVELS = st.lists(st.sampled_from(["a", "b", "+"]), min_size=1, max_size=4)
FILTERS = st.tuples(LEVELS, st.sampled_from([[], ["#"]])).map(
    lambda parts: "/".join([*parts[0], *parts[1]])
)
TOPIC = st.lists(st.sampled_from(["a", "b"]), min_size=1, max_size=5).map("/".join)


@given(one=FILTERS, other=FILTERS, topic=TOPIC)
def test_filters_that_match_one_topic_overlap(one: str, other: str, topic: str) -> None:
    first, second = levels_of("topic", one), levels_of("topic", other)

    assert overlap(first, second) == overlap(second, first)
    if match(first, topic) is not None and match(second, topic) is not None:
        assert overlap(first, second)


@given(value=st.floats(-1e6, 1e6, width=32), spelled=st.booleans())
def test_a_number_is_the_same_as_text(
    value: float,
    spelled: bool,  # noqa: FBT001  (drawn)
) -> None:
    raw: Any = repr(value) if spelled else value

    message = decode("zigbee2mqtt", json.dumps({"pm25": raw}).encode())

    stored = value if abs(value) >= 1e-37 else 0.0
    assert [stored] == [reading.pm25 for reading in message.readings] or 65535.0 == value
