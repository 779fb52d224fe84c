"""Origins as the settings take them: those that a browser can send, or all."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from api.cross_origin import check_origins, origins_of
from api.settings import ApiSettings, HttpSettings


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "https://example.org",
        "http://localhost:5173",
        "http://[::1]:8080",
        "https://a-b.xn--o3cw4h",
        "http://192.0.2.7",
    ],
)
def test_an_origin_is_a_scheme_and_a_host_with_its_port(origin: str) -> None:
    assert (origin,) == check_origins((origin,))


@pytest.mark.parametrize(
    "origin",
    [
        "example.org",
        "null",
        "ftp://example.org",
        "https://",
        "https://example.org/",
        "https://example.org/map",
        "https://Example.org",
        "https://*.example.org",
        "https://user@example.org",
        "https://example.org?x",
        "https://example.org:443",
        "http://example.org:80",
        "https://example.org:0",
        "https://ตัวอย่าง.ไทย",
        "https://example.org\n",
    ],
)
def test_what_no_browser_sends_is_refused_with_value_and_what_is_allowed(origin: str) -> None:
    with pytest.raises(ValueError, match="allowed is") as refusal:
        check_origins((origin,))

    assert str(refusal.value).startswith(f"{origin}:")


def test_a_star_stands_alone() -> None:
    with pytest.raises(ValueError, match=r"\* alone"):
        check_origins(("https://example.org", "*"))


def test_origins_are_separated_by_commas() -> None:
    assert ("https://a.org", "https://b.org") == origins_of(" https://a.org ,https://b.org,")
    assert () == origins_of("")


@pytest.mark.parametrize(
    ("text", "origins"),
    [("", ()), ("*", ("*",)), ("https://a.org,http://b:81", ("https://a.org", "http://b:81"))],
)
def test_a_variable_holds_them(
    monkeypatch: pytest.MonkeyPatch, text: str, origins: tuple[str, ...]
) -> None:
    monkeypatch.setenv("DUST_API__CORS_ORIGINS", text)

    assert origins == ApiSettings().api.cors_origins


def test_a_bad_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUST_API__CORS_ORIGINS", "https://a.org/map")

    with pytest.raises(ValidationError, match=r"api\.cors_origins(.|\n)*https://a\.org/map"):
        ApiSettings()


def test_by_default_nobody_is_let_in_and_nobody_is_told_to_come_by_https() -> None:
    assert ((), False) == (HttpSettings().cors_origins, HttpSettings().hsts)
