"""The rule sets, and which of them the network's averages are made by."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.answers import Answer, json_response, number
from api.house import InHouse
from api.queries.stations import fetch_network
from api.rules import rules_of
from dust.standards import RuleSet, default_rule_set, rule_sets


def router() -> APIRouter:
    routes = APIRouter(prefix="/api/v1/rule-sets", tags=["reference data"])

    @routes.get("", summary="When a mean counts as complete, and the rule set in force")
    async def known(house: InHouse) -> Response:
        network = await fetch_network(house.database)
        in_force = rules_of(network)
        return json_response(
            {
                "network": network and network["code"],
                "in_force": in_force.id,
                "rule_sets": [_answer(rules, in_force) for rules in rule_sets()],
            }
        )

    return routes


def _answer(rules: RuleSet, in_force: RuleSet) -> Answer:
    return {
        "id": rules.id,
        "hour_min_coverage": number(rules.hour_min_coverage),
        "day_min_hours": rules.day_min_hours,
        "long_min_coverage": number(rules.long_min_coverage),
        "final_after_days": rules.final_after_days,
        "source": rules.source,
        # No Thai legal text that gives such rules was found (docs/limit-values.md).
        "is_setting": True,
        "is_default": rules.id == default_rule_set().id,
        "is_in_force": rules.id == in_force.id,
    }
