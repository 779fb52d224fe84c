"""Stations told to Home Assistant through a real broker, from a real database."""

from __future__ import annotations

import json
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from fixtures.broker import Mosquitto, mosquitto_program
from fixtures.homeassistant import components, faults
from fixtures.ports import wait_until
from integration import filling
from integration.api_server import serving
from integration.mqtt_peer import Peer, peer
from paho.mqtt.client import topic_matches_sub
from structlog.testing import capture_logs

from dust import wire
from dust.clock import epoch_ms
from dust.settings import MqttSettings
from dust.storage.connection import connect
from ingest.homeassistant.announcer import Announcer
from ingest.homeassistant.settings import HomeAssistantSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fixtures.wheel_server import RestartablePostgres

    from dust.testing import FakeClock

STATE = "dust/stations/v1/test-net/{}/state"
AVAILABILITY = "dust/stations/v1/test-net/{}/availability"
CONFIG = "homeassistant/device/dust_test-net_{}/config"
REFUSED = "homeassistant_publish_refused"
LOCKS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"


@pytest.fixture
def filled(plain_database: str, clock: FakeClock) -> str:
    clock.set_ms(epoch_ms(filling.NOW))
    filling.fill(plain_database, clock)
    return plain_database


@pytest.fixture
def filled_anywhere(database: str, clock: FakeClock) -> str:
    """The same on each kind of server in turn."""
    clock.set_ms(epoch_ms(filling.NOW))
    filling.fill(database, clock)
    return database


@contextmanager
def announcing(
    url: str, broker: Mosquitto, clock: FakeClock, worker: str = "one"
) -> Iterator[Announcer]:
    # Ten times a second, which no operator may ask for.
    settings = HomeAssistantSettings.model_construct(enabled=True, interval_s=0.1)
    mqtt = MqttSettings(host=broker.host, port=broker.port)
    announcer = Announcer(settings, mqtt, url, worker, clock)
    announcer.start()
    try:
        yield announcer
    finally:
        announcer.stop()


@contextmanager
def home(broker: Mosquitto) -> Iterator[Peer]:
    """What Home Assistant listens to."""
    with peer(broker, "homeassistant/#", "dust/stations/#") as ear:
        yield ear


def last(ear: Peer, topic: str) -> Any:
    """The newest payload of a topic, None where there is none; an empty one is ''."""
    found = ear.on(topic)
    if not found:
        return None
    return json.loads(found[-1]) if found[-1][:1] == b"{" else found[-1].decode()


def wait_for(ear: Peer, topic: str, wanted: Any = None) -> Any:
    wait_until(
        lambda: last(ear, topic) is not None if wanted is None else last(ear, topic) == wanted,
        f"{wanted or 'something'} on {topic}",
    )
    return last(ear, topic)


def kept(broker: Mosquitto) -> set[str]:
    """The topics that whoever comes later still finds; a last word of ours ends the list."""
    with home(broker) as ear:
        ear.publish("homeassistant/end", b"x")
        wait_until(lambda: bool(ear.on("homeassistant/end")), "the end of what is retained")
        return {topic for topic, _ in ear.messages} - {"homeassistant/end"}


def test_every_station_is_told_as_a_device_that_home_assistant_takes(
    filled: str, mosquitto: Mosquitto, clock: FakeClock
) -> None:
    with home(mosquitto) as ear, announcing(filled, mosquitto, clock):
        configs = {code: wait_for(ear, CONFIG.format(code)) for code in ("ref", "v1", "v2")}

    assert {code: [] for code in configs} == {
        code: faults(CONFIG.format(code), payload) for code, payload in configs.items()
    }
    assert {"pm25_newest", "pm25_hour", "pm25_over"} <= components(configs["ref"]).keys()


def test_whoever_comes_later_finds_everything(
    filled: str, mosquitto: Mosquitto, clock: FakeClock
) -> None:
    with home(mosquitto) as ear, announcing(filled, mosquitto, clock):
        wait_for(ear, CONFIG.format("v2"))

    assert {
        *(CONFIG.format(code) for code in ("ref", "v1", "v2")),
        *(AVAILABILITY.format(code) for code in ("ref", "v1", "v2")),
        STATE.format("ref"),
    } == kept(mosquitto)


