"""The set as files, so that others may judge their rules by it."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from sim.labelled.kinds import Label

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sim.labelled.labelled_set import LabelledSet

COLUMNS: Final = (
    *("time", "pm1", "pm25", "pm10", "channel_a", "channel_b"),
    *("rh", "truth_pm25", "label", "kind", "episode"),
)
STATION_COLUMNS: Final = ("station", "model", "lat", "lon")


def write_set(labelled: LabelledSet, folder: Path) -> list[Path]:
    """A CSV for each station and `stations.csv`; times are UTC, an empty field is no value."""
    folder.mkdir(parents=True, exist_ok=True)
    places = folder / "stations.csv"
    _write(places, STATION_COLUMNS, ((s.code, s.model, s.lat, s.lon) for s in labelled.stations))
    files = [places]
    for number, station in enumerate(labelled.stations):
        files.append(folder / f"{station.code}.csv")
        _write(files[-1], COLUMNS, _rows(labelled, number))
    return files


def _rows(labelled: LabelledSet, number: int) -> Iterator[tuple[object, ...]]:
    frames = labelled.frames[number]
    nothing = np.full(labelled.times_ms.size, np.nan)
    channels = [c if c is not None else nothing for c in (frames.channel_a, frames.channel_b)]
    columns = (frames.pm1, frames.pm25, frames.pm10, *channels, labelled.rh[number])
    numbers = np.stack((*columns, np.round(labelled.truth_ugm3[number], 2)), axis=1)
    for minute, values in enumerate(numbers):
        time = datetime.fromtimestamp(labelled.times_ms[minute] / 1000, UTC)
        told = ["" if np.isnan(value) else f"{value:g}" for value in values]
        episode = int(labelled.episode[number, minute])
        label = Label(int(labelled.label[number, minute])).name.lower()
        kind = "" if episode < 0 else str(labelled.episodes[episode].kind)
        yield (f"{time:%Y-%m-%dT%H:%M:%SZ}", *told, label, kind, "" if episode < 0 else episode)


def _write(path: Path, names: tuple[str, ...], rows: Iterator[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)
