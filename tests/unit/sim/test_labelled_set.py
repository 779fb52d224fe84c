"""The labelled set is what it says: plumes are in the air, faults are not, and nothing is both."""

from __future__ import annotations

import csv
import itertools
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sim.labelled.data_files import COLUMNS, write_set
from sim.labelled.kinds import FaultKind, Label, PlumeKind
from sim.labelled.labelled_set import LabelledSet, labelled_set
from sim.labelled.peers import near_of
from sim.labelled.picture import picture_of
from sim.labelled.verdict import no_rule

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from sim.labelled.kinds import Kind


@pytest.fixture(scope="module")
def season() -> LabelledSet:
    return labelled_set(1, 28)


def where(labelled: LabelledSet, kind: Kind, label: Label) -> NDArray[np.bool_]:
    numbers = [n for n, episode in enumerate(labelled.episodes) if episode.kind == kind]
    return np.asarray(np.isin(labelled.episode, numbers) & (labelled.label == label))


def test_the_same_seed_makes_the_same_set_and_another_seed_another() -> None:
    one, again, other = (labelled_set(seed, 4) for seed in (5, 5, 6))

    assert np.array_equal(one.pm25, again.pm25, equal_nan=True)
    assert np.array_equal(one.label, again.label)
    assert not np.array_equal(one.pm25, other.pm25, equal_nan=True)


def test_four_weeks_have_every_kind_of_plume_and_of_fault(season: LabelledSet) -> None:
    scored = {
        kind
        for kind in (*PlumeKind, *FaultKind)
        if where(season, kind, Label.PLUME).any() or where(season, kind, Label.FAULT).any()
    }

    assert {*PlumeKind, *FaultKind} == scored


@pytest.mark.parametrize("seed", range(200, 205))
def test_a_plume_lies_in_a_plume_and_a_fault_in_a_fault(seed: int) -> None:
    labelled = labelled_set(seed, 14)
    is_plume = np.array([isinstance(one.kind, PlumeKind) for one in labelled.episodes])

    assert is_plume[labelled.episode[labelled.label == Label.PLUME]].all()
    assert not is_plume[labelled.episode[labelled.label == Label.FAULT]].any()
    assert (labelled.label[labelled.episode < 0] == Label.CLEAN).all()


def test_two_things_at_a_station_are_well_apart(season: LabelledSet) -> None:
    made = [one for one in season.episodes if one.kind is not FaultKind.FOG]
    ordered = sorted(made, key=lambda one: (one.station, one.first))
    pairs = [(a, b) for a, b in itertools.pairwise(ordered) if a.station == b.station]

    assert all(b.first - a.past >= 90 for a, b in pairs)


def test_what_is_told_in_a_plume_is_what_a_healthy_sensor_tells(season: LabelledSet) -> None:
    plume = season.label == Label.PLUME
    off = np.abs(season.pm25 - season.truth_ugm3)[plume] / season.truth_ugm3[plume]

    assert np.median(off) < 0.05


def test_clean_values_are_near_the_truth_and_faulty_ones_mostly_not(season: LabelledSet) -> None:
    off = np.abs(season.pm25 - season.truth_ugm3) / (season.truth_ugm3 + 5)

    assert np.nanpercentile(off[season.label == Label.CLEAN], 99) < 0.25
    assert np.nanmedian(off[season.label == Label.FAULT]) > 0.25


def test_the_background_is_that_of_the_place(season: LabelledSet) -> None:
    clean = season.truth_ugm3[season.label == Label.CLEAN]
    quarter, three_quarters = np.percentile(clean, (25, 75))

    assert quarter > 20
    assert three_quarters < 80
    assert clean.min() < 3, "in the rain next to nothing is in the air"


def test_all_stations_are_neighbours_of_all(season: LabelledSet) -> None:
    assert len(season.stations) >= 8
    assert near_of(season.stations).all()


def test_sensors_tell_their_own_steps(season: LabelledSet) -> None:
    assert {0.001, 0.01, 0.1, 1.0} == {station.step_ugm3 for station in season.stations}
    for number, (station, frames) in enumerate(zip(season.stations, season.frames, strict=True)):
        steps = frames.pm10[season.episode[number] < 0] / station.step_ugm3

        assert np.allclose(steps, np.round(steps)), station.code


def test_a_healthy_sensor_never_breaks_the_order_of_sizes(season: LabelledSet) -> None:
    for number, frames in enumerate(season.frames):
        sound = (season.label[number] != Label.FAULT) & (season.episode[number] < 0)

        assert (frames.pm25 <= frames.pm10)[sound].all()


def test_a_blast_is_eight_times_as_high_within_two_minutes(season: LabelledSet) -> None:
    number, blast = next(
        (n, one) for n, one in enumerate(season.episodes) if one.kind is PlumeKind.BLAST
    )
    truth = season.truth_ugm3[blast.station]

    assert truth[blast.first + 2] > 8 * truth[blast.first - 1], number


def test_a_dead_fan_tells_zero_and_a_dirty_inlet_its_stop(season: LabelledSet) -> None:
    assert {0.0} == set(season.pm25[where(season, FaultKind.ZERO, Label.FAULT)].tolist())
    assert {999.9} == set(season.pm25[where(season, FaultKind.SATURATION, Label.FAULT)].tolist())


def test_the_files_say_what_the_set_says(tmp_path: Path) -> None:
    labelled = labelled_set(3, 4)

    files = write_set(labelled, tmp_path / "set")

    assert 1 + len(labelled.stations) == len(files)
    with files[1].open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert list(COLUMNS) == header
    assert "2026-01-31T17:00:00Z" == rows[0][0]
    told = [float(row[2]) if row[2] else np.nan for row in rows]
    assert np.array_equal(np.round(labelled.pm25[0], 1), np.round(told, 1), equal_nan=True)
    assert [Label(int(one)).name.lower() for one in labelled.label[0]] == [r[8] for r in rows]


def test_the_picture_shows_every_kind(season: LabelledSet) -> None:
    picture = ET.fromstring(picture_of(season, {"none": no_rule(season)}))  # noqa: S314  (our own)
    words = {text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")}

    assert {kind.replace("_", " ") for kind in (*PlumeKind, *FaultKind)} <= words
