"""NMEA 0183 wind: 4800 8N1, lines `$..MWV` and `$..XDR`, exclusive or between `$` and `*`."""

from __future__ import annotations

from typing import Final

from firmware_bridge.sensors.base import WIND, Decoded, SensorModel
from firmware_bridge.sensors.wind import WEATHER, XorLineFormat, number, wind

_LONGEST: Final = 82  # of a sentence, by the standard
_MWV_FIELDS: Final = 5


def decode_nmea(frame: bytes) -> Decoded:
    """Wind of MWV; the quadruples of XDR; of any other sentence its name. Only MWV is data."""
    name, *fields = frame[1:-5].decode("ascii", "replace").split(",")
    decoded: Decoded = {"talker": name[:2], "sentence": name[2:]}
    if decoded["sentence"] == "MWV" and len(fields) == _MWV_FIELDS:
        return decoded | _mwv(*fields)
    if decoded["sentence"] == "XDR":
        return decoded | {"transducers": _xdr(fields)}
    return decoded


def _mwv(angle: str, reference: str, speed: str, unit: str, status: str) -> Decoded:
    fields: Decoded = {
        "wind_angle_deg": number(angle),
        "reference": reference,
        "wind_speed": number(speed),
        "unit": unit,
        "valid": status == "A",
    }
    used = wind(number(speed), unit, number(angle)) if fields["valid"] else {}
    return fields | used


def _xdr(fields: list[str]) -> list[Decoded]:
    quadruples = zip(*(fields[at::4] for at in range(4)), strict=False)
    return [
        {"type": kind, "value": number(value), "unit": unit, "name": name}
        for kind, value, unit, name in quadruples
    ]


NMEA_WIND: Final = SensorModel(
    identifier="nmea-wind",
    baud=4800,
    parity="N",
    frame_format=XorLineFormat(b"$", b"\r\n", _LONGEST, b"*"),
    decode=decode_nmea,
    values={},
    weather=WEATHER,
    options=WIND,
)
