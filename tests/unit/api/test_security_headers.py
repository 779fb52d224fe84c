"""The headers that tell browsers what an answer may do."""

from __future__ import annotations

from api.security_headers import security_headers


def test_everything_comes_from_this_server_and_in_no_frame() -> None:
    headers = security_headers(readers="same-origin", hsts=False)

    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "DENY" == headers["X-Frame-Options"]
    assert "same-origin" == headers["Cross-Origin-Resource-Policy"]
    assert "camera=()" in headers["Permissions-Policy"]


def test_https_is_asked_for_only_where_it_is_set() -> None:
    name = "Strict-Transport-Security"

    assert name not in security_headers(readers="same-origin", hsts=False)
    assert "max-age=31536000" == security_headers(readers="cross-origin", hsts=True)[name]
