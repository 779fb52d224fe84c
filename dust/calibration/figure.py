"""The figure of a co-location: sensor against reference, and both through time.

Drawn by matplotlib without its global state; the same figures give the same bytes of SVG.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dust.calibration import figure_texts as texts
from dust.calibration.figure_texts import Language, told
from dust.calibration.held_out import held_out
from dust.calibration.targets import targets_for
from dust.errors import BadInput, DustError

if TYPE_CHECKING:
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dust.calibration.arrays import Floats
    from dust.calibration.assessment import Assessment, Judged
    from dust.calibration.colocation import CoLocation
    from dust.calibration.proposal import Proposal
    from dust.calibration.regression import Line

FORMATS: Final = (".png", ".svg")
_WIDE_IN, _DPI = 11.0, 150
_HIGH_IN: Final = {Language.EN: 8.0, Language.TH: 9.2}  # Thai letters stand in four storeys
_INK, _GREY, _BAND = "#1b1b1b", "#6b6b6b", "#e8eef4"
_SENSOR, _REFERENCE, _CORRECTED, _OLS = "#c2571a", "#1b1b1b", "#1f6fb2", "#7a5195"
_MET, _MISSED = "#1b6e3c", "#b3261e"
_THAI_LETTER: Final = 0x0E01
_THAI_FONTS: Final = ("Sarabun", "TH Sarabun New", "Noto Sans Thai", "Laksaman", "Garuda", "Loma")
_COLUMNS_AT: Final = (0.0, 0.4, 0.545, 0.68, 0.86, 1.0)
_MINUS, _NOTHING = "\N{MINUS SIGN}", "\N{EN DASH}"
_FEW_DIGITS: Final = 100
_DAY_S: Final = 86_400
_SHOWN_METRICS: Final = ("slope", "intercept", "r2", "rmse", "nrmse")


class NoPlotting(DustError):  # noqa: N818  (named by what is wrong)
    """The package that draws is not installed."""


@dataclass(frozen=True, slots=True)
class Labels:
    """What the figure is of."""

    sensor: str
    model: str
    reference: str
    pollutant: str
    """For people: PM2.5."""
    zone: ZoneInfo
    language: Language = Language.EN
    is_reference: bool = False
    """Of the model: a legal method for any pollutant, so no low-cost sensor."""


def check_drawing(paths: list[Path], language: Language) -> None:
    """Refuse before the work what cannot be drawn after it.

    Raises:
        BadInput: a path that does not end in .png or .svg, or Thai without a Thai font.
        NoPlotting: matplotlib is not installed.
    """
    for path in paths:
        if path.suffix.lower() not in FORMATS:
            raise BadInput("figure", str(path), "a file name that ends in " + " or ".join(FORMATS))
        if not path.parent.is_dir():
            raise BadInput("figure", str(path), "a file in a folder that exists")
    if paths:
        _style(language)


def draw(colocation: CoLocation, assessment: Assessment, labels: Labels, path: Path) -> None:
    """Write the figure to `path`, as PNG or SVG by its ending."""
    style = _style(labels.language)
    import matplotlib as mpl  # noqa: PLC0415  (an extra, loaded only to draw)

    with mpl.rc_context(style):
        figure = _figure(colocation, assessment, labels)
        _freeze(figure)
        # No date and no program's version: the same figures give the same file.
        is_svg = path.suffix.lower() == ".svg"
        metadata = {"Date": None, "Creator": None} if is_svg else {"Software": None}
        figure.savefig(path, format=path.suffix[1:].lower(), dpi=_DPI, metadata=metadata)


def _freeze(figure: Any) -> None:  # noqa: ANN401  (the library's own figure)
    """Keep the layout to a ten-thousandth: its solver differs in the last digits each time."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        box = axes.get_position(original=True)
        axes.set_position([round(float(side), 4) for side in box.bounds])


