"""How many bytes a stored reading takes: measured where there are enough, else as measured here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from psycopg import Connection

_ENOUGH: Final = 10_000
_LARGEST: Final = """
SELECT sum(c.reltuples)::float8, sum(pg_table_size(c.oid))::float8,
  sum(pg_indexes_size(c.oid))::float8
FROM (
  SELECT c.oid, c.reltuples
  FROM pg_class c
  WHERE c.oid = to_regclass('readings')
    OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass('readings'))
  ORDER BY c.reltuples DESC LIMIT 3
) AS c
"""


class ReadingSize(NamedTuple):
    """Bytes of one reading in its table and in its index; `is_measured` in this database."""

    of_table: float
    of_index: float
    is_measured: bool = False

    @property
    def total(self) -> float:
        return self.of_table + self.of_index


USUAL: Final = ReadingSize(110, 72)
"""Of 3 M readings of four values from 40 sensors, as they come (decisions/0023)."""


def reading_size(connection: Connection) -> ReadingSize:
    """Of the three largest chunks by the planner's estimate; nothing is counted."""
    rows, table, index = connection.execute(_LARGEST).fetchone() or (None, None, None)
    if not rows or rows < _ENOUGH:
        return USUAL
    return ReadingSize(table / rows, index / rows, is_measured=True)
