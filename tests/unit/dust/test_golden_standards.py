"""Published and hand-computed figures, digit for digit (tests/golden/standards)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dust.air_quality_index import Scale, thai_index, thai_scale, us_index, us_scale
from dust.averaging import daily_average, hourly_average
from dust.claims import ClaimClass
from dust.decimals import exact
from dust.exceedance import at_least, exceeds, find_exceedance
from dust.periods import day_period, hour_of, local_day_of
from dust.pollutants import Pollutant
from dust.rounding import Rounding
from dust.standards import LimitPeriod, LimitValue, default_rule_set, limit_values

GOLDEN = Path(__file__).parents[2] / "golden" / "standards"
BANGKOK = ZoneInfo("Asia/Bangkok")
KEPT = Rounding(step=Decimal("0.000001"))
NEAREST_TEN = Rounding(step=Decimal(10))


def golden(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    return content


def pm10_day_limit() -> LimitValue:
    return next(
        limit
        for limit in limit_values()
        if (limit.authority, limit.pollutant, limit.averaging_period)
        == ("thailand", Pollutant.PM10, LimitPeriod.DAY)
    )


@pytest.mark.parametrize(
    "vector",
    [
        pytest.param(vector, id=f"{vector['pollutant']}-{vector['concentration']}")
        for vector in golden("aqi_thailand2023")["vectors"]
    ],
)
def test_the_thai_index_is_that_of_the_notice(vector: dict[str, Any]) -> None:
    index = thai_index(Pollutant(vector["pollutant"]), Decimal(vector["concentration"]))

    assert vector["aqi"] == index.aqi
    assert (vector["aqi"] is None) == (index.category.level == 5)


@pytest.mark.parametrize("vector", golden("aqi_us_pre2024_contrast")["vectors"])
def test_the_us_index_is_that_of_2024_and_no_older_one(vector: dict[str, Any]) -> None:
    found = us_index(Pollutant.PM25, exact(vector["concentration"])).aqi

    assert vector["aqi_2024"] == found
    assert (vector["aqi"] != vector["aqi_2024"]) == (vector["aqi"] != found)


def breakpoints(scale: Scale, pollutant: str) -> list[tuple[Decimal, Decimal, int, int]]:
    return scale.breakpoints[Pollutant(pollutant)]


@pytest.mark.parametrize("pollutant", ["pm25", "pm10"])
def test_the_breakpoints_are_those_of_the_published_tables(pollutant: str) -> None:
    thai = golden("aqi_thailand2023")["table"][pollutant]
    american = golden("aqi_us2024_open")[f"table_{pollutant}"]

    for table, scale in ((thai, thai_scale()), (american, us_scale())):
        assert [
            (Decimal(low), Decimal(high), index_low, index_high)
            for low, high, index_low, index_high in table
        ] == breakpoints(scale, pollutant)


@pytest.mark.parametrize(
    "vector",
    [
        pytest.param(vector, id=f"{vector['x']}-to-{vector.get('digits', 'tens')}")
        for vector in golden("rounding")["vectors"]
    ],
)
def test_ties_are_rounded_up(vector: dict[str, Any]) -> None:
    is_of_tens = vector["rule"] == "half_up_nearest_10"
    rounding = NEAREST_TEN if is_of_tens else Rounding(step=Decimal(1).scaleb(-vector["digits"]))

    assert exact(vector["y"]) == rounding.of(exact(vector["x"]))


@pytest.mark.parametrize(
    "vector", [v for v in golden("rounding")["vectors"] if "exceeds_150" in v], ids=lambda v: v["x"]
)
def test_the_us_rule_for_pm10_is_a_limit_value_with_a_rounding_of_its_own(
    vector: dict[str, Any],
) -> None:
    limit = pm10_day_limit().model_copy(
        update={"level_ugm3": Decimal(150), "rounding": NEAREST_TEN}
    )

    assert vector["exceeds_150"] == exceeds(limit, exact(vector["x"]))


@pytest.mark.parametrize(
    "vector",
    [pytest.param(vector, id=vector["case"]) for vector in golden("completeness")["vectors"]],
)
def test_a_day_has_a_mean_from_18_valid_hours_on(vector: dict[str, Any]) -> None:
    valid = [exact(hour) for hour in vector["hours"] if hour is not None]

    average = daily_average(valid, len(valid), default_rule_set())

    expected = vector["daily_mean"]
    assert vector["n_valid"] == average.coverage.n_valid
    assert (None if expected is None else KEPT.of(exact(expected))) == average.value


@pytest.mark.parametrize(
    "example",
    [
        pytest.param(example, id=f"{example['got']}-of-{example['expected']}")
        for example in golden("completeness")["hourly"]["examples"]
    ],
)
def test_an_hour_has_a_mean_from_75_percent_of_its_readings_on(example: dict[str, Any]) -> None:
    values = [Decimal(20)] * example["got"]

    average = hourly_average(values, len(values), 3600 / example["expected"], default_rule_set())

    assert example["valid"] == average.is_complete


@pytest.mark.parametrize(
    "vector",
    [
        pytest.param(vector, id=f"{vector['n_valid']}-hours-of-{vector['value']}")
        for vector in golden("exceedance_zero_substitution")["vectors"]
    ],
)
def test_an_incomplete_day_counts_when_zeros_for_the_rest_still_exceed(
    vector: dict[str, Any],
) -> None:
    valid, limit = [exact(vector["value"])] * vector["n_valid"], pm10_day_limit()
    day = daily_average(valid, len(valid), default_rule_set())

    finding = find_exceedance(
        valid, limit, ClaimClass.REFERENCE, complete_mean=day.value, is_over=True
    )

    assert golden("exceedance_zero_substitution")["level"] == limit.level_ugm3
    assert KEPT.of(exact(vector["mean_zero_substituted"])) == at_least(valid)
    assert exact(vector["mean_valid"]) == day.partial_mean
    if day.is_complete:
        assert vector["counts"]
        assert (vector["mean_valid"] > 120) == (finding is not None)
    else:
        assert vector["counts"] == (finding is not None)


@pytest.mark.parametrize(
    "vector",
    [
        pytest.param(vector, id=vector["utc"])
        for vector in golden("time_buckets_bangkok")["vectors"]
    ],
)
def test_an_instant_has_its_hour_and_its_local_day(vector: dict[str, Any]) -> None:
    instant = datetime.fromisoformat(vector["utc"])
    begin, end = (
        datetime.fromisoformat(vector[key]) for key in ("hour_begin_local", "hour_end_local")
    )

    hour, day = hour_of(instant), local_day_of(instant, BANGKOK)

    assert (begin, end) == (hour.start, hour.end)
    assert vector["local_day"] == day.isoformat()
    assert day_period(day, BANGKOK).start <= instant < day_period(day, BANGKOK).end
    assert UTC == hour.start.tzinfo
    told = vector["openaq_period"]
    assert (told["datetimeFrom"], told["datetimeTo"]) == (
        hour.start.isoformat(),
        hour.end.isoformat(),
    )
