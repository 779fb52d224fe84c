"""What all answers have in common: tags, other origins, headers for browsers, and refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from integration import filling
from integration.api_server import ApiServer, serving

import api.routes.stations
from api.entity_tags import entity_tag
from dust.clock import epoch_ms

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from dust.testing import FakeClock

BOARD = "/api/v1/stations"
ANSWERS = [
    BOARD,
    f"{BOARD}/ref",
    f"{BOARD}/ref/hours",
    f"{BOARD}/ref/days",
    f"{BOARD}/ref/averages?kind=month",
    f"{BOARD}/ref/indicators",
    f"{BOARD}/ref/exceedances",
    "/api/v1/exceedances",
]
ELSEWHERE = "https://map.example.org"


@pytest.fixture
def server(plain_place: str, clock: FakeClock) -> Iterator[ApiServer]:
    """A server of its own, where the clock may move."""
    clock.set_ms(epoch_ms(filling.NOW))
    with serving(plain_place, clock) as made:
        yield made


@pytest.fixture
def open_server(plain_place: str, clock: FakeClock) -> Iterator[ApiServer]:
    """The same, readable from one other origin."""
    with serving(plain_place, clock, cors_origins=ELSEWHERE, hsts=True) as made:
        yield made


def ask(server: ApiServer, path: str, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return server.client.get(path, headers=named)


def problem(response: httpx.Response, status: int) -> Any:
    assert status == response.status_code
    assert "application/problem+json" == response.headers["content-type"]
    return response.json()


# --- Asking again ---------------------------------------------------------------------------------
@pytest.mark.parametrize("path", ANSWERS)
def test_who_shows_the_tag_of_an_answer_hears_that_it_still_stands(
    filled_api: ApiServer, path: str
) -> None:
    first = ask(filled_api, path)

    again = ask(filled_api, path, if_none_match=f'"other", {first.headers["etag"]}')

    assert (200, 304, b"") == (first.status_code, again.status_code, again.content)
    assert first.headers["etag"] == again.headers["etag"] == entity_tag(first.content)
    assert "no-cache" == first.headers["cache-control"] == again.headers["cache-control"]
    assert "content-type" not in again.headers


def test_a_star_names_every_tag_and_a_wrong_tag_none(filled_api: ApiServer) -> None:
    assert 304 == ask(filled_api, BOARD, if_none_match="*").status_code
    assert 200 == ask(filled_api, BOARD, if_none_match='"other"').status_code


def test_compressed_or_not_an_answer_has_one_tag(filled_api: ApiServer) -> None:
    plain = ask(filled_api, BOARD, accept_encoding="identity")
    small = ask(filled_api, BOARD, accept_encoding="gzip")

    assert ("gzip", None) == tuple(r.headers.get("content-encoding") for r in (small, plain))
    assert plain.json() == small.json()
    assert plain.headers["etag"] == small.headers["etag"]
    assert "Accept-Encoding" == plain.headers["vary"] == small.headers["vary"]
    again = ask(filled_api, BOARD, accept_encoding="gzip", if_none_match=small.headers["etag"])
    assert (304, b"", "Accept-Encoding") == (
        again.status_code,
        again.content,
        again.headers["vary"],
    )
    assert "content-encoding" not in again.headers


def test_a_tag_outlives_the_second_and_dies_with_the_day(
    server: ApiServer, clock: FakeClock
) -> None:
    first = ask(server, BOARD)
    clock.set_ms(epoch_ms(filling.NOW) + 1000)
    second = ask(server, BOARD)
    clock.set_ms(epoch_ms(filling.NOW) + 86_400_000)
    next_day = ask(server, BOARD)

    assert first.json()["generated_at"] != second.json()["generated_at"]
    assert first.headers["etag"] == second.headers["etag"] != next_day.headers["etag"]


def test_an_answer_that_still_stands_is_counted_as_such(filled_api: ApiServer) -> None:
    ask(filled_api, BOARD, if_none_match="*")

    assert 'route="/api/v1/stations",status="304"' in ask(filled_api, "/metrics").text


def test_an_error_has_no_tag(filled_api: ApiServer) -> None:
    response = ask(filled_api, f"{BOARD}/nowhere", if_none_match="*")

    problem(response, 404)
    assert "etag" not in response.headers


def test_the_live_stream_is_neither_tagged_nor_held_back(filled_api: ApiServer) -> None:
    path, headers = "/api/v1/live", {"If-None-Match": "*"}
    with filled_api.client.stream("GET", path, headers=headers) as response:
        first = next(response.iter_lines())

    assert "event: hello" == first
    assert "no-store" == response.headers["cache-control"]
    assert "etag" not in response.headers


# --- Other origins --------------------------------------------------------------------------------
def allowed_origin(response: httpx.Response) -> str | None:
    found: str | None = response.headers.get("access-control-allow-origin")
    return found


def test_by_default_nothing_is_said_to_other_origins(server: ApiServer) -> None:
    response = ask(server, BOARD, origin=ELSEWHERE)

    assert [] == [name for name in response.headers if name.startswith("access-control")]
    assert "same-origin" == response.headers["cross-origin-resource-policy"]


def test_an_origin_of_the_settings_may_read_the_api_without_credentials(
    open_server: ApiServer,
) -> None:
    response = ask(open_server, BOARD, origin=ELSEWHERE)
    again = ask(open_server, BOARD, origin=ELSEWHERE, if_none_match=response.headers["etag"])
    refused = ask(open_server, f"{BOARD}/nowhere", origin=ELSEWHERE)

    assert [200, 304, 404] == [r.status_code for r in (response, again, refused)]
    for answer in (response, again, refused):
        assert ELSEWHERE == allowed_origin(answer)
        assert "access-control-allow-credentials" not in answer.headers
        assert "cross-origin" == answer.headers["cross-origin-resource-policy"]
        assert "Origin" in answer.headers["vary"]


def test_nobody_else_and_nothing_else_is_opened(open_server: ApiServer) -> None:
    answers = [
        ask(open_server, BOARD, origin="https://evil.example.org"),
        *(ask(open_server, path, origin=ELSEWHERE) for path in ("/", "/metrics", "/healthz")),
    ]

    assert [None] * 4 == [allowed_origin(response) for response in answers]
    assert "same-origin" == answers[1].headers["cross-origin-resource-policy"]


@pytest.mark.parametrize(
    ("origin", "method", "status"),
    [(ELSEWHERE, "GET", 200), (ELSEWHERE, "POST", 400), ("https://evil.example.org", "GET", 400)],
)
def test_a_preflight_lets_reading_through_and_nothing_more(
    open_server: ApiServer, origin: str, method: str, status: int
) -> None:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "if-none-match",
    }

    response = open_server.client.options(BOARD, headers=headers)

    assert status == response.status_code
    if status == 200:
        assert "GET, HEAD, OPTIONS" == response.headers["access-control-allow-methods"]
    else:
        assert "Disallowed CORS" in problem(response, 400)["detail"]


def test_a_star_lets_every_page_read(plain_place: str, clock: FakeClock) -> None:
    with serving(plain_place, clock, cors_origins="*") as server:
        assert "*" == allowed_origin(ask(server, BOARD, origin="https://any.example.org"))


# --- Headers for browsers -------------------------------------------------------------------------
@pytest.mark.parametrize(
    "path",
    [
        "/",
        BOARD,
        f"{BOARD}/nowhere",
        "/no/such/page",
        "/static/page.css",
        "/static/nothing.js",
        "/openapi.json",
        "/metrics",
        "/api/v1/stations/" + "a" * 8000,
    ],
)
def test_every_answer_tells_browsers_what_it_may_do(filled_api: ApiServer, path: str) -> None:
    headers = ask(filled_api, path).headers

    assert "default-src 'self'" in headers["content-security-policy"]
    assert {
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }.items() <= dict(headers).items()
    assert "camera=()" in headers["permissions-policy"]
    assert "strict-transport-security" not in headers


def test_https_for_a_year_is_asked_for_where_it_is_set(open_server: ApiServer) -> None:
    assert "max-age=31536000" == ask(open_server, "/").headers["strict-transport-security"]


def test_a_fault_of_ours_is_a_problem_with_all_headers(
    open_server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> object:
        raise ZeroDivisionError

    monkeypatch.setattr(api.routes.stations, "board", broken)

    # The server hangs up after a fault: the next request takes another connection.
    response = ask(open_server, BOARD, origin=ELSEWHERE, connection="close")

    assert "ZeroDivision" not in problem(response, 500)["detail"]
    assert "nosniff" == response.headers["x-content-type-options"]
    assert ELSEWHERE == allowed_origin(response)
    assert "etag" not in response.headers
    counted = ask(open_server, "/metrics").text
    assert 'method="GET",route="/api/v1/stations",status="500"' in counted


# --- Refusals -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("path", "field", "value", "allowed"),
    [
        (f"{BOARD}/ref/hours?polutant=pm10", "polutant", "pm10", "pollutant"),
        (f"{BOARD}/ref/hours?pollutant=pm25&from=2024", "from", "2024", "start"),
        (f"{BOARD}/ref/days?Start=", "Start", "", "start"),
        (f"{BOARD}/ref?code=ref", "code", "ref", "no query parameter"),
        (f"{BOARD}?_=1", "_", "1", "no query parameter"),
        ("/api/v1/exceedances?%E0%B8%81=1", "ก", "1", "withdrawn"),
        ("/api/v1/live?a", "a", "", "no query parameter"),
    ],
)
def test_a_parameter_that_a_route_does_not_have_is_refused_by_name(
    filled_api: ApiServer, path: str, field: str, value: str, allowed: str
) -> None:
    body = problem(ask(filled_api, path), 422)

    assert (field, value) == (body["field"], body["value"])
    assert allowed in body["allowed"]


def test_outside_the_api_parameters_are_nobodys_business(filled_api: ApiServer) -> None:
    for path in ("/?utm_source=x", "/healthz?x=1", "/static/page.css?v=2"):
        assert 200 == ask(filled_api, path).status_code


@pytest.mark.parametrize("path", ["/api/v1/stations/{}", "/api/v1/exceedances?station={}", "/{}"])
def test_a_request_that_is_too_long_is_refused_before_it_is_read(
    filled_api: ApiServer, path: str
) -> None:
    longest = "a" * (8000 - len(path.format("")))

    problem(ask(filled_api, path.format(longest)), 404)
    body = problem(ask(filled_api, path.format(longest + "a")), 414)
    assert "8001 bytes" == body["value"]
    assert "8000" in body["allowed"]
