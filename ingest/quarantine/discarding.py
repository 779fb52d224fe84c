"""Rows that nobody will mend: discarded with a reason, kept for ever, and taken back if need be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dust.errors import BadInput
from ingest.quarantine.rows import CHOSEN, WAITING

if TYPE_CHECKING:
    from psycopg import Connection

    from ingest.quarantine.rows import Choice

_DISCARD: Final = f"""
WITH chosen AS (
  SELECT quarantine_id FROM quarantine WHERE {WAITING} AND {CHOSEN}
  ORDER BY quarantine_id FOR UPDATE
)
UPDATE quarantine SET discarded_at = now(), discarded_because = %(because)s
WHERE quarantine_id IN (SELECT quarantine_id FROM chosen)
"""  # noqa: S608  (the parts are those of the rows' module)
_RESTORE: Final = f"""
WITH chosen AS (
  SELECT quarantine_id FROM quarantine WHERE discarded_at IS NOT NULL AND {CHOSEN}
  ORDER BY quarantine_id FOR UPDATE
)
UPDATE quarantine SET discarded_at = NULL, discarded_because = NULL
WHERE quarantine_id IN (SELECT quarantine_id FROM chosen)
"""  # noqa: S608  (the same)


def discard(connection: Connection, choice: Choice, because: str) -> int:
    """Set the chosen rows that wait as discarded; returns how many there were."""
    if not because.strip():
        raise BadInput("because", because, "why nobody will need these rows")
    _check(choice)
    parameters = choice._asdict() | {"because": because.strip()}
    return connection.execute(_DISCARD.encode(), parameters).rowcount


def restore(connection: Connection, choice: Choice) -> int:
    """Let the chosen discarded rows wait again; returns how many there were."""
    _check(choice)
    return connection.execute(_RESTORE.encode(), choice._asdict()).rowcount


def _check(choice: Choice) -> None:
    if not any(choice):
        raise BadInput("rows", "all", "a choice: --id, --reason, --gateway, --sensor or --since")
