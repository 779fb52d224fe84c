"""Flags of values."""

from __future__ import annotations

import pytest

from dust.quality import QcFlag, QcTest, counts, worse
from dust.readings import last_instant_ms


def test_flags_and_test_bits_are_those_that_are_stored_already() -> None:
    assert [1, 2, 3, 4, 9] == [int(flag) for flag in QcFlag]
    assert {
        "RANGE": 1,
        "NEGATIVE": 2,
        "CLOCK_AHEAD": 4,
        "SATURATION": 8,
        "PM_ORDER": 16,
        "CHANNELS": 32,
        "HUMIDITY": 64,
        "WARM_UP": 128,
        "FLAT_LINE": 256,
        "SPIKE": 512,
        "RATE_OF_CHANGE": 1024,
        "NEIGHBOUR": 2048,
    } == {test.name: int(test) for test in QcTest}


@pytest.mark.parametrize(
    ("flag", "does_count"),
    [
        (QcFlag.GOOD, True),
        (QcFlag.NOT_EVALUATED, True),
        (QcFlag.SUSPECT, True),
        (QcFlag.FAIL, False),
        (QcFlag.MISSING, False),
        (0, False),
    ],
)
def test_a_suspect_value_counts_and_a_failed_one_does_not(
    flag: int,
    does_count: bool,  # noqa: FBT001  pytest passes it
) -> None:
    assert does_count == counts(flag)


def test_the_graver_of_two_flags_stands() -> None:
    assert QcFlag.FAIL == worse(QcFlag.FAIL, QcFlag.SUSPECT)
    assert QcFlag.SUSPECT == worse(QcFlag.GOOD, QcFlag.SUSPECT)


def test_a_reading_bears_the_last_millisecond_of_its_interval() -> None:
    assert 1_767_225_659_999 == last_instant_ms(1_767_225_660_000)
