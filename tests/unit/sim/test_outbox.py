"""The outbox: numbers, batches and receipts."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from dust import wire
from sim.fleet import Made
from sim.publishing.outbox import Outbox


def made(n: int) -> list[Made]:
    reading = wire.WireReading(seq=0, sensor="pms-a", t=0, pm25=1.0)
    return [Made(60_000 * number, wire.spooled_body(reading), "pms-a", 1.0) for number in range(n)]


def filled(n: int) -> Outbox:
    outbox = Outbox("gw-1")
    outbox.put(made(n))
    while outbox.batch() is not None:
        pass
    return outbox


def test_readings_are_numbered_from_one_without_holes_and_batched_by_500() -> None:
    outbox = Outbox("gw-1")
    assert 700 == outbox.put(made(700))
    first, second = outbox.batch(), outbox.batch()

    assert first is not None
    assert second is not None
    assert ((1, 500), (501, 700)) == ((first.first, first.last), (second.first, second.last))
    batch = msgspec.json.decode(second.payload, type=wire.Batch)
    readings = msgspec.json.decode(batch.readings, type=list[wire.WireReading])
    assert ("gw-1", outbox.spool) == (batch.gateway, batch.spool)
    assert list(range(501, 701)) == [reading.seq for reading in readings]
    assert 60_000 * 500 == readings[0].t
    assert outbox.batch() is None


def test_a_receipt_forgets_what_it_covers() -> None:
    outbox = filled(700)

    done = outbox.confirm([(1, 500)])

    assert [1] == [batch.first for batch in done]
    assert (200, [501]) == (outbox.waiting, list(outbox.in_flight))


def test_a_batch_is_done_when_receipts_have_covered_it_piece_by_piece() -> None:
    outbox = filled(10)

    assert [] == outbox.confirm([(1, 3), (6, 10)])
    assert 2 == outbox.waiting
    assert [] == outbox.confirm([(1, 3)])
    assert [1] == [batch.first for batch in outbox.confirm([(2, 7)])]
    assert (0, {}) == (outbox.waiting, outbox.in_flight)


def test_one_receipt_may_cover_many_batches_and_strange_numbers() -> None:
    outbox = filled(1300)

    assert 3 == len(outbox.confirm([(0, 5000)]))
    assert [] == outbox.confirm([(0, 5000), (7, 3)])


def test_a_batch_is_due_from_its_time_on() -> None:
    outbox = filled(501)
    for number, batch in enumerate(outbox.in_flight.values()):
        batch.due_s = 10.0 + number

    assert [] == outbox.due(9.9)
    assert [1] == [batch.first for batch in outbox.due(10.0)]
    assert 2 == len(outbox.due(99))


def test_two_outboxes_never_share_a_spool() -> None:
    assert Outbox("gw-1").spool != Outbox("gw-1").spool


RANGE = st.tuples(st.integers(0, 1300), st.integers(0, 200)).map(lambda r: (r[0], r[0] + r[1]))


@given(receipts=st.lists(st.lists(RANGE, max_size=4), max_size=12))
def test_what_waits_is_exactly_what_no_receipt_has_covered(
    receipts: list[list[tuple[int, int]]],
) -> None:
    outbox = filled(1200)
    left = set(range(1, 1201))
    for ranges in receipts:
        outbox.confirm(ranges)
        left -= {number for first, last in ranges for number in range(first, last + 1)}

        assert len(left) == outbox.waiting
        assert left == {
            number
            for batch in outbox.in_flight.values()
            for first, last in batch.left
            for number in range(first, last + 1)
        }
