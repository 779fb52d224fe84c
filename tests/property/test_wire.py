"""What is put on the wire is what is taken from it."""

from __future__ import annotations

import uuid
from itertools import pairwise

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from dust.wire import Batch, WireReading, encode_batch, ranges_of, spooled_body

VALUES = st.none() | st.floats(allow_nan=False, allow_infinity=False)
EXTRAS = st.dictionaries(
    st.text(max_size=8), st.integers(-(2**63), 2**63 - 1) | st.text(max_size=8) | st.booleans()
)
READINGS = st.builds(
    WireReading,
    seq=st.just(0),
    sensor=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True),
    t=st.integers(-(2**53), 2**53),
    n=st.integers(1, 2**31 - 1),
    pm1=VALUES,
    pm25=VALUES,
    wind_deg=VALUES,
    x=st.none() | EXTRAS,
)


@given(numbers=st.lists(st.integers(0, 300) | st.integers(0, 2**63 - 2)))
def test_ranges_hold_exactly_the_numbers_and_are_as_few_as_possible(numbers: list[int]) -> None:
    ranges = ranges_of(numbers)

    assert len(set(numbers)) == sum(last - first + 1 for first, last in ranges)
    assert all(any(first <= number <= last for first, last in ranges) for number in numbers)
    assert all(before[1] + 1 < after[0] for before, after in pairwise(ranges))


@given(numbers=st.sets(st.integers(0, 200)))
def test_numbers_made_ranges_and_numbers_again_are_the_same(numbers: set[int]) -> None:
    ranges = ranges_of(list(numbers))

    assert numbers == {number for first, last in ranges for number in range(first, last + 1)}


@given(readings=st.lists(READINGS, max_size=5), first=st.integers(1, 2**62))
def test_a_batch_made_without_decoding_equals_its_readings(
    readings: list[WireReading], first: int
) -> None:
    spool = str(uuid.UUID(int=7))
    rows = [(first + at, reading.t, spooled_body(reading)) for at, reading in enumerate(readings)]

    batch = msgspec.json.decode(encode_batch("gw-1", spool, rows), type=Batch)

    for at, reading in enumerate(readings):
        reading.seq = first + at
    assert readings == msgspec.json.decode(batch.readings, type=list[WireReading])
