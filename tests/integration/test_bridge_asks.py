"""`dust bridge` and sensors that have to be asked, woken, set or put to sleep."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from fixtures.ports import wait_until
from integration.gateway import CODE, GATEWAY, Gateway, T
from integration.live_instrument import on_the_line

from sim.air import Air
from sim.instruments import instrument_of

if TYPE_CHECKING:
    from integration.mqtt_peer import Peer

    from dust import wire
    from dust.clock import ReplayClockHand

QUICK = 20
AIR = Air(11, 20, 24, 31, 40, t_c=29.5, rh=71, wind_mps=4, wind_deg=90)


def quick_s() -> float:
    """The instrument's own time: twenty times as fast, so that it warms up in a second or two."""
    return time.monotonic() * QUICK


def last_status(heard: Peer) -> wire.SensorStatus | None:
    told = [status for status in heard.statuses(GATEWAY) if CODE in status.sensors]
    return told[-1].sensors[CODE] if told else None


def told(reading: wire.WireReading) -> dict[str, float]:
    values = {name: getattr(reading, name) for name in ("pm25", "pm10", "wind_mps", "wind_deg")}
    return {name: round(value, 1) for name, value in values.items() if value is not None}


WIND_MAP = """
[sensors.modbus]
unit = 1
count = 2
registers = [
  { field = "wind_mps", index = 0, step = 0.1 },
  { field = "wind_deg", index = 1 },
]
"""


@pytest.mark.parametrize(
    ("model", "settings", "expected"),
    [
        ("sps30", "poll_s = 0.3\nwarm_up_s = 1.6", {"pm25": 20, "pm10": 31}),
        ("nextpm", "poll_s = 0.5\nwarm_up_s = 1.6", {"pm25": 20, "pm10": 31}),
        ("pm2008", "poll_s = 0.3\nwarm_up_s = 1.6", {"pm25": 20, "pm10": 31}),
        ("pms5003", "asked = true\npoll_s = 0.3\nwarm_up_s = 1.6", {"pm25": 20, "pm10": 31}),
        ("sds011", "asked = true\npoll_s = 0.3\nwarm_up_s = 1.6", {"pm25": 20, "pm10": 31}),
        ("hpma115c0", "asked = true\npoll_s = 0.3\nwarm_up_s = 1.6", {"pm25": 20, "pm10": 31}),
        ("zh03b", "asked = true\npoll_s = 0.3\nwarm_up_s = 1.6", {"pm25": 20, "pm10": 31}),
        ("davis-vantage", "", {"wind_mps": 4, "wind_deg": 90}),
        ("modbus-rtu", f"poll_s = 0.3\n{WIND_MAP}", {"wind_mps": 4, "wind_deg": 90}),
        ("windsonic", "mounted_deg = 10", {"wind_mps": 4, "wind_deg": 100}),
    ],
)
def test_a_sensor_is_asked_and_its_answers_become_readings(
    gateway: Gateway, taker: Peer, model: str, settings: str, expected: dict[str, float]
) -> None:
    instrument = instrument_of(model)
    with (
        on_the_line(instrument, gateway.terminal, AIR, quick_s),
        gateway.bridge(model=model, sensor=settings, probe=False),
    ):
        wait_until(
            lambda: expected in [told(reading) for reading in taker.readings(GATEWAY)],
            f"the reading {expected}",
            timeout_s=60,
        )
        wait_until(
            lambda: (status := last_status(taker)) is not None and status.state == "ok",
            "a status that all is well",
        )


def test_a_sensor_sleeps_between_its_readings_and_its_laser_is_spared(
    gateway: Gateway, taker: Peer, hand: ReplayClockHand
) -> None:
    instrument = instrument_of("sds011")
    began_s = time.monotonic()

    def both_s() -> float:
        """The gateway's clock runs at the machine's pace, the sensor's own time is quick."""
        passed_s = time.monotonic() - began_s
        hand.set_ms(T + round(passed_s * 1000))
        return passed_s * QUICK

    settings = "read_s = 1\nwarm_up_s = 1"
    with (
        on_the_line(instrument, gateway.terminal, AIR, both_s),
        gateway.bridge(model="sds011", interval_s=6, sensor=settings, probe=False),
    ):
        wait_until(lambda: len(taker.readings(GATEWAY)) >= 3, "three readings", timeout_s=60)
        passed_s, laser_s = time.monotonic() - began_s, instrument.laser_s / QUICK
        status = last_status(taker)

    assert [20.0] * 3 == [reading.pm25 for reading in taker.readings(GATEWAY)[:3]]
    # The first interval is begun awake; of each of the others 2 s in 6 are needed.
    assert laser_s < 6 + (passed_s - 6) * 0.6
    assert status is not None
    assert status.warming_frames > 0


def test_what_a_sensor_keeps_in_its_flash_is_written_once_and_only_when_it_differs(
    gateway: Gateway, taker: Peer
) -> None:
    instrument = instrument_of("sds011")
    with on_the_line(instrument, gateway.terminal, AIR):
        for _ in range(3):
            with gateway.bridge(model="sds011", sensor="asked = true\npoll_s = 0.3", probe=False):
                before = len(taker.readings(GATEWAY))
                wait_until(
                    lambda n=before: len(taker.readings(GATEWAY)) > n + 3,
                    "readings",
                    timeout_s=60,
                )

    assert 1 == instrument.flash_writes


def test_a_sensor_that_does_not_answer_is_told_once(gateway: Gateway, taker: Peer) -> None:
    with gateway.bridge(
        model="sps30", sensor="poll_s = 0.2\nwarm_up_s = 0", probe=False
    ) as service:
        wait_until(
            lambda: (status := last_status(taker)) is not None and status.state == "unanswered",
            "a status that nobody answers",
            timeout_s=60,
        )
        service.wait_for("sensor_in_trouble")
        with on_the_line(instrument_of("sps30"), gateway.terminal, AIR):
            service.wait_for("sensor_is_well")

        assert 1 == len(service.events("sensor_in_trouble"))


def test_the_hour_of_a_reference_instrument_bears_its_own_time_and_is_taken_once(
    gateway: Gateway, taker: Peer, hand: ReplayClockHand
) -> None:
    instrument = instrument_of("bam1020")
    began_s = time.monotonic()
    instrument.power_up(T / 1000 - 2 * 3600)
    for minute in range(-119, 1):
        instrument.send(T / 1000 + minute * 60, AIR)

    def instrument_s() -> float:
        """Its last hour has just ended."""
        passed_s = time.monotonic() - began_s
        hand.set_ms(T + round(passed_s * 1000))
        return T / 1000 + passed_s

    settings = 'inlet = "pm10"\nask_after_s = 0'
    with on_the_line(instrument, gateway.terminal, AIR, instrument_s, is_on=True):
        for _ in range(2):
            before = len(taker.statuses(GATEWAY))
            with gateway.bridge(model="bam1020", interval_s=3600, sensor=settings, probe=False):
                wait_until(lambda n=before: has_answered(taker, n), "an answer", timeout_s=60)

    (reading,) = {reading.seq: reading for reading in taker.readings(GATEWAY)}.values()
    assert (T - 1, 31.0) == (reading.t, reading.pm10)


def has_answered(heard: Peer, before: int) -> bool:
    """Whether a status behind the first `before` ones counts an answer."""
    later = [status for status in heard.statuses(GATEWAY)[before:] if CODE in status.sensors]
    return any(status.sensors[CODE].answered for status in later)
