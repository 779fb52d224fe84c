"""A station's complete hourly averages over a span, as they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from psycopg import Connection

    from dust.periods import Period
    from dust.pollutants import Pollutant

_HOURS: Final = """
SELECT a.period_start, a.value
FROM averages a JOIN stations t USING (station_id)
WHERE t.code = %s AND a.pollutant = %s AND a.period_kind = 'hour'
  AND a.value IS NOT NULL AND a.period_start >= %s AND a.period_end <= %s
"""


def station_hours(
    connection: Connection, code: str, pollutant: Pollutant, span: Period
) -> dict[datetime, Decimal]:
    """The corrected means of the complete hours within the span, µg/m³, by their starts in UTC."""
    asked = (code, str(pollutant), span.start, span.end)
    return dict(connection.execute(_HOURS, asked).fetchall())
