"""Flags of readings on arrival, and the rows that they go into."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from dust.claims import claims_table
from dust.pollutants import Pollutant
from dust.quality import QcFlag, QcTest
from dust.testing import a_reading
from dust.wire import WireReading
from ingest.qc import check_columns
from ingest.reading_columns import ReadingColumns
from ingest.reading_rows import rows_of
from ingest.registry import RegisteredSensor

T = 1_767_225_659_999
GOOD, NOT_EVALUATED, SUSPECT, FAIL, MISSING = (int(flag) for flag in QcFlag)


class Told(NamedTuple):
    """The flags of pm1, pm25, pm10, tsp and the bit mask of the tests that spoke."""

    flags: tuple[int, ...]
    tests: int


def check(model: str = "pms5003", late_ms: int = 0, **values: Any) -> Told:
    reading = WireReading(seq=1, sensor="s-1", t=T, **values)
    columns = ReadingColumns.of([reading])
    outcome = check_columns(columns, claims_table().model(model), T + late_ms)
    return Told(tuple(int(outcome.flags[p][0]) for p in Pollutant), int(outcome.tests[0]))


def test_plausible_values_are_good_and_absent_ones_missing() -> None:
    assert Told((GOOD, GOOD, GOOD, MISSING), 0) == check(pm1=1, pm25=0, pm10=1000)


def test_a_negative_value_fails_and_the_others_stand() -> None:
    outcome = check(pm1=-0.1, pm25=5)

    assert Told((FAIL, GOOD, MISSING, MISSING), QcTest.NEGATIVE) == outcome


def test_what_the_model_does_not_measure_is_not_evaluated() -> None:
    assert NOT_EVALUATED == check(tsp=5).flags[3]


def test_a_reading_ahead_of_the_clock_is_suspect_and_still_counts() -> None:
    outcome = check(late_ms=-1, pm25=5, pm10=-1, tsp=7)

    assert (MISSING, SUSPECT, FAIL, SUSPECT) == outcome.flags
    assert QcTest.CLOCK_AHEAD | QcTest.NEGATIVE == outcome.tests


def test_the_humidity_of_the_reading_is_looked_at() -> None:
    assert Told((MISSING, SUSPECT, MISSING, MISSING), QcTest.HUMIDITY) == check(rh=97, pm25=5)


@pytest.mark.parametrize(
    ("extras", "flag"),
    [
        ({"pm25_a": 20, "pm25_b": 21.5}, GOOD),
        ({"pm25_a": 20, "pm25_b": 100}, FAIL),
        ({"pm25_a": 20}, SUSPECT),
        ({"pm25_a": 20, "pm25_b": "20"}, SUSPECT),
        ({"pm25_a": 20, "pm25_b": True}, SUSPECT),
        ({"pm25_a": 20, "pm25_b": 10**400}, SUSPECT),
        ({"pm25_a": 20, "pm25_b": [20]}, SUSPECT),
        (None, SUSPECT),
    ],
)
def test_channels_are_fields_of_what_only_this_model_says(
    extras: dict[str, Any] | None, flag: int
) -> None:
    assert flag == check("purpleair", pm25=20, x=extras).flags[1]


def test_a_value_is_judged_as_the_database_will_keep_it() -> None:
    assert GOOD == check("sds011", pm25=999.8).flags[1]
    assert FAIL == check("sds011", pm25=999.9).flags[1]


def test_readings_of_several_models_become_rows_sorted_by_their_keys() -> None:
    table = claims_table()
    sensors = {
        "pms": RegisteredSensor(1, table.model("pms5003")),
        "sds": RegisteredSensor(2, table.model("sds011")),
        "other-pms": RegisteredSensor(3, table.model("pms5003")),
    }
    readings = [
        a_reading(4, "sds", T, pm25=-1.0),
        a_reading(1, "sds", T, pm25=999.9),
        a_reading(2, "pms", T, pm25=999.9),
        a_reading(3, "other-pms", T, pm25=-1.0),
    ]

    rows = rows_of(readings, sensors, T)

    assert [1, 2, 2, 3] == rows.sensor_ids.tolist()
    assert [2, 1, 4, 3] == rows.columns.seqs.tolist()
    assert [GOOD, FAIL, FAIL, FAIL] == rows.flags[Pollutant.PM25].tolist()
    both = QcTest.SATURATION | QcTest.RANGE
    assert [0, both, QcTest.NEGATIVE, QcTest.NEGATIVE] == rows.tests.tolist()


def test_no_readings_are_no_rows() -> None:
    assert 0 == len(rows_of([], {}, T))
