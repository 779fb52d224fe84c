"""Corrections, digit for digit, and what each of them refuses."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from dust.corrections import (
    Correction,
    Formula,
    check,
    coefficients_of,
    decimal_coefficients,
    pollutants_of,
)
from dust.decimals import exact
from dust.errors import BadInput
from dust.pollutants import Pollutant

GOLDEN = Path(__file__).parents[2] / "golden" / "standards"
START = datetime(2024, 1, 1, tzinfo=UTC)
NEEDS_HUMIDITY = (
    Formula.EPA_2021,
    Formula.EPA_2022,
    Formula.NILSON_2022,
    Formula.KAPPA_KOEHLER,
)
GIVEN = {
    Formula.LINEAR: {"slope": "0.8", "intercept": "-1.5"},
    Formula.KAPPA_KOEHLER: {"kappa": "0.4"},
}


def vectors(name: str) -> list[dict[str, Any]]:
    content = json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))
    found: list[dict[str, Any]] = content["vectors"]
    return found


def correction(
    formula: Formula, pollutant: Pollutant = Pollutant.PM25, **coefficients: str
) -> Correction:
    given = decimal_coefficients(coefficients or GIVEN.get(formula, {}))
    return Correction(1, pollutant, formula, given, START, None, None)


def applied(made: Correction, value: str, rh: str | None = "60") -> Decimal | None:
    return made.applied(Decimal(value), None if rh is None else Decimal(rh))


@pytest.mark.parametrize(
    ("formula", "column"), [(Formula.EPA_2021, "barkjohn2021"), (Formula.EPA_2022, "epa2022")]
)
@pytest.mark.parametrize(
    "vector",
    [pytest.param(v, id=f"{v['pa']}-at-{v['rh']}") for v in vectors("correction_epa_purpleair")],
)
def test_the_smoke_corrections_are_those_published(
    vector: dict[str, Any], formula: Formula, column: str
) -> None:
    told = correction(formula).applied(exact(vector["pa"]), exact(vector["rh"]))

    assert exact(vector[column]) == told


@pytest.mark.parametrize(
    ("made", "column"),
    [
        (correction(Formula.NILSON_2022), "nilson_model2"),
        (correction(Formula.KAPPA_KOEHLER, kappa="0.4"), "crilley_k04"),
        (correction(Formula.KAPPA_KOEHLER, kappa="0.05"), "crilley_k005"),
    ],
    ids=["nilson", "kappa-0.4", "kappa-0.05"],
)
@pytest.mark.parametrize(
    "vector",
    [pytest.param(v, id=f"{v['pm']}-at-{v['rh']}") for v in vectors("correction_humidity")],
)
def test_the_humidity_corrections_are_those_published(
    vector: dict[str, Any], made: Correction, column: str
) -> None:
    assert exact(vector[column]) == made.applied(exact(vector["pm"]), exact(vector["rh"]))


def test_the_coefficients_are_not_those_of_a_package_that_mistyped_them() -> None:
    """USEPA/sensortoolkit 1.1.0 has 0.0852 and 5.72."""
    mistyped = Decimal("0.524") * 20 - Decimal("0.0852") * 50 + Decimal("5.72")

    told = applied(correction(Formula.EPA_2021), "20", "50")

    assert Decimal("11.920000") == told
    assert mistyped != told


def test_the_top_branch_has_its_square_whole() -> None:
    """A published script has pow(8.8410, -4), which adds 14.7 at 300 instead of 79.56."""
    told = applied(correction(Formula.EPA_2022), "300", "40")

    assert Decimal("2.966") + Decimal("0.69") * 300 + Decimal("79.56") == told


def test_only_the_formula_of_2022_stops_at_zero() -> None:
    assert Decimal("-2.008") == applied(correction(Formula.EPA_2021), "0", "90")
    assert Decimal(0) == applied(correction(Formula.EPA_2022), "0", "90")


def test_results_are_not_rounded_to_the_display_of_a_device() -> None:
    assert Decimal("16.292760") == applied(correction(Formula.EPA_2022), "29.99")


@pytest.mark.parametrize("node", [30, 50, 210, 260])
def test_the_formula_of_2022_does_not_jump_at_its_nodes(node: int) -> None:
    made = correction(Formula.EPA_2022)
    below, at = (applied(made, str(value)) for value in (Decimal(node) - Decimal("0.001"), node))

    assert below is not None
    assert at is not None
    assert 0 <= at - below < Decimal("0.005")


def test_more_dust_is_never_told_as_less() -> None:
    made = correction(Formula.EPA_2022)
    told = [made.applied(Decimal(tenths) / 10, Decimal(60)) for tenths in range(0, 6000, 3)]

    assert all(low <= high for low, high in pairwise(told) if low is not None and high is not None)


@pytest.mark.parametrize("formula", NEEDS_HUMIDITY)
@pytest.mark.parametrize("rh", [None, "-0.1", "100.1", "NaN"])
def test_without_a_humidity_there_is_no_corrected_value(formula: Formula, rh: str | None) -> None:
    assert applied(correction(formula), "50", rh) is None


@pytest.mark.parametrize("formula", [Formula.NONE, Formula.LINEAR])
def test_what_needs_no_humidity_does_without(formula: Formula) -> None:
    assert applied(correction(formula), "50", None) is not None


def test_at_saturation_growth_has_no_bound_and_a_limited_humidity_has() -> None:
    assert applied(correction(Formula.KAPPA_KOEHLER), "50", "100") is None
    assert applied(correction(Formula.KAPPA_KOEHLER, kappa="0"), "50", "100") is None
    nilson = correction(Formula.NILSON_2022)
    assert applied(nilson, "50", "70") == applied(nilson, "50", "100")
    assert applied(nilson, "50", "30") == applied(nilson, "50", "0")


def test_dry_air_leaves_a_value_as_it_is() -> None:
    assert Decimal("50.000000") == applied(correction(Formula.KAPPA_KOEHLER), "50", "0")


def test_a_line_is_slope_times_value_and_intercept_and_may_go_below_zero() -> None:
    made = correction(Formula.LINEAR)

    assert Decimal("38.500000") == applied(made, "50")
    assert Decimal("-1.500000") == applied(made, "0")


def test_six_decimals_are_kept_half_to_even() -> None:
    made = correction(Formula.LINEAR, slope="1", intercept="0")

    assert ["0.000000", "0.000002", "0.000002"] == [
        f"{applied(made, value):f}" for value in ("0.0000005", "0.0000015", "0.0000025")
    ]


def test_none_tells_the_raw_value() -> None:
    assert Decimal("20.2") == applied(correction(Formula.NONE), "20.2")


@pytest.mark.parametrize("formula", [Formula.EPA_2021, Formula.EPA_2022, Formula.NILSON_2022])
@pytest.mark.parametrize("pollutant", [Pollutant.PM1, Pollutant.PM10, Pollutant.TSP])
def test_a_smoke_correction_is_for_pm25_only(formula: Formula, pollutant: Pollutant) -> None:
    with pytest.raises(BadInput, match=f"pollutant = '{pollutant}': allowed is pm25 for {formula}"):
        correction(formula, pollutant)


def test_humid_growth_is_for_fine_dust_and_a_line_for_any() -> None:
    assert (Pollutant.PM1, Pollutant.PM25) == pollutants_of(Formula.KAPPA_KOEHLER)
    with pytest.raises(BadInput, match="allowed is pm1, pm25 for kappa_koehler"):
        correction(Formula.KAPPA_KOEHLER, Pollutant.PM10)
    assert tuple(Pollutant) == pollutants_of(Formula.LINEAR) == pollutants_of(Formula.NONE)


@pytest.mark.parametrize(
    ("formula", "coefficients", "message"),
    [
        (Formula.LINEAR, {"slope": "0", "intercept": "1"}, "slope = '0': allowed is a number abov"),
        (Formula.LINEAR, {"slope": "-1", "intercept": "1"}, "slope = '-1': allowed is"),
        (Formula.LINEAR, {"slope": "NaN", "intercept": "1"}, "slope = 'NaN': allowed is"),
        (Formula.LINEAR, {"slope": "101", "intercept": "1"}, "above 0 to 100"),
        (Formula.LINEAR, {"slope": "1", "intercept": "-1001"}, "from -1000 to 1000"),
        (Formula.LINEAR, {"slope": "1"}, "intercept = None: allowed is"),
        (Formula.LINEAR, {"slope": "1", "intercept": "0", "gain": "1"}, "coefficient = 'gain'"),
        (Formula.KAPPA_KOEHLER, {"kappa": "-0.1"}, "kappa = '-0.1': allowed is a number from 0"),
        (Formula.EPA_2021, {"slope": "1"}, "allowed is no coefficient for epa_2021"),
    ],
)
def test_a_wrong_coefficient_is_named_with_what_is_allowed(
    formula: Formula, coefficients: dict[str, str], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        check(Pollutant.PM25, formula, decimal_coefficients(coefficients))


def test_what_is_no_number_is_named() -> None:
    with pytest.raises(BadInput, match="slope = 'one': allowed is a decimal number"):
        decimal_coefficients({"slope": "one"})


@pytest.mark.parametrize("formula", list(Formula))
def test_the_largest_values_and_coefficients_have_a_result(formula: Formula) -> None:
    most = {name: str(bounds.most) for name, bounds in coefficients_of(formula).items()}

    assert applied(correction(formula, **most), "1000000", "99.9") is not None


def test_a_correction_holds_from_its_first_instant_up_to_its_end() -> None:
    end = START + timedelta(days=1)
    made = Correction(1, Pollutant.PM25, Formula.NONE, {}, START, end, None)

    moment = timedelta(microseconds=1)
    assert [False, True, True, False] == [
        made.holds_at(at) for at in (START - moment, START, end - moment, end)
    ]


def test_coefficients_cannot_be_changed_afterwards() -> None:
    given = {"slope": Decimal(1), "intercept": Decimal(0)}
    made = Correction(1, Pollutant.PM25, Formula.LINEAR, given, START, None, None)
    given["slope"] = Decimal(2)

    assert Decimal(1) == made.coefficients["slope"]
    assert 1 == len({made, made})


def test_every_formula_is_in_its_page_with_its_pollutants() -> None:
    page = (Path(__file__).parents[3] / "docs" / "corrections.md").read_text("utf-8")
    rows = {f: f"| `{f}` | {', '.join(pollutants_of(f))} |" for f in Formula}

    assert [] == [formula for formula, row in rows.items() if row not in page]


def test_a_tie_at_six_decimals_is_not_lost_to_divisions_that_cut_off() -> None:
    made = correction(Formula.KAPPA_KOEHLER, kappa="0.45")

    assert Decimal("26.864062") == made.applied(Decimal("52.1"), Decimal("77.5"))
