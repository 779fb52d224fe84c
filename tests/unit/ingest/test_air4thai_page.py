"""Pages of the history service: which hour a label means, what is a value, what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dust.clock import epoch_ms
from dust.errors import BadInput
from ingest.air4thai.page import Hour, Page, read_page
from ingest.air4thai.page_format import PageFormat

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
NOW_MS = epoch_ms(NOW)
NEW, LEGACY = PageFormat.NEW, PageFormat.LEGACY


def row(label: Any, **values: Any) -> dict[str, Any]:
    return {"DATETIMEDATA": label, **values}


def body(*rows: Any, station: str = "24t", **more: Any) -> bytes:
    block = {"stationID": station, "params": ["PM25"], "data": list(rows), "summary": {}}
    return json.dumps({"result": "OK", "error": "", "stations": [block], **more}).encode()


def read(content: bytes, known: PageFormat | None = None) -> Page:
    return read_page(content, "24t", known, NOW_MS)


def at(*when: int) -> int:
    """Epoch ms of an instant in UTC."""
    return epoch_ms(datetime(*when, tzinfo=UTC))  # type: ignore[misc, arg-type]  # year to hour


def refusal(content: bytes, known: PageFormat | None = None) -> BadInput:
    with pytest.raises(BadInput) as caught:
        read(content, known)
    return caught.value


# --- Labels ---------------------------------------------------------------------------------------
def test_the_golden_hour_of_2019_ends_at_its_label() -> None:
    page = read(body(row("2019-01-15 20:00:00", PM25=74, PM10=241)), NEW)

    assert [Hour(at(2019, 1, 15, 12), {"pm25": 74.0, "pm10": 241.0})] == page.hours


def test_the_same_label_in_the_legacy_format_is_the_hour_that_begins_there() -> None:
    page = read(body(row("2019-01-15 20:00:00", PM25=74, PM10=241)), LEGACY)

    assert [Hour(at(2019, 1, 15, 13), {"pm25": 74.0, "pm10": 241.0})] == page.hours


@pytest.mark.parametrize(
    ("label", "hour"),
    [
        ("2026-09-28 15:00:00", (2026, 9, 28, 7)),
        ("2026-09-28T15:00:00", (2026, 9, 28, 7)),
        ("2026-09-28 15:00", (2026, 9, 28, 7)),
        ("2026-09-28 15", (2026, 9, 28, 7)),
        ("2026-09-28 0:00:00", (2026, 9, 27, 16)),
        ("2026-09-28 24:00:00", (2026, 9, 28, 16)),
        ("2026-09-29 00:00:00", (2026, 9, 28, 16)),
        ("2024-02-29 24:00:00", (2024, 2, 29, 16)),
    ],
)
def test_a_label_of_the_new_format_is_the_end_of_an_hour_in_bangkok(
    label: str, hour: tuple[int, ...]
) -> None:
    assert [at(*hour)] == [one.start_ms for one in read(body(row(label, PM25=1.5)), NEW).hours]


@pytest.mark.parametrize(
    "label",
    [
        *("2026-09-28 15:30:00", "2026-09-28 15:00:00+07:00", "2026-09-28T15:00:00Z", "15"),
        *("2026-02-30 10:00:00", "2026-09-28 25:00:00", "28/09/2026 15:00", "", 2026092815, None),
        *(
            "\u0e52\u0e50\u0e52\u0e56-09-28 15:00:00",
            "2026-09-28 15:00:00\n12",
            "0001-01-00 01:00:00",
        ),
    ],
)
def test_a_label_that_is_no_full_local_hour_is_refused_alone(label: object) -> None:
    page = read(body(row(label, PM25=7.5), row("2026-09-28 15:00:00", PM25=16.5)), NEW)

    assert [(str(label), True)] == [
        (one.label, "DATETIMEDATA" in one.reason and "allowed is" in one.reason)
        for one in page.refused
    ]
    assert [16.5] == [hour.values["pm25"] for hour in page.hours]


def test_rows_in_any_order_give_the_hours_in_theirs() -> None:
    labels = ["2026-09-28 17:00:00", "2026-09-28 15:00:00", "2026-09-28 16:00:00"]

    page = read(body(*(row(label, PM25=1.5) for label in labels)))

    hours = [hour.start_ms for hour in page.hours]
    assert sorted(hours) == hours
    assert 3 == len(hours)


# --- Which format ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("values", "page_format"),
    [
        ({"PM25": 16.4}, NEW),
        ({"PM25": None, "PM10": 41}, NEW),
        ({"PM25": "-", "PM10": 41}, LEGACY),
        ({"PM25": "16", "PM10": 41}, LEGACY),
        ({"PM25": "-", "TEMP": 28.4}, LEGACY),  # that weather is rounded is not known
    ],
)
def test_the_format_is_told_by_what_only_one_of_them_writes(
    values: dict[str, Any], page_format: PageFormat
) -> None:
    assert page_format is read(body(row("2026-09-28 15:00:00", **values))).page_format


def test_a_bare_hour_is_a_label_of_the_legacy_format() -> None:
    assert LEGACY is read(body(row("2026-09-28 15", PM25=16))).page_format


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([row("2026-09-28 15:00:00", PM25=16)], "both"),
        ([row("2026-09-28 15:00:00", PM25=16.0)], "both"),
        ([row("2026-09-28 15:00:00", PM25="-"), row("2026-09-28 16:00:00", PM25=1.5)], "neither"),
        ([row("2026-09-28 15:00:00", PM25="-"), row("2026-09-28 16:00:00", PM25=None)], "neither"),
        ([row("2026-09-28 15", PM25=None)], "neither"),
        ([row("2026-09-28 15:00:00", PM25="49.7")], "neither"),
    ],
)
def test_a_page_that_fits_both_formats_or_neither_is_refused(
    rows: list[dict[str, Any]], told: str
) -> None:
    error = refusal(body(*rows))

    assert "format" == error.field
    assert str(error.value).startswith(told)
    assert "--format new or --format legacy" in error.allowed


def test_the_format_of_the_address_overrules_the_shape() -> None:
    page = read(body(row("2026-09-28 15:00:00", PM25="-", PM10=41.5)), NEW)

    assert [Hour(at(2026, 9, 28, 7), {"pm25": None, "pm10": 41.5})] == page.hours


@pytest.mark.parametrize(
    ("asked", "values", "proof"),
    [
        (NEW, {"PM25": "-", "PM10": 41}, "legacy, as PM25 = '-' proves"),
        (NEW, {"PM25": "16"}, "legacy, as PM25 = '16' proves"),
        (LEGACY, {"PM25": 16.4}, "new, as PM25 = 16.4 proves"),
        (LEGACY, {"PM25": None, "PM10": 41}, "new, as PM25 = null proves"),
    ],
)
def test_what_a_page_proves_beats_the_format_that_somebody_names(
    asked: PageFormat, values: dict[str, Any], proof: str
) -> None:
    with pytest.raises(BadInput, match="--format") as caught:
        read_page(body(row("2026-09-28 15:00:00", **values)), "24t", asked, NOW_MS, is_asked=True)

    assert proof == caught.value.allowed


@pytest.mark.parametrize("values", [{"PM25": 16}, {"PM25": "-", "PM10": 41.5}])
def test_a_page_that_proves_no_format_has_the_one_that_somebody_names(
    values: dict[str, Any],
) -> None:
    content = body(row("2026-09-28 15:00:00", **values))

    formats = [
        read_page(content, "24t", one, NOW_MS, is_asked=True).page_format for one in PageFormat
    ]

    assert [*PageFormat] == formats


# --- Values ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "mark",
    [None, "-", "", " - ", "N/A", "n/a", -1, -1.0, -999, -9999, "-1", "-999", "-9999", "-1.0"],
)
def test_marks_for_missing_are_absent_and_never_zero(mark: object) -> None:
    page = read(body(row("2026-09-28 15:00:00", PM25=mark, PM10=41)), NEW)

    assert [{"pm25": None, "pm10": 41.0}] == [hour.values for hour in page.hours]


@pytest.mark.parametrize("value", [-2, -2.0, "-2", -0.4, -14.9, 0, 984.9])
def test_a_beta_monitors_real_hours_stay_negative_ones_too(value: float | str) -> None:
    page = read(body(row("2026-09-28 15:00:00", PM25=value)), NEW)

    assert [{"pm25": float(value)}] == [hour.values for hour in page.hours]


@pytest.mark.parametrize(
    "value", [1e9, -1e9, 10**400, 10_001, -998, "sixteen", "NaN", "1e3", True, [16], {"v": 16}]
)
def test_an_hour_with_a_concentration_that_cannot_be_is_refused_whole(value: object) -> None:
    page = read(body(row("2026-09-28 15:00:00", PM25=value, PM10=41)), NEW)

    assert [] == page.hours
    assert [("2026-09-28 15:00:00", True)] == [
        (one.label, one.reason.startswith("PM25 = ")) for one in page.refused
    ]


def test_weather_that_cannot_be_is_left_out_and_costs_no_dust() -> None:
    weather = {"RH": 655.35, "WD": "N/A", "TEMP": 28.4}

    page = read(body(row("2026-09-28 15:00:00", PM25=16.4, **weather)), NEW)

    assert [{"pm25": 16.4, "wind_deg": None, "t_c": 28.4}] == [hour.values for hour in page.hours]
    assert 1 == len(page.left_out)


def test_every_parameter_becomes_its_field() -> None:
    values = {"PM25": 16.4, "PM10": 41, "WS": 2.5, "WD": 360, "TEMP": 28.4, "RH": 61, "O3": 9}

    page = read(body(row("2026-09-28 15:00:00", **values)))

    fields = {"pm25": 16.4, "pm10": 41, "wind_mps": 2.5, "wind_deg": 360, "t_c": 28.4, "rh": 61}
    assert [fields] == [hour.values for hour in page.hours]


# --- Hours twice, hours to come -------------------------------------------------------------------
def test_an_hour_twice_with_the_same_values_is_one() -> None:
    twice = [row("2026-09-28 15:00:00", PM25=16.4), row("2026-09-28 15:00", PM25=16.4)]

    assert 1 == len(read(body(*twice)).hours)


def test_rows_of_one_hour_complete_one_another() -> None:
    twice = [row("2026-09-28 24:00:00", PM25=16.4), row("2026-09-29 00:00:00", PM25=None, PM10=41)]

    assert [{"pm25": 16.4, "pm10": 41.0}] == [hour.values for hour in read(body(*twice)).hours]


def test_an_hour_twice_with_different_values_is_refused() -> None:
    twice = [row("2026-09-28 15:00:00", PM25=16.4), row("2026-09-28 15:00:00", PM25=17)]

    page = read(body(*twice, row("2026-09-28 15:00:00", PM25=16.4)))

    assert [] == page.hours
    assert [True] == ["16.4 and 17" in one.reason for one in page.refused]


def test_an_hour_that_is_not_over_is_refused() -> None:
    local_now = NOW + timedelta(hours=7)
    over, running = (f"{local_now + timedelta(hours=h):%Y-%m-%d %H:00:00}" for h in (0, 1))

    page = read(body(row(over, PM25=16.4), row(running, PM25=17)))

    assert [16.4] == [hour.values["pm25"] for hour in page.hours]
    assert [running] == [one.label for one in page.refused]


def test_rows_ahead_of_time_without_a_value_say_nothing() -> None:
    page = read(body(row("2026-11-23 23:00:00", PM25=None), row("2569-11-23 23:00:00", PM25=None)))

    assert ([], []) == (page.hours, page.refused)


# --- Whole pages ----------------------------------------------------------------------------------
LATEST_BLOCK = {"stationID": "24t", "AQILast": {"PM25": {"color_id": "3", "value": "31.2"}}}
GOOD = body(row("2026-09-28 15:00:00", PM25=16.4))


@pytest.mark.parametrize(
    ("content", "field", "told"),
    [
        (json.dumps({"stations": [LATEST_BLOCK]}).encode(), "page", "mean of the last 24 hours"),
        (json.dumps(LATEST_BLOCK).encode(), "page", "mean of the last 24 hours"),
        (b"<!DOCTYPE html><title>503</title>", "page", "web page (HTML)"),
        (b"\n  <html>", "page", "web page (HTML)"),
        (GOOD[:-20], "page", "whole"),
        (b"", "page", "whole"),
        (GOOD.replace(b"16.4", b"NaN"), "page", "whole"),
        (GOOD.replace(b"24t", b"24\xff"), "page", "whole"),
        (b"[" * 100_000, "page", "whole"),
        (b"[]", "page", "JSON answer"),
        (body(result="Error", error="no station"), "result", "OK"),
        (body(error="out of range"), "result", "OK"),
        (b'{"result": "OK"}', "stations", "list of stations"),
        (b'{"stations": {"24t": []}}', "stations", "list of stations"),
        (b'{"stations": ["24t"]}', "stations", "list of stations"),
        (b'{"stations": [{"stationID": "24t", "data": {}}]}', "data", "list of rows"),
        (b'{"stations": [{"stationID": "24t", "data": [[]]}]}', "data", "list of rows"),
        (body(row("2026-09-28 15:00:00", PM25=16.4), station="35t"), "stationID", "24t"),
        (body(row("2026-09-28 15:00:00", O3=16.4)), "params", "PM25"),
    ],
)
def test_what_is_no_page_of_this_station_is_refused_with_the_reason(
    content: bytes, field: str, told: str
) -> None:
    error = refusal(content)

    assert field == error.field
    assert told in error.allowed


def test_an_answer_without_stations_or_rows_is_an_empty_page() -> None:
    empty = [b'{"result": "OK", "error": "", "stations": []}', body()]

    assert [[], []] == [read(content).hours for content in empty]


def test_other_stations_beside_ours_are_passed_over_and_named() -> None:
    answer = json.loads(GOOD)
    answer["stations"].append({"stationID": "35t", "data": [row("2026-09-28 15:00:00", PM25="-")]})

    page = read(json.dumps(answer).encode())

    assert ([16.4], ["35t"]) == ([h.values["pm25"] for h in page.hours], page.other_stations)


def test_a_byte_order_mark_is_no_fault() -> None:
    assert read(GOOD) == read(b"\xef\xbb\xbf" + GOOD)
