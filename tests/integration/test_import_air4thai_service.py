"""The history service over real sockets: patience, certificates, and clear words when it fails."""

from __future__ import annotations

import ssl
import time
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from integration.air4thai_server import Air4ThaiServer, at, day, reply, says, serving_air4thai

from dust.errors import BadInput, DustError, Unavailable
from ingest.air4thai.page_format import PATH_OF, PageFormat
from ingest.air4thai.service import Patience, Service, ServiceRefused
from ingest.air4thai.spans import Span

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

WEEK = Span(date(2026, 11, 9), date(2026, 11, 15))
NEW_PATH, LEGACY_PATH = PATH_OF[PageFormat.NEW], PATH_OF[PageFormat.LEGACY]


@pytest.fixture
def server() -> Iterator[Air4ThaiServer]:
    with serving_air4thai() as known:
        known.hours = day(at(2026, 11, 10, 0), 16.4)
        yield known


class Rests(list[float]):
    """The seconds that would have been slept."""

    def patience(self, **more: Any) -> Patience:
        return Patience(sleep=self.append, **more)


def asked(address: str, page_format: PageFormat | None = None, **more: Any) -> bytes:
    service = Service(
        address, page_format, more.pop("ca_file", None), more.pop("patience", Rests().patience())
    )
    try:
        return service.ask(WEEK, "24t")
    finally:
        service.close()


# --- The question ---------------------------------------------------------------------------------
def test_the_question_for_a_span_names_station_parameters_days_and_hours(
    server: Air4ThaiServer,
) -> None:
    asked(server.url)

    (question,) = server.asked
    assert (
        "/forweb/getHistoryData.php?stationID=24t&param=PM25,PM10,WS,WD,TEMP,RH&type=hr"
        "&sdate=2026-11-09&edate=2026-11-15&stime=00&etime=23"
    ) == question


@pytest.mark.parametrize(
    ("ending", "page_format", "path"),
    [
        ("", None, NEW_PATH),
        ("/", PageFormat.LEGACY, LEGACY_PATH),
        (NEW_PATH, None, NEW_PATH),
        (LEGACY_PATH, None, LEGACY_PATH),
        ("/mirror", None, "/mirror" + NEW_PATH),
    ],
)
def test_the_address_or_the_format_tells_where_to_ask(
    server: Air4ThaiServer, ending: str, page_format: PageFormat | None, path: str
) -> None:
    asked(server.url + ending, page_format)

    assert [path] == [question.partition("?")[0] for question in server.asked]


@pytest.mark.parametrize(
    ("address", "page_format", "field"),
    [
        ("ftp://air4thai.example", None, "SOURCE"),
        ("https://", None, "SOURCE"),
        ("https://air4thai.example/services/getNewAQI_JSON.php", None, "SOURCE"),
        (f"https://air4thai.example{LEGACY_PATH}", PageFormat.NEW, "--format"),
    ],
)
def test_an_address_that_cannot_be_asked_is_refused(
    address: str, page_format: PageFormat | None, field: str
) -> None:
    with pytest.raises(BadInput) as caught:
        asked(address, page_format)

    assert field == caught.value.field


def test_no_secret_of_the_address_is_shown(server: Air4ThaiServer) -> None:
    secret = server.url.replace("://", "://somebody:pass-word@") + "?key=to-ken"
    server.faults = [says(b"", 404)]

    with pytest.raises(ServiceRefused) as caught:
        asked(secret)

    assert "key=to-ken" in server.asked[0]
    assert [] == [word for word in ("somebody", "pass-word", "to-ken") if word in str(caught.value)]


# --- Patience -------------------------------------------------------------------------------------
def test_a_failing_service_is_asked_again_ever_more_slowly(server: Air4ThaiServer) -> None:
    rests = Rests()
    server.faults = [says(b"", 500), says(b"", 503, Retry_After="7"), says(b"", 429)]

    body = asked(server.url, patience=rests.patience())

    assert b"16.4" in body
    assert [1.0, 7.0, 4.0] == rests


def test_a_service_that_keeps_failing_is_unavailable_after_all_attempts(
    server: Air4ThaiServer,
) -> None:
    server.faults = [says(b"", 502)] * 5

    with pytest.raises(Unavailable, match=r"HTTP 502 \(5 attempts\)"):
        asked(server.url)

    assert 5 == len(server.asked)


