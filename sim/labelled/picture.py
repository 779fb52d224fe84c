"""A page of small pictures: one plume or fault of each kind, and what each rule did with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from xml.sax.saxutils import escape

import numpy as np

from sim.labelled.kinds import FaultKind, Kind, Label, PlumeKind, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from sim.labelled.background import Floats
    from sim.labelled.labelled_set import Episode, LabelledSet
    from sim.labelled.verdict import Bools, Verdict

_COLUMNS = 4
_WIDE, _HIGH, _GAP = 350.0, 132.0, 18.0
_LEFT, _TOP = 52.0, 40.0  # within a panel: room for the scale, and for the title
_STRIP = 11.0
_HEAD = 96.0
_FOOT_PER_RULE = 16.0
_MOST_POINTS = 420
_MARGIN_SHARE, _MARGIN_MIN, _MARGIN_MOST_MIN = 0.2, 15, 240
_LONG: Final[dict[Kind, int]] = {
    FaultKind.DRIFT: 5760,
    FaultKind.DIRTY: 2880,
    FaultKind.CLOCK: 1440,
}
_LONGEST_MIN = 420
_HEADROOM, _LEAST_TOP = 6.0, 120.0
_INK, _PALE, _PLUME, _FAULT = "#1b1b1b", "#9a9a9a", "#2c6fbb", "#7a5195"
_SUSPECT, _HOUR, _REMOVED, _KEPT = "#e69f00", "#f3d58a", "#c8102e", "#d9e7da"


class Panel(NamedTuple):
    """A stretch of one station, around the labelled part of one episode."""

    episode: Episode
    number: int
    first: int
    past: int

    @property
    def minutes(self) -> NDArray[np.int64]:
        """As many minutes as can be told apart, the same distance between all."""
        step = -(-(self.past - self.first) // _MOST_POINTS)
        return np.arange(self.first, self.past, step)


def picture_of(labelled: LabelledSet, verdicts: Mapping[str, Verdict]) -> str:
    """An SVG of one page; the rules are drawn in the mapping's order."""
    panels = [_panel(labelled, kind) for kind in (*PlumeKind, *FaultKind)]
    shown = [panel for panel in panels if panel is not None]
    plumes = sum(isinstance(panel.episode.kind, PlumeKind) for panel in shown)
    plume_rows = -(-plumes // _COLUMNS)
    rows = plume_rows - (-(len(shown) - plumes) // _COLUMNS)
    foot = _FOOT_PER_RULE * len(verdicts)
    tall = _TOP + _HIGH + foot + _GAP
    parts = [*_head(labelled)]
    for place, panel in enumerate(shown):
        row, column = divmod(place, _COLUMNS)
        if place >= plumes:
            row, column = divmod(place - plumes, _COLUMNS)
            row += plume_rows
        x, y = _GAP + column * (_WIDE + _GAP), _HEAD + row * tall
        parts.append(f'<g transform="translate({x:g},{y:g})">')
        parts += _drawn(labelled, panel, verdicts)
        parts.append("</g>")
    size = (_GAP + _COLUMNS * (_WIDE + _GAP), _HEAD + rows * tall)
    return _svg(size, parts)


def _panel(labelled: LabelledSet, kind: Kind) -> Panel | None:
    """The kind's episode with the most scored values among those not too long."""
    best, most = None, 0
    for number, episode in enumerate(labelled.episodes):
        scored = _scored(labelled, number, episode)
        is_long = episode.past - episode.first > _LONG.get(kind, 2 * _LONGEST_MIN)
        weight = int(scored.sum()) if not is_long else 1
        if episode.kind == kind and scored.any() and weight > most:
            best, most = (number, episode), weight
    if best is None:
        return None
    number, episode = best
    where = np.flatnonzero(_scored(labelled, number, episode)) + episode.first
    first = int(where[0])
    past = min(int(where[-1]) + 1, first + _LONG.get(kind, _LONGEST_MIN))
    margin = min(max(round(_MARGIN_SHARE * (past - first)), _MARGIN_MIN), _MARGIN_MOST_MIN)
    return Panel(
        episode, number, max(first - margin, 0), min(past + margin, labelled.times_ms.size)
    )


def _scored(labelled: LabelledSet, number: int, episode: Episode) -> Bools:
    here = (episode.station, slice(episode.first, episode.past))
    label = labelled.label[here]
    is_scored = (label == Label.PLUME) | (label == Label.FAULT)
    return np.asarray(is_scored & (labelled.episode[here] == number))


def _drawn(labelled: LabelledSet, panel: Panel, verdicts: Mapping[str, Verdict]) -> list[str]:
    station, minutes = panel.episode.station, panel.minutes
    told = labelled.frames[station].pm25[minutes]
    truth = labelled.truth_ugm3[station, minutes]
    top = _top_of(told, truth)
    x = _LEFT + (minutes - panel.first) / (panel.past - panel.first) * (_WIDE - _LEFT)
    y = _TOP + _HIGH * (1 - np.clip(told, 0.0, top) / top)
    y_truth = _TOP + _HIGH * (1 - truth / top)
    ours = next(iter(verdicts.values()))
    removed = ours.removed[station, minutes]
    suspect = ours.marked[station, minutes] & ~removed
    parts = [*_frame_of(labelled, panel, top)]
    parts.append(_line(x, y_truth, _PALE, 2.4))
    parts.append(_line(x, y, _INK, 0.8))
    parts.append(_dots(x[suspect], y[suspect], _SUSPECT))
    parts.append(_dots(x[removed], y[removed], _REMOVED))
    return parts + _strips(labelled, panel, verdicts)


def _top_of(told: Floats, truth: Floats) -> float:
    """Wild values are drawn at the top edge, so that the others can be seen."""
    roof = max(_HEADROOM * float(truth.max()), _LEAST_TOP)
    return max(min(float(np.nanmax(told, initial=0.0)), roof), float(truth.max())) * 1.05


def _frame_of(labelled: LabelledSet, panel: Panel, top: float) -> list[str]:
    kind, base = panel.episode.kind, _TOP + _HIGH
    is_plume = isinstance(kind, PlumeKind)
    words = words_of(kind)
    station = labelled.stations[panel.episode.station]
    hours = (panel.past - panel.first) / 60
    colour = _PLUME if is_plume else _FAULT
    about = f"{station.code}, {station.model.upper()}, {hours:.1f} h"
    return [
        _text(_LEFT, 12, kind.replace("_", " "), colour, 13, bold=True),
        _text(_WIDE, 12, about, _PALE, 10, end=True),
        _text(_LEFT, 28, words, _INK, 10),
        f'<path d="M{_LEFT:g} {_TOP:g}V{base:g}H{_WIDE:g}" fill="none" stroke="{_PALE}"/>',
        _text(_LEFT - 4, _TOP + 8, f"{top:.0f}", _INK, 10, end=True),
        _text(_LEFT - 4, base, "0", _INK, 10, end=True),
    ]


def _strips(labelled: LabelledSet, panel: Panel, verdicts: Mapping[str, Verdict]) -> list[str]:
    """Under the curve: what the minutes are, and for each rule what it did with them."""
    station = panel.episode.station
    span = slice(panel.first, panel.past)
    base = _TOP + _HIGH + 4
    label = labelled.label[station, span]
    parts = _bars(panel, label == Label.PLUME, _PLUME, base, 4)
    parts += _bars(panel, label == Label.FAULT, _FAULT, base, 4)
    for row, (name, verdict) in enumerate(verdicts.items()):
        y = base + 7 + row * (_STRIP + 3)
        removed = verdict.removed[station, span]
        marked = verdict.marked[station, span] & ~removed
        in_hour = verdict.in_marked_hour[station, span] & ~removed & ~marked
        parts += _bars(panel, np.ones_like(removed), _KEPT, y, _STRIP)
        parts += _bars(panel, in_hour, _HOUR, y, _STRIP)
        parts += _bars(panel, marked, _SUSPECT, y, _STRIP)
        parts += _bars(panel, removed, _REMOVED, y, _STRIP)
        parts.append(_text(_LEFT - 4, y + 9, name, _INK, 10, end=True))
    return parts


def _bars(panel: Panel, where: Bools, colour: str, y: float, high: float) -> list[str]:
    """One path of all stretches that are True; a single minute still shows."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], where, [False])).astype(np.int8)))
    if not edges.size:
        return []
    scale = (_WIDE - _LEFT) / (panel.past - panel.first)
    stretches = [
        f"M{_LEFT + a * scale:.1f} {y:g}h{max((b - a) * scale, 0.8):.1f}v{high:g}"
        f"h{-max((b - a) * scale, 0.8):.1f}z"
        for a, b in edges.reshape(-1, 2).tolist()
    ]
    return [f'<path d="{"".join(stretches)}" fill="{colour}"/>']


def _head(labelled: LabelledSet) -> Iterator[str]:
    yield _text(_GAP, 26, "What each rule does with plumes and with faults", _INK, 20, bold=True)
    yield _text(
        _GAP,
        46,
        f"PM2.5 in µg/m³ as a sensor tells it, a reading a minute; labelled set {labelled.seed}; "
        "wild values are drawn at the top edge; the dots on the curves are ours",
        _INK,
        12,
    )
    keys = (
        (_PALE, "what a healthy sensor would tell"),
        (_INK, "what it told"),
        (_PLUME, "is a plume"),
        (_FAULT, "is a fault"),
        (_KEPT, "counts, unmarked"),
        (_HOUR, "counts; its hour is marked"),
        (_SUSPECT, "counts, marked suspect"),
        (_REMOVED, "taken out"),
    )
    x = _GAP
    for colour, words in keys:
        yield f'<rect x="{x:g}" y="60" width="22" height="11" fill="{colour}"/>'
        yield _text(x + 28, 70, words, _INK, 11)
        x += 52 + 6.2 * len(words)


def _svg(size: tuple[float, float], parts: Iterable[str]) -> str:
    wide, high = size
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:g}" height="{high:g}" '
        f'viewBox="0 0 {wide:g} {high:g}" font-family="Noto Sans, DejaVu Sans, sans-serif">'
        f'<rect width="100%" height="100%" fill="#ffffff"/>{"".join(parts)}</svg>\n'
    )


def _line(x: Floats, y: Floats, colour: str, thick: float) -> str:
    """A line with a hole wherever a value is missing."""
    path, joined = [], False
    for across, down in zip(x, y, strict=True):
        if np.isnan(down):
            joined = False
            continue
        path.append(f"{'L' if joined else 'M'}{across:.1f} {down:.1f}")
        joined = True
    return f'<path d="{"".join(path)}" fill="none" stroke="{colour}" stroke-width="{thick:g}"/>'


def _dots(x: Floats, y: Floats, colour: str) -> str:
    dots = "".join(f"M{a:.1f} {b:.1f}h0" for a, b in zip(x, y, strict=True) if not np.isnan(b))
    return (
        f'<path d="{dots}" fill="none" stroke="{colour}" stroke-width="3.4" '
        'stroke-linecap="round"/>'
    )


def _text(  # noqa: PLR0913  (what SVG asks of a text)
    x: float, y: float, words: str, colour: str, size: int, *, bold: bool = False, end: bool = False
) -> str:
    """Words that begin at `x`, or end there."""
    more = (' font-weight="bold"' if bold else "") + (' text-anchor="end"' if end else "")
    return (
        f'<text x="{x:g}" y="{y:g}" fill="{colour}" font-size="{size}"{more}>{escape(words)}</text>'
    )
