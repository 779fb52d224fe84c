"""The board as GeoJSON (RFC 7946): a feature for each station, for maps of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.board import SERVED
from api.claim_texts import carries_notice, low_cost_notice
from dust.claims import ClaimClass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.answers import Answer
    from api.claim_texts import Texts

MEDIA_TYPE: Final = "application/geo+json"
_SAID: Final = ("code", "name", "kind", "zone", "example")


def station_features(stations: Iterable[Answer], texts: Texts) -> list[Answer]:
    """The features of a board's stations."""
    notice = low_cost_notice(texts)
    return [_feature(station, notice) for station in stations]


def _feature(station: Answer, notice: Answer) -> Answer:
    figures = _figures(station)
    return {
        "type": "Feature",
        "id": station["code"],
        # Longitude first: RFC 7946, 3.1.1.
        "geometry": {
            "type": "Point",
            "coordinates": [station["longitude"], station["latitude"]],
        },
        "properties": {name: station[name] for name in _SAID}
        | figures
        | {"low_cost_notice": notice if _needs_notice(figures) else None},
    }


def _figures(station: Answer) -> Answer:
    """Newest values and the index of the last 24 hours, None where there is none."""
    newest = {str(pollutant): station["now"][pollutant] for pollutant in SERVED}
    return newest | {"aqi": station["aqi"] and _without_advice(station["aqi"])}


def _without_advice(index: Answer) -> Answer:
    return {name: said for name, said in index.items() if name != "advice"}


def _needs_notice(figures: Answer) -> bool:
    told = [figure for figure in figures.values() if figure is not None]
    return any(carries_notice(ClaimClass(figure["claim_class"])) for figure in told)
