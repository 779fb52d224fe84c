"""The last word of each gateway about itself, kept for the people who look after it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec
import structlog

from dust.wire import GatewayStatus, gateway_of

if TYPE_CHECKING:
    from psycopg import Connection

_UPSERT: Final = """
INSERT INTO gateway_status (gateway, state, status) VALUES (%s, %s, %s::jsonb)
ON CONFLICT (gateway) DO UPDATE
  SET state = excluded.state, status = excluded.status, received_at = now()
"""
# PostgreSQL holds no zero character. Behind an odd backslash the same letters are text.
_ZERO: Final = re.compile(r"((?<!\\)(?:\\\\)*)\\u0000")


def store_status(connection: Connection, topic: str, payload: bytes) -> None:
    """Keep a status; one that cannot be read is logged, because the next one replaces it anyway."""
    gateway = gateway_of(topic)
    try:
        status = msgspec.json.decode(payload, type=GatewayStatus)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        structlog.get_logger().warning("status_refused", gateway=gateway, reason=str(error))
        return
    text = _ZERO.sub(r"\1", msgspec.json.encode(status).decode())
    connection.execute(_UPSERT, (gateway, status.state.replace("\x00", ""), text))
