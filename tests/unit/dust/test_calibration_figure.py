"""The words on the figure, and what cannot be drawn."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from dust.calibration import figure_texts
from dust.calibration.assessment import assess
from dust.calibration.colocation import CoLocation
from dust.calibration.figure import Labels, check_drawing, draw
from dust.calibration.figure_texts import Language, day_told, tick_told, told
from dust.errors import BadInput
from dust.languages import TwoLanguages
from dust.pollutants import Pollutant

WORDS = [words for words in vars(figure_texts).values() if isinstance(words, TwoLanguages)]


@pytest.mark.parametrize("words", [*WORDS, *figure_texts.METRICS.values()], ids=lambda w: w.en)
def test_both_languages_name_the_same_values(words: TwoLanguages) -> None:
    english, thai = (sorted(re.findall(r"{(\w+)}", text)) for text in (words.en, words.th))

    assert english == thai


def test_words_get_their_values() -> None:
    assert "1:1" == told(figure_texts.ONE_TO_ONE, Language.TH)
    assert "pms-v1, raw" == told(figure_texts.SENSOR, Language.EN, sensor="pms-v1")


def test_people_read_days_in_their_own_era() -> None:
    day = date(2024, 2, 29)

    assert "2024-02-29" == day_told(day, Language.EN)
    assert "29 ก.พ. 2567" == day_told(day, Language.TH)


@pytest.mark.parametrize("path", ["figure.pdf", "figure", "no-such-folder/figure.png"])
def test_what_cannot_be_drawn_is_refused_before_the_work(path: str) -> None:
    with pytest.raises(BadInput, match=f"figure = '{path}': allowed is a file"):
        check_drawing([Path(path)], Language.EN)


@pytest.mark.parametrize(
    ("local", "told_"),
    [
        (datetime(2024, 8, 5), "5 ส.ค."),  # noqa: DTZ001  (the local time of an axis)
        (datetime(2025, 1, 1), "1 ม.ค. 2568"),  # noqa: DTZ001  (the same)
        (datetime(2025, 1, 1, 6, 30), "06:30"),  # noqa: DTZ001  (the same)
    ],
)
def test_a_thai_axis_has_the_day_before_the_month(local: datetime, told_: str) -> None:
    assert told_ == tick_told(local)


@pytest.mark.parametrize("is_reference", [False, True])
def test_the_figure_has_the_proposed_formula_and_its_footer_only_for_low_cost_sensors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_reference: bool
) -> None:
    text = pytest.importorskip("matplotlib.text").Text
    drawn: list[str] = []
    draws = text.draw

    def note(self: Any, *more: Any) -> None:
        drawn.append(self.get_text())
        draws(self, *more)

    monkeypatch.setattr(text, "draw", note)
    levels = np.linspace(10, 60, 48)
    first = datetime(2024, 8, 5, tzinfo=UTC)
    starts = tuple(first + timedelta(hours=n) for n in range(48))
    none = np.full(48, np.nan)
    days = tuple(at.date() for at in starts)
    beside = CoLocation(starts, days, levels, 2 * levels + 4, none, none)
    labels = Labels("v1", "m", "ref", "PM2.5", ZoneInfo("UTC"), is_reference=is_reference)

    draw(beside, assess(beside, Pollutant.PM25, 18), labels, tmp_path / "one.png")

    assert any(each.startswith("Proposed: corrected = 0.5") for each in drawn)
    assert is_reference is not any("Low-cost sensor" in each for each in drawn)
