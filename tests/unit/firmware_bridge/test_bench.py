"""What the bench of the gateway sends, asks and shows; the run itself is an integration test."""

from __future__ import annotations

from io import StringIO

import msgspec
import pytest
from rich.console import Console

from dust.errors import BadInput
from firmware_bridge.bench.broker import broker_at
from firmware_bridge.bench.figures import Drain, GatewayFigures, Machine, Put, Steady
from firmware_bridge.bench.frames import LEVELS, MODEL, frame
from firmware_bridge.bench.rate import ROUNDS, rate_until_done, rates_in_turn
from firmware_bridge.bench.readings import bodies
from firmware_bridge.bench.table import table_of
from firmware_bridge.decode import decode_frame
from firmware_bridge.sensors import sensor_model

FIGURES = GatewayFigures(
    bench="gateway",
    version="1.2.3",
    date="2026-01-01T00:00:00+00:00",
    machine=Machine(2, "a processor", 1000, "6", "3.11", "3.40", "/somewhere", "ext4"),
    broker="Mosquitto",
    steady=[Steady(0, 20, 20.0, 3.25, 50.4, 51.0, 500, 499, 1, 499, 0)],
    put=[Put(20, 12345, 24690, 0.5)],
    plain_bulk_insert_per_s=654321,
    drain=Drain(1000, 3, 0.05, 20001, 2, 3, 20000, 0, 7, 50, 40, 345678, 456789, 0.04, 0.03),
)


@pytest.mark.parametrize("level_ugm3", [0, 8, LEVELS])
def test_a_frame_of_the_bench_is_a_whole_frame_with_its_level(level_ugm3: int) -> None:
    decoded = decode_frame(sensor_model(MODEL), frame(level_ugm3))

    levels = [decoded[name] for name in ("pm1_atm", "pm25_atm", "pm10_atm")]
    assert [level_ugm3] * 3 == levels


def test_bodies_are_readings_of_20_sensors_without_number_and_time() -> None:
    readings = [msgspec.json.decode(body) for body in bodies(100)]

    assert 20 == len({reading["sensor"] for reading in readings})
    assert set() == {"seq", "t"} & set(readings[0])
    assert [0.0, 4.0] == [readings[0]["pm25"], readings[-1]["pm25"]]


def test_a_given_broker_is_where_it_is_said_to_be() -> None:
    assert ("broker.example", 1883) == broker_at("broker.example:1883")[1:]
    assert ("::1", 1884) == broker_at("[::1]:1884")[1:]


@pytest.mark.parametrize(
    "address", ["", "1883", ":1883", "host:", "host:0", "host:65536", "host:x"]
)
def test_a_broker_that_is_no_address_is_bad_input(address: str) -> None:
    with pytest.raises(BadInput, match="HOST:PORT") as caught:
        broker_at(address)

    assert ("broker", address) == (caught.value.field, caught.value.value)


def test_rates_are_taken_in_turn() -> None:
    calls: list[str] = []

    def act(name: str) -> int:
        calls.append(name)
        return 1

    rates = rates_in_turn([lambda: act("spool"), lambda: act("plain")], 1e-9)

    assert ["spool", "plain"] * ROUNDS == calls
    assert all(rate > 0 for rate in rates)


def test_a_rate_until_done_ends_with_nothing_more() -> None:
    left = [0, 5, 5]

    assert rate_until_done(left.pop) > 0
    assert [] == left


def test_the_table_shows_every_figure_beside_its_limit() -> None:
    page = StringIO()
    Console(width=160, file=page).print(table_of(FIGURES))

    shown = page.getvalue()
    for text in (
        "3.2 % of a core, 50 MB",
        "1 of 500 frames missing",
        "12,345 readings/s",
        "bare SQLite 24,690 (x 0.50)",
        "20,001 readings/s",
        "goal 20,000; 0 missing, 7 repeats",
        "bare SQLite 456,789",
        "654,321 readings/s",
        "a processor, 2 cores",
    ):
        assert text in shown
