"""The live stream: what ingest announces goes to every open page, a station at a time.

A slow page never piles up events: of each station it is owed only the newest.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import psycopg
import structlog

from api.answers import Answer, encode_line, utc
from api.board import board
from dust.clock import instant
from dust.storage.changes import CHANNEL
from dust.storage.connection import OPTIONS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from api.queries.database import Database
    from dust.clock import Clock

_KEY: Final = re.compile(r"\b[0-9]{1,9}\b")
_KEEP_ALIVE_S: Final = 15
_RETRY_S: Final = 2


class Client:
    """One open page and what it is owed."""

    def __init__(self) -> None:
        self._owed: dict[str, str] = {}
        self._ready = asyncio.Event()

    def offer(self, station: str, line: str) -> None:
        self._owed[station] = line
        self._ready.set()

    async def take(self) -> list[str]:
        """The owed lines, after waiting for one; none after the keep-alive time."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ready.wait(), _KEEP_ALIVE_S)
        self._ready.clear()
        lines, self._owed = list(self._owed.values()), {}
        return lines


class Live:
    """Listens to the database and tells the clients."""

    def __init__(self, database: Database, clock: Clock, interval_s: float) -> None:
        self._database = database
        self._clock = clock
        self._interval_s = interval_s
        self._clients: set[Client] = set()
        self._changed: set[int] = set()
        self._lost = False

    async def run(self) -> None:
        """Listen and tell until cancelled, whatever fails meanwhile."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            tasks.create_task(self._tell())

    async def events(self) -> AsyncIterator[str]:
        """The event stream of one client."""
        client = Client()
        self._clients.add(client)
        try:
            yield _event("hello", encode_line({"generated_at": utc(instant(self._clock.now_ms()))}))
            while True:
                lines = await client.take()
                for line in lines:
                    yield _event("station", line)
                if not lines:
                    yield ": keep-alive\n\n"
        finally:
            self._clients.discard(client)

    async def _listen(self) -> None:
        while True:
            try:
                await self._listen_once()
            except psycopg.Error as error:
                await self._tell_loss(str(error).strip())

    async def _tell_loss(self, reason: str) -> None:
        """Log the loss once, until the database is back."""
        if not self._lost:
            structlog.get_logger().warning("listen_lost", reason=reason)
        self._lost = True
        await asyncio.sleep(_RETRY_S)

    async def _listen_once(self) -> None:
        connection = await psycopg.AsyncConnection.connect(
            self._database.dsn, autocommit=True, **OPTIONS
        )
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}".encode())
            self._lost = False
            async for notification in connection.notifies():
                # Whoever may connect may notify: what is no list of keys is passed over.
                self._changed |= {int(key) for key in _KEY.findall(notification.payload)}

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(self._interval_s)
            changed, self._changed = self._changed, set()
            if changed and self._clients:
                await self._tell_stations(changed)

    async def _tell_stations(self, changed: set[int]) -> None:
        try:
            answers: dict[int, Answer] = await board(self._database, self._clock, changed)
        except Exception as error:  # noqa: BLE001  (the task's outermost loop: pages stay live)
            self._changed |= changed
            structlog.get_logger().warning("board_unavailable", reason=repr(error))
            return
        for answer in answers.values():
            line = encode_line(answer)
            for client in self._clients:
                client.offer(answer["code"], line)


def _event(name: str, line: str) -> str:
    return f"event: {name}\ndata: {line}\n\n"
