"""What a number may be used for: the claim class of each sensor model and pollutant.

Cheap optical sensors do not see coarse dust, so what may be claimed is a table with citations
(data/claims.toml), and the class travels with every figure (docs/domain-rules.md, section 6). The
same table has the parameters of the automatic tests (docs/quality-control.md).
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pydantic import model_validator

from dust.errors import BadInput
from dust.pollutants import Pollutant
from dust.qc_parameters import NeighbourParameters, QcParameters, with_overrides
from dust.toml_file import FileModel, load_toml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class ClaimClass(StrEnum):
    """From the legal method down to a number that must not be compared with a limit."""

    REFERENCE = "reference"
    INDICATIVE = "indicative"
    SCREENING = "screening"
    NOT_CLAIMABLE = "not_claimable"


class Judgement(StrEnum):
    """How a comparison with a limit value is worded for a claim class."""

    EXCEEDANCE = "exceedance"
    SIGNAL = "signal"
    NOT_JUDGED = "not_judged"


_JUDGEMENT = {
    ClaimClass.REFERENCE: Judgement.EXCEEDANCE,
    ClaimClass.INDICATIVE: Judgement.EXCEEDANCE,
    ClaimClass.SCREENING: Judgement.SIGNAL,
    ClaimClass.NOT_CLAIMABLE: Judgement.NOT_JUDGED,
}
_FROM_BEST = tuple(ClaimClass)


class PlausibleRange(FileModel):
    """The span in which a value needs no flag, µg/m³; above is suspect, below fails."""

    fail_below_ugm3: float
    suspect_above_ugm3: float


class PollutantClaim(FileModel):
    """What a model's value of one pollutant may be used for, and why."""

    claim_class: ClaimClass
    plausible: PlausibleRange
    source: str


class SensorModel(FileModel):
    """A make and model of sensor: what it measures and what its numbers may claim.

    `revises`: it publishes a period again when it has changed; of several readings of one
    phenomenon time only that with the highest number counts.
    """

    maker: str
    name: str
    pollutants: dict[Pollutant, PollutantClaim]
    qc: QcParameters
    revises: bool = False

    def claim_of(self, pollutant: Pollutant) -> ClaimClass:
        claim = self.pollutants.get(pollutant)
        return claim.claim_class if claim else ClaimClass.NOT_CLAIMABLE


class ClaimsTable(FileModel):
    """All sensor models by their identifier (`pms5003`); `qc` holds where a model says no other."""

    qc: QcParameters
    neighbours: NeighbourParameters
    models: dict[str, SensorModel]

    @model_validator(mode="before")
    @classmethod
    def _fill_in_defaults(cls, content: dict[str, Any]) -> dict[str, Any]:
        defaults = content.get("qc", {})
        models = {
            identifier: model | {"qc": with_overrides(defaults, model.get("qc", {}))}
            for identifier, model in content.get("models", {}).items()
        }
        return content | {"models": models}

    def model(self, identifier: str) -> SensorModel:
        """The model called `identifier`; a `BadInput` lists those that exist."""
        try:
            return self.models[identifier]
        except KeyError:
            raise BadInput(
                "model", identifier, "one of " + ", ".join(sorted(self.models))
            ) from None


@cache
def claims_table() -> ClaimsTable:
    """The claims table that ships with this version."""
    return load_toml(files("dust.data") / "claims.toml", ClaimsTable)


def judgement_of(claim: ClaimClass) -> Judgement:
    """Whether crossing a limit is an exceedance, a signal, or not judged at all."""
    return _JUDGEMENT[claim]


def weakest(claims: Iterable[ClaimClass]) -> ClaimClass:
    """The class of a figure made of several: as good as its weakest part."""
    return max(claims, key=_FROM_BEST.index, default=ClaimClass.NOT_CLAIMABLE)


def claims_of(model: SensorModel) -> Mapping[str, str]:
    """The model's classes by pollutant identifier, for data files and answers."""
    return {str(pollutant): str(claim.claim_class) for pollutant, claim in model.pollutants.items()}
