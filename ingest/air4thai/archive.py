"""The archive: every page as it came, byte for byte, and a manifest of where and when.

The service forgets after three months, so nothing is thrown away. A file is written aside, synced
and renamed, the page before its entry: a crash leaves whole files and at worst a page unlisted.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Final, Self

import msgspec
from msgspec import Meta

from dust.clock import epoch_ms
from dust.errors import BadFile, Unavailable
from ingest.air4thai.page_format import PageFormat

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.air4thai.spans import Span

MANIFEST: Final = "manifest.json"
_VERSION: Final = 1


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One fetched page: asked for what, when, and what came; `refused` says why it was not taken.

    `first_day` and `last_day` are the days of the labels; `hours` counts those of this station.
    """

    file: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][^/]*\Z")]
    address: str
    station_id: str
    format: PageFormat
    first_day: date
    last_day: date
    fetched_at: Annotated[datetime, Meta(tz=True)]
    sha256: str
    hours: int = 0
    refused: str | None = None

    def fetched_ms(self) -> int:
        return epoch_ms(self.fetched_at)

    def is_about(self, span: Span, station_id: str, page_format: PageFormat) -> bool:
        asked = (self.first_day, self.last_day, self.station_id, self.format)
        return asked == (*span, station_id, page_format)

    def is_sound(self) -> bool:
        """Whether the service had something to say; an empty answer may be its bad day."""
        return self.refused is None and self.hours > 0


class Manifest(msgspec.Struct):
    """All fetched pages in the order in which they came."""

    v: int
    pages: list[Entry]


class Archive:
    """A folder of pages with its manifest."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.entries = _entries(folder / MANIFEST)

    @classmethod
    @contextmanager
    def opened(cls, folder: Path) -> Iterator[Self]:
        """For writing, by one import at a time; `Unavailable` while another has it."""
        with _disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            lock = (folder / ".lock").open("w")
        with lock:
            with _disk_errors(folder):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                for half in folder.glob(".*.part"):
                    half.unlink()
            yield cls(folder)

    def settled(self, span: Span, station_id: str, page_format: PageFormat) -> Entry | None:
        """The newest entry that spares asking for the span again: fetched after all revisions."""
        fitting = (
            one
            for one in self.entries
            if one.is_about(span, station_id, page_format)
            and one.is_sound()
            and one.fetched_ms() >= span.settled_ms()
        )
        return max(fitting, key=Entry.fetched_ms, default=None)

    def of_station(self, station_id: str) -> list[Entry]:
        """The entries worth reading; not those refused whose span a later page tells."""
        ours = [one for one in self.entries if one.station_id == station_id]
        told = {(one.first_day, one.last_day, one.format) for one in ours if one.is_sound()}
        return [
            one
            for one in ours
            if one.refused is None or (one.first_day, one.last_day, one.format) not in told
        ]

    def body(self, entry: Entry) -> bytes:
        """The page, checked against its sum."""
        path = self.folder / entry.file
        try:
            body = path.read_bytes()
        except OSError as error:
            raise BadFile(path, "file", entry.file, f"a file that is here ({error})") from None
        if hashlib.sha256(body).hexdigest() != entry.sha256:
            allowed = f"the page as it was fetched, sha256 {entry.sha256}"
            raise BadFile(path, "sha256", hashlib.sha256(body).hexdigest(), allowed)
        return body

    def is_whole(self, entry: Entry) -> bool:
        """Whether the page is here as it was fetched; else it is worth asking for again."""
        try:
            return bool(self.body(entry))
        except BadFile:
            return False

    def keep(self, entry: Entry, body: bytes) -> None:
        """Write the page, then the manifest that names it."""
        path = self.folder / entry.file
        manifest = msgspec.json.encode(Manifest(_VERSION, [*self.entries, entry]))
        with _disk_errors(path):
            if not path.exists() or path.read_bytes() != body:
                _put(path, body)
            _put(self.folder / MANIFEST, msgspec.json.format(manifest, indent=1) + b"\n")
        self.entries.append(entry)


def file_name(station_id: str, page_format: PageFormat, span: Span, sha256: str) -> str:
    """The same bytes for the same span get the same name, and are kept once."""
    return f"{station_id}_{page_format}_{span.first}_{span.last}_{sha256[:16]}.json"


def _entries(path: Path) -> list[Entry]:
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError:
        return []
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadFile(path, "manifest", str(error), "the manifest of an archive") from None
    if manifest.v != _VERSION:
        raise BadFile(path, "v", manifest.v, str(_VERSION))
    return manifest.pages


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    """A disk that is full, read-only or in another's hands may be mended."""
    try:
        yield
    except BlockingIOError:
        raise Unavailable(f"{path}: another import is writing here") from None
    except OSError as error:
        raise Unavailable(f"{path}: {error}") from error


def _put(path: Path, content: bytes) -> None:
    aside = path.with_name(f".{path.name}.part")
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
