"""How much of one gateway goes into quarantine in a day, so that a flood of poison fills no disk.

Beyond its share a refused reading is only counted and gets no receipt: the gateway's spool, which
is bounded itself, keeps it and sends it again. What is known already costs nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from psycopg.types.json import Jsonb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import Connection

_KNOWN: Final = "SELECT fingerprint FROM quarantine WHERE fingerprint = ANY(%s::bytea[])"
_BEGIN: Final = """
INSERT INTO quarantine_days (gateway, day)
SELECT gateway, (now() AT TIME ZONE 'UTC')::date FROM unnest(%s::text[]) AS gateway ORDER BY gateway
ON CONFLICT DO NOTHING
"""
_USED: Final = """
SELECT gateway, n_kept, kept_bytes FROM quarantine_days
WHERE day = (now() AT TIME ZONE 'UTC')::date AND gateway = ANY(%s::text[])
ORDER BY gateway FOR UPDATE
"""
_BOOK: Final = """
UPDATE quarantine_days SET n_kept = n_kept + %s, kept_bytes = kept_bytes + %s,
  n_left_out = n_left_out + %s,
  left_out_reasons = left_out_reasons || (
    SELECT coalesce(jsonb_object_agg(key, value::bigint
      + coalesce((left_out_reasons->>key)::bigint, 0)), '{}')
    FROM jsonb_each_text(%s::jsonb)
  )
WHERE gateway = %s AND day = (now() AT TIME ZONE 'UTC')::date
"""


class Share(NamedTuple):
    """What one gateway may have put into quarantine in one day (UTC)."""

    rows: int = 10_000
    n_bytes: int = 64 * 1024**2


class Refused(NamedTuple):
    """What is to be known of a rejection to judge whether it is kept."""

    gateway: str
    fingerprint: bytes
    n_bytes: int
    reason: str


DEFAULT_SHARE: Final = Share()


def within(sizes: Sequence[int], used: Share, share: Share) -> list[bool]:
    """Which of these payloads (bytes each, in their order) still fit into a day's share.

    A small one may fit behind a large one that does not.
    """
    rows, n_bytes = used
    kept = []
    for size in sizes:
        fits = rows + 1 <= share.rows and n_bytes + size <= share.n_bytes
        kept.append(fits)
        rows, n_bytes = (rows + 1, n_bytes + size) if fits else (rows, n_bytes)
    return kept


def admit(
    connection: Connection, refused: Sequence[Refused], share: Share = DEFAULT_SHARE
) -> list[bool]:
    """Which of these rejections are kept, and so receipted; books them and counts the others.

    To be called in the transaction that writes them. What is in quarantine already is always kept.
    """
    if not refused:
        return []
    prints = [each.fingerprint for each in refused]
    known = {bytes(row[0]) for row in connection.execute(_KNOWN, (prints,))}
    new: defaultdict[str, dict[bytes, Refused]] = defaultdict(dict)
    for each in refused:
        if each.fingerprint not in known:
            new[each.gateway].setdefault(each.fingerprint, each)
    left_out: set[bytes] = set()
    for gateway, used in _used(connection, sorted(new)):
        left_out |= _book(connection, gateway, list(new[gateway].values()), used, share)
    return [each.fingerprint not in left_out for each in refused]


def _used(connection: Connection, gateways: list[str]) -> list[tuple[str, Share]]:
    """Under the lock of each gateway's day, taken in the order of the gateways."""
    if not gateways:
        return []
    connection.execute(_BEGIN, (gateways,))
    rows = connection.execute(_USED, (gateways,)).fetchall()
    return [(gateway, Share(int(n_kept), int(kept))) for gateway, n_kept, kept in rows]


def _book(
    connection: Connection, gateway: str, new: Sequence[Refused], used: Share, share: Share
) -> set[bytes]:
    """Count what is kept and what is not; returns the fingerprints of the latter."""
    kept = within([each.n_bytes for each in new], used, share)
    left_out = [each for each, fits in zip(new, kept, strict=True) if not fits]
    reasons = Counter(each.reason for each in left_out)
    n_bytes = sum(each.n_bytes for each, fits in zip(new, kept, strict=True) if fits)
    connection.execute(_BOOK, (sum(kept), n_bytes, len(left_out), Jsonb(dict(reasons)), gateway))
    return {each.fingerprint for each in left_out}
