"""What a gateway says of its spools: how much waited when, what was given up, how each ended.

Written under the lock of the gateway's row in `gateway_status`, and after the readings: `spools` is
only read here, so that statuses and readings never wait for each other.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Final

from dust.clock import instant

if TYPE_CHECKING:
    from psycopg import Connection

    from dust.wire import GatewayStatus
    from ingest.gateway_events import Word

RANGES_TOLD: Final = 50
"""A gateway tells at most so many ranges of what it gave up: as many may be not all."""
# A gateway counts as waiting what has come here and has no receipt yet. Where it tells its highest
# number, what truly waits is among the numbers that are missing; older versions do not tell it.
_SAY: Final = """
WITH numbers AS (
  SELECT received + quarantined AS here
  FROM (
    SELECT received, quarantined FROM spools WHERE spool = %(spool)s AND gateway = %(gateway)s
    UNION ALL SELECT '{}', '{}' LIMIT 1
  ) AS found
), arrived AS (
  SELECT coalesce(upper(here) - 1, 0) AS highest,
    (SELECT coalesce(sum(upper(part) - lower(part)), 0) FROM unnest(here) AS part)::bigint AS n,
    (SELECT coalesce(sum(upper(part) - lower(part)), 0) FROM unnest(
      int8multirange(int8range(1, %(last_seq)s, '[]')) - here - %(dropped)s::int8multirange
    ) AS part)::bigint AS n_missing
  FROM numbers
)
INSERT INTO gateway_spools AS known (
  gateway, spool, begun_at, said_at, depth, known_to, n_arrived, dropped, n_dropped, ranges_are_cut
)
SELECT %(gateway)s, %(spool)s, %(at)s, %(at)s,
  CASE WHEN %(last_seq)s > 0 THEN least(%(depth)s, n_missing) ELSE %(depth)s END,
  greatest(highest, %(last_seq)s), n,
  %(dropped)s::int8multirange, %(n_dropped)s, %(is_cut)s
FROM arrived
ON CONFLICT (gateway, spool) DO UPDATE SET
  said_at = excluded.said_at, depth = excluded.depth,
  known_to = greatest(known.known_to, excluded.known_to), n_arrived = excluded.n_arrived,
  dropped = known.dropped + excluded.dropped,
  n_dropped = greatest(known.n_dropped, excluded.n_dropped),
  ranges_are_cut = known.ranges_are_cut OR excluded.ranges_are_cut,
  ended_as = NULL, ended_at = NULL
"""
_END: Final = """
UPDATE gateway_spools SET ended_as = %s, ended_at = %s WHERE gateway = %s AND spool = %s
"""


def store_spool_word(connection: Connection, gateway: str, known: Word | None, new: Word) -> None:
    """Keep what `new` says of the spool in use; where it is another one, the one before ended."""
    spool = spool_id(new.status)
    before = spool_id(known.status) if known is not None else None
    if spool is None or (known is not None and _is_repeated(known, new)):
        return
    if known is not None and before is not None and before != spool:
        is_aside = bool(set(new.status.set_aside) - set(known.status.set_aside))
        end = "set_aside" if is_aside else "replaced"
        connection.execute(_END, (end, instant(new.at_ms), gateway, before))
    ranges = new.status.dropped_ranges
    connection.execute(
        _SAY,
        {
            "gateway": gateway,
            "spool": spool,
            "at": instant(new.at_ms),
            "depth": new.status.spool_depth,
            "last_seq": new.status.last_seq,
            "dropped": "{" + ",".join(f"[{first},{last}]" for first, last in ranges) + "}",
            "n_dropped": new.status.dropped,
            "is_cut": len(ranges) >= RANGES_TOLD,
        },
    )


def spool_id(status: GatewayStatus) -> str | None:
    """The spool that is named; None where that is no UUID."""
    try:
        return str(uuid.UUID(status.spool)) if status.spool else None
    except ValueError:
        return None


def _is_repeated(known: Word, new: Word) -> bool:
    """A copy that comes later must not look as if its depth was told of what arrived since."""
    return (
        known.is_said
        and new.is_said
        and known.at_ms == new.at_ms
        and known.status.spool == new.status.spool
    )