@pytest.mark.parametrize("status", [400, 403, 404, 204])
def test_what_asking_again_cannot_mend_is_told_at_once(server: Air4ThaiServer, status: int) -> None:
    server.faults = [says(b"", status)]

    with pytest.raises(ServiceRefused, match=f"HTTP {status}"):
        asked(server.url)

    assert 1 == len(server.asked)


def test_a_silent_service_is_asked_again(server: Air4ThaiServer) -> None:
    def silent(_: BaseHTTPRequestHandler) -> None:
        server.released.wait(10)

    server.faults = [silent]

    assert b"16.4" in asked(server.url, patience=Rests().patience(silence_s=0.2))


def test_an_answer_that_drips_is_given_up_after_its_time(server: Air4ThaiServer) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(b" ")
            time.sleep(0.05)

    server.faults = [drip]

    assert b"16.4" in asked(server.url, patience=Rests().patience(answer_s=0.2))


def test_an_answer_cut_off_on_the_way_is_asked_again(server: Air4ThaiServer) -> None:
    server.faults = [says(b'{"result": "OK", "stat', Content_Length="5000")]

    assert b"16.4" in asked(server.url)


def test_a_service_that_is_not_there_is_unavailable(server: Air4ThaiServer) -> None:
    with pytest.raises(Unavailable, match="2 attempts"):
        asked("http://127.0.0.1:1", patience=Rests().patience(attempts=2))

    assert [] == server.asked


def test_questions_follow_one_another_at_rest(server: Air4ThaiServer) -> None:
    rests = Rests()
    service = Service(server.url, None, None, rests.patience(rest_s=0.7))

    for _ in range(3):
        service.ask(WEEK, "24t")
    service.close()

    assert [0.7, 0.7] == rests


# --- Certificates ---------------------------------------------------------------------------------
class Authority:
    """A root, an intermediate below it, and a server that sends its own certificate only."""

    def __init__(self, folder: Path) -> None:
        root = trustme.CA()
        between = root.create_child_ca()
        leaf = between.issue_cert("127.0.0.1")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with leaf.private_key_pem.tempfile() as key, leaf.cert_chain_pems[0].tempfile() as cert:
            self.context.load_cert_chain(cert, key)
        self.root, self.chain = folder / "root.pem", folder / "chain.pem"
        root.cert_pem.write_to_path(str(self.root))
        root.cert_pem.write_to_path(str(self.chain))
        between.cert_pem.write_to_path(str(self.chain), append=True)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def test_an_intermediate_that_the_service_leaves_out_is_added_by_a_file(
    authority: Authority,
) -> None:
    with serving_air4thai(authority.context) as server:
        server.hours = day(at(2026, 11, 10, 0), 16.4)

        assert b"16.4" in asked(server.url, ca_file=authority.chain)


@pytest.mark.parametrize("given", [None, "root"])
def test_a_certificate_that_cannot_be_verified_is_refused_at_once(
    authority: Authority, given: str | None
) -> None:
    with serving_air4thai(authority.context) as server:
        with pytest.raises(ServiceRefused, match="--ca-file; verification is never switched off"):
            asked(server.url, ca_file=given and getattr(authority, given))

        assert [] == server.asked


def test_a_redirection_from_tls_to_plain_text_is_not_believed(authority: Authority) -> None:
    with serving_air4thai() as plain, serving_air4thai(authority.context) as server:
        server.faults = [says(b"", 301, Location=plain.url + NEW_PATH)]
        plain.faults = [says(b"{}")]

        with pytest.raises(ServiceRefused, match="redirected from https to http"):
            asked(server.url, ca_file=authority.chain)


def test_redirections_without_end_are_told(server: Air4ThaiServer) -> None:
    def elsewhere(handler: BaseHTTPRequestHandler) -> None:
        reply(handler, b"", 302, Location=handler.path)

    server.faults = [elsewhere] * 9

    with pytest.raises(DustError, match="redirected more than three times"):
        asked(server.url)


def test_a_file_without_certificates_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("none", encoding="utf-8")

    for name in ("empty.pem", "absent.pem"):
        with pytest.raises(BadInput, match="--ca-file"):
            asked("https://air4thai.example", ca_file=tmp_path / name)
