"""The made world: peaks, plumes, blasts, convoys, rain and smoke are where they should be."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime
from statistics import mean
from typing import TYPE_CHECKING

import pytest

from sim.world.dice import key_of, smooth, uniform
from sim.world.local_time import DAY_MS, HOUR_MS, local_time
from sim.world.place import Place
from sim.world.plans import (
    BlastPlan,
    BurningPlan,
    DiurnalPlan,
    PlacePlan,
    PlumePlan,
    SkyPlan,
    TruckPlan,
)
from sim.world.sky import Sky

if TYPE_CHECKING:
    from sim.air import Air

MINUTE_MS = 60_000
DRY = SkyPlan(rain_chance_wet=0, rain_chance_dry=0, fog_chance=0)
CLEAN = DiurnalPlan(0, 0, 0, 0)


def ms(text: str) -> int:
    return round(datetime.fromisoformat(f"{text}+07:00").timestamp() * 1000)


def place(plan: PlacePlan, sky: SkyPlan = DRY, seed: int = 1) -> Place:
    return Place(plan, Sky(sky, seed), seed)


def day(where: Place, start: str) -> list[Air]:
    """The air of every minute of a day."""
    return [where.air(ms(start) + minute * MINUTE_MS) for minute in range(1440)]


def test_a_throw_of_the_dice_is_the_same_in_any_order_and_every_process() -> None:
    key = key_of(7, "sky", "rain")

    assert 12_208_100_300_184_014_999 == key_of(1, "a")
    assert [uniform(key, n) for n in range(9)] == [uniform(key, n) for n in range(8, -1, -1)][::-1]
    assert 0.45 < mean(uniform(key, n) for n in range(4000)) < 0.55
    assert all(0 <= uniform(key, n) < 1 for n in range(4000))


def test_a_smooth_value_takes_no_leaps() -> None:
    values = [smooth(5, step / 100) for step in range(-500, 500)]

    assert max(map(abs, values)) <= 1
    assert max(abs(b - a) for a, b in itertools.pairwise(values)) < 0.04


def test_local_time_is_that_of_bangkok() -> None:
    new_year = local_time(ms("2026-01-01T00:00:00"))

    assert 0 == new_year.hour
    assert min(new_year.season, 1 - new_year.season) < 0.003
    assert 6.5 == local_time(ms("2026-11-23T06:30:00")).hour
    assert [True] * 6 + [False] == [
        local_time(ms("2026-11-23T12:00:00") + n * DAY_MS).is_work_day for n in range(7)
    ]  # 23 November 2026 is a Monday


def test_the_day_has_two_peaks_in_the_morning_and_in_the_evening() -> None:
    where = place(PlacePlan("a"))
    hours = [
        mean(
            where.air(ms("2026-11-10T00:00:00") + d * DAY_MS + h * HOUR_MS).pm10 for d in range(60)
        )
        for h in range(24)
    ]

    assert 6 <= hours.index(max(hours[:13])) <= 10
    assert 19 <= hours.index(max(hours[13:])) <= 23
    assert min(hours[6:10]) > 1.3 * max(hours[1:4])
    assert min(hours[12:17]) < 0.5 * max(hours)


def test_the_plume_is_there_when_the_wind_comes_from_its_sector_and_only_then() -> None:
    plan = PlacePlan("a", CLEAN, plume=PlumePlan(from_deg=20, to_deg=80))

    blown = place(plan, replace(DRY, wind_from_deg=50, wind_sway_deg=0, wind_mps=5))
    turned = place(plan, replace(DRY, wind_from_deg=230, wind_sway_deg=0, wind_mps=5))
    calm = place(plan, replace(DRY, wind_from_deg=50, wind_mps=0))

    assert min(air.pm10 for air in day(blown, "2026-11-10T00:00:00")) > 40
    assert {0.0} == {air.pm10 for air in day(turned, "2026-11-10T00:00:00")}
    assert {0.0} == {air.pm10 for air in day(calm, "2026-11-10T00:00:00")}


def test_a_sector_may_lie_across_north_and_fades_at_its_edges() -> None:
    plan = PlacePlan("a", CLEAN, plume=PlumePlan(from_deg=340, to_deg=20))

    levels = {
        deg: place(plan, replace(DRY, wind_from_deg=deg, wind_sway_deg=0, wind_mps=5))
        .air(ms("2026-11-10T12:00:00"))
        .pm10
        for deg in (0, 350, 10, 27.5, 332.5, 40, 180)
    }

    assert levels[0] == levels[350] == levels[10] > 0
    assert pytest.approx(levels[0] / 2) == levels[27.5]
    assert pytest.approx(levels[0] / 2) == levels[332.5]
    assert levels[40] == levels[180] == 0


def test_a_blast_is_there_within_a_minute_and_gone_within_half_an_hour() -> None:
    where = place(PlacePlan("a", CLEAN, blast=BlastPlan(900, hour=12, chance=1, decay_min=4)))
    levels = [air.pm10 for air in day(where, "2026-11-10T00:00:00")]
    begin = next(minute for minute, level in enumerate(levels) if level)

    assert 12 * 60 <= begin <= 12 * 60 + 31
    assert 400 < max(levels) < 1300
    assert max(levels) in levels[begin : begin + 3]
    assert max(levels[begin + 30 :]) < 1
    assert {0.0} == {air.pm10 for air in day(where, "2026-11-15T00:00:00")}  # a Sunday


def test_convoys_are_trains_of_short_spikes_in_working_hours() -> None:
    where = place(PlacePlan("a", CLEAN, trucks=TruckPlan(300, convoy_every_min=20)))
    noon = ms("2026-11-10T10:00:00")
    seconds = [where.air(noon + second * 1000).pm10 for second in range(3600)]
    spikes = [
        n
        for n in range(1, 3599)
        if seconds[n] > 60 and seconds[n] >= seconds[n - 1] and seconds[n] > seconds[n + 1]
    ]

    assert 4 <= len(spikes) <= 40
    assert min(b - a for a, b in itertools.pairwise(spikes)) >= 15
    assert sum(level < 1 for level in seconds) > 1500  # quiet most of the time
    assert {0.0} == {air.pm10 for air in day(where, "2026-11-15T00:00:00")}  # a Sunday
    assert 0 == where.air(ms("2026-11-10T03:00:00")).pm10


def test_rain_washes_the_air_and_lays_the_dust_of_the_road() -> None:
    sky = replace(DRY, rain_chance_wet=1.0)
    plan = PlacePlan("a", DiurnalPlan(10, 50, 0, 0))
    wet, dry = place(plan, sky), place(plan, DRY)
    minutes = [ms("2026-07-07T12:00:00") + minute * MINUTE_MS for minute in range(600)]
    weathers = [Sky(sky, 1).weather(instant) for instant in minutes]
    raining = [n for n, weather in enumerate(weathers) if weather.rain_mm_h > 0]

    assert 30 <= len(raining) <= 121
    assert 13 * 60 <= 12 * 60 + raining[0] <= 19 * 60
    last = minutes[raining[-1]]
    assert wet.air(last).pm10 < 0.45 * dry.air(last).pm10
    assert wet.air(last).pm25 < 0.75 * dry.air(last).pm25
    assert weathers[raining[-1]].rh > 95
    before = minutes[raining[0] - 1]
    assert pytest.approx(dry.air(before).pm10, rel=1e-3) == wet.air(before).pm10
    assert weathers[-1].wet < weathers[raining[-1]].wet  # it dries


def test_nights_are_moist_and_cool_and_some_mornings_of_the_cool_season_are_foggy() -> None:
    sky = Sky(replace(DRY, fog_chance=0.3), 1)
    days = [ms("2026-12-01T00:00:00") + n * DAY_MS for n in range(30)]

    night, noon = ([sky.weather(d + hour * HOUR_MS) for d in days] for hour in (5, 14))

    assert mean(w.rh for w in night) > mean(w.rh for w in noon) + 20
    assert mean(w.t_c for w in night) < mean(w.t_c for w in noon) - 7
    assert 3 <= sum(w.rh > 99 for w in night) <= 18
    assert 0 == sum(w.rh > 99 for w in noon)
    july = [sky.weather(ms("2026-07-01T05:00:00") + n * DAY_MS).rh for n in range(30)]
    assert max(july) < 99


def test_the_wind_turns_with_the_monsoons_and_some_hours_are_calm() -> None:
    sky = Sky(DRY, 1)

    def directions(start: str) -> list[float]:
        weathers = [sky.weather(ms(start) + n * HOUR_MS) for n in range(480)]
        assert all((w.wind_deg is None) == (w.wind_mps == 0) for w in weathers)
        return [w.wind_deg for w in weathers if w.wind_deg is not None]

    assert sum(d < 95 or d > 355 for d in directions("2026-12-01T00:00:00")) > 440 * 0.9
    assert sum(175 <= d <= 275 for d in directions("2026-07-01T00:00:00")) > 440 * 0.9
    assert len(directions("2026-12-01T00:00:00")) < 480


def test_smoke_is_a_matter_of_january_to_april() -> None:
    where = place(PlacePlan("a", CLEAN, burning=BurningPlan(50)))

    def level(start: str) -> float:
        return mean(air.pm25 for air in day(where, start)[::30])

    assert level("2026-03-01T00:00:00") > 15
    assert level("2026-01-02T00:00:00") < level("2026-03-01T00:00:00")
    assert 0 == level("2026-06-01T00:00:00") == level("2026-11-20T00:00:00")
    smoke = where.air(ms("2026-03-01T12:00:00"))
    assert smoke.pm1 > 0.75 * smoke.pm25 > 0.6 * smoke.pm10


def test_the_fence_line_of_a_quarry_is_as_dusty_as_the_place_is_described() -> None:
    where = place(PlacePlan("a", plume=PlumePlan(), trucks=TruckPlan(), blast=BlastPlan()))
    means = [
        mean(air.pm10 for air in day(where, f"2026-{month}-10T00:00:00")[::5])
        for month in ("01", "03", "05", "07", "09", "11")
    ]

    assert 27 < min(means) < max(means) < 303  # of 24 hours (docs/domain-rules.md 1)
    assert max(means[0], means[5]) > 1.3 * means[3]  # worst from October to February