def test_home_assistant_reads_the_figures_that_the_api_tells(
    filled_anywhere: str, mosquitto: Mosquitto, clock: FakeClock
) -> None:
    with home(mosquitto) as ear, announcing(filled_anywhere, mosquitto, clock):
        said = wait_for(ear, STATE.format("ref"))
    with serving(filled_anywhere, clock) as api:
        station = api.get("/api/v1/stations/ref").json()["station"]
        hours = api.get("/api/v1/stations/ref/hours", end="2024-01-16T05:00:00Z").json()["hours"]
    hour, today = said["pm25_hour"], station["today"]["pm25"]

    assert station["now"]["pm25"]["value"] == said["pm25_newest"]["value"]
    assert station["now"]["pm10"]["value"] == said["pm10_newest"]["value"]
    assert hours[-1]["value"] == hour["value"]
    assert {} == {
        name: value
        for name, value in hour["attributes"].items()
        if name in hours[-1] and not name.startswith("period") and hours[-1][name] != value
    }
    assert "OFF" == said["pm25_over"]["value"]
    assert ("below", today["mean"]) == (
        today["state"],
        said["pm25_over"]["attributes"]["mean_so_far"],
    )


def test_a_silent_station_is_not_available(
    filled: str, mosquitto: Mosquitto, clock: FakeClock
) -> None:
    with home(mosquitto) as ear, announcing(filled, mosquitto, clock):
        before = [wait_for(ear, AVAILABILITY.format(code)) for code in ("ref", "v1", "v2")]
        clock.advance(6 * 3600)
        wait_for(ear, AVAILABILITY.format("ref"), "offline")

    assert ["online", "offline", "offline"] == before


def test_of_two_workers_one_tells_and_the_other_takes_over(
    filled: str, mosquitto: Mosquitto, clock: FakeClock
) -> None:
    with home(mosquitto) as ear, ExitStack() as second:
        with announcing(filled, mosquitto, clock, "one") as one:
            wait_for(ear, STATE.format("ref"))
            two = second.enter_context(announcing(filled, mosquitto, clock, "two"))
            told = len(ear.on(STATE.format("ref")))
            wait_until(
                lambda: len(ear.on(STATE.format("ref"))) > told + 5, "more of the first worker"
            )
            leaders = [each._lead.is_held for each in (one, two)]
        wait_until(lambda: two._lead.is_held, "the second worker's lead")
        told = len(ear.on(STATE.format("ref")))
        wait_until(lambda: len(ear.on(STATE.format("ref"))) > told, "the second worker's word")

    assert [True, False] == leaders


def test_the_lock_is_free_when_nobody_tells_any_more(
    filled: str, mosquitto: Mosquitto, clock: FakeClock
) -> None:
    with home(mosquitto) as ear, announcing(filled, mosquitto, clock):
        wait_for(ear, STATE.format("ref"))
    with connect(filled) as connection:
        wait_until(lambda: connection.execute(LOCKS).fetchone() == (0,), "the lock's end")


def test_a_station_without_a_sensor_is_forgotten(
    filled: str, mosquitto: Mosquitto, clock: FakeClock
) -> None:
    with home(mosquitto) as ear, announcing(filled, mosquitto, clock):
        wait_for(ear, CONFIG.format("ref"))
        end_deployments(filled, "ref", clock)
        wait_for(ear, CONFIG.format("ref"), "")
        wait_for(ear, AVAILABILITY.format("ref"), "")

    assert not [topic for topic in kept(mosquitto) if "ref" in topic]


def test_a_station_that_went_while_nobody_told_is_forgotten_and_others_devices_stay(
    filled: str, mosquitto: Mosquitto, clock: FakeClock
) -> None:
    others = "homeassistant/device/zigbee_0x1/config", "homeassistant/device/dust_x_ref/config"
    with home(mosquitto) as ear:
        with announcing(filled, mosquitto, clock):
            wait_for(ear, CONFIG.format("ref"))
        for topic in others:
            ear.publish(topic, b"{}", retain=True)
        end_deployments(filled, "ref", clock)
        with announcing(filled, mosquitto, clock, "another"):
            wait_for(ear, CONFIG.format("ref"), "")
            wait_for(ear, STATE.format("ref"), "")

    assert set(others) <= kept(mosquitto)


