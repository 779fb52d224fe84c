"""A gap report in tables, in one sentence, and as JSON."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from rich.box import SIMPLE_HEAD
from rich.table import Table

from dust.clock import instant
from ingest.gaps.causes import FATES, WORDS, Cause, Fate
from ingest.gaps.ranges import size

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from rich.console import Console

    from ingest.gaps.numbers import SpoolAccount
    from ingest.gaps.report import GapReport, SensorGap

_ROWS_SHOWN: Final = 100
_RANGES_SHOWN: Final = 3
_SPOOL_SHOWN: Final = 8
_NUMBER_HEADS: Final = ("gateway", "spool", "readings", "why they are not here", "numbers")
_TIME_HEADS: Final = ("sensor", "station", "from", "to", "length", "why there is no reading")


def print_report(console: Console, report: GapReport, zone: ZoneInfo) -> None:
    """Tables of what is missing, where something is, and the answer in the last line."""
    numbers = [row for account in report.spools for row in _number_rows(account)]
    _print(console, _NUMBER_HEADS, numbers, "")
    _print(console, _TIME_HEADS, [_time_row(gap, zone) for gap in report.gaps], zone.key)
    console.print(answer(report), highlight=False, soft_wrap=True)


def answer(report: GapReport) -> str:
    """Was data lost? In one line."""
    readings, spans = report.readings(), report.spans()
    told = [_loss(readings[Fate.LOST], spans[Fate.LOST])]
    unexplained = _counted(readings[Fate.UNEXPLAINED], spans[Fate.UNEXPLAINED])
    if unexplained:
        told.append(f"{unexplained} not explained")
    if waiting := readings[Fate.WAITING]:
        told.append(f"{waiting} {_verb(waiting, 'wait')} at the gateway or on the way")
    if refused := readings[Fate.QUARANTINED]:
        told.append(f"{refused} {'is' if refused == 1 else 'are'} in quarantine")
    return "; ".join(told) + "."


def report_object(report: GapReport) -> dict[str, Any]:
    """The report as JSON holds it; instants are ISO 8601 in UTC."""
    return {
        "from": report.span.start,
        "to": report.span.end,
        "is_lossless": report.is_lossless,
        "readings": {str(fate): report.readings()[fate] for fate in Fate},
        "spans": {str(fate): report.spans()[fate] for fate in Fate},
        "spools": [_spool_object(account) for account in report.spools],
        "gaps": [_gap_object(gap) for gap in report.gaps],
        "answer": answer(report),
    }


def _loss(readings: int, spans: int) -> str:
    lost = _counted(readings, spans)
    return f"{lost} lost" if lost else "No reading is lost"


def _counted(readings: int, spans: int) -> str:
    """How many of both, with the verb; '' for none."""
    parts = [
        f"{count} {one if count == 1 else many}"
        for count, one, many in (
            (readings, "reading", "readings"),
            (spans, "span of time", "spans of time"),
        )
        if count
    ]
    verb = "is" if readings + spans == 1 else "are"
    return f"{' and '.join(parts)} {verb}" if parts else ""


def _verb(count: int, verb: str) -> str:
    return f"{verb}s" if count == 1 else verb


def _print(
    console: Console, heads: Sequence[str], rows: Sequence[Sequence[str]], caption: str
) -> None:
    if not rows:
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False, caption_justify="left")
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows[-_ROWS_SHOWN:]:
        table.add_row(*row)
    older = len(rows) - _ROWS_SHOWN
    more = f"{older} rows before these: --json has them all" if older > 0 else ""
    table.caption = "; ".join(filter(None, (caption and f"times: {caption}", more))) or None
    console.print(table)


def _number_rows(account: SpoolAccount) -> list[tuple[str, ...]]:
    numbers: defaultdict[tuple[Cause, str], list[tuple[int, int]]] = defaultdict(list)
    for hole in account.holes:
        numbers[hole.cause, hole.reason].append((hole.first, hole.last))
    facts = account.facts
    place = facts.gateway, facts.spool[:_SPOOL_SHOWN]
    rows: list[tuple[str, ...]] = [
        (*place, str(size(tuple(parts))), _why(cause, reason), _ranges_told(parts))
        for (cause, reason), parts in sorted(numbers.items())
    ]
    return rows + [
        (*place, str(count), WORDS[cause], "not known")
        for cause, count in account.unnumbered.items()
    ]


def _why(cause: Cause, reason: str) -> str:
    return f"{WORDS[cause]}: {reason}" if reason else WORDS[cause]


def _ranges_told(parts: Sequence[tuple[int, int]]) -> str:
    told = [
        str(first) if first == last else f"{first}-{last}" for first, last in parts[:_RANGES_SHOWN]
    ]
    return ", ".join(told) + (", ..." if len(parts) > _RANGES_SHOWN else "")


def _time_row(gap: SensorGap, zone: ZoneInfo) -> tuple[str, ...]:
    start, end = (instant(ms).astimezone(zone) for ms in gap.piece[:2])
    return (
        gap.deployed.sensor,
        gap.deployed.station,
        f"{start:%Y-%m-%d %H:%M}",
        f"{end:%Y-%m-%d %H:%M}",
        _length(end - start),
        WORDS[gap.piece.cause],
    )


def _length(span: timedelta) -> str:
    minutes = round(span / timedelta(minutes=1))
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = (f"{days} d" if days else "", f"{hours} h" if hours else "", f"{minutes} min")
    return " ".join(filter(None, parts[:2] if days else parts))


def _spool_object(account: SpoolAccount) -> dict[str, Any]:
    facts = account.facts
    return {
        "gateway": facts.gateway,
        "spool": facts.spool,
        "highest": account.highest,
        "stored": size(facts.stored),
        "ended_as": facts.ended_as,
        "holes": [
            {
                "first": hole.first,
                "last": hole.last,
                "readings": hole.size,
                "cause": hole.cause,
                "fate": FATES[hole.cause],
                "reason": hole.reason or None,
            }
            for hole in account.holes
        ],
        "unnumbered": [
            {"readings": count, "cause": cause, "fate": FATES[cause]}
            for cause, count in account.unnumbered.items()
        ],
    }


def _gap_object(gap: SensorGap) -> dict[str, Any]:
    return {
        "sensor": gap.deployed.sensor,
        "station": gap.deployed.station,
        "gateway": gap.deployed.gateway,
        "start": instant(gap.piece.start_ms),
        "end": instant(gap.piece.end_ms),
        "cause": gap.piece.cause,
        "fate": FATES[gap.piece.cause],
    }
