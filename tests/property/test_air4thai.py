"""Whatever the history service may answer, and in whatever order it lists its rows."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dust.clock import epoch_ms, instant
from dust.errors import BadInput
from ingest.air4thai.page import Page, read_page
from ingest.air4thai.page_format import (
    HOUR_MS,
    PageFormat,
    hour_start_ms,
    local_day,
    local_midnight_ms,
)

NOW_MS = epoch_ms(datetime(2026, 11, 23, tzinfo=UTC))
BANGKOK = timedelta(hours=7)
HOURS = st.integers(0, NOW_MS // HOUR_MS - 1).map(lambda number: number * HOUR_MS)
LEVELS = st.none() | st.decimals(-15, 985, places=1).map(float)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
NAMES = st.sampled_from(["DATETIMEDATA", "PM25", "PM10", "WS", "RH", "O3"])
ROWS = st.lists(st.dictionaries(NAMES, JSON, max_size=4), max_size=4)


def page_of(rows: Any, known: PageFormat | None = PageFormat.NEW) -> Page:
    answer = {"result": "OK", "error": "", "stations": [{"stationID": "24t", "data": rows}]}
    return read_page(json.dumps(answer).encode(), "24t", known, NOW_MS)


def label(start_ms: int, page_format: PageFormat) -> str:
    labelled = instant(start_ms) + BANGKOK
    if page_format is PageFormat.NEW:
        labelled += timedelta(hours=1)
    return f"{labelled:%Y-%m-%d %H:%M:%S}"


@given(start_ms=HOURS)
def test_the_two_formats_name_one_hour_by_labels_an_hour_apart(start_ms: int) -> None:
    labels = {one: label(start_ms, one) for one in PageFormat}

    assert {start_ms} == {hour_start_ms(text, one) for one, text in labels.items()}
    assert start_ms + HOUR_MS == hour_start_ms(labels[PageFormat.NEW], PageFormat.LEGACY)


@given(start_ms=HOURS)
def test_a_local_day_is_that_of_the_calendar_in_bangkok(start_ms: int) -> None:
    day = local_day(start_ms)

    assert (instant(start_ms) + BANGKOK).date() == day
    assert local_midnight_ms(day) <= start_ms < local_midnight_ms(day + timedelta(days=1))


@given(hours=st.dictionaries(HOURS, LEVELS, max_size=20), data=st.data())
def test_the_order_of_rows_and_their_repetition_change_nothing(
    hours: dict[int, float | None], data: st.DataObject
) -> None:
    rows = [
        {"DATETIMEDATA": label(start_ms, PageFormat.NEW), "PM25": level}
        for start_ms, level in hours.items()
    ]
    shuffled = data.draw(st.permutations(rows + rows[:3]))

    page = page_of(shuffled)

    expected = {start: None if level == -1 else level for start, level in hours.items()}
    assert sorted(expected.items()) == [(one.start_ms, one.values["pm25"]) for one in page.hours]
    assert [] == page.refused


@given(rows=ROWS | JSON, known=st.sampled_from([None, *PageFormat]))
def test_any_rows_are_read_or_refused_with_field_value_and_what_is_allowed(
    rows: Any, known: PageFormat | None
) -> None:
    told = [reason_of(rows, known)]
    if told == [None]:
        told = [one.reason for one in page_of(rows, known).refused]

    assert all(" = " in str(reason) and "allowed is" in str(reason) for reason in told)


def reason_of(rows: Any, known: PageFormat | None) -> str | None:
    try:
        page_of(rows, known)
    except BadInput as error:
        return str(error)
    return None


@given(body=st.binary(max_size=200))
def test_any_bytes_are_a_page_or_refused(body: bytes) -> None:
    with pytest.raises(BadInput):
        read_page(body, "24t", None, NOW_MS)
