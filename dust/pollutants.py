"""What is measured: particulate fractions, their names on the wire and for people."""

from __future__ import annotations

from enum import StrEnum

UGM3 = "ug/m3"
"""The canonical unit of every concentration, in data; people read µg/m³ or มคก./ลบ.ม."""


class Pollutant(StrEnum):
    """A particulate fraction; the value is its identifier on the wire, in columns and in files."""

    PM1 = "pm1"
    PM25 = "pm25"
    PM10 = "pm10"
    TSP = "tsp"
