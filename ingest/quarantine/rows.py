"""The rows of quarantine: chosen, counted, shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from psycopg.rows import class_row, dict_row

from dust.errors import BadInput
from ingest.rejection import Reason

if TYPE_CHECKING:
    from datetime import datetime

    from psycopg import Connection

CHOSEN: Final = """
  (%(reasons)s::text[] IS NULL OR reason = ANY(%(reasons)s))
  AND (%(gateways)s::text[] IS NULL OR gateway = ANY(%(gateways)s))
  AND (%(sensors)s::text[] IS NULL OR sensor = ANY(%(sensors)s))
  AND (%(ids)s::bigint[] IS NULL OR quarantine_id = ANY(%(ids)s))
  AND (%(since)s::timestamptz IS NULL OR last_received_at >= %(since)s)
"""
"""The condition that a `Choice` stands for."""
WAITING: Final = "replayed_at IS NULL AND discarded_at IS NULL"
COLUMNS: Final = """quarantine_id, topic, gateway, spool::text, seq, reason, field, value, allowed,
  payload, first_received_at, last_received_at, times_received, sensor, replays, last_replayed_at,
  replayed_at, discarded_at, discarded_because"""
_GROUPS: Final = f"""
SELECT reason, gateway, sensor, count(*) AS rows, sum(times_received)::bigint AS times_received,
  min(first_received_at) AS first_received_at, max(last_received_at) AS last_received_at,
  min(quarantine_id) AS example
FROM quarantine
WHERE (%(everything)s OR ({WAITING})) AND {CHOSEN}
GROUP BY reason, gateway, sensor ORDER BY max(last_received_at) DESC, 1, 2, 3
"""  # noqa: S608  (the parts are those above)
_COUNT: Final = f"SELECT count(*) FROM quarantine WHERE {WAITING} AND {CHOSEN}"  # noqa: S608  (the same)
_ONE: Final = f"SELECT {COLUMNS} FROM quarantine WHERE quarantine_id = %s"  # noqa: S608  (the same)


class Choice(NamedTuple):
    """Which rows are meant; None stands for all."""

    reasons: list[str] | None = None
    gateways: list[str] | None = None
    sensors: list[str] | None = None
    ids: list[int] | None = None
    since: datetime | None = None


class QuarantineRow(NamedTuple):
    """One refused reading, or a refused message where `seq` is None."""

    quarantine_id: int
    topic: str
    gateway: str
    spool: str | None
    seq: int | None
    reason: str
    field: str | None
    value: str | None
    allowed: str | None
    payload: bytes
    first_received_at: datetime
    last_received_at: datetime
    times_received: int
    sensor: str | None
    replays: int
    last_replayed_at: datetime | None
    replayed_at: datetime | None
    discarded_at: datetime | None
    discarded_because: str | None


def check_choice(choice: Choice) -> Choice:
    """The choice; a `BadInput` lists the reasons that there are."""
    for reason in choice.reasons or ():
        if reason not in set(Reason):
            raise BadInput("reason", reason, "one of " + ", ".join(sorted(Reason)))
    return choice


def groups(
    connection: Connection, choice: Choice, *, everything: bool = False
) -> list[dict[str, Any]]:
    """What waits in quarantine by reason, gateway and sensor; `everything` what is settled, too."""
    with connection.cursor(row_factory=dict_row) as cursor:
        asked = choice._asdict() | {"everything": everything}
        return cursor.execute(_GROUPS.encode(), asked).fetchall()


def count_waiting(connection: Connection, choice: Choice) -> int:
    """How many rows wait to be replayed or discarded."""
    (count,) = connection.execute(_COUNT.encode(), choice._asdict()).fetchone() or (0,)
    return int(count)


def one_row(connection: Connection, quarantine_id: int) -> QuarantineRow:
    """The row of this number, or `BadInput`."""
    with connection.cursor(row_factory=class_row(QuarantineRow)) as cursor:
        row = cursor.execute(_ONE.encode(), (quarantine_id,)).fetchone()
    if row is None:
        raise BadInput("id", quarantine_id, "the number of a row: `dust quarantine list` has some")
    return row
