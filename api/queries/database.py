"""The API's pool of connections, and the one way to run a query on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from dust.errors import Unavailable
from dust.storage.connection import OPTIONS, database_errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.settings import ApiSettings

Row = dict[str, Any]


class Database:
    """Read-only access to the tables."""

    def __init__(self, settings: ApiSettings) -> None:
        self.dsn = settings.database.url.get_secret_value()
        self._pool = AsyncConnectionPool(
            self.dsn,
            kwargs={"autocommit": True, "row_factory": dict_row, **OPTIONS},
            min_size=1,
            max_size=settings.api.pool_connections,
            timeout=5,
            open=False,
        )

    async def open(self) -> None:
        await self._pool.open(wait=False)

    async def close(self) -> None:
        await self._pool.close()

    def pool_stats(self) -> dict[str, int]:
        """The pool's own figures; those that are zero may be missing."""
        return self._pool.get_stats()

    async def rows(self, sql: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """The rows of a query; `Unavailable` where the database does not answer."""
        try:
            with database_errors():
                async with self._pool.connection() as connection:
                    cursor = await connection.execute(sql.encode(), parameters)
                    return await cursor.fetchall()  # type: ignore[return-value]  # dict_row above
        except PoolTimeout as error:
            raise Unavailable(f"database: {error}") from error
