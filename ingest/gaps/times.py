"""The spans without readings of a sensor, each instant of them with exactly one cause.

What the gateway's events tell of a time comes first. What is left is explained by the numbers of
the readings on both sides: a gateway gives each reading a number, so where none is missing between
them, no reading was made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ingest.gaps.causes import Cause

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest.gaps.numbers import NumberHole, SpoolAccount
    from ingest.gaps.timelines import CauseSpan

_BY_NUMBERS: Final = (Cause.GIVEN_UP, Cause.SET_ASIDE, Cause.UNEXPLAINED, Cause.NOT_ARRIVED)


class TimeHole(NamedTuple):
    """A span without readings [start_ms, end_ms), epoch ms, and the numbers on its two sides."""

    start_ms: int
    end_ms: int
    before: int | None = None
    """None where the sensor has no earlier reading at all."""
    after: int | None = None
    """None where no reading has come since."""


class TimePiece(NamedTuple):
    """A part of a hole with its cause."""

    start_ms: int
    end_ms: int
    cause: Cause


def explain(
    hole: TimeHole, spans: Iterable[CauseSpan], otherwise: Cause, tolerance_ms: int
) -> list[TimePiece]:
    """The pieces of a hole, one after the other: by the first span that covers each, else that.

    A span may be told up to `tolerance_ms` late or early, so what is left over beside one and is
    not longer belongs to it.
    """
    pieces = [TimePiece(hole.start_ms, hole.end_ms, otherwise)]
    free = [(hole.start_ms, hole.end_ms)]
    taken: list[TimePiece] = []
    for span in spans:
        next_free = []
        for start_ms, end_ms in free:
            first, last = max(start_ms, span.start_ms), min(end_ms, span.end_ms)
            if first >= last:
                next_free.append((start_ms, end_ms))
                continue
            taken.append(TimePiece(first, last, span.cause))
            next_free += [(start_ms, first), (last, end_ms)]
        free = [part for part in next_free if part[0] < part[1]]
    if taken:
        pieces = sorted([*taken, *(TimePiece(*part, otherwise) for part in free)])
    return _joined(pieces, otherwise, tolerance_ms)


def _joined(pieces: Sequence[TimePiece], otherwise: Cause, tolerance_ms: int) -> list[TimePiece]:
    """Short leftovers go to the neighbour before them, or behind them; equal neighbours are one."""
    causes = [piece.cause for piece in pieces]
    for index, piece in enumerate(pieces):
        if piece.cause is not otherwise or piece.end_ms - piece.start_ms > tolerance_ms:
            continue
        if index:
            causes[index] = causes[index - 1]
        elif len(pieces) > 1:
            causes[index] = causes[1]
    made: list[TimePiece] = []
    for piece, cause in zip(pieces, causes, strict=True):
        if made and made[-1].cause is cause:
            made[-1] = TimePiece(made[-1].start_ms, piece.end_ms, cause)
        else:
            made.append(TimePiece(piece.start_ms, piece.end_ms, cause))
    return made


def cause_by_numbers(hole: TimeHole, accounts: Sequence[SpoolAccount]) -> Cause:
    """What the numbers on both sides tell of a hole, where no event of its gateway tells more."""
    if hole.before is None:
        return Cause.NOT_BEGUN
    if hole.before == 0 or hole.after == 0:
        return Cause.WITHOUT_SPOOL
    if hole.after is None:
        return _of_the_end(hole.before, accounts)
    if hole.after <= hole.before:  # another spool has begun, or a clock was set back
        return _of_another_spool(accounts)
    between = [part for each in accounts for part in _between(each, hole.before, hole.after)]
    return _first(between, Cause.NOT_MADE if accounts else Cause.UNEXPLAINED)


def _of_the_end(before: int, accounts: Sequence[SpoolAccount]) -> Cause:
    waiting = [
        each
        for each in accounts
        if each.facts.ended_as is None and each.count(Cause.NOT_ARRIVED) > 0
    ]
    if any(each.highest >= before for each in waiting):
        return Cause.NOT_ARRIVED
    return Cause.UNEXPLAINED


def _of_another_spool(accounts: Sequence[SpoolAccount]) -> Cause:
    ended = [each for each in accounts if each.facts.ended_as is not None]
    if any(each.count(Cause.SET_ASIDE) for each in ended):
        return Cause.SET_ASIDE
    if any(each.count(Cause.UNEXPLAINED) for each in ended) or not accounts:
        return Cause.UNEXPLAINED
    return Cause.NOT_MADE


def _between(each: SpoolAccount, before: int, after: int) -> list[NumberHole]:
    return [hole for hole in each.holes if before < hole.last and hole.first < after]


def _first(holes: Sequence[NumberHole], otherwise: Cause) -> Cause:
    """Of numbers that may be another sensor's as well, the worst counts."""
    causes = {hole.cause for hole in holes}
    return next((cause for cause in _BY_NUMBERS if cause in causes), otherwise)
