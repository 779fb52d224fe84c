"""The words on the figure, and what cannot be drawn."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from dust.calibration import figure_texts
from dust.calibration.figure import check_drawing
from dust.calibration.figure_texts import Language, day_told, told
from dust.errors import BadInput
from dust.languages import TwoLanguages

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
