"""The oracle's ledger: what stands in it, and what a change must add to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from unit.sim.oracle_worlds import (
    AFTERWARDS_MS,
    BETA,
    DAY,
    HOUR_MS,
    MIDNIGHT_MS,
    OPTICAL,
    stored,
    world,
)

from sim.oracle import (
    Change,
    Correction,
    Deployment,
    Entry,
    FlatLine,
    Measured,
    RuleSet,
    Settled,
    Stored,
    World,
    entries,
)
from sim.oracle import (
    changes as changes_between,
)

IN_THE_DAY_MS = MIDNIGHT_MS + 23 * HOUR_MS  # its last hour still runs
AT_VILLAGE = (Deployment("bam-r", "village"),)
STRICT = RuleSet("complete-24h", Fraction(3, 4), 24, Fraction(3, 4))


def day(*levels: str | None, pollutant: str = "pm25", **more: Any) -> World:
    """Hours of a beta monitor from midnight on."""
    readings = [
        Stored(each.sensor, each.t_ms, each.seq, **{pollutant: each.pm25})  # type: ignore[arg-type]
        for each in stored(*levels, sensor="bam-r")
    ]
    return world(readings, **{"deployments": AT_VILLAGE} | more)


def exceeded(*levels: str | None, as_of_ms: int = AFTERWARDS_MS, **more: Any) -> bool:
    return bool(entries(day(*levels, **more), as_of_ms))


def changes(before: World, after: World, as_of_ms: int) -> list[Change]:
    return changes_between(Settled(before, as_of_ms), Settled(after, as_of_ms))


# --- What stands in it ----------------------------------------------------------------------------
def test_an_entry_says_by_what_it_was_made() -> None:
    assert [
        Entry(
            *("village", "pm25", "", DAY, "exceedance"),
            *(Decimal("37.56"), Decimal("37.6"), True, 20, 20, "reference", (), "epa-75-18h"),
        )
    ] == entries(day(*["37.56"] * 20), AFTERWARDS_MS)


def test_a_mean_is_rounded_half_up_before_it_is_compared() -> None:
    assert exceeded(*["37.55"] * 24)  # 37.6 > 37.5
    assert not exceeded(*["37.549999"] * 24)  # 37.5
    assert not exceeded(*["37.5"] * 24)


def test_a_pm10_mean_is_rounded_to_a_whole_number() -> None:
    assert exceeded(*["120.5"] * 24, pollutant="pm10")
    assert not exceeded(*["120.499999"] * 24, pollutant="pm10")


def test_a_day_with_too_few_hours_counts_when_the_rest_could_not_save_it() -> None:
    assert exceeded(*["53"] * 17)  # 17 * 53 / 24 = 37.54
    assert not exceeded(*["52.9"] * 17)  # 37.47
    assert exceeded(*["53"] * 18)  # a day of 18 hours is judged by its mean
    assert not exceeded(*["48"] * 18, rules=STRICT)  # 18 * 48 / 24 = 36


def test_no_limit_is_applied_to_a_day_before_it_was_in_force() -> None:
    before_ms = round(datetime.fromisoformat("2023-05-31T00:00:00+07:00").timestamp() * 1000)
    readings = stored(*["90"] * 48, sensor="bam-r", start_ms=before_ms)

    found = entries(world(readings, deployments=AT_VILLAGE), AFTERWARDS_MS)

    assert [date(2023, 6, 1)] == [entry.local_day for entry in found]


def test_a_day_that_is_not_over_counts_only_what_is_certain() -> None:
    assert not exceeded(*["45"] * 18, as_of_ms=IN_THE_DAY_MS)
    assert exceeded(*["45"] * 18)


def test_what_stayed_incomplete_is_a_lower_bound_and_not_rounded() -> None:
    assert exceeded(*["170"] * 17, pollutant="pm10")
    assert not exceeded(*["170"] * 17, pollutant="pm10", as_of_ms=IN_THE_DAY_MS)


@pytest.mark.parametrize(
    ("level", "told"),
    [("53", "37.54"), ("60", "42.5"), ("52.96", "37.51"), ("52.9413", "37.5001")],
)
def test_a_lower_bound_is_told_with_the_decimals_that_show_it_above_the_level(
    level: str, told: str
) -> None:
    [entry] = entries(day(*[level] * 17), AFTERWARDS_MS)

    assert (Decimal(told), False) == (entry.value_rounded, entry.is_complete)


@pytest.mark.parametrize(("left_ms", "is_certain"), [(1, False), (0, True)])
def test_the_running_hour_is_not_certain_yet(left_ms: int, is_certain: bool) -> None:  # noqa: FBT001  (parametrised)
    as_of_ms = MIDNIGHT_MS + 5 * HOUR_MS - left_ms  # 5 x 200 / 24 = 41.7, and 4 of them 33.3

    assert is_certain == exceeded(*["200"] * 5, as_of_ms=as_of_ms)


def test_a_screening_number_makes_a_signal_and_one_that_claims_nothing_no_entry() -> None:
    both = [each._replace(pm10=Decimal(500)) for each in stored(*["90"] * 24)]

    assert [("pm25", "signal")] == [
        (entry.pollutant, entry.kind) for entry in entries(world(both), AFTERWARDS_MS)
    ]


def test_a_correction_that_claims_more_makes_an_exceedance_of_a_signal() -> None:
    row = Correction(4, "pm25", "none", {}, 0, model="pms5003", claim_class="indicative")
    signal = world(stored(*["90"] * 24))

    [change] = changes(signal, replace(signal, corrections=(row,)), AFTERWARDS_MS)

    assert ("restated", {"correction"}) == (change.what, change.reasons)


# --- What a change adds ---------------------------------------------------------------------------
KEY = ("village", "pm25", "", DAY)
DUSTY = day(*["38"] * 20)


def change(before: World, after: World) -> list[tuple[str, set[str]]]:
    found = changes(before, after, AFTERWARDS_MS)
    assert [KEY] * len(found) == [each.key for each in found]
    return [(each.what, set(each.reasons)) for each in found]


def test_a_first_entry_is_found() -> None:
    assert [Change(KEY, "found", frozenset({"late_data"}))] == changes(day(), DUSTY, AFTERWARDS_MS)


def test_late_data_restate_what_they_change_and_withdraw_what_they_undo() -> None:
    assert [("restated", {"late_data"})] == change(DUSTY, day(*["38"] * 21))
    assert [("withdrawn", {"late_data"})] == change(DUSTY, day(*["38"] * 20, "1"))


def test_what_comes_again_changes_nothing() -> None:
    assert [] == change(DUSTY, replace(DUSTY, stored=frozenset(list(DUSTY.stored))))


def test_a_corrected_day_is_restated_because_of_the_correction() -> None:
    rows = (
        Correction(
            1, "pm25", "linear", {"slope": Decimal(2), "intercept": Decimal(0)}, 0, sensor="bam-r"
        ),
    )

    corrected = replace(DUSTY, corrections=rows)

    assert [("restated", {"correction"})] == change(DUSTY, corrected)
    assert [("restated", {"correction"})] == change(
        corrected, replace(corrected, corrections=(rows[0]._replace(withdrawn=True),))
    )


def test_a_sensor_that_stood_elsewhere_takes_its_entries_with_it() -> None:
    moved = replace(DUSTY, deployments=(Deployment("bam-r", "school"),))

    assert [
        (("school", "pm25", "", DAY), "found", {"deployment"}),
        (KEY, "withdrawn", {"deployment"}),
    ] == [(each.key, each.what, set(each.reasons)) for each in changes(DUSTY, moved, AFTERWARDS_MS)]


def test_another_rule_set_restates_every_entry() -> None:
    whole = day(*["38"] * 24)

    assert [("restated", {"rule_set"})] == change(whole, replace(whole, rules=STRICT))
    assert [("withdrawn", {"rule_set"})] == change(DUSTY, replace(DUSTY, rules=STRICT))


def test_a_reading_that_shows_others_to_be_stuck_is_late_data_for_them() -> None:
    stuck = {
        "models": {
            "bam1020": replace(
                OPTICAL, flat_line=FlatLine(Decimal("0.1"), 24 * 3600, 3, 600, zeros_may_fail=True)
            )
        },
        "deployments": AT_VILLAGE,
    }
    optical = {"models": stuck["models"] | {"pms5003": OPTICAL, "archive": OPTICAL}}
    before = world(stored(*["90"] * 24, sensor="bam-r"), **stuck | optical)
    after = world(stored(*["90"] * 25, sensor="bam-r"), **stuck | optical)

    assert [("withdrawn", {"late_data"})] == change(before, after)


def test_other_tests_over_the_same_readings_judge_them_again() -> None:
    stricter = replace(BETA, pollutants={"pm25": Measured("reference", Decimal(100))})
    models = DUSTY.models | {"bam1020": stricter}  # type: ignore[operator]  # a dict

    assert [("withdrawn", {"re_qc"})] == change(DUSTY, replace(DUSTY, models=models))


def test_all_entries_of_a_stations_day_give_all_reasons_that_changed_it() -> None:
    readings = [each._replace(pm10=Decimal(150)) for each in DUSTY.stored]
    before = replace(DUSTY, stored=frozenset(readings[:19]))
    row = Correction(1, "pm10", "none", {}, 0, sensor="bam-r")

    found = changes(
        before, replace(before, stored=frozenset(readings), corrections=(row,)), AFTERWARDS_MS
    )

    assert [("pm10", {"late_data", "correction"}), ("pm25", {"late_data", "correction"})] == [
        (each.key[1], set(each.reasons)) for each in found
    ]


def test_an_hour_that_an_archive_published_anew_is_late_data() -> None:
    at = {"deployments": (Deployment("arc-r", "village"),)}
    first = stored(*["90"] * 24, sensor="arc-r")
    revised = [first[0]._replace(seq=100, pm25=Decimal(80))]

    assert [("restated", {"late_data"})] == change(world(first, **at), world(first, revised, **at))
