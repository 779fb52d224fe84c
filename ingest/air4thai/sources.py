"""Where pages come from: files, folders, the archive; each with when it was said."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dust.errors import BadInput
from ingest.air4thai.archive import MANIFEST, Archive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ingest.air4thai.archive import Entry
    from ingest.air4thai.page_format import PageFormat


class PageAt(NamedTuple):
    """A page not read yet: what to call it, when it was said (epoch ms), and in which format.

    `known` None: only the page itself tells its format. `is_asked`: it is not known by the address,
    but somebody named it, so the page may prove it wrong.
    """

    name: str
    as_of_ms: int
    known: PageFormat | None
    body: Callable[[], bytes]
    is_asked: bool = False


def pages_at(
    sources: Iterable[str], station_id: str, page_format: PageFormat | None
) -> list[PageAt]:
    """The pages of files and folders, the oldest word first.

    `page_format` is what somebody named: it decides where neither the manifest, which knows the
    address, nor the shape of the page does.
    """
    paths = list(dict.fromkeys(Path(source).absolute() for source in sources))
    pages = [page for path in paths for page in _pages_in(path, station_id)]
    ordered = sorted(pages, key=lambda page: (page.as_of_ms, page.name))
    return [_asked(page, page_format) for page in ordered]


def _pages_in(path: Path, station_id: str) -> list[PageAt]:
    if path.is_file():
        return [_file(path)]
    if not path.is_dir():
        allowed = "a file, a folder, or an address that begins with https:// or http://"
        raise BadInput("SOURCE", str(path), allowed)
    archive = Archive(path)
    listed = {MANIFEST, *(entry.file for entry in archive.entries)}
    bare = [one for one in sorted(path.glob("*.json")) if one.name not in listed]
    if not archive.entries and not bare:
        raise BadInput("SOURCE", str(path), "a folder with pages (*.json) in it")
    archived = (archived_page(archive, entry) for entry in archive.of_station(station_id))
    return [*archived, *(_file(one) for one in bare)]


def _asked(page: PageAt, page_format: PageFormat | None) -> PageAt:
    if page.known is not None or page_format is None:
        return page
    return page._replace(known=page_format, is_asked=True)


def _file(path: Path) -> PageAt:
    """A file that no manifest names was said when it was last changed, as far as can be known."""
    return PageAt(str(path), path.stat().st_mtime_ns // 1_000_000, None, path.read_bytes)


def archived_page(archive: Archive, entry: Entry) -> PageAt:
    """A page of the archive: its manifest knows when it was said, and in which format."""
    name = str(archive.folder / entry.file)
    return PageAt(name, entry.fetched_ms(), entry.format, partial(archive.body, entry))
