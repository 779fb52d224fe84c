"""`dust drift`: stored hours of a station against another's; an alarm by its exit code, no more."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from integration.networks import STATIONS, apply, network, station
from typer.testing import CliRunner

from dust.errors import BadInput
from dust.periods import Period
from dust.storage.connection import connect
from dust.storage.drift_command import ALARM, GivenSpan, command, span_asked

if TYPE_CHECKING:
    from collections.abc import Sequence

BANGKOK = ZoneInfo("Asia/Bangkok")
START = datetime(2024, 3, 1, 17, tzinfo=UTC)  # midnight in Bangkok, of 2 March
HOUR = timedelta(hours=1)
FIVE_DAYS = ("--from", "2024-03-02", "--to", "2024-03-06")
AIR: list[float | None] = [40 + 25 * math.sin(hour / 5) for hour in range(120)]
_AVERAGE = """
INSERT INTO averages (
  station_id, pollutant, period_kind, period_start, period_end, value, uncorrected_value,
  partial_mean, n_valid, n_measured, n_possible, time_coverage, data_capture, data_coverage,
  claim_class, rule_set
)
SELECT station_id, %s, 'hour', %s, %s, %s, 500, 600, 4, 4, 4, 1, 1, 1, 'screening', 'epa-75-18h'
FROM stations WHERE code = %s
"""


def run(url: str, *arguments: str) -> Any:
    return CliRunner().invoke(command, ["--database", url, *arguments])


def figures(url: str, *arguments: str) -> dict[str, Any]:
    done = run(url, "v1", "--against", "ref", "--json", *arguments)
    assert done.exit_code in {0, ALARM}, done.exception
    told: dict[str, Any] = json.loads(done.stdout)
    assert (ALARM if told["alarm"] else 0) == done.exit_code
    return told


def fill(
    url: str,
    code: str,
    levels: Sequence[float | None],
    start: datetime = START,
    pollutant: str = "pm25",
) -> None:
    """One hour each; None is an hour that is not complete."""
    starts = [start + index * HOUR for index in range(len(levels))]
    rows = [
        (pollutant, at, at + HOUR, level, code) for at, level in zip(starts, levels, strict=True)
    ]
    with connect(url) as connection, connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(_AVERAGE, rows)


def scaled(slope: float, intercept: float, levels: Sequence[float | None]) -> list[float | None]:
    return [None if level is None else slope * level + intercept for level in levels]


def stored(url: str) -> list[Any]:
    """The averages as rows, and how many corrections and marks there are."""
    counts = "SELECT (SELECT count(*) FROM corrections), (SELECT count(*) FROM dirty_station_hours)"
    with connect(url) as connection:
        rows = connection.execute("SELECT * FROM averages ORDER BY 1, 2, 3, 4").fetchall()
        return rows + connection.execute(counts).fetchall()


def test_a_steady_station_raises_no_alarm(plain_place: str) -> None:
    fill(plain_place, "ref", AIR)
    fill(plain_place, "v1", scaled(1.25, 2, AIR))

    told = figures(plain_place, *FIVE_DAYS)

    assert (False, 120, 49, 0) == (
        told["alarm"],
        told["n_common_hours"],
        told["n_windows"],
        told["n_windows_with_alarm"],
    )
    newest = told["newest"]
    assert (0.8, -1.6) == pytest.approx((newest["gain"], newest["offset_ugm3"]))


def test_a_dirty_lens_raises_an_alarm_and_three_is_the_exit_code(plain_place: str) -> None:
    fill(plain_place, "ref", AIR)
    fill(plain_place, "v1", AIR[:48] + scaled(0.4, 0, AIR[48:]))

    done = run(plain_place, "v1", "--against", "ref", *FIVE_DAYS)

    assert 3 == done.exit_code
    assert (
        "Alarm: in the 72 h to 2024-03-07 00:00 v1 is out of bounds against ref:"
        " gain 2.50: allowed is 0.7 to 1.3." in done.stdout
    )
    assert "Nothing is corrected" in done.stdout
    assert "docs/corrections.md" in done.stdout


def test_the_table_has_the_newest_window_of_each_local_day(plain_place: str) -> None:
    fill(plain_place, "ref", AIR)
    fill(plain_place, "v1", AIR[:72] + scaled(0.4, 0, AIR[72:]))

    told = figures(plain_place, *FIVE_DAYS)

    assert [("2024-03-04", 72), ("2024-03-05", 96), ("2024-03-06", 120)] == [
        (day["local_day"], (datetime.fromisoformat(day["end"]) - START) / HOUR)
        for day in told["days"]
    ]
    assert [False, True, True] == [bool(day["alarms"]) for day in told["days"]]
    assert told["days"][-1] == told["newest"]


def test_an_alarm_of_yesterday_is_told_and_is_not_the_state(plain_place: str) -> None:
    fill(plain_place, "ref", AIR)
    fill(plain_place, "v1", scaled(0.4, 0, AIR[:72]) + AIR[72:])

    told = figures(plain_place, *FIVE_DAYS, "--window-h", "48")

    assert (["gain 2.50: allowed is 0.7 to 1.3"], []) == (
        told["days"][1]["alarms"],
        told["newest"]["alarms"],
    )
    assert told["state"].startswith("No alarm: in the 48 h to 2024-03-07 00:00 gain 1.00")


def test_people_get_a_table_and_what_it_does_not_mean(plain_place: str) -> None:
    fill(plain_place, "ref", AIR)
    fill(plain_place, "v1", AIR)

    done = run(plain_place, "v1", "--against", "ref", *FIVE_DAYS)

    assert 0 == done.exit_code
    assert "\x1b" not in done.stdout
    assert ["2024-03-06", "72", "1.00", "0.0", "-"] == next(
        line.split() for line in done.stdout.splitlines() if line.startswith(" 2024-03-06 ")
    )
    assert "An alarm does not mean that the instrument is off" in done.stdout


def test_hours_that_are_not_complete_do_not_count(plain_place: str) -> None:
    fill(plain_place, "ref", AIR)
    fill(plain_place, "v1", [*AIR[:102], *[None] * 18])

    told = figures(plain_place, *FIVE_DAYS)

    assert (102, 54, 1.0) == (
        told["n_station_hours"],
        told["newest"]["n_hours"],
        pytest.approx(told["newest"]["gain"]),
    )


def test_a_window_with_too_few_hours_says_nothing(plain_place: str) -> None:
    fill(plain_place, "ref", AIR)
    fill(plain_place, "v1", scaled(0.4, 0, AIR[:101]))

    told = figures(plain_place, *FIVE_DAYS)

    assert (None, None, []) == (
        told["newest"]["gain"],
        told["newest"]["offset_ugm3"],
        told["newest"]["alarms"],
    )
    assert told["state"].endswith("both have 53 hours, 54 are needed.")


def test_a_stuck_station_says_nothing(plain_place: str) -> None:
    fill(plain_place, "ref", AIR)
    fill(plain_place, "v1", [12.5] * 120)

    assert figures(plain_place, *FIVE_DAYS)["state"].endswith("v1 told one and the same value.")


def test_each_pollutant_is_judged_by_its_own_hours(plain_place: str) -> None:
    for pollutant, slope in (("pm25", 1.0), ("pm10", 0.4)):
        fill(plain_place, "ref", AIR, pollutant=pollutant)
        fill(plain_place, "v1", scaled(slope, 0, AIR), pollutant=pollutant)

    assert (False, True) == (
        figures(plain_place, *FIVE_DAYS)["alarm"],
        figures(plain_place, *FIVE_DAYS, "--pollutant", "pm10")["alarm"],
    )


def test_days_are_those_of_the_station(plain_database: str) -> None:
    apply(plain_database, network([*STATIONS[:1], station("v1", time_zone="UTC"), STATIONS[2]]))
    fill(plain_database, "ref", AIR)
    fill(plain_database, "v1", AIR)

    told = figures(plain_database, "--from", "2024-03-02", "--to", "2024-03-04")

    assert ("2024-03-02T00:00:00+00:00", "2024-03-05T00:00:00+00:00", "UTC") == (
        told["from"],
        told["to"],
        told["time_zone"],
    )


def test_without_a_span_the_last_fortnight_is_judged(plain_place: str) -> None:
    this_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    start = this_hour - 72 * HOUR
    fill(plain_place, "ref", AIR[:72], start)
    fill(plain_place, "v1", AIR[:72], start)

    told = figures(plain_place)

    end = datetime.fromisoformat(told["to"])
    assert timedelta(days=14) == end - datetime.fromisoformat(told["from"])
    assert end - this_hour in {0 * HOUR, HOUR}  # the hour may turn meanwhile
    assert told["newest"]["n_hours"] in {71, 72}


def test_nothing_is_stored_or_marked(plain_place: str) -> None:
    fill(plain_place, "ref", AIR)
    fill(plain_place, "v1", scaled(0.4, 0, AIR))
    before = stored(plain_place)

    assert figures(plain_place, *FIVE_DAYS)["alarm"]

    assert before == stored(plain_place)


@pytest.mark.parametrize(
    ("arguments", "field", "value", "allowed"),
    [
        (("no", "--against", "ref"), "station", "no", "one of ref, v1, v2"),
        (("v1", "--against", "no"), "against", "no", "one of ref, v1, v2"),
        (("v1", "--against", "v1"), "against", "v1", "another station than v1"),
        (("v1", "--against", "ref", "--pollutant", "tsp"), "pollutant", "tsp", "pm25 or pm10"),
        (("v1", "--against", "ref", "--window-h", "1"), "window_h", 1, "2 or more"),
        (
            ("v1", "--against", "ref", *FIVE_DAYS, "--window-h", "121"),
            "window_h",
            121,
            "at most 120, the hours of the span",
        ),
        (("v1", "--against", "ref", "--days", "0"), "days", 0, "1 to 3660"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(
    plain_place: str, arguments: tuple[str, ...], field: str, value: object, allowed: str
) -> None:
    wrong = run(plain_place, *arguments).exception

    assert isinstance(wrong, BadInput)
    assert (field, value, allowed) == (wrong.field, wrong.value, wrong.allowed)


def test_stations_without_a_common_hour_are_refused_with_what_each_has(plain_place: str) -> None:
    fill(plain_place, "ref", AIR[:50])
    fill(plain_place, "v1", AIR[:60], START + 60 * HOUR)

    wrong = run(plain_place, "v1", "--against", "ref", *FIVE_DAYS).exception

    assert isinstance(wrong, BadInput)
    assert ("against", "ref") == (wrong.field, wrong.value)
    assert wrong.allowed.endswith("v1 has 60 hours, ref 50, none in common")


NOW = datetime(2024, 3, 7, 5, 30, tzinfo=UTC)
THIS_HOUR = datetime(2024, 3, 7, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (GivenSpan(), Period(THIS_HOUR - timedelta(days=14), THIS_HOUR)),
        (GivenSpan(days=3), Period(THIS_HOUR - timedelta(days=3), THIS_HOUR)),
        (GivenSpan(start="2024-03-02"), Period(START, THIS_HOUR)),
        (GivenSpan(start="2024-03-02", end="2024-03-07"), Period(START, THIS_HOUR)),
        (GivenSpan(end="2024-03-03", days=2), Period(START, START + 48 * HOUR)),
        (
            GivenSpan(start="2024-03-02T00:30+07:00", end="2024-03-02T09:59+07:00"),
            Period(START + HOUR, START + 9 * HOUR),
        ),
    ],
)
def test_a_span_is_of_whole_hours_and_ends_with_the_last_that_is_over(
    given: GivenSpan, expected: Period
) -> None:
    assert expected == span_asked(given, BANGKOK, NOW)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (GivenSpan(start="2024-03-08"), "from"),
        (GivenSpan(start="2024-03-03", end="2024-03-01"), "from"),
        (GivenSpan(start="2010-01-01"), "from"),
        (GivenSpan(start="2567-03-01"), "from"),
        (GivenSpan(end="2024-03-05T10:00"), "to"),
        (GivenSpan(start="2024-03-02", days=3), "days"),
        (GivenSpan(days=3661), "days"),
        (GivenSpan(end=str(date(2, 1, 1)), days=3000), "days"),
    ],
)
def test_a_span_that_cannot_be_is_refused(given: GivenSpan, field: str) -> None:
    with pytest.raises(BadInput) as caught:
        span_asked(given, BANGKOK, NOW)

    assert field == caught.value.field
