"""Rows as answers: every value with its period, unit, coverage, claim class and rule set."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
from fastapi import Response

from dust.indicators.health import names_of_tests
from dust.pollutants import UGM3
from dust.standards import LimitValue, limit_values

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

Answer = dict[str, Any]
COVERAGE = ("time_coverage", "data_capture", "data_coverage")


def json_response(content: object, media_type: str = "application/json") -> Response:
    """The answer as bytes."""
    return Response(msgspec.json.encode(content, enc_hook=_encode), media_type=media_type)


def encode_line(content: object) -> str:
    """The answer on one line, for an event stream."""
    return msgspec.json.encode(content, enc_hook=_encode).decode()


def utc(moment: datetime) -> str:
    """ISO 8601 UTC to the second, or to the millisecond where there is a fraction."""
    in_utc = moment.astimezone(UTC)
    spec = "milliseconds" if in_utc.microsecond else "seconds"
    return in_utc.isoformat(timespec=spec).replace("+00:00", "Z")


def number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def average_answer(row: Mapping[str, Any], zone: ZoneInfo, now: datetime) -> Answer:
    """One stored average; a period that is still running is not complete, however much it has."""
    return {
        "period_start": utc(row["period_start"]),
        "period_end": utc(row["period_end"]),
        "local_start": row["period_start"].astimezone(zone).isoformat(timespec="seconds"),
        "value": number(row["value"]),
        "uncorrected_value": number(row["uncorrected_value"]),
        "partial_mean": number(row["partial_mean"]),
        "unit": UGM3,
        "n_valid": row["n_valid"],
        **{name: number(row[name]) for name in COVERAGE},
        "is_complete": row["value"] is not None and row["period_end"] <= now,
        "claim_class": row["claim_class"],
        "rule_set": row["rule_set"],
        "corrections": row["corrections"],
        "qc_tests": names_of_tests(row["qc_tests"]),
        "revision": row["revision"],
    }


def limit_answer(limit: LimitValue) -> Answer:
    """A limit value with its citation."""
    return {
        "id": limit.id,
        "level": float(limit.level_ugm3),
        "unit": UGM3,
        "comparison": str(limit.comparison),
        "averaging_period": str(limit.averaging_period),
        "valid_from": limit.valid_from.isoformat(),
        "citation": limit.citation,
    }


def exceedance_answer(row: Mapping[str, Any]) -> Answer:
    """One revision of a ledger entry."""
    limit = next((limit for limit in limit_values() if limit.id == row["limit_id"]), None)
    return {
        "id": row["exceedance_id"],
        "station": row["station"],
        "pollutant": row["pollutant"],
        "limit": limit_answer(limit) if limit else {"id": row["limit_id"]},
        "kind": row["kind"],
        "status": row["status"],
        "revision": row["revision"],
        "reason": row["reason"],
        "local_day": row["local_day"].isoformat(),
        "period_start": utc(row["period_start"]),
        "period_end": utc(row["period_end"]),
        "value_raw": number(row["value_raw"]),
        "value_rounded": number(row["value_rounded"]),
        "level": number(row["level_ugm3"]),
        "unit": UGM3,
        "is_complete": row["is_complete"],
        "n_valid": row["n_valid"],
        "n_possible": row["n_possible"],
        **{name: number(row[name]) for name in COVERAGE},
        "claim_class": row["claim_class"],
        "rule_set": row["rule_set"],
        "corrections": row["corrections"],
        "changed": row["changed"],
        "recorded_at": utc(row["recorded_at"]),
    }


def _encode(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    raise NotImplementedError(f"no JSON for {type(value).__name__}")
