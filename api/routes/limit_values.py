"""The limit values, past ones included, as their data files have them."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.answers import Answer, json_response, limit_answer, number
from api.as_of import within_the_calendar
from dust.pollutants import Pollutant
from dust.standards import LimitValue, limit_values

PollutantQuery = Annotated[Pollutant | None, Query(description="pm1, pm25, pm10 or tsp")]
Day = Annotated[date | None, Query(description="Only those in force on this local day.")]


def router() -> APIRouter:
    routes = APIRouter(prefix="/api/v1/limits", tags=["reference data"])

    @routes.get("", summary="Limit values with citation and the time they are in force")
    async def limits(pollutant: PollutantQuery = None, on: Day = None) -> Response:
        # A year of the Buddhist era lies in a far future, where every open end is in force.
        within_the_calendar("on", on)
        found = [limit for limit in limit_values() if _is_asked(limit, pollutant, on)]
        return json_response(
            {"on": on and on.isoformat(), "limits": [_answer(limit) for limit in found]}
        )

    return routes


def _is_asked(limit: LimitValue, pollutant: Pollutant | None, on: date | None) -> bool:
    return pollutant in {None, limit.pollutant} and (on is None or limit.in_force_on(on))


def _answer(limit: LimitValue) -> Answer:
    return limit_answer(limit) | {
        "authority": limit.authority,
        "pollutant": str(limit.pollutant),
        "interim_targets": [float(level) for level in limit.interim_targets_ugm3],
        "statistic": limit.statistic,
        "rounding": {"step": number(limit.rounding.step), "mode": str(limit.rounding.mode)},
        "permitted_exceedances": limit.permitted_exceedances,
        "valid_to": limit.valid_to and limit.valid_to.isoformat(),
        "source_mark": limit.source_mark,
    }
