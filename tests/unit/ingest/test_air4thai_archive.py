"""The archive of fetched pages: whole files or none, and the manifest that knows them."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from dust.errors import BadFile, Unavailable
from ingest.air4thai.archive import MANIFEST, Archive, Entry, file_name
from ingest.air4thai.page_format import PageFormat
from ingest.air4thai.sources import pages_at
from ingest.air4thai.spans import Span

if TYPE_CHECKING:
    from pathlib import Path

WEEK = Span(date(2026, 11, 2), date(2026, 11, 8))
LATE = datetime(2026, 11, 12, tzinfo=UTC)
EARLY = datetime(2026, 11, 8, tzinfo=UTC)
BODY = b'{"result": "OK"}'


def entry(
    body: bytes = BODY,
    fetched_at: datetime = LATE,
    *,
    hours: int = 168,
    refused: str | None = None,
    station_id: str = "24t",
) -> Entry:
    digest = sha256(body).hexdigest()
    return Entry(
        file=file_name(station_id, PageFormat.NEW, WEEK, digest),
        address="https://air4thai.example/forweb/getHistoryData.php",
        station_id=station_id,
        format=PageFormat.NEW,
        first_day=WEEK.first,
        last_day=WEEK.last,
        fetched_at=fetched_at,
        sha256=digest,
        hours=hours,
        refused=refused,
    )


def kept(folder: Path, *entries: Entry, body: bytes = BODY) -> Archive:
    with Archive.opened(folder) as archive:
        for one in entries:
            archive.keep(one, body)
    return Archive(folder)


def settled(archive: Archive) -> Entry | None:
    return archive.settled(WEEK, "24t", PageFormat.NEW)


def test_a_page_is_kept_byte_for_byte_and_known_again(tmp_path: Path) -> None:
    archive = kept(tmp_path / "made" / "here", entry())

    assert [entry()] == archive.entries
    assert BODY == archive.body(archive.entries[0])


def test_the_manifest_says_where_when_what_and_its_sum(tmp_path: Path) -> None:
    kept(tmp_path, entry())

    (page,) = json.loads((tmp_path / MANIFEST).read_text("utf-8"))["pages"]
    assert "https://air4thai.example/forweb/getHistoryData.php" == page["address"]
    assert ("2026-11-02", "2026-11-08") == (page["first_day"], page["last_day"])
    assert "2026-11-12T00:00:00Z" == page["fetched_at"]
    assert sha256(BODY).hexdigest() == page["sha256"]


def test_the_same_bytes_again_are_one_file_and_two_entries(tmp_path: Path) -> None:
    archive = kept(tmp_path, entry(fetched_at=EARLY), entry())

    assert 2 == len(archive.entries)
    assert 1 == len(list(tmp_path.glob("24t_*.json")))


@pytest.mark.parametrize(
    "unsettled",
    [
        entry(fetched_at=EARLY),
        entry(hours=0),
        entry(refused="page = '<html>'"),
        entry(station_id="35t"),
    ],
)
def test_a_span_is_asked_again_until_its_page_is_sound_and_late_enough(
    tmp_path: Path, unsettled: Entry
) -> None:
    assert None is settled(kept(tmp_path, unsettled))
    assert entry() == settled(kept(tmp_path, entry()))


def test_what_a_crash_left_half_written_is_swept_away(tmp_path: Path) -> None:
    half = tmp_path / ".24t_new.json.part"
    half.write_bytes(b'{"resu')

    kept(tmp_path, entry())

    assert not half.exists()
    assert [entry()] == Archive(tmp_path).entries


def test_a_disk_that_fails_leaves_the_archive_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError("no space left")

    archive = kept(tmp_path, entry())
    with monkeypatch.context() as failing:
        failing.setattr(os, "fsync", fail)
        with pytest.raises(Unavailable, match="no space left"):
            archive.keep(entry(b"more"), b"more")

    assert [entry()] == Archive(tmp_path).entries
    assert [entry().file] == [path.name for path in tmp_path.glob("24t_*.json")]


def test_two_imports_do_not_write_one_archive_at_once(tmp_path: Path) -> None:
    with (
        Archive.opened(tmp_path),
        pytest.raises(Unavailable, match="another import"),
        Archive.opened(tmp_path),
    ):
        pass


def test_an_altered_or_lost_page_is_told(tmp_path: Path) -> None:
    archive = kept(tmp_path, entry())
    page = tmp_path / entry().file

    page.write_bytes(BODY + b" ")
    with pytest.raises(BadFile, match="sha256"):
        archive.body(entry())
    page.unlink()
    with pytest.raises(BadFile, match="a file that is here"):
        archive.body(entry())


@pytest.mark.parametrize(
    "content",
    ["{", '{"v": 2, "pages": []}', '{"pages": []}', '{"v": 1, "pages": [{"file": "../x"}]}'],
)
def test_a_manifest_of_another_kind_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / MANIFEST).write_text(content, encoding="utf-8")

    with pytest.raises(BadFile, match=MANIFEST):
        Archive(tmp_path)


def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    kept(tmp_path, entry())
    manifest = (tmp_path / MANIFEST).read_text("utf-8")
    (tmp_path / MANIFEST).write_text(manifest.replace('"24t_new', '"../24t_new'), "utf-8")

    with pytest.raises(BadFile, match="file"):
        Archive(tmp_path)


def test_a_folder_is_read_in_the_order_in_which_its_pages_were_said(tmp_path: Path) -> None:
    kept(tmp_path, entry(b"second", LATE), body=b"second")
    kept(tmp_path, entry(b"first", EARLY), entry(station_id="35t"), body=b"first")
    (tmp_path / "by-hand.json").write_bytes(b"by hand, now")

    pages = pages_at([str(tmp_path)], "24t", PageFormat.LEGACY)

    assert [b"first", b"second", b"by hand, now"] == [page.body() for page in pages]
    known = [page.known for page in pages]
    assert [PageFormat.NEW, PageFormat.NEW, PageFormat.LEGACY] == known


def test_a_refused_page_is_not_read_again_once_its_span_is_told(tmp_path: Path) -> None:
    html = entry(b"<html>", EARLY, refused="a web page")
    kept(tmp_path, html, body=b"<html>")
    assert 1 == len(pages_at([str(tmp_path)], "24t", None))

    kept(tmp_path, entry())

    assert [BODY] == [page.body() for page in pages_at([str(tmp_path)], "24t", None)]
