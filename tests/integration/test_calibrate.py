"""`dust calibrate`: a sensor beside a reference, from stored readings to a stored correction."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from integration.colocating import HOUR, START, HourPair, fill, made, place_network, recording
from typer.testing import CliRunner

from dust.calibration.figure import NoPlotting
from dust.errors import BadInput
from dust.storage.calibrate_command import NothingToStore, command
from dust.storage.connection import connect
from dust.storage.stored_colocation import NoCoLocation
from dust.storage.stored_corrections import StoredCorrection, stored_corrections

if TYPE_CHECKING:
    from pathlib import Path

NC = ("--from", "2019-08-01", "--to", "2019-08-31")


def calibrate(url: str, *options: str) -> str:
    given = ["--sensor", "pms-co", "--reference", "ref", "--database", url, *options]
    result = CliRunner().invoke(command, given)
    if result.exception is not None:
        raise result.exception
    return result.stdout


def figures(url: str, *options: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(calibrate(url, "--json", *options))
    return told


def days(first: str, last: str) -> tuple[str, ...]:
    return "--from", first, "--to", last


def stored(url: str) -> list[StoredCorrection]:
    with connect(url) as connection:
        return stored_corrections(connection)


def marks(url: str) -> list[tuple[datetime, str]]:
    asked = "SELECT hour_start, reason FROM dirty_hours WHERE reason = 'correction' ORDER BY 1"
    with connect(url) as connection:
        return connection.execute(asked).fetchall()


@pytest.fixture
def nc(plain_database: str) -> str:
    place_network(plain_database, "Etc/GMT+5")
    fill(plain_database, recording())
    return plain_database


@pytest.fixture
def beside(plain_database: str) -> str:
    place_network(plain_database)
    return plain_database


def test_the_recording_gives_the_figures_that_plain_arithmetic_gives(nc: str) -> None:
    pairs = [pair for pair in recording() if None not in {pair.reference, pair.sensor}]
    x = np.array([float(pair.reference or 0) for pair in pairs])
    y = np.array([float(pair.sensor or 0) for pair in pairs])

    found = figures(nc, *NC)

    raw = found["hours"]["raw"]["performance"]
    slope, intercept = np.polyfit(x, y, 1)
    assert len(pairs) == found["n_hours"] == raw["n"]
    assert pytest.approx([slope, intercept]) == [raw["slope"], raw["intercept"]]
    assert pytest.approx(np.corrcoef(x, y)[0, 1] ** 2) == raw["r2"]
    assert pytest.approx(np.sqrt(np.mean((y - x) ** 2))) == raw["rmse"]
    assert pytest.approx(100 * raw["rmse"] / x.mean()) == raw["nrmse"]
    assert {"least": 38.3, "most": 99.9} == pytest.approx(found["rh_range"], abs=1e-4)


def test_the_recording_earns_nothing_because_its_held_out_r2_is_low(nc: str) -> None:
    found = figures(nc, *NC)

    assert found["claim_class"] is None
    assert ["hours held out: r2", "days held out: r2"] == [
        reason.split(",")[0].rsplit(" ", 1)[0] for reason in found["missing"]
    ]
    held_out, seen = (found["hours"][stage]["performance"] for stage in ("held_out", "corrected"))
    assert held_out["rmse"] > seen["rmse"]


def test_without_store_nothing_is_stored_and_the_command_that_would_is_told(nc: str) -> None:
    told = calibrate(nc, *NC)

    assert "Nothing was stored." in told
    again = (
        "dust calibrate --sensor pms-co --reference ref --from 2019-08-01 --to 2019-08-31"
        " --pollutant pm25 --store"
    )
    assert again in told
    assert ([], []) == (stored(nc), marks(nc))


def test_a_pipe_gets_no_progress_and_no_colours(nc: str) -> None:
    assert "\x1b" not in calibrate(nc, *NC)


def test_a_stored_correction_carries_its_evidence_and_marks_the_hours_it_touches(nc: str) -> None:
    told = calibrate(nc, *NC, "--store")

    (row,) = stored(nc)
    hours = [pair.start for pair in recording() if pair.sensor is not None]
    first = next(p.start for p in recording() if p.sensor is not None and p.reference is not None)
    touched = [hour for hour in hours if hour >= first]
    assert "Stored as correction 1" in told
    assert [(hour, "correction") for hour in touched] == marks(nc)
    assert ("pms-co", None, first, None, None) == (
        row.sensor,
        row.model,
        row.correction.valid_from,
        row.correction.valid_to,
        row.correction.claim_class,
    )
    evidence = row.evidence
    assert str(row.correction.coefficients["slope"]) == evidence["proposal"]["slope"]
    assert evidence["command"].endswith("--store")
    assert {"reference", "n_hours", "hours", "asked_by", "version", "from", "to"} <= set(evidence)
    assert nc not in json.dumps(evidence)


def test_stored_coefficients_turn_the_deming_line_round_with_six_digits(beside: str) -> None:
    fill(beside, made(5))

    found = figures(beside, *days("2024-03-02", "2024-03-06"), "--store")

    (row,) = stored(beside)
    line = found["hours"]["raw"]["performance"]["deming"]
    slope, intercept = (row.correction.coefficients[name] for name in ("slope", "intercept"))
    assert pytest.approx(1 / line["slope"], rel=1e-5) == float(slope)
    assert pytest.approx(-line["intercept"] / line["slope"], rel=1e-5) == float(intercept)
    assert 6 == len(slope.as_tuple().digits)
    corrected = row.correction.applied(Decimal(64), None)
    assert corrected is not None
    assert pytest.approx(40, abs=0.5) == float(corrected)


def test_a_good_fortnight_earns_indicative(beside: str) -> None:
    fill(beside, made(14))

    found = figures(beside, *days("2024-03-02", "2024-03-15"), "--store")

    assert ("indicative", [], 336, 14) == (
        found["claim_class"],
        found["missing"],
        found["n_hours"],
        found["n_days"],
    )
    (row,) = stored(beside)
    assert "indicative" == row.correction.claim_class


def test_thirteen_days_do_not_however_good(beside: str) -> None:
    fill(beside, made(13))

    told = calibrate(beside, *days("2024-03-02", "2024-03-20"), "--store")

    assert "missing: valid days: 13, at least 14 needed" in told
    (row,) = stored(beside)
    assert row.correction.claim_class is None


def test_a_sensor_that_changes_on_the_way_looks_good_only_to_a_fit_that_has_seen_it(
    beside: str,
) -> None:
    before, after = made(20, slope=1.1), made(20, slope=2.4)
    fill(beside, before[: 16 * 24] + after[16 * 24 :])

    found = figures(beside, *days("2024-03-02", "2024-03-21"))

    assert found["claim_class"] is None
    assert any("held out" in reason for reason in found["missing"])


def test_pm10_has_its_own_targets(beside: str) -> None:
    fill(beside, [pair._replace(sensor=(pair.reference or 0) + 8) for pair in made(14)], "pm10")

    found = figures(beside, *days("2024-03-02", "2024-03-15"), "--pollutant", "pm10")

    intercept = next(v for v in found["hours"]["raw"]["verdicts"] if v["metric"] == "intercept")
    assert ("-10 to 10", True) == (intercept["allowed"], intercept["met"])


def test_only_complete_reference_hours_and_counting_values_are_compared(beside: str) -> None:
    pairs = made(2)
    pairs[3] = pairs[3]._replace(qc=4)
    pairs[4] = pairs[4]._replace(qc=3)
    pairs[5] = pairs[5]._replace(reference=None)
    pairs[6] = pairs[6]._replace(claim_class="indicative")
    pairs[7] = pairs[7]._replace(sensor=None)
    fill(beside, pairs)

    found = figures(beside, *days("2024-03-02", "2024-03-03"))

    assert (44, 46, 46) == (found["n_hours"], found["n_sensor_hours"], found["n_reference_hours"])


def test_an_hour_with_too_few_readings_is_not_compared(beside: str) -> None:
    fill(beside, made(2))
    with connect(beside) as connection:
        connection.execute("UPDATE sensors SET sampling_interval_s = 1200 WHERE code = 'pms-co'")

    with pytest.raises(NoCoLocation, match=r"pms-co has 0 valid hours .* ref has 48 complete"):
        calibrate(beside, *days("2024-03-02", "2024-03-03"))


def test_a_date_is_the_stations_local_day_and_an_instant_is_itself(beside: str) -> None:
    fill(beside, made(4))

    by_days = figures(beside, *days("2024-03-03", "2024-03-03"))
    by_instants = figures(beside, *days("2024-03-03T00:30+07:00", "2024-03-03T23:59+07:00"))

    start = START + timedelta(days=1)
    assert (24, start.isoformat()) == (by_days["n_hours"], by_days["first_hour"])
    assert (22, (start + HOUR).isoformat()) == (by_instants["n_hours"], by_instants["first_hour"])


def test_a_correction_in_force_does_not_change_what_is_compared(beside: str) -> None:
    fill(beside, made(5))
    span = days("2024-03-02", "2024-03-06")
    before = figures(beside, *span, "--store")

    assert before["hours"] == figures(beside, *span)["hours"]


def test_the_span_of_a_correction_may_be_given(beside: str) -> None:
    fill(beside, made(5))
    asked = ("--valid-from", "2024-03-04", "--valid-to", "2024-03-05", "--store")

    calibrate(beside, *days("2024-03-02", "2024-03-06"), *asked)

    (row,) = stored(beside)
    correction = row.correction
    first = datetime(2024, 3, 3, 17, tzinfo=UTC)
    assert (first, first + 2 * timedelta(days=1)) == (correction.valid_from, correction.valid_to)
    assert 48 == len(marks(beside))


def test_a_sensor_that_does_not_follow_the_reference_gets_no_correction(beside: str) -> None:
    fill(beside, [pair._replace(sensor=100 - (pair.reference or 0)) for pair in made(3)])
    span = days("2024-03-02", "2024-03-04")

    assert "there is nothing to store" in calibrate(beside, *span)
    with pytest.raises(NothingToStore, match="no correction can be proposed"):
        calibrate(beside, *span, "--store")
    assert [] == stored(beside)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (("--from", "tomorrow", "--to", "2024-03-02"), "from"),
        (("--from", "2024-03-01T10:00", "--to", "2024-03-02"), "from"),
        (("--from", "2024-03-02", "--to", "2024-03-01"), "to"),
        ((*days("2024-03-01", "2024-03-02"), "--sensor", "pms-no"), "sensor"),
        ((*days("2024-03-01", "2024-03-02"), "--reference", "no"), "reference"),
        ((*days("2024-03-01", "2024-03-02"), "--pollutant", "pm1"), "pollutant"),
        ((*days("2024-03-01", "2024-03-02"), "--figure", "figure.pdf"), "figure"),
        ((*days("2024-03-01", "2024-03-02"), "--valid-to", "never"), "valid-to"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(
    beside: str, options: tuple[str, ...], field: str
) -> None:
    with pytest.raises(BadInput) as caught:
        calibrate(beside, *options)

    assert field == caught.value.field
    assert caught.value.allowed


def test_a_sensor_that_the_network_has_elsewhere_is_noted(beside: str) -> None:
    fill(beside, made(2))
    with connect(beside) as connection:
        connection.execute("UPDATE stations SET latitude = 14.70 WHERE code = 'v1'")
        connection.execute(
            "INSERT INTO deployments (sensor_id, station_id, deployed_from, reports)"
            " SELECT sensor_id, station_id, '2024-01-01Z', '{pm1}' FROM sensors s, stations t"
            " WHERE s.code = 'pms-co' AND t.code = 'v1'"
        )

    (note,) = figures(beside, *days("2024-03-02", "2024-03-03"))["notes"]

    assert note.startswith("the network has pms-co at v1, 1446 m from ref")


def test_a_reference_instrument_is_not_held_against_a_reference(beside: str) -> None:
    with pytest.raises(BadInput, match="sensor = 'bam-ref of model bam1020': allowed is a sensor"):
        calibrate(beside, *days("2024-03-02", "2024-03-03"), "--sensor", "bam-ref")


def test_a_sensor_is_not_held_against_the_hours_that_it_tells_itself(beside: str) -> None:
    own = ("--sensor", "pms-v1", "--reference", "v1")

    with pytest.raises(BadInput, match="allowed is a sensor that does not tell the hours of v1"):
        calibrate(beside, *days("2026-03-02", "2026-03-03"), *own)


def test_storing_the_same_again_tells_what_stands_and_adds_nothing(beside: str) -> None:
    fill(beside, made(5))
    span = days("2024-03-02", "2024-03-06")
    calibrate(beside, *span, "--store")

    again = calibrate(beside, *span, "--store")

    assert "Nothing was stored: correction 1 says the same and stands already" in again
    assert 1 == len(stored(beside))


def test_the_figures_of_one_hour_are_told_as_not_determined(beside: str) -> None:
    fill(beside, [HourPair(START, 20.0, 30.0, rh=None, t_c=None)])

    told = calibrate(beside, *days("2024-03-02", "2024-03-02"))

    assert "1 paired hours" in told
    assert "humidity not told" in told


def test_the_figure_is_drawn_as_png_and_as_svg_that_is_the_same_every_time(
    nc: str, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    paths = [tmp_path / name for name in ("one.png", "one.svg", "two.svg")]

    calibrate(nc, *NC, *(part for path in paths for part in ("--figure", str(path))))

    png, one, two = (path.read_bytes() for path in paths)
    assert png.startswith(b"\x89PNG")
    assert one == two
    assert b"<dc:date>" not in one


def test_without_the_package_that_draws_the_command_says_what_to_install(
    beside: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)

    with pytest.raises(NoPlotting, match=r"install dust-watch\[calibrate\]"):
        calibrate(beside, *NC, "--figure", str(tmp_path / "one.png"))


def test_the_figure_speaks_thai_where_a_font_has_thai_letters(
    nc: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = pytest.importorskip("matplotlib.font_manager").fontManager
    path = tmp_path / "one.png"
    thai = ("--figure", str(path), "--language", "th")

    if any("Garuda" in entry.name or "Sarabun" in entry.name for entry in manager.ttflist):
        calibrate(nc, *NC, *thai)
        assert path.stat().st_size > 50_000
    monkeypatch.setattr(
        manager, "ttflist", [entry for entry in manager.ttflist if "DejaVu Sans" == entry.name]
    )
    with pytest.raises(BadInput, match=r"language = 'th': allowed is en"):
        calibrate(nc, *NC, *thai)
