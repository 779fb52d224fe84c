"""What numbers may be used for."""

from __future__ import annotations

import pytest

from dust.claims import (
    ClaimClass,
    Judgement,
    claims_of,
    claims_table,
    judgement_of,
    weakest,
)
from dust.errors import BadInput
from dust.pollutants import Pollutant
from firmware_bridge.sensors import sensor_models


@pytest.mark.parametrize(
    ("claim", "judgement"),
    [
        (ClaimClass.REFERENCE, Judgement.EXCEEDANCE),
        (ClaimClass.INDICATIVE, Judgement.EXCEEDANCE),
        (ClaimClass.SCREENING, Judgement.SIGNAL),
        (ClaimClass.NOT_CLAIMABLE, Judgement.NOT_JUDGED),
    ],
)
def test_only_reference_and_indicative_numbers_make_an_exceedance(
    claim: ClaimClass, judgement: Judgement
) -> None:
    assert judgement == judgement_of(claim)


@pytest.mark.parametrize("model", ["pms5003", "sds011"])
def test_pm10_of_a_cheap_optical_sensor_may_not_be_claimed(model: str) -> None:
    assert ClaimClass.NOT_CLAIMABLE == claims_table().model(model).claim_of(Pollutant.PM10)
    assert ClaimClass.SCREENING == claims_table().model(model).claim_of(Pollutant.PM25)


def test_what_a_model_does_not_measure_may_not_be_claimed() -> None:
    assert ClaimClass.NOT_CLAIMABLE == claims_table().model("pms5003").claim_of(Pollutant.TSP)


def test_an_unknown_model_is_refused_with_those_that_exist() -> None:
    with pytest.raises(
        BadInput, match=r"^model = 'pms9': allowed is one of air4thai, bam1020, davis"
    ):
        claims_table().model("pms9")


def test_a_figure_is_as_good_as_its_weakest_part() -> None:
    assert ClaimClass.SCREENING == weakest([ClaimClass.SCREENING, ClaimClass.REFERENCE])
    assert ClaimClass.NOT_CLAIMABLE == weakest(list(ClaimClass))
    assert ClaimClass.NOT_CLAIMABLE == weakest([])


def test_the_classes_of_a_model_are_told_by_pollutant() -> None:
    expected = {"pm1": "screening", "pm25": "screening", "pm10": "not_claimable"}

    assert expected == claims_of(claims_table().model("pms5003"))


def test_every_sensor_that_a_gateway_can_read_has_its_claims() -> None:
    for identifier, model in sensor_models().items():
        claims = claims_table().model(identifier).pollutants
        assert set(model.values) <= {str(pollutant) for pollutant in claims}


def test_every_claim_names_its_source() -> None:
    for model in claims_table().models.values():
        assert all(claim.source for claim in model.pollutants.values())
