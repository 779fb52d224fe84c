"""No frame is lost or counted twice, whatever the clock does."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.decode import decode_frame
from firmware_bridge.sampling import Sampler
from firmware_bridge.sensors.nova import SDS011
from sim.frames import sds011_frame

INTERVALS_MS = st.sampled_from([0, 1, 1000, 60_000, 900_000, 3_600_000])
# Clocks that stand, crawl, jump back and jump by decades.
CLOCKS = st.lists(
    st.integers(0, 200_000) | st.integers(-(2**41), 2**42),
    max_size=30,
)


@given(interval_ms=INTERVALS_MS, clock=CLOCKS, end=st.none() | st.integers(-(2**41), 2**42))
def test_every_frame_is_in_exactly_one_reading(
    interval_ms: int, clock: list[int], end: int | None
) -> None:
    it = Sampler("sds-1", SDS011, interval_ms)
    frame = decode_frame(SDS011, sds011_frame(100, 200, 1))

    readings = [reading for instant in clock for reading in it.add(instant, frame)]
    readings += it.close(end)

    assert len(clock) == sum(reading.n for reading in readings)
    assert [] == it.close(end)


@given(interval_ms=INTERVALS_MS, clock=CLOCKS)
def test_a_reading_lies_in_the_interval_of_its_frames(interval_ms: int, clock: list[int]) -> None:
    it = Sampler("sds-1", SDS011, interval_ms)
    frame = decode_frame(SDS011, sds011_frame(100, 200, 1))

    readings = [reading for instant in clock for reading in it.add(instant, frame)] + it.close()

    intervals = {instant // interval_ms if interval_ms else instant for instant in clock}
    for reading in readings:
        assert (reading.t // interval_ms if interval_ms else reading.t) in intervals
        assert not interval_ms or interval_ms - 1 == reading.t % interval_ms


@given(clock=CLOCKS.map(sorted))
def test_a_clock_that_never_goes_back_gives_one_reading_an_interval(clock: list[int]) -> None:
    it = Sampler("sds-1", SDS011, 60_000)
    frame = decode_frame(SDS011, sds011_frame(100, 200, 1))

    readings = [reading for instant in clock for reading in it.add(instant, frame)] + it.close()

    assert sorted({instant // 60_000 for instant in clock}) == [r.t // 60_000 for r in readings]


@given(levels=st.lists(st.integers(0, 65_535), min_size=1, max_size=60), data=st.data())
def test_a_mean_does_not_depend_on_order_and_lies_within_half_a_thousandth(
    levels: list[int], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(levels))
    first, second = (Sampler("sds-1", SDS011, 60_000) for _ in range(2))

    for one, other in zip(levels, shuffled, strict=True):
        first.add(0, decode_frame(SDS011, sds011_frame(one, 0, 1)))
        second.add(0, decode_frame(SDS011, sds011_frame(other, 0, 1)))

    (mean,), (again,) = first.close(), second.close()
    exact = Decimal(sum(levels)) / len(levels) / 10
    assert mean == again
    assert mean.pm25 is not None
    assert abs(Decimal(str(mean.pm25)) - exact) <= Decimal("0.0005")
