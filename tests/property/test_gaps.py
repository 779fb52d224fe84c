"""Every missing number and every instant without readings has one cause, whatever is told when."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ingest.gaps.causes import FATES, WORDS, Cause
from ingest.gaps.numbers import SpoolFacts, account
from ingest.gaps.ranges import (
    Ranges,
    highest,
    intersection,
    newest,
    ranges,
    size,
    union,
    without,
)
from ingest.gaps.timelines import CauseSpan, cause_spans
from ingest.gaps.times import TimeHole, cause_by_numbers, explain
from ingest.gateway_events import Event, EventKind

MOST = 40
numbers = st.sets(st.integers(1, MOST), max_size=MOST)
counts = st.integers(0, 60)
instants = st.integers(0, 1000)


def of(found: set[int]) -> Ranges:
    return ranges((number, number) for number in found)


def members(found: Ranges) -> set[int]:
    return {number for first, last in found for number in range(first, last + 1)}


# --- Ranges ---------------------------------------------------------------------------------------
@given(numbers, numbers, counts)
def test_ranges_behave_as_the_sets_they_stand_for(
    one: set[int], other: set[int], count: int
) -> None:
    assert one == members(of(one))
    assert one | other == members(union(of(one), of(other)))
    assert one & other == members(intersection(of(one), of(other)))
    assert one - other == members(without(of(one), of(other)))
    assert len(one) == size(of(one))
    assert max(one, default=0) == highest(of(one))
    assert set(sorted(one)[len(one) - min(count, len(one)) :]) == members(newest(of(one), count))


@given(st.lists(st.tuples(st.integers(1, MOST), st.integers(1, MOST))))
def test_ranges_are_sorted_and_never_touch(parts: list[tuple[int, int]]) -> None:
    made = ranges(parts)

    assert all(last + 1 < first for (_, last), (first, _) in itertools.pairwise(made))


# --- Numbers --------------------------------------------------------------------------------------
@st.composite
def facts(draw: st.DrawFn) -> SpoolFacts:
    reasons = draw(st.dictionaries(st.sampled_from(["malformed", "no_value"]), numbers, max_size=2))
    return SpoolFacts(
        "gw",
        "spool",
        stored=of(draw(numbers)),
        quarantined=of(draw(numbers)),
        reasons={reason: of(found) for reason, found in reasons.items()},
        dropped=of(draw(numbers)),
        n_dropped=draw(counts),
        ranges_are_cut=draw(st.booleans()),
        is_told=draw(st.booleans()),
        depth=draw(counts),
        known_to=draw(st.integers(0, MOST + 5)),
        n_arrived=draw(counts),
        ended_as=draw(st.sampled_from([None, "set_aside", "replaced"])),
        n_recent=draw(st.integers(0, 10)),
    )


@given(facts())
def test_every_number_is_stored_or_has_exactly_one_cause(known: SpoolFacts) -> None:
    told = account(known)

    explained = [n for hole in told.holes for n in range(hole.first, hole.last + 1)]
    assert len(explained) == len(set(explained))
    assert set() == members(known.stored) & set(explained)
    assert set(range(1, told.highest + 1)) == members(known.stored) | set(explained)


@given(facts())
def test_a_cause_never_says_more_than_is_known(known: SpoolFacts) -> None:
    by_cause: dict[Cause, set[int]] = {}
    for hole in account(known).holes:
        by_cause.setdefault(hole.cause, set()).update(range(hole.first, hole.last + 1))

    assert by_cause.get(Cause.QUARANTINED, set()) == members(known.quarantined) - members(
        known.stored
    )
    assert len(by_cause.get(Cause.GIVEN_UP, ())) <= max(size(known.dropped), known.n_dropped)
    if known.ended_as is not None:
        assert Cause.NOT_ARRIVED not in by_cause
    if known.ended_as != "set_aside":
        assert Cause.SET_ASIDE not in by_cause


@given(facts(), numbers)
def test_what_arrives_is_never_missing_any_more(known: SpoolFacts, more: set[int]) -> None:
    before = account(known)
    arrived = {number for number in more if number <= before.highest}
    stored = union(known.stored, of(arrived))

    after = account(SpoolFacts(**{**_fields(known), "stored": stored}))

    missing = {n for hole in after.holes for n in range(hole.first, hole.last + 1)}
    assert set() == missing & arrived


def _fields(known: SpoolFacts) -> dict[str, Any]:
    return {name: getattr(known, name) for name in SpoolFacts.__dataclass_fields__}


# --- Time -----------------------------------------------------------------------------------------
spans = st.lists(
    st.builds(
        lambda at, length, cause: CauseSpan(at, at + length, cause),
        instants,
        st.integers(1, 300),
        st.sampled_from([Cause.GATEWAY_OFF, Cause.SENSOR_SILENT, Cause.PORT_LOST]),
    )
)


@given(instants, st.integers(1, 1000), spans, st.integers(0, 50))
def test_every_instant_of_a_hole_has_exactly_one_cause(
    start_ms: int, length_ms: int, found: list[CauseSpan], tolerance_ms: int
) -> None:
    hole = TimeHole(start_ms, start_ms + length_ms, 1, 9)

    pieces = explain(hole, found, Cause.NOT_MADE, tolerance_ms)

    assert (hole.start_ms, hole.end_ms) == (pieces[0].start_ms, pieces[-1].end_ms)
    assert all(
        one.end_ms == other.start_ms and one.cause is not other.cause
        for one, other in itertools.pairwise(pieces)
    )
    assert all(piece.start_ms < piece.end_ms for piece in pieces)


@given(instants, st.integers(1, 1000), spans)
def test_a_piece_has_the_cause_of_a_span_that_covers_it_or_is_covered_by_none(
    start_ms: int, length_ms: int, found: list[CauseSpan]
) -> None:
    hole = TimeHole(start_ms, start_ms + length_ms, 1, 9)

    for piece in explain(hole, found, Cause.NOT_MADE, 0):
        for at in range(piece.start_ms, piece.end_ms):
            covering = [span.cause for span in found if span.start_ms <= at < span.end_ms]
            assert (covering or [Cause.NOT_MADE])[0] is piece.cause


events = st.lists(
    st.one_of(
        st.builds(
            Event,
            st.just(EventKind.GATEWAY),
            st.just(""),
            st.sampled_from(["online", "offline", "back", "started"]),
            instants,
        ),
        st.builds(
            Event,
            st.just(EventKind.SENSOR),
            st.sampled_from(["pms-1", "pms-2"]),
            st.sampled_from(["well", "silent", "stuck", "port_lost", "removed", "of no kind"]),
            instants,
        ),
        st.builds(
            Event,
            st.sampled_from([EventKind.CLOCK, EventKind.DISK, EventKind.CLOCK_JUMPED]),
            st.just(""),
            st.sampled_from(["known", "unknown", "full", "room", "250", "-250"]),
            instants,
        ),
    ),
    max_size=12,
).map(lambda found: [_numbered(event, number) for number, event in enumerate(found)])


def _numbered(event: Event, number: int) -> Event:
    return Event(event.kind, event.subject, event.value, event.at_ms, number)


@given(events, st.randoms(use_true_random=False))
def test_the_order_in_which_events_are_told_does_not_matter(told: list[Event], random: Any) -> None:
    mixed = list(told)
    random.shuffle(mixed)

    assert cause_spans(told, "pms-1", 2000) == cause_spans(mixed, "pms-1", 2000)


@given(events)
def test_only_troubles_of_the_gateway_and_of_the_sensor_itself_explain_anything(
    told: list[Event],
) -> None:
    of_others = [event for event in told if event.subject != "pms-1"]
    found = cause_spans(of_others, "pms-1", 2000)

    assert all(span.start_ms < span.end_ms for span in found)
    assert not {span.cause for span in found} & {Cause.SENSOR_SILENT, Cause.PORT_LOST}


@given(
    st.one_of(st.none(), st.integers(0, MOST)),
    st.one_of(st.none(), st.integers(0, MOST)),
    st.lists(facts(), max_size=3),
)
def test_the_numbers_beside_a_hole_always_give_a_cause_with_words_and_a_fate(
    before: int | None, after: int | None, known: list[SpoolFacts]
) -> None:
    cause = cause_by_numbers(TimeHole(0, 1, before, after), [account(each) for each in known])

    assert cause in WORDS
    assert cause in FATES
