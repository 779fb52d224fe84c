"""What the oracle is told of models and sensors: the data file, read without the system."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from sim.oracle import FlatLine, Measured, Model, Sensor

_FILE: Final = Path(__file__).parents[2] / "dust/data/claims.toml"

SENSOR_MODELS: Final = {
    "bam-ref": "bam1020",
    "pms-v1": "pms5003",
    "pms-v2": "pms5003",
    "pms-spare": "pms5003",
    "archive": "air4thai",
}


def sensors(interval_s: int) -> dict[str, Sensor]:
    """All read at one interval, but the archive, which has hours."""
    return {
        code: Sensor(model, 3600 if model == "air4thai" else interval_s)
        for code, model in SENSOR_MODELS.items()
    }


def models() -> dict[str, Model]:
    document = tomllib.loads(_FILE.read_text("utf-8"), parse_float=Decimal)
    return {
        name: _model(document["models"][name], document["qc"])
        for name in sorted(set(SENSOR_MODELS.values()))
    }


def _model(entry: dict[str, Any], defaults: dict[str, Any]) -> Model:
    own = entry.get("qc", {})
    flat = defaults["flat_line"] | own.get("flat_line", {})
    saturation = defaults["saturation"] | own.get("saturation", {})
    return Model(
        {
            pollutant: Measured(
                each["claim_class"],
                Decimal(each["plausible"]["fail_below_ugm3"]),
                saturation.get("tops_ugm3", {}).get(pollutant),
                saturation["tolerance_ugm3"],
            )
            for pollutant, each in entry["pollutants"].items()
        },
        FlatLine(
            flat["tolerance_ugm3"],
            flat["fail_after_s"],
            flat["fail_min_values"],
            own.get("gap_s", defaults["gap_s"]),
            flat["zeros_may_fail"],
        ),
        revises=entry.get("revises", False),
    )
