"""The spool as the gateway sees it: threads, a damaged file, a full disk, and limits."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar

import structlog

from dust.errors import Unavailable
from firmware_bridge.errors import SpoolError, SpoolFull
from firmware_bridge.spool.aside import is_broken_off, make_folder, names_set_aside, set_aside
from firmware_bridge.spool.boot_spans import LAST_NUMBER
from firmware_bridge.spool.database import Database
from firmware_bridge.spool.faults import SpoolCorrupt
from firmware_bridge.spool.file import SpoolFile
from firmware_bridge.spool.hold import Hold
from firmware_bridge.spool.limits import DEFAULT_LIMITS
from firmware_bridge.spool.reserve import Reserve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from firmware_bridge.spool.entry import Entry, Row
    from firmware_bridge.spool.limits import SpoolLimits

_Result = TypeVar("_Result")

_DROPS_AT_ONCE: Final = 10
# A file is written anew only when that is little work and gives back much.
_LEAST_GIVEN_BACK_BYTES: Final = 8 * 1024**2
_MOST_REWRITTEN_BYTES: Final = 4 * 1024**2


class Spool:
    """Readings, numbered without holes from 1 under the name `id`; for more than one thread.

    Every write raises `SpoolFull` where there is no room, and `Unavailable` where the file cannot
    be written for another reason; nothing was written then. A damaged file is set aside wherever
    it shows, and an empty spool with another `id` takes its place.
    """

    def __init__(self, path: Path, limits: SpoolLimits = DEFAULT_LIMITS, boot: str = "") -> None:
        self._path = path
        self._limits = limits
        self._boot = boot
        self._lock = threading.Lock()
        self._hold = _held(path)
        self._reserve = Reserve(path.with_name(f"{path.name}-reserve"))
        try:
            self._file = self._open()
        except BaseException:
            self._hold.release()
            raise
        self._is_open = True
        self._reserve.keep()

    @property
    def id(self) -> str:
        return self._file.id

    @property
    def depth(self) -> int:
        """Readings that wait, the held ones included."""
        return self._file.depth

    @property
    def held(self) -> int:
        """Readings that wait for the clock to become known."""
        return self._file.held

    @property
    def dropped(self) -> int:
        """Readings that this spool has ever given up because of a limit."""
        return self._file.dropped

    @property
    def last_seq(self) -> int:
        """The highest number ever given; 0 where there is none."""
        return self._file.last_seq

    @property
    def set_aside(self) -> list[str]:
        """Names of the damaged files that lie beside the spool, oldest first."""
        return names_set_aside(self._path)

    def put(self, entries: Sequence[Entry], marks: Mapping[str, int] | None = None) -> None:
        """Commit readings, in order, and what is to be remembered; on the disk when this returns.

        The reserve is not for this: on a full disk it keeps the way out open for receipts.
        """
        if entries or marks:
            self._use(lambda file: file.put(entries, marks or {}))

    def mark(self, name: str) -> int | None:
        """What was last put under this name; None in a spool that was begun anew since."""
        return self._use(lambda file: file.mark(name))

    def after(
        self, seq: int, limit: int, upto: int | None = None, *, of: str | None = None
    ) -> list[Row]:
        """The next readings behind `seq` (up to `upto`) that have their time, oldest first.

        `of` is the spool that they must belong to: none where another has taken its place.
        """
        last = LAST_NUMBER if upto is None else upto
        return self._use(lambda file: file.after(seq, limit, last) if of in {None, file.id} else [])

    def resolve(self, boot: str, offset_ms: int) -> int:
        """Tell when a boot began (epoch ms): its readings get their time; returns how many did.

        They have numbers below those of readings that may have been sent before them.
        """
        return self._use(lambda file: file.resolve(boot, offset_ms), reserve=True)

    def confirm(self, ranges: Sequence[tuple[int, int]], *, of: str | None = None) -> int:
        """Forget the readings that a receipt covers; returns how many there were.

        `of` is the spool that the receipt names: nothing is done where another took its place.
        """
        return self._use(
            lambda file: file.confirm(ranges) if of in {None, file.id} else 0, reserve=True
        )

    def enforce_limits(self, now_ms: int | None) -> int:
        """Give up what is beyond the limits, oldest first; returns how many readings went.

        After a limit was made much smaller it takes several calls, so that none lasts long.

        `now_ms` None, where the clock is not known, leaves the age out.
        """
        gone = 0
        for _ in range(_DROPS_AT_ONCE):
            dropped = self._use(lambda file: self._enforce(file, now_ms), reserve=True)
            if not dropped:
                break
            gone += dropped
        return gone

    def dropped_ranges(self, limit: int = 50) -> list[tuple[int, int]]:
        """The newest ranges of given-up numbers, both ends included, in order."""
        return self._use(lambda file: file.dropped_ranges(limit))

    def compact(self) -> int:
        """Give free room in the file back to the disk, where that is worth it; in bytes."""
        return self._use(self._compact)

    def close(self) -> None:
        with self._lock:
            self._file.database.close()
            self._hold.release()

    def _use(self, act: Callable[[SpoolFile], _Result], *, reserve: bool = False) -> _Result:
        try:
            return self._used(act, reserve=reserve)
        except OSError as error:  # of the folder, not of the database: tried again later
            raise Unavailable(f"{self._path}: {error}") from error

    def _used(self, act: Callable[[SpoolFile], _Result], *, reserve: bool) -> _Result:
        with self._lock:
            if not self._is_open:  # set aside when there was no room for another
                self._begin_anew()
            try:
                result = self._with_room(act, reserve=reserve)
            except SpoolCorrupt as error:
                self._is_open = False
                self._set_aside(self._file.database, error)
                self._begin_anew()
                result = self._with_room(act, reserve=reserve)
            self._reserve.keep()
        return result

    def _with_room(self, act: Callable[[SpoolFile], _Result], *, reserve: bool) -> _Result:
        try:
            return act(self._file)
        except SpoolFull:
            if reserve:
                self._reserve.give_up()
            self._file.database.carry_over()  # then the journal starts anew, in the room it has
            return act(self._file)

    def _begin_anew(self) -> None:
        self._file = self._open()
        self._is_open = True

    def _open(self) -> SpoolFile:
        if is_broken_off(self._path):
            self._tell(set_aside(self._path), "its journal was left alone")
        database = Database(self._path)
        try:
            return self._opened(database)
        except SpoolCorrupt as error:
            self._set_aside(database, error)
        return self._opened(Database(self._path))

    def _opened(self, database: Database) -> SpoolFile:
        """The file in use; one that is damaged is left open, for it must be renamed first."""
        try:
            return self._file_with_room(database)
        except SpoolCorrupt:
            raise
        except BaseException:
            database.close()
            raise

    def _file_with_room(self, database: Database) -> SpoolFile:
        try:
            return SpoolFile(database, self._boot)
        except SpoolFull:
            self._reserve.give_up()
            return SpoolFile(database, self._boot)

    def _set_aside(self, database: Database, error: SpoolCorrupt) -> None:
        with suppress(SpoolError, Unavailable):
            database.roll_back()
        # Renamed before it is closed: closing would delete the journal, which may be the good part.
        name = set_aside(self._path)
        with suppress(SpoolError, Unavailable):
            database.close()
        self._tell(name, str(error))

    def _tell(self, name: str, reason: str) -> None:
        structlog.get_logger().error("spool_set_aside", file=name, reason=reason)

    def _enforce(self, file: SpoolFile, now_ms: int | None) -> int:
        seq = self._limits.surplus(file, now_ms)
        return 0 if seq is None else file.drop_upto(seq)

    def _compact(self, file: SpoolFile) -> int:
        free, used = file.database.free_bytes(), file.database.used_bytes()
        if free < _LEAST_GIVEN_BACK_BYTES or used > _MOST_REWRITTEN_BYTES:
            return 0
        with suppress(SpoolFull):
            file.database.rewrite()
        return free - file.database.free_bytes()


def _held(path: Path) -> Hold:
    """The folder made and the spool held; a `SpoolError` says why it cannot be."""
    try:
        make_folder(path.parent)
        return Hold(path)
    except OSError as error:
        allowed = f"a file in a folder that can be made and written ({error})"
        raise SpoolError(f"spool = '{path}': allowed is {allowed}") from error
