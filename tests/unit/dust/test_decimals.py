"""Decimal arithmetic."""

from __future__ import annotations

from decimal import Decimal

from dust.decimals import exact, mean


def test_a_float_becomes_the_decimal_that_a_person_reads() -> None:
    assert Decimal("0.1") == exact(0.1)
    assert Decimal("37.55") == exact("37.55")
    assert Decimal("1E+2") == exact(Decimal("1E+2"))


def test_constant_series_keep_their_value_where_naive_floats_lose_a_step() -> None:
    for tenths in range(1, 5001):
        value = Decimal(tenths).scaleb(-1)
        assert value == mean([value] * 24)


def test_a_mean_is_kept_to_six_decimals() -> None:
    assert Decimal("0.333333") == mean([Decimal(1), Decimal(0), Decimal(0)])
    assert Decimal("0.666667") == mean([Decimal(1), Decimal(1), Decimal(0)])
