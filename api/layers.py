"""The layers around the routes: every request passes them inwards, every answer outwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.middleware.gzip import GZipMiddleware

from api.cross_origin import CrossOrigin
from api.entity_tags import EntityTags
from api.problems import install_problems
from api.request_target import BoundedTargets
from api.security_headers import SecurityHeaders

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.settings import HttpSettings


def install_layers(app: FastAPI, settings: HttpSettings) -> None:
    """From the innermost to the outermost, as the framework takes them.

    Tags come before compression, which leaves a 304 alone. Both hold the head of an answer back, so
    that a fault behind them can still become a problem; headers go on whatever comes out.
    """
    app.add_middleware(EntityTags)
    app.add_middleware(BoundedTargets)
    app.add_middleware(GZipMiddleware, minimum_size=1000)  # it leaves event streams alone
    install_problems(app)
    if settings.cors_origins:
        app.add_middleware(CrossOrigin, origins=settings.cors_origins)
    app.add_middleware(SecurityHeaders, hsts=settings.hsts, is_open=bool(settings.cors_origins))