def _style(language: Language) -> Any:  # noqa: ANN401  (the library's own settings)
    try:
        import matplotlib as mpl  # noqa: PLC0415  (the same)
    except ModuleNotFoundError as error:
        raise NoPlotting("a figure needs matplotlib: install dust-watch[calibrate]") from error
    fonts = ["DejaVu Sans"]  # comes with the library
    if language is Language.TH:
        fonts.insert(0, _thai_font())
    defaults: dict[Any, Any] = dict(mpl.rcParamsDefault)
    del defaults["backend"], defaults["backend_fallback"]
    return {
        **defaults,
        "font.family": fonts,
        "font.size": 10.0 if language is Language.EN else 11.0,
        "svg.hashsalt": "dust calibrate",
        "svg.fonttype": "path",
        "text.parse_math": False,  # a code may hold a dollar sign
        "axes.edgecolor": _GREY,
        "axes.labelcolor": _INK,
        "xtick.color": _GREY,
        "ytick.color": _GREY,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }


def _thai_font() -> str:
    """An installed font that has Thai letters: one that reads well, or else any."""
    from matplotlib.font_manager import fontManager, get_font  # noqa: PLC0415  (the same)

    known = {entry.name: entry.fname for entry in fontManager.ttflist}
    for name in (*_THAI_FONTS, *sorted(known)):
        if name in known and get_font(known[name]).get_char_index(_THAI_LETTER):
            return name
    raise BadInput("language", "th", "en: no installed font has Thai letters (fonts-thai-tlwg has)")


def _figure(colocation: CoLocation, assessment: Assessment, labels: Labels) -> Figure:
    from matplotlib.figure import Figure as Canvas  # noqa: PLC0415  (the same)
    from matplotlib.layout_engine import ConstrainedLayoutEngine  # noqa: PLC0415  (the same)

    layout = ConstrainedLayoutEngine(rect=(0.005, 0.03, 0.99, 0.965), w_pad=0.1, h_pad=0.08)
    figure = Canvas(figsize=(_WIDE_IN, _HIGH_IN[labels.language]), layout=layout, facecolor="white")
    grid = figure.add_gridspec(2, 2, height_ratios=(1.6, 1), width_ratios=(1, 1.1))
    beside = grid[0, 1].subgridspec(2, 1, height_ratios=(1, 1.5))
    _title(figure, colocation, assessment, labels)
    scatter = figure.add_subplot(grid[0, 0])
    _scatter(scatter, colocation, assessment, labels)
    _legend(figure.add_subplot(beside[0]), scatter)
    _figures(figure.add_subplot(beside[1]), assessment, labels)
    _series(figure.add_subplot(grid[1, :]), colocation, labels)
    if not labels.is_reference:
        footer = told(texts.NOT_LEGAL, labels.language)
        figure.text(0.01, 0.008, footer, color=_GREY, size="small", va="bottom")
    return figure


def _title(figure: Figure, colocation: CoLocation, assessment: Assessment, labels: Labels) -> None:
    days = colocation.days
    head = told(
        texts.TITLE,
        labels.language,
        sensor=labels.sensor,
        model=labels.model,
        reference=labels.reference,
        pollutant=labels.pollutant,
    )
    span = told(
        texts.SPAN,
        labels.language,
        first=texts.day_told(days[0], labels.language),
        last=texts.day_told(days[-1], labels.language),
        hours=colocation.n_hours,
        days=assessment.days.n,
    )
    figure.suptitle(f"{head}\n{span}", x=0.01, ha="left", color=_INK, size="x-large")


def _scatter(axes: Axes, colocation: CoLocation, assessment: Assessment, labels: Labels) -> None:
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415  (the same)

    language, unit = labels.language, told(texts.UNIT, labels.language)
    most = _top(colocation)
    left = min(0.0, float(colocation.reference.min()))
    reach = np.array([left, most])
    _band(axes, reach, assessment, labels)
    axes.plot(
        reach, reach, color=_GREY, lw=1, ls=(0, (4, 3)), label=told(texts.ONE_TO_ONE, language)
    )
    axes.scatter(
        colocation.reference,
        colocation.sensor,
        s=14,
        color=_SENSOR,
        alpha=0.45,
        linewidths=0,
        label=told(texts.HOUR, language),
    )
    raw = assessment.hours.raw.performance
    if raw.slope is not None and raw.intercept is not None:
        ols = told(texts.OLS, language, line=_line_told(raw.slope, raw.intercept))
        axes.plot(reach, raw.slope * reach + raw.intercept, color=_OLS, lw=1.6, label=ols)
    if raw.deming is not None:
        deming = told(texts.DEMING, language, line=_of(raw.deming))
        axes.plot(reach, raw.deming.of(reach), color=_CORRECTED, lw=1.6, label=deming)
    least = min(0.0, float(colocation.sensor.min()))
    axes.set(xlim=(left, most), ylim=(least, most))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(7))
    axes.set_aspect("equal", adjustable="box")
    axes.set_xlabel(told(texts.REFERENCE_AXIS, language, reference=labels.reference, unit=unit))
    axes.set_ylabel(told(texts.SENSOR_AXIS, language, sensor=labels.sensor, unit=unit))
    reads_high = bool(colocation.sensor.mean() > colocation.reference.mean())
    _corner(axes, assessment, unit, is_low=reads_high)


