"""Recordings: the rows and their hours of the day; the captured items."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dust.errors import BadFile
from sim.recordings import COLUMNS, Recording, read_captured, read_recording

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "hour_start_lst," + ",".join(COLUMNS)


@pytest.fixture(scope="module")
def recording() -> Recording:
    return read_recording()


def test_hours_that_the_file_leaves_out_are_put_back_as_gaps(recording: Recording) -> None:
    levels = recording.levels_ugm3("ref_pm25_ugm3")

    assert 739 == recording.hours  # 735 rows; one hour of 12 August and three of 22 August lack
    assert levels[11 * 24 + 2] is None
    assert [None, None, None] == list(levels[21 * 24 + 23 : 22 * 24 + 2])
    assert 8.6 == levels[30 * 24 + 18]  # the last row says 2019-08-31T18:00


def test_a_blank_cell_is_an_hour_without_a_value(recording: Recording) -> None:
    assert [None] * 7 == list(recording.levels_ugm3("s1_pm25")[:7])
    assert 9.9 == recording.levels_ugm3("ref_pm25_ugm3")[0]


def test_every_hour_plays_a_row_of_the_same_hour_of_the_day(recording: Recording) -> None:
    rows = [recording.row(hour) for hour in range(5000)]

    assert [hour % 24 for hour in range(5000)] == [row % 24 for row in rows]
    assert list(range(739)) == rows[:739]
    assert [19, 738, 19] == [rows[739], rows[739 + 719], rows[739 + 720]]


@pytest.mark.parametrize("history_hours", [0, 1, 5, 48, 700, 738, 739, 740, 2000])
@pytest.mark.parametrize("local_hour", [0, 7, 23])
def test_a_short_history_starts_in_a_row_of_its_local_hour(
    recording: Recording, history_hours: int, local_hour: int
) -> None:
    first = recording.first_row(history_hours, local_hour)

    assert local_hour == first % 24
    assert max(0, 739 - history_hours) <= first < max(0, 739 - history_hours) + 24


def test_a_level_that_is_no_number_is_refused_with_its_column(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(f"{HEADER}\n2019-08-01T00:00:00-05:00,9.9,x,,\n")

    with pytest.raises(BadFile, match=r"bad\.csv: s1_pm25 = 'x': allowed is empty or a number"):
        read_recording(path)


@pytest.mark.parametrize("second", ["2019-08-01T00:00:00-05:00", "2019-07-31T23:00:00-05:00"])
def test_a_row_that_is_not_later_than_the_last_is_refused(tmp_path: Path, second: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(f"{HEADER}\n2019-08-01T00:00:00-05:00,,,,\n{second},,,,\n")

    with pytest.raises(BadFile, match="hour_start_lst"):
        read_recording(path)


def test_a_recording_that_does_not_start_at_midnight_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(f"{HEADER}\n2019-08-01T03:00:00-05:00,,,,\n")

    with pytest.raises(BadFile, match="midnight"):
        read_recording(path)


def test_captured_items_say_what_must_count_and_what_must_not() -> None:
    plantower = {item.id: item for item in read_captured("pms5003")}
    nova = {item.id: item for item in read_captured("sds011")}

    assert ("10,14,14",) == plantower["plantower-pmsx003-39"].counted  # a bad sum, then a good one
    assert ("0,0,0",) == plantower["plantower-pmsx003-20"].counted  # zero is legal
    assert () == plantower["plantower-pmsx003-25"].counted  # an acknowledgement
    assert () == plantower["plantower-pmsx003-23"].counted  # a wrong sum
    assert (",123.6,261.8",) == nova["nova-sds011-08"].counted
    assert () == nova["nova-sds011-10"].counted  # a reply


def test_the_levels_of_captured_items_are_those_of_their_bytes() -> None:
    for item in read_captured("pms5003"):
        for levels in item.counted:
            words = b"".join(int(level).to_bytes(2, "big") for level in levels.split(","))
            assert item.data[-22:-16] == words
    for item in read_captured("sds011"):
        for levels in item.counted:
            tenths = [round(float(level) * 10) for level in levels.split(",")[1:]]
            assert item.data[-8:-4] == b"".join(t.to_bytes(2, "little") for t in tenths)
