"""What the averages and the ledger tell of PM2.5, for tests to compare."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg


def told(
    connection: psycopg.Connection, kind: str, station: str = "v1", columns: str = "value, n_valid"
) -> list[tuple[Any, ...]]:
    """PM2.5 of one station, in the order of time; decimals as floats."""
    statement = f"""
        SELECT {columns} FROM averages JOIN stations USING (station_id)
        WHERE code = '{station}' AND period_kind = '{kind}' AND pollutant = 'pm25'
        ORDER BY period_start
    """  # noqa: S608  (all of it is written in this file)
    rows = connection.execute(statement.encode()).fetchall()
    return [tuple(float(v) if isinstance(v, Decimal) else v for v in row) for row in rows]


def ledger(connection: psycopg.Connection, station: str) -> list[tuple[Any, ...]]:
    """Of PM2.5 of one station."""
    statement = f"""
        SELECT revision, status, reason FROM exceedances JOIN stations USING (station_id)
        WHERE code = '{station}' AND pollutant = 'pm25' ORDER BY local_day, revision
    """  # noqa: S608  (the same)
    return connection.execute(statement.encode()).fetchall()
