"""Whether and how stations are told to Home Assistant."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dust.settings import SettingsPart


class HomeAssistantSettings(SettingsPart):
    """MQTT discovery on the broker of the gateways."""

    enabled: bool = Field(
        default=False, description="Tell the stations to Home Assistant by MQTT discovery."
    )
    prefix: str = Field(
        default="homeassistant",
        pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$",
        description="Home Assistant's discovery prefix.",
    )
    language: Literal["th", "en"] = Field(
        default="th", description="Language of the names: th or en."
    )
    interval_s: float = Field(
        default=60, ge=1, le=600, description="Tell every station's figures this often."
    )

    @property
    def expire_after_s(self) -> int:
        """What has not been told for so long is not available: nobody tells it any more."""
        return round(3 * self.interval_s) + 30
