"""The channel on which ingest announces changed stations and the API listens."""

from __future__ import annotations

from typing import Final

CHANNEL: Final = "dust_changes"
"""Payload: the keys of the changed stations, with commas between them."""
