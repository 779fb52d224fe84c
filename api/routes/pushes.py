"""Where devices push their readings over HTTP."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Final

import structlog
from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from api.answers import json_response
from api.house import InHouse
from api.problems import problem
from api.push_intake import PushIntake, TooOften, check_length
from dust.errors import BadInput, Unavailable

_READ_WITHIN_S: Final = 10
_RETRY_AFTER_S: Final = 10


def router() -> APIRouter:
    routes = APIRouter(tags=["pushes"])

    @routes.post("/push/sensor-community", summary="A push of airRohr, of either of its bodies")
    async def push(request: Request, house: InHouse) -> Response:
        return await _answer(request, house.pushes)

    # A device that knows no other path than that of Sensor.Community is led here by its host alone.
    @routes.post("/v1/push-sensor-data/", include_in_schema=False)
    @routes.post("/v1/push-sensor-data", include_in_schema=False)
    async def push_by_host(request: Request, house: InHouse) -> Response:
        return await _answer(request, house.pushes)

    return routes


async def _answer(request: Request, pushes: PushIntake) -> Response:
    if not pushes.is_open:
        return problem(HTTPStatus.FORBIDDEN, "pushes are not taken in here: see the API's settings")
    try:
        pushes.admit(request.client.host if request.client else "")
        body = await _body(request)
        headers = request.headers
        device = await pushes.take(body, headers.get("x-sensor"), headers.get("x-pin"))
    except TooOften as error:
        return _later(HTTPStatus.TOO_MANY_REQUESTS, error, error.retry_after_s)
    except Unavailable as error:
        structlog.get_logger().warning("push_not_taken", reason=str(error))
        return _later(HTTPStatus.SERVICE_UNAVAILABLE, error, _RETRY_AFTER_S)
    except BadInput as error:
        return _refused(error)
    except TimeoutError:
        return problem(HTTPStatus.REQUEST_TIMEOUT, f"no whole body in {_READ_WITHIN_S} s")
    return json_response({"status": "ok", "device": device})


async def _body(request: Request) -> bytes:
    """The body, read no further than it may be long."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal():
        check_length(int(announced[:20]))
    body = bytearray()
    try:
        async with asyncio.timeout(_READ_WITHIN_S):
            async for part in request.stream():
                body += part
                check_length(len(body))
    except ClientDisconnect:
        raise BadInput("body", f"{len(body)} bytes, then nothing", "the whole body") from None
    return bytes(body)


def _refused(error: BadInput) -> Response:
    """400 with field, value and what is allowed; 413 for a body that is too large."""
    too_large = error.field == "body" and error.allowed.startswith("at most")
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if too_large else HTTPStatus.BAD_REQUEST
    value = str(error.value)
    structlog.get_logger().info("push_refused", field=error.field, allowed=error.allowed)
    return problem(status, str(error), field=error.field, value=value, allowed=error.allowed)


def _later(status: HTTPStatus, error: Exception, after_s: int) -> Response:
    response = problem(status, str(error))
    response.headers["Retry-After"] = str(after_s)
    return response
