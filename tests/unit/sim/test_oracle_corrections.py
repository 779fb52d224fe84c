"""The oracle's corrections: which row is in force, what it makes of a value, what it claims."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from unit.sim.oracle_worlds import HOUR_MS, MIDNIGHT_MS, stored, world

from sim.oracle import Average, Correction, Stored, averages
from sim.oracle.corrections import corrected


def linear(number: int, slope: str, **more: Any) -> Correction:
    """For pms-a from the beginning on, if not told otherwise."""
    coefficients = {"slope": Decimal(slope), "intercept": Decimal(0)}
    if "model" not in more:
        more = {"sensor": "pms-a"} | more
    return Correction(number, "pm25", "linear", coefficients, more.pop("from_ms", 0), **more)


def hour_of(*rows: Correction, levels: tuple[str, ...] = ("10", "20", "30", "40")) -> Average:
    readings = stored(*levels, interval_s=900)
    return next(iter(averages(world(readings, interval_s=900, corrections=rows))))


def test_values_are_corrected_before_they_are_averaged_and_the_raw_mean_is_kept() -> None:
    hour = hour_of(linear(3, "0.5"))

    assert (Decimal("12.5"), Decimal(25), (3,)) == (
        hour.value,
        hour.uncorrected_value,
        hour.corrections,
    )


def test_a_failed_value_is_not_corrected() -> None:
    hour = hour_of(linear(3, "-1"), levels=("-10", "1", "2", "3"))

    assert (Decimal(-2), 3) == (hour.value, hour.n_valid)


@pytest.mark.parametrize(
    ("rows", "mean"),
    [
        ([linear(1, "2"), linear(2, "3")], 75),  # the newest
        ([linear(1, "2"), linear(2, "3", withdrawn=True)], 50),
        ([linear(1, "2"), linear(2, "3", model="pms5003")], 50),  # its own before its model's
        ([linear(2, "3", model="pms5003")], 75),
        ([linear(2, "3", model="bam1020"), linear(3, "3", sensor="pms-b")], 25),
        ([linear(1, "2", from_ms=MIDNIGHT_MS + HOUR_MS // 2)], 42.5),  # 10 + 20 + 60 + 80
        ([linear(1, "2", to_ms=MIDNIGHT_MS + HOUR_MS // 2)], 32.5),  # 20 + 40 + 30 + 40
    ],
)
def test_one_row_is_in_force(rows: list[Correction], mean: float) -> None:
    assert mean == hour_of(*rows).value


def test_a_value_without_the_humidity_that_its_formula_needs_does_not_count() -> None:
    row = Correction(1, "pm25", "epa_2021", {}, 0, model="pms5003")
    dry = [
        each._replace(rh=None if number == 0 else Decimal(50))
        for number, each in enumerate(stored("10", "10", "10", "10", interval_s=900))
    ]

    hour = averages(world(dry, interval_s=900, corrections=(row,)))[0]

    assert (Decimal("6.68"), Decimal(10), 3, 4) == (
        hour.value,
        hour.uncorrected_value,
        hour.n_valid,
        hour.n_measured,
    )


@pytest.mark.parametrize(
    ("formula", "level", "rh", "told"),
    [  # computed apart from this project, see tests/golden/standards
        ("epa_2021", 0, 90, "-2.008"),
        ("epa_2021", 259.99, 75, "135.51976"),
        ("epa_2022", 0, 90, "0"),
        ("epa_2022", 29.99, 60, "16.29276"),
        ("epa_2022", 40, 60, "26.778"),
        ("epa_2022", 209.99, 75, "164.33714"),
        ("epa_2022", 235, 75, "198.96495"),
        ("epa_2022", 300, 40, "289.526"),
        ("nilson_2022", 50, 20, "45.336788"),
        ("nilson_2022", 120, 60, "88.235294"),
        ("nilson_2022", 50, 95, "32.051282"),
        ("kappa_koehler", 50, 85, "21.06383"),
    ],
)
def test_the_published_formulas_give_the_published_values(
    formula: str, level: float, rh: int, told: str
) -> None:
    row = Correction(1, "pm25", formula, {"kappa": Decimal("0.4")}, 0)

    assert Decimal(told) == corrected(row, Decimal(str(level)), Decimal(rh))


# --- Claims ---------------------------------------------------------------------------------------
def test_a_correction_may_lift_the_claim_class_and_never_lowers_it() -> None:
    assert "indicative" == hour_of(linear(1, "1", claim_class="indicative")).claim_class
    assert "screening" == hour_of(linear(1, "1", claim_class="not_claimable")).claim_class


def test_an_hour_is_as_good_as_its_weakest_counting_reading() -> None:
    half = MIDNIGHT_MS + HOUR_MS // 2
    lifted = linear(1, "1", claim_class="indicative", to_ms=half)
    whole = linear(1, "1", claim_class="indicative", to_ms=MIDNIGHT_MS + HOUR_MS * 3 // 4)

    assert "screening" == hour_of(lifted).claim_class
    assert "indicative" == hour_of(whole, levels=("1", "2", "3", "-4")).claim_class


def test_a_day_is_as_good_as_its_weakest_valid_hour() -> None:
    row = linear(1, "1", claim_class="indicative", from_ms=MIDNIGHT_MS + HOUR_MS)

    def classes(first: str) -> list[str | None]:
        seen = averages(world(stored(first, *["1"] * 18), corrections=(row,)))
        return [average.claim_class for average in seen if average.kind == "day"]

    assert ["screening"] == classes("1")
    assert ["indicative"] == classes("-1")


def test_the_humidity_of_a_stored_reading_belongs_to_it() -> None:
    assert (None, Decimal(3)) == (
        Stored("pms-a", 0, 0).level("pm25"),
        Stored("pms-a", 0, 0, tsp=Decimal(3)).level("tsp"),
    )
