"""What a specimen does that its document does not say, or that hangs on how it was set up."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Quirks(NamedTuple):
    """Each quirk concerns the models that its comment names."""

    miswired: bool = False
    """Any model that is asked: the host hears its own bytes and nothing else (SPS30 issue 52)."""
    odd_sleep_reply: bool = False
    """sds011, sds198: the answer to a sleep command ends with FF, not AB."""
    shared_line: bool = False
    """pm1006: the lamp's requests are heard as well as the answers."""
    broken: Literal["", "fan", "laser"] = ""
    """nextpm: the default state, in which every answer is the state alone."""
    column_order: Literal["manual", "logged"] = "manual"
    """bam1020: which of two columns' orders it has."""
    inlet: Literal["pm25", "pm10", "tsp"] = "pm10"
    """bam1020: what its inlet lets through."""


NO_QUIRKS = Quirks()
