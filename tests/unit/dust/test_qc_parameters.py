"""The parameters of the automatic tests: defaults, and what a model changes."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from dust.claims import ClaimClass, ClaimsTable, claims_table
from dust.errors import BadFile
from dust.pollutants import Pollutant
from dust.qc_parameters import FlatLine, with_overrides
from dust.toml_file import load_toml

if TYPE_CHECKING:
    from pathlib import Path


def test_overrides_go_field_by_field_and_leave_the_defaults_alone() -> None:
    defaults = {"gap_s": 600, "spike": {"enabled": True, "suspect_above_ugm3": 100}}

    merged = with_overrides(defaults, {"spike": {"enabled": False}, "channels": ["a", "b"]})

    assert {
        "gap_s": 600,
        "spike": {"enabled": False, "suspect_above_ugm3": 100},
        "channels": ["a", "b"],
    } == merged
    assert {"enabled": True, "suspect_above_ugm3": 100} == defaults["spike"]


def test_a_model_has_what_it_says_and_the_defaults_for_the_rest() -> None:
    table = claims_table()
    sds011, bam = table.model("sds011").qc, table.model("bam1020").qc

    assert {Pollutant.PM25: 999.9, Pollutant.PM10: 1999.9} == sds011.saturation.tops_ugm3
    assert table.qc.saturation.tolerance_ugm3 == sds011.saturation.tolerance_ugm3
    assert table.qc.flat_line == sds011.flat_line
    assert (False, 95) == (bam.humidity.enabled, bam.humidity.suspect_above_percent)


def test_only_reference_models_are_free_of_the_humidity_test() -> None:
    free = {name for name, model in claims_table().models.items() if not model.qc.humidity.enabled}
    reference = {
        name
        for name, model in claims_table().models.items()
        if ClaimClass.REFERENCE in {claim.claim_class for claim in model.pollutants.values()}
    }

    assert {"bam1020", "air4thai"} == free == reference


def test_only_the_archive_publishes_an_hour_again() -> None:
    assert ["air4thai"] == [n for n, model in claims_table().models.items() if model.revises]


def test_every_parameter_has_its_reason_beside_it() -> None:
    """Each table of parameters in the file has a comment of its own."""
    blocks = (files("dust.data") / "claims.toml").read_text("utf-8").split("\n\n")

    tables = [block for block in blocks if "[qc" in block or ".qc" in block]
    without = [block for block in tables if not any(s.startswith("#") for s in block.splitlines())]
    assert ['[models.purpleair.qc]\nchannels = ["pm25_a", "pm25_b"]'] == without


@pytest.mark.parametrize(
    "change",
    [
        {"fail_after_s": 1},
        {"fail_min_values": 3, "suspect_min_values": 4},
        {"suspect_min_values": 2},
        {"tolerance_ugm3": 0},
    ],
)
def test_a_flat_line_that_could_not_work_is_refused(change: dict[str, float]) -> None:
    good = claims_table().qc.flat_line.model_dump()

    with pytest.raises(ValidationError):
        FlatLine.model_validate(good | change)


def test_a_misspelt_parameter_is_refused(tmp_path: Path) -> None:
    text = (files("dust.data") / "claims.toml").read_text("utf-8")
    wrong = tmp_path / "claims.toml"
    wrong.write_text(text.replace("[qc.spike]\n", "[qc.spike]\nfail_above_ugm3 = 5\n"), "utf-8")

    with pytest.raises(BadFile, match="fail_above_ugm3"):
        load_toml(wrong, ClaimsTable)


def test_the_defaults_may_not_be_left_out(tmp_path: Path) -> None:
    file = tmp_path / "claims.toml"
    text = '[models.m]\nmaker = "any"\nname = "any"\npollutants = {}\n'
    file.write_text(text, "utf-8")

    with pytest.raises(BadFile, match=r": qc = None: allowed is a value"):
        load_toml(file, ClaimsTable)
