"""The import as a whole: pages in their order, each read, kept, stored and counted."""

from __future__ import annotations

from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from dust.clock import instant
from dust.errors import BadInput
from dust.storage.connection import connect, database_errors
from ingest.air4thai.archive import Archive, Entry, file_name
from ingest.air4thai.other_format import doubtful_hours
from ingest.air4thai.outcome import HourOutcome, Refusal, Summary
from ingest.air4thai.page import read_page
from ingest.air4thai.reference_sensor import find_reference_sensor
from ingest.air4thai.service import Patience, Service, is_address
from ingest.air4thai.sources import PageAt, archived_page, pages_at
from ingest.air4thai.spans import Days, spans_of
from ingest.air4thai.stored_hours import Statement, take_hours

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from psycopg import Connection

    from dust.clock import Clock
    from ingest.air4thai.page import Page
    from ingest.air4thai.page_format import PageFormat
    from ingest.air4thai.reference_sensor import ReferenceSensor
    from ingest.air4thai.spans import Span

Item = TypeVar("Item")
OPEN_DAYS: Final = Days(None, None)
PATIENT: Final = Patience()


class Progress(Protocol):
    """Tells people how far a sequence has been worked through."""

    def __call__(self, items: Sequence[Item], /) -> Iterable[Item]: ...


@dataclass(frozen=True)
class Wanted:
    """What an import is asked to do; `page_format` None: told by shape or address.

    `replace`: hours stored in the other format are taken over or withdrawn, not refused.
    """

    sources: tuple[str, ...]
    sensor: str
    station_id: str = "24t"
    page_format: PageFormat | None = None
    days: Days = OPEN_DAYS
    archive: Path | None = None
    ca_file: Path | None = None
    dry_run: bool = False
    replace: bool = False


@dataclass
class Import:
    """One import; `summary` holds what was done also where it ends in an error."""

    wanted: Wanted
    database: str
    clock: Clock
    patience: Patience = PATIENT
    progress: Progress = lambda items: items
    summary: Summary = field(init=False)

    def __post_init__(self) -> None:
        wanted = self.wanted
        self.summary = Summary(wanted.sensor, wanted.station_id, wanted.dry_run, wanted.replace)

    def run(self) -> Summary:
        """Take files first, then what is asked over the network; one transaction a page."""
        addresses = [one for one in self.wanted.sources if is_address(one)]
        paths = [one for one in self.wanted.sources if not is_address(one)]
        pages = pages_at(paths, self.wanted.station_id, self.wanted.page_format)
        with _session(self.database, dry_run=self.wanted.dry_run) as connection:
            sensor = find_reference_sensor(connection, self.wanted.sensor, self.clock)
            desk = _Desk(self, connection, sensor)
            for page in self.progress(pages):
                desk.take(page)
            for address in addresses:
                self._ask(address, desk)
        return self.summary

    def _ask(self, address: str, desk: _Desk) -> None:
        wanted = self.wanted
        asked = Service(address, wanted.page_format, wanted.ca_file, self.patience)
        kept = Archive.opened(wanted.archive) if wanted.archive else nullcontext()
        with closing(asked) as service, kept as archive:
            spans = list(spans_of(wanted.days, service.page_format, self.clock.now_ms()))
            for span in self.progress(spans):
                desk.take_span(service, archive, span)


class _Desk:
    """Where one page after the other is taken for one sensor."""

    def __init__(self, work: Import, connection: Connection, sensor: ReferenceSensor) -> None:
        self._work = work
        self._wanted = work.wanted
        self._connection = connection
        self._sensor = sensor
        self._replaces_by = work.wanted.page_format

    def take(self, at: PageAt) -> None:
        """Read a page and store its hours; a page that cannot be read is told and passed over."""
        page = self._read(at)
        reason = page if isinstance(page, str) else self._unfit_to_replace(page)
        if reason is not None or isinstance(page, str):
            self._work.summary.refused_pages.append(Refusal(at.name, "", str(reason)))
        else:
            self._store(at, page)

    def take_span(self, service: Service, archive: Archive | None, span: Span) -> None:
        """Take the span's page from the archive where it is settled, else ask and keep it."""
        station_id, page_format = self._wanted.station_id, service.page_format
        settled = archive and archive.settled(span, station_id, page_format)
        if archive and settled and archive.is_whole(settled):
            self.take(archived_page(archive, settled))
            return
        body = service.ask(span, station_id)
        name = service.address(span, station_id)
        at = PageAt(name, self._work.clock.now_ms(), page_format, lambda: body)
        if archive and not self._wanted.dry_run:
            archive.keep(self._entry(at, span, page_format), body)
        self.take(at)

    def _entry(self, at: PageAt, span: Span, page_format: PageFormat) -> Entry:
        body, page = at.body(), self._read(at)
        digest = sha256(body).hexdigest()
        return Entry(
            file=file_name(self._wanted.station_id, page_format, span, digest),
            address=at.name,
            station_id=self._wanted.station_id,
            format=page_format,
            first_day=span.first,
            last_day=span.last,
            fetched_at=instant(at.as_of_ms),
            sha256=digest,
            hours=0 if isinstance(page, str) else len(page.hours),
            refused=page if isinstance(page, str) else None,
        )

    def _read(self, at: PageAt) -> Page | str:
        """The page, or the reason why it is none."""
        try:
            now_ms = self._work.clock.now_ms()
            return read_page(
                at.body(), self._wanted.station_id, at.known, now_ms, is_asked=at.is_asked
            )
        except (BadInput, OSError) as error:
            return str(error)

    def _unfit_to_replace(self, page: Page) -> str | None:
        """Pages of both formats would replace one another's hours with every run."""
        if not self._wanted.replace or not page.hours:
            return None
        self._replaces_by = self._replaces_by or page.page_format
        if page.page_format is self._replaces_by:
            return None
        allowed = f"{self._replaces_by}; --replace takes pages of one format in a run"
        return str(BadInput("format", str(page.page_format), allowed))

    def _store(self, at: PageAt, page: Page) -> None:
        hours = [hour for hour in page.hours if self._wanted.days.hold(hour.start_ms)]
        now_ms = self._work.clock.now_ms()
        # A file dated ahead of time must not outrank all that will be said until then.
        said = Statement(hours, page.page_format, min(at.as_of_ms, now_ms))
        if self._wanted.replace:
            doubtful = doubtful_hours(page.hours, page.page_format)
            kept = {at_ms: one for at_ms, one in doubtful.items() if self._wanted.days.hold(at_ms)}
            said = said._replace(doubtful=kept)
        taken = take_hours(self._connection, self._sensor, said, now_ms)
        summary = self._work.summary
        summary.pages += 1
        summary.hours.update(taken.hours)
        summary.hours[HourOutcome.REFUSED] += len(page.refused)
        for hour in hours:
            summary.absent_values.update(f for f, value in hour.values.items() if value is None)
        refused = [Refusal(at.name, *one) for one in (*page.refused, *taken.refused)]
        summary.refused_hours.extend(refused)
        summary.left_out.extend(Refusal(at.name, "", one) for one in page.left_out)
        summary.other_stations.update(page.other_stations)


@contextmanager
def _session(database: str, *, dry_run: bool) -> Iterator[Connection]:
    """A connection; of a dry run everything is rolled back in the end."""
    with connect(database) as connection, database_errors():
        if dry_run:
            with connection.transaction(force_rollback=True):
                yield connection
        else:
            yield connection
