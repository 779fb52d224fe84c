"""What each gateway said last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from api.queries.database import Database, Row

_GATEWAYS: Final = """
SELECT gateway, state, status, said_at, received_at FROM gateway_status ORDER BY gateway
"""


async def fetch_gateways(database: Database) -> list[Row]:
    """The newest status of every gateway that ever spoke."""
    return await database.rows(_GATEWAYS)
