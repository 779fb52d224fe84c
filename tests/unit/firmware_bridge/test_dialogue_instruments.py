"""Each model's dialogue with its simulated instrument: two readings of one data sheet meet."""

from __future__ import annotations

from typing import Any

import pytest
from fixtures.dialogue import TICKS_PER_S, Talk

from firmware_bridge.sensors import sensor_models
from sim.air import Air
from sim.instruments import Instrument, Quirks, instrument_of

AIR = Air(pm1=11, pm25=22, pm4=30, pm10=44, tsp=66, wind_mps=2.5, wind_deg=90)
NO_QUIRKS = Quirks()
WIND = [{"field": "wind_mps", "index": 0, "step": 0.1}, {"field": "wind_deg", "index": 1}]
OPTIONS: dict[str, dict[str, Any]] = {"modbus-rtu": {"modbus": {"count": 2, "registers": WIND}}}
ASKED = [name for name, m in sensor_models().items() if "asked" in m.options and m.poll_s]
NAPPING = [name for name, m in sensor_models().items() if "read_s" in m.options]


def play(
    model: str, seconds: int, quirks: Quirks = NO_QUIRKS, **options: Any
) -> tuple[Talk, Instrument]:
    """An instrument that just got power, and what the gateway hears of it."""
    talk = Talk(model, **(OPTIONS.get(model, {}) | options))
    instrument = instrument_of(model, 1, quirks)
    instrument.power_up(0)
    talk.reply = lambda said: instrument.hear(said, talk.now_s)
    talk.open()
    for _ in range(seconds * TICKS_PER_S):
        talk.go(1 / TICKS_PER_S)
        talk.hear(instrument.send(talk.now_s, AIR))
    return talk, instrument


@pytest.mark.parametrize("model", sorted(set(sensor_models()) - {"bam1020"}))
def test_every_instrument_is_read_as_it_comes(model: str) -> None:
    talk, _ = play(model, 90)

    assert "ok" == talk.state
    assert talk.dialogue.counts.asked == talk.dialogue.counts.answered
    assert len(talk.counted) >= 5


def test_wind_comes_in_metres_per_second_from_every_instrument() -> None:
    for model in ("nmea-wind", "windsonic", "rm-young-86xxx", "davis-vantage", "modbus-rtu"):
        talk, _ = play(model, 20)
        speed, direction = (talk.model.weather[field] for field in ("wind_mps", "wind_deg"))
        assert 90 == talk.counted[-1][direction]
        assert talk.counted[-1][speed] == pytest.approx(2.5, abs=0.25)  # half a mile per hour


@pytest.mark.parametrize("model", ASKED)
def test_every_instrument_that_can_be_asked_answers_each_question(model: str) -> None:
    talk, _ = play(model, 90, asked=True)

    counts = talk.dialogue.counts
    assert counts.asked - counts.answered <= 1
    assert len(talk.counted) >= 5


@pytest.mark.parametrize("options", [{}, {"asked": True}])
@pytest.mark.parametrize("model", NAPPING)
def test_every_instrument_that_naps_runs_only_to_warm_up_and_to_be_read(
    model: str, options: dict[str, bool]
) -> None:
    talk, instrument = play(model, 900, sampling_interval_s=300, read_s=20, **options)

    window_s = talk.model.warm_up_s + 20
    assert 300 + 2 * window_s - 10 <= instrument.laser_s <= 300 + 2 * window_s + 10
    assert talk.counted
    assert instrument.flash_writes <= 1


def test_an_hour_of_a_bam_is_read_once() -> None:
    talk, _ = play("bam1020", 2 * 3600, sampling_interval_s=3600, inlet="pm10")

    assert 1 == len(talk.counted)
    assert talk.counted[0]["conc_ugm3"] == pytest.approx(44, abs=1)


def test_an_odd_answer_to_sleep_is_taken_for_none_and_the_silence_for_sleep() -> None:
    talk, instrument = play(
        "sds011", 600, Quirks(odd_sleep_reply=True), sampling_interval_s=300, read_s=10
    )

    assert 340 >= instrument.laser_s
    assert len(talk.said) <= 20


def test_a_broken_nextpm_is_refused() -> None:
    talk, _ = play("nextpm", 60, Quirks(broken="fan"))

    assert "refused" == talk.state


@pytest.mark.parametrize("model", ["sps30", "pm2008", "nextpm"])
def test_a_miswired_sensor_that_echoes_is_unanswered(model: str) -> None:
    talk, _ = play(model, 120, Quirks(miswired=True))

    assert "unanswered" == talk.state
    assert [] == talk.counted


@pytest.mark.parametrize("model", ASKED)
def test_a_sensor_whose_power_failed_alone_is_read_again(model: str) -> None:
    talk, instrument = play(model, 60, asked=True)
    before = len(talk.counted)
    instrument.power_up(talk.now_s)

    for _ in range(150 * TICKS_PER_S):
        talk.go(1 / TICKS_PER_S)
        talk.hear(instrument.send(talk.now_s, AIR))

    assert len(talk.counted) > before + 5
    assert "ok" == talk.state
