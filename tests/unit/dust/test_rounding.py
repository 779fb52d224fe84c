"""Rounding as data files describe it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import ValidationError

from dust.rounding import TENTHS, WHOLE, Rounding, RoundingMode

TENS = Rounding(step=Decimal(10))
CUT = Rounding(step=Decimal("0.1"), mode=RoundingMode.TRUNCATE)


@pytest.mark.parametrize(
    ("rounding", "value", "expected"),
    [
        (WHOLE, "0.5", "1"),
        (WHOLE, "2.5", "3"),
        (WHOLE, "-0.5", "-1"),
        (TENTHS, "37.55", "37.6"),
        (TENTHS, "37.549", "37.5"),
        (TENS, "155", "160"),
        (TENS, "154.999999", "150"),
        (TENS, "4.9", "0"),
        (CUT, "35.49", "35.4"),
        (CUT, "-0.19", "-0.1"),
    ],
)
def test_ties_go_away_from_zero_and_a_cut_goes_towards_it(
    rounding: Rounding, value: str, expected: str
) -> None:
    assert Decimal(expected) == rounding.of(Decimal(value))


def test_a_figure_to_the_nearest_ten_is_written_in_whole_numbers() -> None:
    assert "160" == str(TENS.of(Decimal(155)))


def test_more_decimals_than_a_quotient_can_hold_still_round_right() -> None:
    assert Decimal(0) == WHOLE.of(Decimal("0.4" + "9" * 40))


@pytest.mark.parametrize("step", ["0", "-1", "0.5", "5", "NaN", "Infinity"])
def test_a_step_is_a_power_of_ten(step: str) -> None:
    with pytest.raises(ValidationError):
        Rounding(step=Decimal(step))
