"""The little network of the reference station, pages on disk, and imports by hand."""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from integration.air4thai_server import BANGKOK, HOUR, at
from integration.networks import apply, network, sensor, station

from ingest.air4thai.importing import Import, Wanted
from ingest.air4thai.service import Patience

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

    from dust.testing import FakeClock
    from ingest.air4thai.outcome import Summary

START = at(2026, 11, 10, 0)
NOW = at(2026, 11, 23, 12)
CODE = "air4thai-24t"
EAGER = Patience(sleep=lambda _: None, attempts=2)


def know(url: str) -> str:
    """A network with the reference station's sensor, and three that cannot hold its hours."""
    sensors = (
        sensor(CODE, "air4thai", 3600),
        sensor("spare", "air4thai", 3600),
        sensor("quick", "air4thai", 60),
        sensor("bam", "bam1020", 3600),
    )
    stations, deployments = (station("ref", "reference"),), ({"sensor": CODE, "station": "ref"},)
    apply(url, network(stations, sensors, deployments))
    return url


class Pages:
    """Files of the service's answers, each said a minute after the one before; the last at NOW."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir()
        self._said_s = NOW.timestamp() - 3600

    def file(self, name: str, *rows: tuple[int, dict[str, Any]], station_id: str = "24t") -> str:
        """A page of the new format; rows by hours after START."""
        told = [{"DATETIMEDATA": label(START + n * HOUR), **values} for n, values in rows]
        block = {"stationID": station_id, "data": told}
        body = json.dumps({"result": "OK", "error": "", "stations": [block]})
        return self.raw(name, body.encode())

    def raw(self, name: str, body: bytes) -> str:
        path = self.folder / name
        path.write_bytes(body)
        self._said_s += 60
        os.utime(path, (self._said_s, self._said_s))
        return str(path)


def label(start: datetime) -> str:
    """What the new format calls the hour that begins at `start`."""
    return f"{start + HOUR + BANGKOK:%Y-%m-%d %H:%M:%S}"


def take(url: str, clock: FakeClock, *sources: str, **more: Any) -> Summary:
    wanted = Wanted(sources, more.pop("sensor", CODE), **more)
    return Import(wanted, url, clock, EAGER).run()


def counts(summary: Summary) -> dict[str, int]:
    return {str(one): n for one, n in summary.hours.items() if n}


def readings(db: psycopg.Connection, columns: str = "pm25, pm10") -> list[tuple[Any, ...]]:
    ordered = f"SELECT phenomenon_time, seq, {columns} FROM readings ORDER BY 1, 2"  # noqa: S608  (columns that a test names)
    return db.execute(ordered.encode()).fetchall()


def stamp(hours: int) -> datetime:
    """The phenomenon time of the hour that begins so many hours after START."""
    return START + (hours + 1) * HOUR - timedelta(milliseconds=1)