def _corner(axes: Axes, assessment: Assessment, unit: str, *, is_low: bool) -> None:
    """The figures of the scatter, in the corner that its points leave free."""
    raw = assessment.hours.raw.performance
    lines = [f"n = {raw.n}", f"R² = {_number(raw.r2)}", f"RMSE = {_number(raw.rmse)} {unit}"]
    axes.text(
        0.97 if is_low else 0.03,
        0.03 if is_low else 0.97,
        "\n".join(lines),
        transform=axes.transAxes,
        ha="right" if is_low else "left",
        va="bottom" if is_low else "top",
        color=_INK,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.6, "pad": 2},
    )


def _band(axes: Axes, reach: Floats, assessment: Assessment, labels: Labels) -> None:
    targets = targets_for(assessment.pollutant)
    slope, intercept = targets.slope, targets.intercept
    low = (slope.at_least or 0) * reach + (intercept.at_least or 0)
    high = slope.at_most * reach + intercept.at_most
    axes.fill_between(reach, low, high, color=_BAND, lw=0, label=told(texts.BAND, labels.language))


def _series(axes: Axes, colocation: CoLocation, labels: Labels) -> None:
    language, unit = labels.language, told(texts.UNIT, labels.language)
    corrected = held_out(colocation)
    raw = told(texts.SENSOR, language, sensor=labels.sensor)
    _line(axes, colocation, colocation.reference, color=_REFERENCE, lw=1.6, label=labels.reference)
    _line(axes, colocation, colocation.sensor, color=_SENSOR, lw=0.9, label=raw)
    if corrected is not None:
        name = told(texts.CORRECTED, language, sensor=labels.sensor)
        _line(axes, colocation, corrected, color=_CORRECTED, lw=0.9, label=name)
    _time_axis(axes, labels)
    first, last = colocation.starts[0].timestamp(), colocation.starts[-1].timestamp() + 3600
    axes.set_xlim(first / _DAY_S, last / _DAY_S)
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    axes.set_ylabel(told(texts.SERIES_AXIS, language, unit=unit))
    axes.set_xlabel(told(texts.TIME_AXIS, language, zone=labels.zone.key))
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, frameon=False, borderpad=0)


def _time_axis(axes: Axes, labels: Labels) -> None:
    """Ticks at local hours and days, written as the language writes them."""
    from matplotlib import dates  # noqa: PLC0415  (the same)
    from matplotlib.ticker import FuncFormatter  # noqa: PLC0415  (the same)

    zone = labels.zone
    locator = dates.AutoDateLocator(tz=zone, maxticks=14)  # type: ignore[no-untyped-call]  # theirs
    axes.xaxis.set_major_locator(locator)
    if labels.language is Language.TH:
        axes.xaxis.set_major_formatter(
            FuncFormatter(lambda at, _: texts.tick_told(dates.num2date(at, tz=zone)))  # type: ignore[no-untyped-call]  # theirs
        )
        return
    axes.xaxis.set_major_formatter(
        dates.ConciseDateFormatter(  # type: ignore[no-untyped-call]  # theirs
            locator,
            tz=zone,
            formats=["%Y", "%Y-%m", "%m-%d", "%H:%M", "%H:%M", "%S"],
            zero_formats=["", "%Y", "%Y-%m-%d", "%m-%d", "%H:%M", "%H:%M"],
            offset_formats=[""] * 6,
        )
    )


