"""The chunk interval: what fits stays, the memory comes first, and the reckoning can be read."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dust.storage.chunk_interval import (
    INTERVALS,
    MOST_CHUNKS,
    Load,
    Memory,
    Reckoning,
    advise,
    arithmetic,
)
from dust.storage.reading_size import USUAL
from dust.storage.timescale import CHUNK_INTERVAL

MB = 1024**2
DAY = timedelta(days=1)
DISTRICT = Load(40, 40 * 1440, USUAL)
SMALL = Memory(128 * MB, None)
"""A server that nobody has tuned."""


def province(sensors: int, interval_s: float = 60) -> Load:
    return Load(sensors, sensors * 86_400 / interval_s, USUAL)


def test_seven_days_stay_for_a_district_on_an_untuned_server() -> None:
    advice = advise(Reckoning(DISTRICT, SMALL), CHUNK_INTERVAL)

    assert not advice.is_change
    assert 7 * DAY == advice.advised


@pytest.mark.parametrize(
    ("sensors", "memory_mb", "expected"),
    [
        (40, 1024, 7 * DAY),  # what fits is not changed because longer would fit, too
        (1000, 4096, 7 * DAY),
        (1000, 1024, DAY),
        (10_000, 2048, 12 * DAY / 24),
        (1_000_000, 64, DAY / 24),  # shorter than an hour is not offered
        (0, 128, 7 * DAY),
    ],
)
def test_the_index_of_a_chunk_fits_a_quarter_of_the_memory(
    sensors: int, memory_mb: int, expected: timedelta
) -> None:
    memory = Memory(128 * MB, memory_mb * MB)

    assert expected == advise(Reckoning(province(sensors), memory), CHUNK_INTERVAL).advised


def test_a_cache_that_somebody_has_set_counts_and_its_default_does_not() -> None:
    assert 0.25 * 128 * MB == Memory(128 * MB, None).for_index
    assert 0.25 * 3072 * MB == Memory(128 * MB, 3072 * MB).for_index


def test_chunks_that_would_be_too_many_become_longer() -> None:
    advice = advise(Reckoning(DISTRICT, SMALL, 3653 * DAY), DAY)

    assert advice.is_change
    assert 7 * DAY == advice.advised
    assert 3653 * DAY / advice.advised <= MOST_CHUNKS


def test_a_shorter_history_allows_shorter_chunks() -> None:
    assert not advise(Reckoning(DISTRICT, SMALL, 365 * DAY), DAY).is_change


def test_where_both_cannot_be_had_the_memory_comes_first_and_it_is_said() -> None:
    found = Reckoning(province(1000, 30), SMALL)
    advice = advise(found, CHUNK_INTERVAL)

    assert advice.conflicts
    assert advice.longest == advice.advised
    assert "both cannot be had" in arithmetic(found, advice)[-1]


def test_every_interval_is_round_and_within_an_hour_and_thirty_days() -> None:
    assert [*sorted(INTERVALS)] == [*INTERVALS]
    assert (DAY / 24, 30 * DAY) == (INTERVALS[0], INTERVALS[-1])
    assert CHUNK_INTERVAL in INTERVALS


def test_the_reckoning_names_every_number_it_uses() -> None:
    found = Reckoning(DISTRICT, SMALL)

    expected = """
40 sensors send 57,600 readings a day
a reading takes 182 bytes, 72 of them in the index (as usual; too few here to measure): \
10 MB a day, 4.0 MB of index
a quarter of shared_buffers 128 MB (effective_cache_size is not set) is 32 MB: \
the index of 8.1 days, so at most 7 days
3,653 days of readings are 522 chunks of 7 days; at most 1,000 are good, so at least 7 days
"""

    assert expected.split("\n")[1:-1] == arithmetic(found, advise(found, CHUNK_INTERVAL))
