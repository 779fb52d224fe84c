"""Why a number or a span of time has no reading, and what that means for the data."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Fate(StrEnum):
    """What became of readings that are not here."""

    NOT_MEASURED = "not_measured"
    """No reading was ever made."""
    WAITING = "waiting"
    """They are at the gateway, or on their way."""
    QUARANTINED = "quarantined"
    """They are here, whole, and refused."""
    LOST = "lost"
    """They were made, and are gone."""
    UNEXPLAINED = "unexplained"
    """Nothing that is known tells why."""


class Cause(StrEnum):
    """The one cause of a hole."""

    QUARANTINED = "quarantined"
    GIVEN_UP = "given_up"
    SET_ASIDE = "set_aside"
    DISK_FULL = "disk_full"
    NOT_ARRIVED = "not_arrived"
    GATEWAY_OFFLINE = "gateway_offline"
    CLOCK_UNKNOWN = "clock_unknown"
    CLOCK_JUMPED = "clock_jumped"
    GATEWAY_OFF = "gateway_off"
    SENSOR_SILENT = "sensor_silent"
    SENSOR_REFUSES = "sensor_refuses"
    SENSOR_REMOVED = "sensor_removed"
    PORT_LOST = "port_lost"
    NOT_BEGUN = "not_begun"
    NOT_MADE = "not_made"
    WITHOUT_SPOOL = "without_spool"
    UNEXPLAINED = "unexplained"


FATES: Final = {
    Cause.QUARANTINED: Fate.QUARANTINED,
    Cause.GIVEN_UP: Fate.LOST,
    Cause.SET_ASIDE: Fate.LOST,
    Cause.DISK_FULL: Fate.LOST,
    Cause.NOT_ARRIVED: Fate.WAITING,
    Cause.GATEWAY_OFFLINE: Fate.WAITING,
    Cause.CLOCK_UNKNOWN: Fate.WAITING,
    Cause.CLOCK_JUMPED: Fate.NOT_MEASURED,
    Cause.GATEWAY_OFF: Fate.NOT_MEASURED,
    Cause.SENSOR_SILENT: Fate.NOT_MEASURED,
    Cause.SENSOR_REFUSES: Fate.NOT_MEASURED,
    Cause.SENSOR_REMOVED: Fate.NOT_MEASURED,
    Cause.PORT_LOST: Fate.NOT_MEASURED,
    Cause.NOT_BEGUN: Fate.NOT_MEASURED,
    Cause.NOT_MADE: Fate.NOT_MEASURED,
    Cause.WITHOUT_SPOOL: Fate.NOT_MEASURED,
    Cause.UNEXPLAINED: Fate.UNEXPLAINED,
}

WORDS: Final = {
    Cause.QUARANTINED: "in quarantine",
    Cause.GIVEN_UP: "given up by the gateway: its spool was full, or they were too old",
    Cause.SET_ASIDE: "in a damaged spool file that the gateway has set aside",
    Cause.DISK_FULL: "the gateway's disk was full",
    Cause.NOT_ARRIVED: "not arrived yet",
    Cause.GATEWAY_OFFLINE: "the gateway is not heard; what it measures waits there",
    Cause.CLOCK_UNKNOWN: "the gateway did not know the time: readings wait or are in quarantine",
    Cause.CLOCK_JUMPED: "the gateway's clock was set forward",
    Cause.GATEWAY_OFF: "the gateway was off",
    Cause.SENSOR_SILENT: "the sensor said nothing",
    Cause.SENSOR_REFUSES: "the sensor did not take its settings",
    Cause.SENSOR_REMOVED: "the gateway was told not to read this sensor",
    Cause.PORT_LOST: "the sensor's cable or port was lost",
    Cause.NOT_BEGUN: "before the first reading of the sensor that is kept",
    Cause.NOT_MADE: "no reading was made: the numbers on both sides have no hole",
    Cause.WITHOUT_SPOOL: "a device without a spool: what it did not send is not known",
    Cause.UNEXPLAINED: "not explained",
}
"""Each cause as a volunteer reads it."""
