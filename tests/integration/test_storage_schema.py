"""What the catalogue says of every table: keys are NOT NULL, foreign keys have their index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dust.storage.connection import connect

if TYPE_CHECKING:
    from psycopg import Connection

# Of every unique index of ours, each column that may be NULL; generated ones count like others.
NULLABLE_KEYS = """
SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text, a.attname
FROM pg_index i
JOIN pg_class c ON c.oid = i.indrelid
CROSS JOIN LATERAL unnest(i.indkey::smallint[]) AS k (attnum)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE c.relnamespace = 'public'::regnamespace AND i.indisunique AND NOT a.attnotnull
"""
EXPRESSION_KEYS = """
SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
WHERE c.relnamespace = 'public'::regnamespace AND i.indisunique AND i.indexprs IS NOT NULL
"""
# The columns of a foreign key must be the first of some whole index, in any order.
BARE_FOREIGN_KEYS = """
SELECT f.conrelid::regclass::text, f.conname
FROM pg_constraint f
WHERE f.contype = 'f' AND f.connamespace = 'public'::regnamespace AND NOT EXISTS (
  SELECT 1 FROM pg_index i
  WHERE i.indrelid = f.conrelid AND i.indpred IS NULL
    AND (SELECT array_agg(k ORDER BY k)
         FROM unnest((i.indkey::smallint[])[0:cardinality(f.conkey) - 1]) AS k)
      = (SELECT array_agg(k ORDER BY k) FROM unnest(f.conkey) AS k)
)
"""
FOREIGN_KEYS_OF_READINGS = """
SELECT conname FROM pg_constraint
WHERE contype = 'f' AND (conrelid = 'readings'::regclass OR confrelid = 'readings'::regclass)
"""
LOCAL_TIMES = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = 'public' AND data_type = 'timestamp without time zone'
"""


def ask(url: str, query: str) -> list[tuple[Any, ...]]:
    with connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def test_no_unique_key_has_a_column_that_may_be_null(database: str) -> None:
    """Two NULLs are two values: such a key lets the same row in twice."""
    assert [] == ask(database, NULLABLE_KEYS)
    assert [] == ask(database, EXPRESSION_KEYS)


def test_every_foreign_key_has_an_index(database: str) -> None:
    assert [] == ask(database, BARE_FOREIGN_KEYS)


def test_the_looks_at_the_catalogue_find_what_they_look_for(plain_database: str) -> None:
    with connect(plain_database) as connection:
        _break(connection)

    assert [("bad", "bad_code_key", "code")] == ask(plain_database, NULLABLE_KEYS)
    assert [("bad", "bad_station_id_fkey")] == ask(plain_database, BARE_FOREIGN_KEYS)


def _break(connection: Connection) -> None:
    connection.execute(
        "CREATE TABLE bad (bad_id integer PRIMARY KEY, code text UNIQUE,"
        " station_id integer REFERENCES stations)"
    )
    connection.execute("CREATE INDEX ON bad (bad_id, station_id)")
    connection.execute("CREATE INDEX ON bad (station_id) WHERE code IS NULL")


def test_readings_are_tied_to_no_other_table_by_a_foreign_key(database: str) -> None:
    assert [] == ask(database, FOREIGN_KEYS_OF_READINGS)


def test_no_column_holds_a_time_without_its_zone(database: str) -> None:
    assert [] == ask(database, LOCAL_TIMES)
