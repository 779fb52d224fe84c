"""The history service over HTTP: one question after the other, with patience and without tricks.

Certificates are always verified; an authority may be added, never left out.
"""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx

from dust.errors import BadInput, DustError, Unavailable
from ingest.air4thai.hourly_values import FIELD_OF
from ingest.air4thai.page_format import PATH_OF, PageFormat

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ingest.air4thai.spans import Span

_ASK_AGAIN: Final = frozenset({408, 425, 429})
_MOST_BYTES: Final = 32 * 2**20
_LONGEST_WAIT_S: Final = 60.0
_AGENT: Final = "dust-watch (community dust monitoring, hourly history of one station)"
_ADDRESS: Final = "an address such as https://air4thai.pcd.go.th"


class ServiceRefused(DustError):  # noqa: N818  (named by what is wrong)
    """The service answers, and asking the same again cannot help."""


@dataclass(frozen=True)
class Patience:
    """How long to wait for an answer, how often to ask, how long to rest between questions."""

    connect_s: float = 10.0
    silence_s: float = 30.0
    answer_s: float = 120.0
    attempts: int = 5
    first_wait_s: float = 1.0
    rest_s: float = 1.0
    sleep: Callable[[float], None] = time.sleep
    monotonic_s: Callable[[], float] = time.monotonic

    def wait_s(self, attempt: int, asked_for_s: float | None) -> float:
        """Doubling from `first_wait_s`, or what the service asked for, a minute at most."""
        backed_off_s = self.first_wait_s * (1 << attempt)
        return min(max(backed_off_s, asked_for_s or 0.0), _LONGEST_WAIT_S)


class _Again(Exception):  # noqa: N818  (no error yet: it is asked again)
    """This attempt failed, the next may not."""

    def __init__(self, reason: str, asked_for_s: float | None = None) -> None:
        super().__init__(reason)
        self.asked_for_s = asked_for_s


class Service:
    """The service at a base address, asked in one format."""

    def __init__(
        self, address: str, page_format: PageFormat | None, ca_file: Path | None, patience: Patience
    ) -> None:
        self._base, self.page_format = _endpoint(address, page_format)
        self.patience = patience
        self._asked = False
        self._client = httpx.Client(
            verify=_trust(ca_file),
            timeout=httpx.Timeout(patience.silence_s, connect=patience.connect_s),
            follow_redirects=True,
            max_redirects=3,
            # Not compressed, so that the archive has the bytes as they came.
            headers={"Accept-Encoding": "identity", "User-Agent": _AGENT},
        )

    def close(self) -> None:
        self._client.close()

    def address(self, span: Span, station_id: str) -> str:
        """The question for a span, without what the base address may hold of secrets."""
        shown = _without_secrets(self._base)
        return str(shown.copy_with(query=_question(span, station_id)))

    def ask(self, span: Span, station_id: str) -> bytes:
        """The answer's bytes; `ServiceRefused` or, after all attempts, `Unavailable`."""
        if self._asked:
            self.patience.sleep(self.patience.rest_s)
        self._asked = True
        asked = [part for part in (self._base.query, _question(span, station_id)) if part]
        url = self._base.copy_with(query=b"&".join(asked))
        shown = self.address(span, station_id)
        for attempt in range(self.patience.attempts):
            try:
                return self._attempt(url, shown)
            except _Again as error:
                failure = error
            if attempt + 1 < self.patience.attempts:
                self.patience.sleep(self.patience.wait_s(attempt, failure.asked_for_s))
        raise Unavailable(f"{shown}: {failure} ({self.patience.attempts} attempts)")

    def _attempt(self, url: httpx.URL, shown: str) -> bytes:
        try:
            with self._client.stream("GET", url) as answer:
                _check_answer(answer, shown)
                return self._body(answer, shown)
        except httpx.TooManyRedirects:
            raise ServiceRefused(f"{shown}: redirected more than three times") from None
        except httpx.RequestError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise ServiceRefused(_untrusted(shown, error)) from None
            raise _Again(str(error) or type(error).__name__) from None

    def _body(self, answer: httpx.Response, shown: str) -> bytes:
        until_s = self.patience.monotonic_s() + self.patience.answer_s
        body = bytearray()
        for piece in answer.iter_bytes():
            body += piece
            if len(body) > _MOST_BYTES:
                raise ServiceRefused(f"{shown}: an answer of more than {_MOST_BYTES} bytes")
            if self.patience.monotonic_s() > until_s:
                raise _Again(f"no whole answer in {self.patience.answer_s:g} s")
        return bytes(body)


def is_address(source: str) -> bool:
    """Whether a source is asked over the network; else it is a file or a folder."""
    return "://" in source


def _question(span: Span, station_id: str) -> bytes:
    days = f"sdate={span.first}&edate={span.last}&stime=00&etime=23"
    return f"stationID={station_id}&param={','.join(FIELD_OF)}&type=hr&{days}".encode()


def _without_secrets(url: httpx.URL) -> httpx.URL:
    """An address that may be shown: no user, no password, none of its own parameters."""
    return url.copy_with(username="", password="", query=None)


def _endpoint(address: str, page_format: PageFormat | None) -> tuple[httpx.URL, PageFormat]:
    """The address of the history and its format, told by the path or else asked for (or `new`)."""
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise BadInput("SOURCE", address, f"{_ADDRESS} ({error})") from None
    shown = str(_without_secrets(url))
    if url.scheme not in {"http", "https"} or not url.host:
        raise BadInput("SOURCE", shown, _ADDRESS)
    path = url.path.rstrip("/")
    for one, ending in PATH_OF.items():
        if path.endswith(ending):
            if page_format not in {None, one}:
                raise BadInput("--format", str(page_format), f"{one}, as the address ends {ending}")
            return url, one
    if path.endswith(".php"):
        raise BadInput("SOURCE", shown, f"{_ADDRESS}, or one that ends {' or '.join(_endings())}")
    asked = page_format or PageFormat.NEW
    return url.copy_with(path=path + PATH_OF[asked]), asked


def _endings() -> list[str]:
    return list(PATH_OF.values())


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    """The default authorities, and those of `ca_file` (a missing intermediate may stand there)."""
    context = httpx.create_ssl_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            allowed = f"a file of certificates in PEM ({error})"
            raise BadInput("--ca-file", str(ca_file), allowed) from None
    return context


def _check_answer(answer: httpx.Response, shown: str) -> None:
    if answer.history and answer.history[0].url.scheme == "https" != answer.url.scheme:
        raise ServiceRefused(f"{shown}: redirected from https to {answer.url.scheme}")
    if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR or answer.status_code in _ASK_AGAIN:
        wait = answer.headers.get("Retry-After", "")
        raise _Again(f"HTTP {answer.status_code}", float(wait) if wait.isdecimal() else None)
    if answer.status_code != httpx.codes.OK:
        allowed = "200; is this the address of the history, and the station's identifier right?"
        raise ServiceRefused(f"{shown}: HTTP {answer.status_code}: allowed is {allowed}")


def _untrusted(shown: str, error: Exception) -> str:
    return (
        f"{shown}: the certificate cannot be verified ({error}); name the authority, or the "
        "intermediate that the service leaves out, by --ca-file; verification is never switched off"
    )
