"""Errors as application/problem+json (RFC 9457) that name field, value and what is allowed."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.errors import ServerErrorMiddleware

from dust.errors import BadInput, Unavailable

if TYPE_CHECKING:
    from fastapi import FastAPI

_MEDIA_TYPE = "application/problem+json"


class NotFound(BadInput):
    """Nothing here has that name."""


def problem(status: int, detail: str, **members: Any) -> Response:  # noqa: ANN401  (any JSON)
    """A problem document; `members` are its extensions (field, value, allowed)."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    content = msgspec.json.encode(body | {"detail": detail} | members)
    return Response(content, status, media_type=_MEDIA_TYPE)


def install_problems(app: FastAPI) -> None:
    """Answer every error of this application with a problem document; a fault as a layer."""
    app.add_exception_handler(BadInput, _bad_input)
    app.add_exception_handler(RequestValidationError, _bad_parameter)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Unavailable, _unavailable)
    # The framework's own layer for faults is the outermost: it would answer past all others.
    app.add_middleware(ServerErrorMiddleware, handler=_unforeseen)


async def _bad_input(_: Request, error: Exception) -> Response:
    status = (
        HTTPStatus.NOT_FOUND if isinstance(error, NotFound) else HTTPStatus.UNPROCESSABLE_ENTITY
    )
    named = error if isinstance(error, BadInput) else BadInput("request", "", "")
    return problem(
        status, str(error), field=named.field, value=str(named.value), allowed=named.allowed
    )


async def _bad_parameter(_: Request, error: Exception) -> Response:
    first = error.errors()[0] if isinstance(error, RequestValidationError) else {}
    field = ".".join(str(part) for part in first.get("loc", ())[1:])
    value, allowed = str(first.get("input")), str(first.get("msg"))
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        f"{field} = {value!r}: {allowed}",
        field=field,
        value=value,
        allowed=allowed,
    )


async def _http(_: Request, error: Exception) -> Response:
    known = error if isinstance(error, HTTPException) else HTTPException(500)
    response = problem(known.status_code, str(known.detail))
    response.headers.update(known.headers or {})
    return response


async def _unavailable(_: Request, error: Exception) -> Response:
    structlog.get_logger().warning("unavailable", reason=str(error))
    response = problem(
        HTTPStatus.SERVICE_UNAVAILABLE, "the database does not answer now; try again"
    )
    response.headers["Retry-After"] = "5"
    return response


async def _unforeseen(_: Request, error: Exception) -> Response:
    """A fault of ours: logged in full, told without its inside."""
    structlog.get_logger().error("unforeseen", exc_info=error)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "a fault of this service; it is in its log")
