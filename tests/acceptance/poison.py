"""Messages that cannot be stored, each with the reason that quarantine must give it.

A whole message is refused (its payload is kept as it came), or one reading of a message whose other
readings are stored (that reading is kept, under its number).
"""

from __future__ import annotations

import json
from typing import Any, Final

from acceptance.made_readings import made_reading

from dust import wire

SPOOL: Final = "00000000-0000-4000-8000-00000000dead"
RUBBISH_BYTES: Final = 10_000_000
_DEPTH: Final = 100_000
_BEYOND_BIGINT: Final = 2**63


def _message(name: str, *items: object, **more: object) -> dict[str, Any]:
    return {"v": wire.VERSION, "gateway": name, "spool": SPOOL, "readings": list(items)} | more


def _item(name: str, seq: int = 1, **more: object) -> dict[str, Any]:
    reading = made_reading(name, seq)
    told = {"seq": seq, "t": reading.t, "sensor": reading.sensor, "pm25": 1.0}
    return told | more


def _bytes(message: object) -> bytes:
    return json.dumps(message).encode()


def poison_messages(name: str) -> dict[str, tuple[bytes, str]]:
    """Payload and reason of each kind that is refused whole."""
    sound = _message(name, _item(name))
    whole = _bytes(sound)
    return {
        "no JSON": (b"pm2.5=20.2", "not_json"),
        "empty": (b"", "not_json"),
        "truncated": (whole[: len(whole) // 2], "not_json"),
        "10 MB of rubbish": (bytes(range(256)) * (RUBBISH_BYTES // 256), "not_json"),
        "foreign letters": ("ฝุ่น 20 µg".encode("utf-16"), "not_json"),
        "no UTF-8": (whole.replace(b"dead", b"\xff"), "not_json"),
        "too deep": (b"[" * _DEPTH, "malformed"),
        "a list": (_bytes([sound]), "malformed"),
        "readings as text": (_bytes(sound | {"readings": "20.2"}), "malformed"),
        "no spool": (_bytes({k: v for k, v in sound.items() if k != "spool"}), "malformed"),
        "a spool that is no UUID": (_bytes(sound | {"spool": "x"}), "malformed"),
        "an unknown field": (_bytes(sound | {"unit": "ug/m3"}), "malformed"),
        "an unknown version": (_bytes(sound | {"v": 2}), "unsupported_version"),
        "another gateway": (_bytes(sound | {"gateway": "gw-9"}), "gateway_mismatch"),
        "too many": (_bytes(_message(name, *[_item(name)] * 501)), "too_many_readings"),
    }


def poison_items(name: str) -> dict[int, tuple[bytes, str]]:
    """One reading and the reason by the sequence number that can be told of it, from 1 on."""
    faults: list[tuple[dict[str, Any], str]] = [
        ({"sensor": "nobody"}, "unknown_sensor"),
        ({"t": 0}, "time_too_old"),
        ({"t": 4_294_967_295_000}, "time_in_future"),
        ({"pm25": float("nan")}, "not_finite"),
        ({"pm25": float("inf")}, "not_finite"),
        ({"pm25": 1e9}, "value_out_of_range"),
        ({"pm25": None}, "no_value"),
        ({"pm25": "20.2"}, "malformed"),
        ({"pm25": [20.2]}, "malformed"),
        ({"t": "2026-01-10T00:00:00Z"}, "malformed"),
        ({"pm2_5": 20.2}, "malformed"),
        ({"x": {"cf1": "a\x00b"}}, "malformed"),
        ({"x": {"a\x00b": 1}}, "malformed"),
        ({"n": 2**31}, "malformed"),
    ]
    return {
        seq: (_bytes(_item(name, seq, **fault)), reason)
        for seq, (fault, reason) in enumerate(faults, start=1)
    }


def numberless_items(name: str) -> list[bytes]:
    """Readings whose number cannot be kept either: each is `malformed`."""
    numbers: list[object] = [_BEYOND_BIGINT, -1, 1.5, "7", None, 10**400]
    return [_bytes(_item(name) | {"seq": number}) for number in numbers]


def message_of(name: str, spool: str, items: list[bytes]) -> bytes:
    head = _bytes({"v": wire.VERSION, "gateway": name, "spool": spool})
    return head[:-1] + b', "readings": [' + b", ".join(items) + b"]}"