def _line(axes: Axes, colocation: CoLocation, values: Floats, **style: Any) -> None:  # noqa: ANN401  (the library's)
    """A line with a gap where hours are missing; the library's dates are days since 1970."""
    seconds = np.array([start.timestamp() for start in colocation.starts])
    gaps = np.flatnonzero(np.diff(seconds) > 3600) + 1  # noqa: PLR2004  (an hour)
    days = np.insert(seconds / _DAY_S, gaps, np.nan)
    axes.plot(days, np.insert(values, gaps, np.nan), **style)


def _legend(axes: Axes, scatter: Axes) -> None:
    axes.set_axis_off()
    handles, names = scatter.get_legend_handles_labels()
    axes.legend(handles, names, loc="upper left", bbox_to_anchor=(-0.02, 1.06), frameon=False)


def _figures(axes: Axes, assessment: Assessment, labels: Labels) -> None:
    """The figures that decide, met or missed by colour and by mark, and what they earn."""
    language = labels.language
    axes.set_axis_off()
    claim = texts.INDICATIVE if assessment.claim_class else texts.NOTHING
    earned = told(texts.EARNED, language, claim=told(claim, language))
    colour = _MET if assessment.claim_class else _MISSED
    axes.text(0, 1.0, told(texts.AGAINST_TARGETS, language), color=_INK, weight="bold", va="top")
    axes.text(0, 0.0, earned, color=colour, weight="bold")
    if assessment.proposal is not None:
        axes.text(0, -0.13, _proposed(assessment.proposal, language), color=_CORRECTED)
    for at, words in zip((0.595, 0.91), (texts.RAW, texts.HELD_OUT), strict=True):
        axes.text(at, 0.83, told(words, language), color=_INK, ha="center", va="center")
    hours, days = told(texts.HOURS, language), told(texts.DAYS, language)
    heads = ["", told(texts.ALLOWED, language), hours, days, hours, days]
    _row(axes, 0.72, heads, [_GREY] * len(heads))
    for index, metric in enumerate(_SHOWN_METRICS):
        _metric_row(axes, 0.61 - 0.11 * index, metric, assessment, language)


def _proposed(proposal: Proposal, language: Language) -> str:
    sign = _MINUS if proposal.intercept < 0 else "+"
    offset = f"{sign} {abs(proposal.intercept)}"
    return told(texts.PROPOSED, language, slope=proposal.slope, intercept=offset)


def _metric_row(
    axes: Axes, height: float, metric: str, assessment: Assessment, language: Language
) -> None:
    hours, days = assessment.hours, assessment.days
    cells = [_cell(stage, metric) for stage in (hours.raw, days.raw, hours.held_out, days.held_out)]
    target = targets_for(assessment.pollutant).of(metric)
    least = "≤" if target.at_least is None else f"{target.at_least:g} …".replace("-", _MINUS)
    words = [told(texts.METRICS[metric], language), f"{least} {target.at_most:g}"]
    colours = [_INK, _GREY, *(colour for _, colour in cells)]
    if metric == "nrmse":
        words[0] = f"{told(texts.OR, language)} {words[0]}"
    _row(axes, height, [*words, *(word for word, _ in cells)], colours)


def _row(axes: Axes, height: float, words: list[str], colours: list[str]) -> None:
    for at, word, colour in zip(_COLUMNS_AT, words, colours, strict=True):
        axes.text(at, height, word, color=colour, ha="right" if at else "left", va="center")


def _cell(stage: Judged | None, metric: str) -> tuple[str, str]:
    verdict = next((v for v in stage.verdicts if v.metric == metric), None) if stage else None
    if verdict is None or verdict.value is None:
        return _NOTHING, _GREY
    mark, colour = ("✓", _MET) if verdict.met else ("✗", _MISSED)
    return f"{_number(verdict.value)} {mark}", colour


def _number(value: float | None) -> str:
    if value is None:
        return _NOTHING
    return f"{value:.{2 if abs(value) < _FEW_DIGITS else 0}f}".replace("-", _MINUS)


def _top(colocation: CoLocation) -> float:
    return 1.05 * max(float(colocation.reference.max()), float(colocation.sensor.max()), 1.0)


def _of(line: Line) -> str:
    return _line_told(line.slope, line.intercept)


def _line_told(slope: float, intercept: float) -> str:
    return f"y = {_number(slope)} x {_MINUS if intercept < 0 else '+'} {_number(abs(intercept))}"
