"""Faults: what gets through, what of it counts, and that nothing is unaccounted for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.emission import Emission
from sim.faults import (
    SENSOR_FAULTS,
    CutOff,
    FaultPlan,
    Faults,
    WrongClock,
    may_befall,
    sensor_faults,
    sums,
)
from sim.frames import pms5003_frame, sds011_frame
from sim.scenario import SensorPlan
from sim.world.local_time import HOUR_MS

MINUTE_MS = 60_000
SENSOR = ("pms-a", "gw")
Timed = tuple[int, "Emission[str] | None"]


def sent(n: int = 600, silent_every: int = 0) -> list[Timed]:
    """A frame a minute, each with another level."""
    return [
        (
            tick * MINUTE_MS,
            None
            if silent_every and tick % silent_every == 0
            else Emission(pms5003_frame(tick, tick, tick), (f"{tick},{tick},{tick}",)),
        )
        for tick in range(n)
    ]


def faults(*plans: FaultPlan, sensor: tuple[str, str] = SENSOR, seed: int = 1) -> Faults[str]:
    return sensor_faults(plans, seed, 0, sensor, sensor[0])


def through(chain: Faults[str], stream: list[Timed]) -> list[tuple[int, Emission[str]]]:
    return list(chain.stream(stream))


def frames_in(stream: list[tuple[int, Emission[str]]] | list[Timed]) -> int:
    return sum(len(emission.counted) for _, emission in stream if emission)


def test_without_faults_everything_comes_through_unchanged() -> None:
    assert sent() == through(faults(), sent())


def test_a_drop_out_loses_bytes_and_what_they_told() -> None:
    chain = faults(FaultPlan("drop_out", rate=0.1))
    passed = through(chain, sent())

    assert 520 <= len(passed) <= 560
    assert {"drop_out": {"lost": 600 - len(passed), "added": 0, "held": 0}} == sums(chain.chain)
    assert set(passed) < set(sent())


def test_a_duplicate_comes_twice_and_counts_twice() -> None:
    (_, first), *_ = through(faults(FaultPlan("duplicate")), sent())

    assert pms5003_frame(0, 0, 0) * 2 == first.data
    assert ("0,0,0", "0,0,0") == first.counted


def test_what_is_held_back_comes_behind_the_next_frame_and_counts_there() -> None:
    chain = faults(FaultPlan("reorder"))
    passed = through(chain, sent(5))

    assert [MINUTE_MS, 3 * MINUTE_MS] == [instant for instant, _ in passed]
    assert [("1,1,1", "0,0,0"), ("3,3,3", "2,2,2")] == [emission.counted for _, emission in passed]
    assert pms5003_frame(1, 1, 1) + pms5003_frame(0, 0, 0) == passed[0][1].data
    assert 1 == chain.chain[0].tally.held  # the fifth found no sixth


@pytest.mark.parametrize("frame", [pms5003_frame(12, 20, 31), sds011_frame(200, 310, 0xA160)])
def test_a_bad_check_sum_is_one_turned_bit_where_it_moves_no_boundary(frame: bytes) -> None:
    chain = faults(FaultPlan("bad_check_sum"))
    stream: list[Timed] = [(tick, Emission(frame, ("x",))) for tick in range(500)]

    for _, emission in through(chain, stream):
        turned = [a ^ b for a, b in zip(frame, emission.data, strict=True)]
        assert () == emission.counted
        assert 1 == sum(bits.bit_count() for bits in turned)
        assert frame[:4] == emission.data[:4]
        assert frame[-1] == emission.data[-1]
    assert 500 == chain.chain[0].tally.lost


def test_a_turned_bit_in_text_leaves_its_line_whole() -> None:
    line = b"\x02Q,229,002.74,M,00,\x0316\r\n"
    chain = faults(FaultPlan("bad_check_sum"), sensor=("wind", "gw"))
    stream: list[Timed] = [(tick, Emission(line, ("x",))) for tick in range(500)]

    for _, emission in through(chain, stream):
        assert line != emission.data
        assert (1, 1) == (emission.data.count(b"\r"), emission.data.count(b"\n"))


@pytest.mark.parametrize(
    ("sensor", "befallen"),
    [
        (SensorPlan("a", "pms5003", "synthetic"), True),
        (SensorPlan("a", "pms5003", "recorded"), True),
        (SensorPlan("a", "bam1020", "synthetic"), False),  # its text has no check sum
        (SensorPlan("a", "pms5003", "captured"), False),  # an item may hold anything
    ],
)
def test_only_frames_with_a_known_end_and_a_check_sum_are_damaged(
    sensor: SensorPlan, *, befallen: bool
) -> None:
    assert befallen == may_befall("bad_check_sum", sensor)
    assert may_befall("drop_out", sensor)


def test_every_frame_of_an_emission_is_damaged_whatever_lies_before_it() -> None:
    frame = sds011_frame(200, 310, 0xA160)
    plans = [FaultPlan("duplicate"), FaultPlan("noise_burst"), FaultPlan("bad_check_sum")]
    stream: list[Timed] = [(tick, Emission(frame, ("x",))) for tick in range(500)]

    for _, emission in through(faults(*plans), stream):
        assert frame not in emission.data
        assert () == emission.counted


def test_noise_comes_ahead_of_a_frame_that_still_counts() -> None:
    for (_, clean), (_, noisy) in zip(
        sent(), through(faults(FaultPlan("noise_burst")), sent()), strict=True
    ):
        assert clean is not None
        assert clean.counted == noisy.counted
        assert noisy.data.endswith(clean.data)
        assert 1 <= len(noisy.data) - len(clean.data) <= 40


def test_a_stuck_sensor_repeats_its_last_frame_and_that_counts() -> None:
    chain = faults(FaultPlan("stuck_value", from_h=1, to_h=2))
    told = [emission.counted[0] for _, emission in through(chain, sent(180))]

    assert {"59,59,59"} == set(told[59:120])
    assert ["58,58,58", "120,120,120"] == [told[58], told[120]]
    assert (60, 60) == (chain.chain[0].tally.lost, chain.chain[0].tally.added)


def test_a_power_cut_is_silence_within_its_hours() -> None:
    passed = through(faults(FaultPlan("power_cut", from_h=1, to_h=2)), sent(180))

    assert [*range(60), *range(120, 180)] == [instant // MINUTE_MS for instant, _ in passed]


def test_a_fault_befalls_those_whom_it_names() -> None:
    by_sensor = FaultPlan("drop_out", sensors=("pms-a",))
    by_gateway = FaultPlan("drop_out", gateways=("gw",))

    for plan in (by_sensor, by_gateway):
        assert 1 == len(faults(plan).chain)
        assert 0 == len(faults(plan, sensor=("pms-b", "other")).chain)


def test_faults_are_the_same_for_a_seed_and_differ_between_units() -> None:
    plan = FaultPlan("drop_out", rate=0.5)

    assert through(faults(plan), sent()) == through(faults(plan), sent())
    assert through(faults(plan), sent()) != through(faults(plan, seed=2), sent())
    other = faults(plan, sensor=("pms-b", "gw"))
    assert through(faults(plan), sent()) != through(other, sent())


PLANS = st.builds(
    FaultPlan,
    kind=st.sampled_from(SENSOR_FAULTS),
    rate=st.sampled_from([0.01, 0.3, 1.0]),
    from_h=st.sampled_from([0.0, 0.5, 1.0]),
    to_h=st.sampled_from([1.5, 2.0, 99.0]),
)


@given(plans=st.lists(PLANS, max_size=5), silent_every=st.sampled_from([0, 2, 7]))
def test_nothing_is_unaccounted_for_whatever_faults_come_together(
    plans: list[FaultPlan], silent_every: int
) -> None:
    chain = faults(*plans)
    stream = sent(200, silent_every)
    passed = through(chain, stream)
    tallies = [fault.tally for fault in chain.chain]

    lost, added = sum(t.lost for t in tallies), sum(t.added for t in tallies)
    held = sum(t.held for t in tallies)
    assert frames_in(stream) + added - lost - held == frames_in(passed)
    instants = [instant for instant, _ in passed]
    assert sorted(instants) == instants


def test_a_skewed_clock_runs_away_and_a_jump_comes_at_once() -> None:
    clock = WrongClock(
        [
            FaultPlan("clock_skew", ppm=1000, from_h=1, to_h=2),
            FaultPlan("clock_jump", by_s=-30, from_h=3, to_h=4, gateways=("gw",)),
        ],
        0,
        "gw",
    )

    assert [0, 0, 1800, 0, -30_000, 0] == [
        clock.by_ms(round(hours * HOUR_MS)) for hours in (0.5, 1, 1.5, 2, 3, 4)
    ]
    assert 0 == WrongClock([FaultPlan("clock_jump", by_s=9, gateways=("gw",))], 0, "other").by_ms(0)


def test_a_gateway_is_cut_off_in_outages_and_power_cuts_of_its_own() -> None:
    plans = [
        FaultPlan("network_outage", gateways=("gw",), from_h=0, to_h=1),
        FaultPlan("power_cut", from_h=2, to_h=3),
        FaultPlan("power_cut", sensors=("pms-a",), from_h=4, to_h=5),
    ]
    hours = [round((n + 0.5) * HOUR_MS) for n in range(6)]

    assert [True, False, True, False, False, False] == list(
        map(CutOff(plans, 0, "gw").holds, hours)
    )
    assert [False, False, True] == list(map(CutOff(plans, 0, "other").holds, hours[:3]))
