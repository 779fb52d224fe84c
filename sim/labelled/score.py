"""The score of a rule: what became of plumes, of faults, of clean air and of daily means."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from sim.labelled.days import DayFigures, DayRow, day_figures, day_rows
from sim.labelled.intervals import Share, bootstrap, wilson
from sim.labelled.kinds import UNSEEN, FaultKind, Kind, Label, PlumeKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.labelled.labelled_set import LabelledSet
    from sim.labelled.verdict import Bools, Verdict

KEPT_FROM: Final = 0.95
"""A plume's episode is kept when so much of it counts."""

CAUGHT_FROM: Final = 0.80
"""A fault's episode is caught when so much of it is marked."""


class EpisodeRow(msgspec.Struct, frozen=True, gc=False):
    """What became of the labelled values of one episode, in values."""

    kind: Kind
    values: int
    marked: int
    removed: int
    marked_or_hour: int


class KindFigures(msgspec.Struct, frozen=True):
    """One kind; `whole` is the share of episodes kept (plumes) or caught (faults).

    `marked` and `removed` speak of values; `marked_or_hour` also counts those in a marked hour.
    """

    kind: Kind
    episodes: int
    values: int
    marked: float
    removed: float
    marked_or_hour: float
    whole: float


class RuleFigures(msgspec.Struct, frozen=True):
    """All that is said of one rule.

    `clean_hours_marked`: of hours in which all is clean, those that neighbours marked.
    `plume_suspect`: marked and counts; `plume_in_marked_hour`: only its hour is marked.
    `fault_recall`: marked (the value, or its hour), over the kinds that values can show;
    `fault_recall_all`: over all kinds. `fault_recall_by_value_tests`: without the hours' marks.
    """

    rule: str
    plume_recall: Share
    plume_episodes_kept: Share
    plume_suspect: Share
    plume_in_marked_hour: Share
    fault_recall: Share
    fault_recall_all: Share
    fault_recall_by_value_tests: Share
    fault_recall_mean_of_kinds: float | None
    fault_episodes_caught: Share
    fault_removed: Share
    fault_removed_all: Share
    clean_values: int
    clean_suspect: float
    clean_hours: int
    clean_hours_marked: float
    clean_failed: float
    plume_days: DayFigures
    fault_days: DayFigures
    other_days: DayFigures
    kinds: list[KindFigures]


@dataclass(slots=True)
class Tally:
    """What is counted of a rule, over one set or several."""

    episodes: list[EpisodeRow] = field(default_factory=list)
    days: list[DayRow] = field(default_factory=list)
    clean: int = 0
    clean_marked: int = 0
    clean_hours: int = 0
    clean_hours_marked: int = 0
    clean_removed: int = 0

    def add(self, labelled: LabelledSet, verdict: Verdict) -> None:
        """Counts a verdict on a set."""
        came = ~np.isnan(labelled.pm25)
        clean = (labelled.label == Label.CLEAN) & came
        self.clean += int(clean.sum())
        self.clean_marked += int((clean & verdict.marked).sum())
        self.clean_removed += int((clean & verdict.removed).sum())
        hours = _by_hour(clean).all(axis=-1)
        self.clean_hours += int(hours.sum())
        self.clean_hours_marked += int(
            (hours & _by_hour(verdict.in_marked_hour).any(axis=-1)).sum()
        )
        self.episodes += _episode_rows(labelled, verdict, came)
        self.days += day_rows(labelled, verdict)


def figures_of(rule: str, tally: Tally) -> RuleFigures:
    """The figures of what was counted."""
    plumes = [row for row in tally.episodes if isinstance(row.kind, PlumeKind) and row.values]
    faults = [row for row in tally.episodes if isinstance(row.kind, FaultKind) and row.values]
    seeable = [row for row in faults if row.kind not in UNSEEN]
    kinds = [_kind_figures(kind, tally.episodes) for kind in (*PlumeKind, *FaultKind)]
    by_kind = [one.marked_or_hour for one in kinds if one.kind in _SEEABLE and one.values]
    return RuleFigures(
        rule=rule,
        plume_recall=_share(plumes, [row.values - row.removed for row in plumes]),
        plume_episodes_kept=_whole(plumes),
        plume_suspect=_share(plumes, [row.marked - row.removed for row in plumes]),
        plume_in_marked_hour=_share(plumes, [row.marked_or_hour - row.marked for row in plumes]),
        fault_recall=_share(seeable, [row.marked_or_hour for row in seeable]),
        fault_recall_all=_share(faults, [row.marked_or_hour for row in faults]),
        fault_recall_by_value_tests=_share(seeable, [row.marked for row in seeable]),
        fault_recall_mean_of_kinds=float(np.mean(by_kind)) if by_kind else None,
        fault_episodes_caught=_whole(seeable),
        fault_removed=_share(seeable, [row.removed for row in seeable]),
        fault_removed_all=_share(faults, [row.removed for row in faults]),
        clean_values=tally.clean,
        clean_suspect=(tally.clean_marked - tally.clean_removed) / max(tally.clean, 1),
        clean_hours=tally.clean_hours,
        clean_hours_marked=tally.clean_hours_marked / max(tally.clean_hours, 1),
        clean_failed=tally.clean_removed / max(tally.clean, 1),
        plume_days=day_figures([d for d in tally.days if d.has_plume and not d.has_fault]),
        fault_days=day_figures([d for d in tally.days if d.has_fault]),
        other_days=day_figures([d for d in tally.days if not (d.has_fault or d.has_plume)]),
        kinds=[one for one in kinds if one.values],
    )


_SEEABLE: Final = frozenset(FaultKind) - UNSEEN.keys()


def _by_hour(minutes: Bools) -> Bools:
    return minutes.reshape(len(minutes), -1, 60)


def _episode_rows(labelled: LabelledSet, verdict: Verdict, came: Bools) -> list[EpisodeRow]:
    rows = []
    for episode in labelled.episodes:
        here = (episode.station, slice(episode.first, episode.past))
        label = Label.PLUME if isinstance(episode.kind, PlumeKind) else Label.FAULT
        scored = (labelled.label[here] == label) & came[here]
        marked = verdict.marked[here]
        counts = (marked, verdict.removed[here], marked | verdict.in_marked_hour[here])
        rows.append(
            EpisodeRow(
                episode.kind, int(scored.sum()), *(int((scored & one).sum()) for one in counts)
            )
        )
    return rows


def _share(rows: Sequence[EpisodeRow], hits: Sequence[int]) -> Share:
    return bootstrap(hits, [row.values for row in rows])


def _is_whole(row: EpisodeRow) -> bool:
    if isinstance(row.kind, PlumeKind):
        return row.values - row.removed >= KEPT_FROM * row.values
    return row.marked_or_hour >= CAUGHT_FROM * row.values


def _whole(rows: Sequence[EpisodeRow]) -> Share:
    return wilson(sum(map(_is_whole, rows)), len(rows))


def _kind_figures(kind: Kind, episodes: Sequence[EpisodeRow]) -> KindFigures:
    rows = [row for row in episodes if row.kind == kind and row.values]
    values = sum(row.values for row in rows)
    marked, removed, marked_or_hour = (
        sum(getattr(row, name) for row in rows) / max(values, 1)
        for name in ("marked", "removed", "marked_or_hour")
    )
    whole = sum(map(_is_whole, rows)) / max(len(rows), 1)
    return KindFigures(kind, len(rows), values, marked, removed, marked_or_hour, whole)
