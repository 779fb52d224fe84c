"""Our own quality control, judged by the set: all tests of a series, then the hours' neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from dust.claims import claims_table
from dust.pollutants import Pollutant
from dust.quality import QcFlag
from dust.quality_control import SensorSeries, check_series, disagreeing
from sim.labelled.days import FEWEST_MINUTES, means
from sim.labelled.verdict import Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.labelled.background import Floats
    from sim.labelled.labelled_set import LabelledSet
    from sim.labelled.verdict import Bools

_INTERVAL_S: Final = 60


def ours(labelled: LabelledSet) -> Verdict:
    """Flag 3 marks, flag 4 takes out; neighbours that disagree mark a station's whole hour."""
    flags = np.array([_flags(labelled, number) for number in range(len(labelled.stations))])
    removed = flags == QcFlag.FAIL
    marked = removed | (flags == QcFlag.SUSPECT)
    return Verdict(marked, removed, _in_marked_hour(labelled, removed))


def _flags(labelled: LabelledSet, number: int) -> NDArray[np.int16]:
    """Of PM2.5, minute for minute; minutes in which nothing came are missing."""
    model = claims_table().model(labelled.stations[number].model)
    came = ~np.isnan(labelled.frames[number].pm25)
    outcome = check_series(_series(labelled, number, came), model, _INTERVAL_S)
    flags = np.full(came.size, QcFlag.MISSING, dtype=np.int16)
    flags[came] = outcome.flags[Pollutant.PM25]
    return flags


def _series(labelled: LabelledSet, number: int, came: Bools) -> SensorSeries:
    """The readings that came, in single precision as they are stored."""
    frames = labelled.frames[number]
    columns = {Pollutant.PM1: frames.pm1, Pollutant.PM25: frames.pm25, Pollutant.PM10: frames.pm10}
    channels = None
    if frames.channel_a is not None and frames.channel_b is not None:
        channels = (frames.channel_a[came], frames.channel_b[came])
    return SensorSeries(
        labelled.times_ms[came],
        {pollutant: _stored(column[came]) for pollutant, column in columns.items()},
        labelled.rh[number][came],
        channels,
        np.zeros(int(came.sum()), dtype=np.bool_),
    )


def _stored(values: Floats) -> Floats:
    return values.astype(np.float32).astype(np.float64)


def _in_marked_hour(labelled: LabelledSet, removed: Bools) -> Bools:
    """Hourly means of what counts, each hour's stations against each other."""
    counted = np.where(removed, np.nan, labelled.pm25)
    hours = means(counted.reshape(len(counted), -1, 60), FEWEST_MINUTES)
    latitudes = [station.lat for station in labelled.stations]
    longitudes = [station.lon for station in labelled.stations]
    rules = claims_table().neighbours
    marked = [disagreeing(latitudes, longitudes, hour, rules) for hour in hours.T]
    return np.repeat(np.array(marked).T, 60, axis=1)
