"""Automatic tests of values, safe for dust: what is rare is flagged, what is impossible fails.

One station in a plume is right and its neighbours are not, so nothing that only says "unusual" may
take a value out of a mean (docs/quality-control.md).
"""

from dust.quality_control.channels import Agreement, channel_agreement
from dust.quality_control.hampel import hampel
from dust.quality_control.neighbours import BuddyRules, Places, buddy_check, disagreeing
from dust.quality_control.qartod import SpikeMethod, flat_line, gross_range, rate_of_change, spike
from dust.quality_control.series import SensorSeries
from dust.quality_control.series_tests import (
    check_series,
    looks_for_ms,
    near_reach_ms,
    reach_ms,
)
from dust.quality_control.value_tests import check_values
from dust.quality_control.verdicts import Outcome

__all__ = [
    "Agreement",
    "BuddyRules",
    "Outcome",
    "Places",
    "SensorSeries",
    "SpikeMethod",
    "buddy_check",
    "channel_agreement",
    "check_series",
    "check_values",
    "disagreeing",
    "flat_line",
    "gross_range",
    "hampel",
    "looks_for_ms",
    "near_reach_ms",
    "rate_of_change",
    "reach_ms",
    "spike",
]
