"""Why a figure that was already told is told differently now."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Reason(StrEnum):
    """What changed below a figure; the order is that in which several are told."""

    LATE_DATA = "late_data"
    RE_QC = "re_qc"
    CORRECTION = "correction"
    DEPLOYMENT = "deployment"
    RULE_SET = "rule_set"
    LIMIT_VALUE = "limit_value"
    ASKED = "asked"


def told(reasons: Iterable[str]) -> str:
    """The reasons of one restatement, each once, with `+` between them; empty without any."""
    known = set(reasons)
    return "+".join(reason for reason in Reason if reason in known)
