"""The page as the server gives it: two languages, and nothing that must come from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import pytest
from fixtures.absence import absent
from integration.api_server import ApiServer, serving

import api.app

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from dust.testing import FakeClock

STATIC = Path(api.app.__file__).parent / "pages" / "static"
REFERENCE = re.compile(r"""(?:href|src)=["']([^"']+)["']""")
MODULE = re.compile(r"""(?:from|import)\s*\(?["'](\.?\.?/[^"']+)["']""")
IN_STYLE = re.compile(r"""url\(["']?(?!data:)([^"')]+)["']?\)""")


@pytest.fixture
def server(plain_place: str, clock: FakeClock) -> Iterator[ApiServer]:
    with serving(plain_place, clock) as made:
        yield made


@pytest.mark.parametrize(("path", "lang"), [("/", "th"), ("/en", "en")])
def test_the_page_is_there_in_its_language(server: ApiServer, path: str, lang: str) -> None:
    response = server.get(path)

    assert 200 == response.status_code
    assert "text/html; charset=utf-8" == response.headers["content-type"]
    assert f'<html lang="{lang}"' in response.text
    assert "{{" not in response.text


def test_the_page_may_load_from_this_server_alone(server: ApiServer) -> None:
    headers = server.get("/").headers

    policy = dict(
        part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";")
    )
    assert "'self'" == policy["default-src"]
    assert "unsafe" not in headers["content-security-policy"]
    assert "'none'" == policy["frame-ancestors"]
    assert "nosniff" == headers["x-content-type-options"]


def test_every_file_that_the_page_asks_for_is_there(server: ApiServer) -> None:
    if not (STATIC / "vendor").is_dir():
        absent("the page's assets", "no vendor folder; `make setup` makes it")
    wanted = {"/", "/en"}
    seen: dict[str, int] = {}

    while wanted - seen.keys():
        path = (wanted - seen.keys()).pop()
        response = server.get(path)
        seen[path] = response.status_code
        wanted |= {link for link in _links(path, response) if "/api/" not in link}

    assert {200} == set(seen.values()), {p for p, status in seen.items() if status != 200}
    assert {"/static/main.js", "/static/page.css"} <= seen.keys()


def _links(path: str, response: httpx.Response) -> set[str]:
    kind = response.headers["content-type"].split(";")[0]
    # Leaflet's style names images of controls that the page does not use: only ours is followed.
    pattern = {"text/html": REFERENCE, "text/javascript": MODULE}.get(kind)
    if path == "/static/page.css":
        pattern = IN_STYLE
    links = pattern.findall(response.text) if pattern else []
    found = {urljoin(path, link.split("#")[0].split("?")[0]) for link in links}
    assert not any(link.startswith(("http", "//")) for link in found), found
    return found


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/nothing.js", "/static/"]
)
def test_nothing_else_is_served(server: ApiServer, path: str) -> None:
    assert 404 == server.client.get(server.url + path).status_code


def test_the_schema_of_the_api_lists_its_routes(server: ApiServer) -> None:
    paths = server.get("/openapi.json").json()["paths"]

    assert {
        "/api/v1/stations",
        "/api/v1/stations/{code}",
        "/api/v1/stations/{code}/hours",
        "/api/v1/stations/{code}/days",
        "/api/v1/stations/{code}/exceedances",
        "/api/v1/exceedances",
        "/api/v1/live",
        "/healthz",
    } <= paths.keys()
