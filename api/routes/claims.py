"""The claims table: what the numbers of each sensor model may be used for, and why."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.answers import Answer, json_response
from api.claim_texts import Texts, carries_notice, claim_words, low_cost_notice
from api.house import InHouse
from dust.claims import ClaimClass, PollutantClaim, SensorModel, claims_table, judgement_of
from dust.pollutants import UGM3, Pollutant


def router() -> APIRouter:
    routes = APIRouter(prefix="/api/v1/claims", tags=["reference data"])

    @routes.get("", summary="Claim classes in words, and those of every sensor model, cited")
    async def claims(house: InHouse) -> Response:
        models = claims_table().models.items()
        return json_response(
            {
                "low_cost_notice": low_cost_notice(house.texts),
                "claim_classes": [_class_answer(claim, house.texts) for claim in ClaimClass],
                "models": [_model_answer(identifier, model) for identifier, model in models],
            }
        )

    return routes


def _class_answer(claim: ClaimClass, texts: Texts) -> Answer:
    return {
        "claim_class": str(claim),
        "judgement": str(judgement_of(claim)),
        "carries_low_cost_notice": carries_notice(claim),
        **claim_words(texts, claim),
    }


def _model_answer(identifier: str, model: SensorModel) -> Answer:
    """A model that measures no pollutant claims nothing."""
    return {
        "model": identifier,
        "maker": model.maker,
        "name": model.name,
        "claims": [_claim_answer(*claim) for claim in model.pollutants.items()],
    }


def _claim_answer(pollutant: Pollutant, claim: PollutantClaim) -> Answer:
    return {
        "pollutant": str(pollutant),
        "claim_class": str(claim.claim_class),
        "judgement": str(judgement_of(claim.claim_class)),
        "plausible": {
            "fail_below": claim.plausible.fail_below_ugm3,
            "suspect_above": claim.plausible.suspect_above_ugm3,
            "unit": UGM3,
        },
        "source": claim.source,
    }
