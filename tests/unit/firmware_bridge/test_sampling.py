"""Frames of an interval made into one reading, whatever the clock does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from firmware_bridge.decode import decode_frame
from firmware_bridge.sampling import Sampler
from firmware_bridge.sensors.gill import WINDSONIC
from firmware_bridge.sensors.nova import SDS011
from firmware_bridge.sensors.plantower import PMS5003
from sim.frames import pms5003_frame, sds011_frame

if TYPE_CHECKING:
    from firmware_bridge.sensors.base import Decoded

T0 = 1_767_225_600_000  # a whole minute
MINUTE = 60_000


def sds(pm25_tenths: int, pm10_tenths: int = 0) -> Decoded:
    return decode_frame(SDS011, sds011_frame(pm25_tenths, pm10_tenths, 0xA160))


def sampler(interval_ms: int = MINUTE) -> Sampler:
    return Sampler("sds-1", SDS011, interval_ms)


def test_an_interval_becomes_one_reading_when_the_next_begins() -> None:
    it = sampler()

    assert [] == it.add(T0, sds(100))
    assert [] == it.add(T0 + 59_999, sds(200))
    (reading,) = it.add(T0 + MINUTE, sds(900))

    assert ("sds-1", T0 + MINUTE - 1, 2, 15.0) == (
        reading.sensor,
        reading.t,
        reading.n,
        reading.pm25,
    )
    assert 0 == reading.seq


def test_a_silent_sensor_s_interval_is_closed_by_the_clock_alone() -> None:
    it = sampler()
    it.add(T0, sds(100))

    assert [] == it.close_due(T0 + MINUTE - 1)
    (reading,) = it.close_due(T0 + MINUTE)

    assert T0 + MINUTE - 1 == reading.t
    assert [] == it.close_due(T0 + 2 * MINUTE)


def test_means_are_decimal_and_kept_to_a_thousandth() -> None:
    it = sampler()
    for tenths in (1, 1, 2):
        it.add(T0, sds(tenths, 7))

    (reading,) = it.close()

    assert 0.133 == reading.pm25
    assert 0.7 == reading.pm10


def test_an_interval_of_zero_makes_every_frame_a_reading_at_its_own_time() -> None:
    it = sampler(0)

    readings = [reading for at in (T0, T0 + 7, T0 + 7) for reading in it.add(at, sds(100))]

    assert [T0, T0 + 7, T0 + 7] == [reading.t for reading in readings]
    assert [1, 1, 1] == [reading.n for reading in readings]
    assert [] == it.close()


def test_a_clock_that_jumps_back_closes_the_interval_with_what_it_has() -> None:
    it = sampler()
    it.add(T0, sds(100))

    (first,) = it.add(T0 - 10 * MINUTE, sds(300))
    (second,) = it.close()

    assert (T0 + MINUTE - 1, 10.0) == (first.t, first.pm25)
    assert (T0 - 9 * MINUTE - 1, 30.0) == (second.t, second.pm25)


def test_a_clock_that_jumps_back_within_the_interval_changes_nothing() -> None:
    it = sampler()
    it.add(T0 + 50_000, sds(100))

    assert [] == it.add(T0 + 10_000, sds(300))
    assert [2] == [reading.n for reading in it.close()]


def test_a_clock_that_jumps_far_forward_closes_the_interval_at_its_own_end() -> None:
    it = sampler()
    it.add(T0, sds(100))

    (reading,) = it.add(T0 + 365 * 24 * 60 * MINUTE, sds(300))

    assert T0 + MINUTE - 1 == reading.t


def test_a_clock_before_1970_has_whole_intervals_too() -> None:
    it = sampler()
    it.add(-1, sds(100))

    assert [-1] == [reading.t for reading in it.close()]


def test_closing_early_bears_the_time_of_the_closing() -> None:
    it = sampler()
    it.add(T0, sds(100))

    (reading,) = it.close(T0 + 20_000)

    assert T0 + 20_000 == reading.t


def test_closing_late_bears_the_end_of_the_interval() -> None:
    it = sampler()
    it.add(T0, sds(100))

    (reading,) = it.close(T0 + 5 * MINUTE)

    assert T0 + MINUTE - 1 == reading.t


def test_closing_after_the_clock_went_back_does_not_date_frames_before_they_came() -> None:
    it = sampler()
    it.add(T0, sds(100))

    (reading,) = it.close(T0 - MINUTE)

    assert T0 + MINUTE - 1 == reading.t


def test_nothing_open_closes_to_nothing() -> None:
    assert [] == sampler().close()
    assert [] == sampler().close(T0)


def test_what_only_the_model_says_goes_into_x() -> None:
    it = Sampler("pms-1", PMS5003, MINUTE)
    it.add(T0, decode_frame(PMS5003, pms5003_frame(1, 2, 3)))
    it.add(T0, decode_frame(PMS5003, pms5003_frame(2, 3, 5)))

    (reading,) = it.close()

    assert (1.5, 2.5, 4.0) == (reading.pm1, reading.pm25, reading.pm10)
    assert reading.x is not None
    assert set(PMS5003.extras) == set(reading.x)
    assert 2.5 == reading.x["pm25_cf1"]


def test_a_model_without_extras_has_no_x() -> None:
    it = sampler()
    it.add(T0, sds(100))

    assert [None] == [reading.x for reading in it.close()]


def test_a_broken_off_interval_bears_the_time_of_its_newest_frame() -> None:
    it = sampler()
    it.add(T0, sds(100))
    it.add(T0 + 7_000, sds(300))

    (reading,) = it.break_off()

    assert (T0 + 7_000, 20.0, 2) == (reading.t, reading.pm25, reading.n)


# --- Wind -----------------------------------------------------------------------------------------
def winds(*pairs: tuple[float, float | None]) -> tuple[float | None, float | None]:
    """Speed and direction of the reading made of these winds."""
    it = Sampler("wind-1", WINDSONIC, MINUTE)
    for speed, direction in pairs:
        it.add(T0, {"wind_mps": speed, "wind_deg": direction})
    (reading,) = it.close()
    return reading.wind_mps, reading.wind_deg


@pytest.mark.parametrize(
    ("pairs", "mean"),
    [
        ([(2.0, 350.0), (2.0, 10.0)], (2.0, 0.0)),
        ([(2.0, 350.0), (4.0, 350.0)], (3.0, 350.0)),
        ([(3.0, 0.0), (1.0, 90.0)], (2.0, 18.435)),
        ([(2.0, 0.0), (2.0, 180.0)], (2.0, None)),
        ([(0.0, None), (4.0, 45.0)], (2.0, 45.0)),
        ([(0.0, None)], (0.0, None)),
        ([(0.0, 0.0)], (0.0, None)),
        ([(1.0, 360.0)], (1.0, 0.0)),
    ],
)
def test_a_direction_is_that_of_the_mean_wind_vector_and_calm_air_has_none(
    pairs: list[tuple[float, float | None]], mean: tuple[float, float | None]
) -> None:
    assert mean == winds(*pairs)


def test_what_a_frame_leaves_empty_is_no_part_of_the_mean() -> None:
    model = replace(WINDSONIC, weather=WINDSONIC.weather | {"t_c": "t_c", "rh": "rh"})
    it = Sampler("wind-1", model, MINUTE)
    for degrees in (20.0, None, 30.0):
        it.add(T0, {"wind_mps": 1.0, "wind_deg": None, "t_c": degrees, "rh": None})

    (reading,) = it.close()

    assert (25.0, None, 3) == (reading.t_c, reading.rh, reading.n)
