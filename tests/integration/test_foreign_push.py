"""Pushes over HTTP: onto the broker and nowhere else, answered when the broker has them."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest
from fixtures.ports import free_port, wait_until
from integration.mqtt_peer import peer
from integration.push_receiver import push_receiver

from dust import push
from ingest.foreign.sources import foreign_sources

if TYPE_CHECKING:
    from fixtures.broker import Mosquitto

BODY = {
    "software_version": "NRZ-2016-054",
    "sensordatavalues": [
        {"value_type": "P1", "value": "11.25"},
        {"value_type": "P2", "value": "10.12"},
    ],
}
HEADERS = {"X-Sensor": "esp8266-1234567", "X-Pin": "1"}
TOPIC = "dust/push/v1/sensor-community/esp8266-1234567"
PATH = "/push/sensor-community"


def test_a_push_is_answered_when_the_broker_has_it(mosquitto: Mosquitto) -> None:
    with peer(mosquitto, "dust/push/#") as heard, push_receiver(mosquitto.port) as client:
        before_ms = time.time_ns() // 1_000_000
        response = client.post(PATH, json=BODY, headers=HEADERS)
        wait_until(lambda: len(heard.messages) == 1, "the push")

    (told,) = [push.decode_push(payload) for payload in heard.on(TOPIC)]
    assert (200, {"status": "ok", "device": "esp8266-1234567"}) == (
        response.status_code,
        response.json(),
    )
    assert ("esp8266-1234567", "1", BODY) == (told.x_sensor, told.x_pin, json.loads(told.body))
    assert before_ms <= told.received <= time.time_ns() // 1_000_000


def test_what_the_api_publishes_ingest_decodes(mosquitto: Mosquitto) -> None:
    custom = {
        "esp8266id": "1234567",
        "sensordatavalues": [
            {"value_type": "SDS_P1", "value": "41.70"},
            {"value_type": "SDS_P2", "value": "26.50"},
        ],
    }
    with peer(mosquitto, "dust/push/#") as heard, push_receiver(mosquitto.port) as client:
        for path in ("/v1/push-sensor-data/", "/v1/push-sensor-data"):
            assert 200 == client.post(path, json=custom).status_code
        wait_until(lambda: len(heard.messages) == 2, "the pushes")

    sources, now = foreign_sources(None), time.time_ns() // 1_000_000
    messages = [
        sources.decode(topic, payload, now, retain=False) for topic, payload in heard.messages
    ]

    assert [[], []] == [message.rejections for message in messages]
    assert [("sensor-community-esp8266-1234567", 41.7, 26.5)] * 2 == [
        (reading.sensor, reading.pm10, reading.pm25)
        for message in messages
        for reading in message.readings
    ]


@pytest.mark.parametrize(
    ("body", "headers", "field"),
    [
        (json.dumps(BODY), {}, "X-Sensor"),
        (json.dumps(BODY), {"X-Sensor": "a/b"}, "X-Sensor"),
        (json.dumps(BODY), {**HEADERS, "X-Pin": "one"}, "X-Pin"),
        (json.dumps({**BODY, "esp8266id": "7"}), HEADERS, "esp8266id"),
        (json.dumps({**BODY, "esp8266id": "a b"}), {}, "esp8266id"),
        ("{}", HEADERS, "body"),
        ("[]", HEADERS, "body"),
        ('{"sensordatavalues":[{"value":"1"}]}', HEADERS, "sensordatavalues[0]"),
        ('{"sensordatavalues":"P1"}', HEADERS, "sensordatavalues"),
        ("P1=12", HEADERS, "body"),
        ('{"sensordatavalues":[],"a":"\xff"}'.encode("latin-1"), HEADERS, "body"),
        ("[" * 16_000, HEADERS, "body"),
    ],
)
def test_what_is_wrong_is_a_problem_and_never_reaches_the_broker(
    body: str | bytes, headers: dict[str, str], field: str
) -> None:
    with push_receiver(free_port()) as client:
        response = client.post(PATH, content=body, headers=headers)

    told = response.json()
    assert "application/problem+json" == response.headers["content-type"]
    assert (400, field) == (response.status_code, told["field"])
    assert told["allowed"]


def test_a_body_that_is_too_large_is_not_read(mosquitto: Mosquitto) -> None:
    with push_receiver(mosquitto.port) as client:
        announced = client.post(PATH, content=b"x" * (push.MAX_BODY_BYTES + 1), headers=HEADERS)
        streamed = client.post(PATH, content=(b"x" * 1000 for _ in range(20)), headers=HEADERS)

    assert [413, 413] == [announced.status_code, streamed.status_code]


def test_without_a_broker_the_api_serves_and_a_push_is_to_come_again() -> None:
    with push_receiver(free_port()) as client:
        page, response = client.get("/en"), client.post(PATH, json=BODY, headers=HEADERS)

    assert (200, 503) == (page.status_code, response.status_code)
    assert "10" == response.headers["retry-after"]
    assert "broker" in response.json()["detail"]


def test_a_push_that_nobody_subscribes_to_is_to_come_again(mosquitto: Mosquitto) -> None:
    with push_receiver(mosquitto.port) as client:
        response = client.post(PATH, json=BODY, headers=HEADERS)

    assert 503 == response.status_code
    assert "subscribed" in response.json()["detail"]


def test_pushes_go_on_when_the_broker_is_back(mosquitto: Mosquitto) -> None:
    with peer(mosquitto, "dust/push/#") as heard, push_receiver(mosquitto.port) as client:
        assert 200 == client.post(PATH, json=BODY, headers=HEADERS).status_code
        mosquitto.stop()
        assert 503 == client.post(PATH, json=BODY, headers=HEADERS).status_code
        mosquitto.start()
        wait_until(
            lambda: client.post(PATH, json=BODY, headers=HEADERS).status_code == 200,
            "a push that is taken",
            step_s=0.5,
        )
        wait_until(lambda: len(heard.messages) >= 2, "the pushes")


def test_one_device_and_one_address_may_not_come_too_often(mosquitto: Mosquitto) -> None:
    with (
        peer(mosquitto, "dust/push/#"),
        push_receiver(mosquitto.port, pushes_per_minute=25) as client,
    ):
        of_one = [client.post(PATH, json=BODY, headers=HEADERS) for _ in range(21)]
        other = client.post(PATH, json=BODY, headers={"X-Sensor": "esp8266-8"})
        of_many = [client.post(PATH, json=BODY, headers={"X-Sensor": f"e-{n}"}) for n in range(9)]

    assert [200] * 20 + [429] == [response.status_code for response in of_one]
    assert 1 <= int(of_one[-1].headers["retry-after"]) <= 5
    assert 200 == other.status_code
    assert 429 == of_many[-1].status_code


def test_pushes_may_be_switched_off() -> None:
    with push_receiver(free_port(), accept_pushes=False) as client:
        response = client.post(PATH, json=BODY, headers=HEADERS)

    assert 403 == response.status_code
