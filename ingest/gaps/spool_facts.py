"""What the database knows of every spool: arrived, refused, given up, and the last word on it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from psycopg.rows import dict_row

from ingest.gaps.numbers import SpoolAccount, SpoolFacts, account
from ingest.gaps.ranges import ranges

if TYPE_CHECKING:
    from datetime import datetime

    from psycopg import Connection
    from psycopg.types.multirange import Multirange

    from ingest.gaps.ranges import Ranges

_RECENT_S: Final = 600
_RECENT_AT_LEAST: Final = 20
_SPOOLS: Final = """
SELECT coalesce(s.gateway, g.gateway) AS gateway, coalesce(s.spool, g.spool)::text AS spool,
  coalesce(s.received, '{}') AS stored, coalesce(s.quarantined, '{}') AS quarantined,
  coalesce(g.dropped, '{}') AS dropped, coalesce(g.n_dropped, 0) AS n_dropped,
  coalesce(g.ranges_are_cut, false) AS ranges_are_cut, g.spool IS NOT NULL AS is_told,
  coalesce(g.depth, 0) AS depth, coalesce(g.known_to, 0) AS known_to,
  coalesce(g.n_arrived, 0) AS n_arrived, g.ended_as
FROM spools s FULL JOIN gateway_spools g USING (gateway, spool)
WHERE (%(gateways)s::text[] IS NULL OR coalesce(s.gateway, g.gateway) = ANY(%(gateways)s))
  AND ((g.spool IS NOT NULL AND g.ended_as IS NULL)
    OR greatest(s.updated_at, g.said_at, g.ended_at) >= %(since)s)
ORDER BY 1, coalesce(g.begun_at, s.updated_at), 2
"""
_REASONS: Final = """
SELECT gateway, spool::text,
  reason || CASE WHEN discarded_at IS NULL THEN '' ELSE ', discarded' END,
  range_agg(int8range(seq, seq, '[]'))
FROM quarantine
WHERE spool IS NOT NULL AND seq > 0 AND replayed_at IS NULL
  AND (%(gateways)s::text[] IS NULL OR gateway = ANY(%(gateways)s))
GROUP BY 1, 2, 3
"""
_PACE: Final = """
SELECT gateway, ceil(sum(%(seconds)s / sampling_interval_s))::bigint FROM sensors GROUP BY gateway
"""


def spool_accounts(
    connection: Connection, gateways: list[str] | None, since: datetime
) -> list[SpoolAccount]:
    """What became of every number of the spools of these gateways (None: of all).

    A spool that ended before `since`, or that nothing was heard of since then, is left out.
    """
    asked = {"gateways": gateways, "since": since}
    reasons: defaultdict[tuple[str, str], dict[str, Ranges]] = defaultdict(dict)
    for gateway, spool, reason, numbers in connection.execute(_REASONS, asked):
        reasons[gateway, spool][reason] = closed(numbers)
    pace: dict[str, int] = dict(connection.execute(_PACE, {"seconds": _RECENT_S}).fetchall())
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_SPOOLS, asked).fetchall()
    return [
        account(
            _facts(
                row,
                reasons[row["gateway"], row["spool"]],
                max(_RECENT_AT_LEAST, pace.get(row["gateway"], 0)),
            )
        )
        for row in rows
    ]


def _facts(row: dict[str, Any], reasons: dict[str, Ranges], n_recent: int) -> SpoolFacts:
    numbers = {name: closed(row[name]) for name in ("stored", "quarantined", "dropped")}
    return SpoolFacts(**(row | numbers), reasons=reasons, n_recent=n_recent)


def closed(numbers: Multirange[int]) -> Ranges:
    """Half-open ranges of the database as closed ones."""
    return ranges((part.lower or 0, (part.upper or 0) - 1) for part in numbers if not part.isempty)