def test_a_broker_that_lost_everything_is_told_everything_again(
    filled: str, mosquitto: Mosquitto, clock: FakeClock
) -> None:
    with home(mosquitto) as ear, announcing(filled, mosquitto, clock):
        wait_for(ear, CONFIG.format("ref"))
        mosquitto.kill()  # before its autosave: nothing retained is left
        mosquitto.start()
        told = len(ear.on(CONFIG.format("ref")))
        wait_until(lambda: len(ear.on(CONFIG.format("ref"))) > told, "the config's second time")

    assert CONFIG.format("v1") in kept(mosquitto)


def test_a_config_is_said_once_and_a_state_again_and_again(
    filled: str, mosquitto: Mosquitto, clock: FakeClock
) -> None:
    with home(mosquitto) as ear, announcing(filled, mosquitto, clock):
        wait_until(lambda: len(ear.on(STATE.format("ref"))) > 5, "several states")

    assert 1 == len(ear.on(CONFIG.format("ref"))) == len(ear.on(AVAILABILITY.format("ref")))


def test_without_its_database_nobody_leads_and_with_it_all_goes_on(
    restartable_postgres: RestartablePostgres, mosquitto: Mosquitto, clock: FakeClock
) -> None:
    clock.set_ms(epoch_ms(filling.NOW))
    url = restartable_postgres.url
    filling.fill(url, clock)
    with home(mosquitto) as ear, announcing(url, mosquitto, clock) as announcer:
        wait_for(ear, STATE.format("ref"))
        restartable_postgres.stop()
        wait_until(lambda: not announcer._lead.is_held, "the end of the lead")
        restartable_postgres.start()
        told = len(ear.on(STATE.format("ref")))
        wait_until(lambda: len(ear.on(STATE.format("ref"))) > told, "the next state")


def test_what_a_sensor_says_of_its_housing_is_told_too(
    filled: str, mosquitto: Mosquitto, clock: FakeClock
) -> None:
    with connect(filled) as connection:
        connection.execute(
            "UPDATE readings SET t_c = 31.5, rh = 61 FROM latest_readings l"
            " WHERE (l.sensor_id, l.phenomenon_time, l.seq)"
            " = (readings.sensor_id, readings.phenomenon_time, readings.seq)"
        )
    with home(mosquitto) as ear, announcing(filled, mosquitto, clock):
        said = wait_for(ear, STATE.format("ref"))
        found = components(wait_for(ear, CONFIG.format("ref")))

    assert (31.5, 61) == (said["t_c"]["value"], said["rh"]["value"])
    assert ("°C", "%") == (found["t_c"]["unit_of_meas"], found["rh"]["unit_of_meas"])


def test_a_broker_that_forbids_it_is_told_in_the_log(
    filled: str, tmp_path: Path, clock: FakeClock
) -> None:
    (tmp_path / "acl").write_text("topic read #\n")
    broker = Mosquitto(mosquitto_program(), tmp_path, f"acl_file {tmp_path / 'acl'}\n")
    broker.start()
    try:
        with capture_logs() as lines, announcing(filled, broker, clock):
            wait_until(
                lambda: any(line["event"] == REFUSED for line in list(lines)), "the refusal's line"
            )
    finally:
        broker.stop()

    assert 1 == len([line for line in lines if line["event"] == REFUSED])


@pytest.mark.parametrize("topic", [STATE.format("v1"), AVAILABILITY.format("v1")])
def test_ingest_never_hears_its_own_word(topic: str) -> None:
    heard = wire.readings_topic("+"), wire.status_topic("+"), wire.receipts_topic("+")

    assert [] == [name for name in heard if topic_matches_sub(name, topic)]


def end_deployments(url: str, station: str, clock: FakeClock) -> None:
    """As a network file does that gives the deployment its `to`."""
    with connect(url) as connection:
        connection.execute(
            "UPDATE deployments SET deployed_to = to_timestamp(%s)"
            " FROM stations t WHERE t.station_id = deployments.station_id AND t.code = %s",
            (clock.now_ms() / 1000 - 1, station),
        )
