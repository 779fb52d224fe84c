"""The score as tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table

from sim.labelled.kinds import UNSEEN, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sim.labelled.days import DayFigures
    from sim.labelled.intervals import Share
    from sim.labelled.score import KindFigures, RuleFigures

_NOTHING = "-"


def tables_of(figures: Sequence[RuleFigures]) -> Group:
    """The sums, the kinds, and the days, a column for each rule."""
    return Group(_sums(figures), _kinds(figures), _days(figures))


def _sums(figures: Sequence[RuleFigures]) -> Table:
    table = _table("Plumes, faults, clean air", figures)
    rows: tuple[tuple[str, Callable[[RuleFigures], str]], ...] = (
        ("plume values that count", lambda one: _of(one.plume_recall)),
        ("plume episodes kept (95 % count)", lambda one: _of(one.plume_episodes_kept)),
        ("plume values that count, marked suspect", lambda one: _of(one.plume_suspect)),
        ("plume values only in a marked hour", lambda one: _of(one.plume_in_marked_hour)),
        ("fault values marked (value or hour)", lambda one: _of(one.fault_recall)),
        ("  by the tests of values alone", lambda one: _of(one.fault_recall_by_value_tests)),
        ("  mean of the kinds", lambda one: _percent(one.fault_recall_mean_of_kinds)),
        ("fault episodes caught (80 % marked)", lambda one: _of(one.fault_episodes_caught)),
        ("fault values taken out", lambda one: _of(one.fault_removed)),
        ("all kinds: fault values marked", lambda one: _of(one.fault_recall_all)),
        ("all kinds: fault values taken out", lambda one: _of(one.fault_removed_all)),
        ("clean values marked suspect", lambda one: _percent(one.clean_suspect, 2)),
        ("clean values taken out", lambda one: _percent(one.clean_failed, 2)),
        ("clean hours marked by neighbours", lambda one: _percent(one.clean_hours_marked, 2)),
    )
    for words, say in rows:
        table.add_row(words, *(say(one) for one in figures))
    return table


def _kinds(figures: Sequence[RuleFigures]) -> Table:
    table = _table("Marked / taken out, by kind (* not in the goal)", figures)
    first = figures[0]
    by_rule = [{one.kind: one for one in rule.kinds} for rule in figures]
    for kind in first.kinds:
        words = _words(kind)
        table.add_row(words, *(_both(rule[kind.kind]) for rule in by_rule))
    return table


def _days(figures: Sequence[RuleFigures]) -> Table:
    table = _table("Daily means (error in µg/m³: largest / median)", figures)
    sorts: tuple[tuple[str, Callable[[RuleFigures], DayFigures]], ...] = (
        ("days with plumes", lambda one: one.plume_days),
        ("days with faults", lambda one: one.fault_days),
        ("other days", lambda one: one.other_days),
    )
    for words, pick in sorts:
        days = [pick(one) for one in figures]
        table.add_row(f"{words} ({days[0].days})", *map(_error, days))
        table.add_row("  without a mean", *(str(day.lost) for day in days))
        hidden = [f"{day.hidden} of {day.above_limit}" for day in days]
        table.add_row("  above 37.5, hidden", *hidden)
        table.add_row("  above 37.5, invented", *(str(day.invented) for day in days))
    return table


def _table(title: str, figures: Sequence[RuleFigures]) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("", no_wrap=True)
    for one in figures:
        table.add_column(one.rule, justify="right")
    return table


def _words(kind: KindFigures) -> str:
    star = "*" if kind.kind in UNSEEN else ""
    return f"{kind.kind}{star} ({kind.episodes}): {words_of(kind.kind).split(':')[0]}"


def _both(kind: KindFigures) -> str:
    return f"{_percent(kind.marked_or_hour)} / {_percent(kind.removed)}"


def _error(day: DayFigures) -> str:
    if day.largest_error is None or day.median_error is None:
        return _NOTHING
    return f"{day.largest_error:.1f} / {day.median_error:.2f}"


def _of(share: Share) -> str:
    if share.share is None or share.low is None or share.high is None:
        return _NOTHING
    return f"{_percent(share.share)} ({share.low * 100:.0f}-{share.high * 100:.0f})"


def _percent(share: float | None, decimals: int = 1) -> str:
    return _NOTHING if share is None else f"{share * 100:.{decimals}f} %"
