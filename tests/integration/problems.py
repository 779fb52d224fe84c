"""A problem document of the API, checked for what each of them must have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx


def problem(response: httpx.Response, status: int) -> Any:
    assert "application/problem+json" == response.headers["content-type"], response.text
    body = response.json()
    assert (status, status) == (response.status_code, body["status"])
    assert {"type", "title", "status", "detail"} <= body.keys()
    return body
