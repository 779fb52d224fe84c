"""What the oracle expects after a replay of frames."""

from __future__ import annotations

from decimal import Decimal

import pytest
from unit.sim.oracle_worlds import DAY, HOUR_MS, MIDNIGHT_MS

from sim.oracle import Day, Deployed, Exceedance, Hour, Reading, SentFrame, expected, readings

AFTERWARDS_MS = MIDNIGHT_MS + 48 * HOUR_MS
AT_VILLAGE = {"pms-a": Deployed("village", "pms5003")}


def frame(t_ms: int, pm25: str, sensor: str = "pms-a") -> SentFrame:
    return SentFrame(sensor, t_ms, None, Decimal(pm25), None)


def dusty_day(sensor: str) -> list[SentFrame]:
    return [
        SentFrame(sensor, MIDNIGHT_MS + n * HOUR_MS, Decimal(60), Decimal(90), Decimal(200))
        for n in range(24)
    ]


def test_frames_of_one_interval_form_one_reading_at_its_last_millisecond() -> None:
    sent = [frame(60_000, "1"), frame(119_999, "2"), frame(90_000, "2"), frame(120_000, "9")]

    assert [
        Reading("pms-a", 119_999, 3, None, Decimal("1.667"), None),
        Reading("pms-a", 179_999, 1, None, Decimal(9), None),
    ] == readings(sent, 60)


def test_sensors_are_kept_apart() -> None:
    found = readings([frame(0, "1"), frame(0, "3", sensor="pms-b")], 60)

    assert [("pms-a", Decimal(1)), ("pms-b", Decimal(3))] == [
        (reading.sensor, reading.pm25) for reading in found
    ]


def test_a_frame_exactly_on_the_hour_belongs_to_the_hour_that_begins() -> None:
    sent = [frame(MIDNIGHT_MS - 1, "5"), frame(MIDNIGHT_MS, "7")]

    found = expected(sent, AT_VILLAGE, 3600, {}, AFTERWARDS_MS)

    assert [
        Hour("village", "pm25", MIDNIGHT_MS - HOUR_MS, Decimal(5), 1),
        Hour("village", "pm25", MIDNIGHT_MS, Decimal(7), 1),
    ] == found.hours
    assert [MIDNIGHT_MS - 1, MIDNIGHT_MS + HOUR_MS - 1] == [r.t_ms for r in found.readings]


def test_what_may_not_be_claimed_has_means_but_no_exceedance() -> None:
    claims = {("pms5003", "pm25"): "screening", ("pms5003", "pm10"): "not_claimable"}

    found = expected(dusty_day("pms-a"), AT_VILLAGE, 3600, claims, AFTERWARDS_MS)

    assert [
        Day("village", "pm1", DAY, Decimal(60), 24),
        Day("village", "pm10", DAY, Decimal(200), 24),
        Day("village", "pm25", DAY, Decimal(90), 24),
    ] == found.days
    assert [Exceedance("village", "pm25", DAY)] == found.exceedances


def test_a_claimable_pm10_has_an_exceedance() -> None:
    found = expected(
        dusty_day("pms-a"), AT_VILLAGE, 3600, {("pms5003", "pm10"): "indicative"}, AFTERWARDS_MS
    )

    assert [Exceedance("village", "pm10", DAY)] == found.exceedances


def test_a_sensor_that_stands_nowhere_has_readings_only() -> None:
    found = expected(dusty_day("pms-x"), AT_VILLAGE, 3600, {}, AFTERWARDS_MS)

    assert 24 == len(found.readings)
    assert ([], [], []) == (found.hours, found.days, found.exceedances)


def test_two_sensors_at_one_station_are_refused() -> None:
    both = {**AT_VILLAGE, "pms-b": Deployed("village", "pms5003")}

    with pytest.raises(
        ValueError, match="of 'village', told by pms-b as well: allowed is one sensor"
    ):
        expected([], both, 60, {}, AFTERWARDS_MS)


def test_two_sensors_may_share_a_station_when_each_tells_another_pollutant() -> None:
    shared = {
        "pms-a": Deployed("village", "pms5003", frozenset({"pm25"})),
        "sds-b": Deployed("village", "sds011", frozenset({"pm10"})),
    }
    frames = [SentFrame(sensor, MIDNIGHT_MS, None, Decimal(9), Decimal(12)) for sensor in shared]

    found = expected(frames, shared, 3600, {}, AFTERWARDS_MS)

    assert {"pm25", "pm10"} == {hour.pollutant for hour in found.hours}
    assert 2 == len(found.hours)
