"""From a device's own name to a sensor's code: the same name always, two names never the same.

A name that may be part of a code stays as it is. Any other one (Thai letters, spaces, slashes, too
long) becomes what can be read of it and 16 digits of its SHA-256; a name that looks as if this had
been done to it is treated like those, so that nobody can take another's place by his name. An
escape letter by letter would be exact, but a Thai word of eight letters would be longer than a
code may be.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

_MARK: Final = "--"
_LONGEST: Final = 64
_DIGITS: Final = 16
_LEGAL: Final = re.compile(r"[A-Za-z0-9._-]+")
_ILLEGAL: Final = re.compile(r"[^A-Za-z0-9]+")


def sensor_code(prefix: str, device: str) -> str:
    """`<prefix>-<device>`, at most 64 letters, digits, '.', '_' or '-'."""
    code = f"{prefix}-{device}"
    if _LEGAL.fullmatch(device) and len(code) <= _LONGEST and _MARK not in code:
        return code
    digest = hashlib.sha256(device.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    room = _LONGEST - len(prefix) - 1 - len(_MARK) - _DIGITS
    readable = _ILLEGAL.sub("-", device).strip("-")[:room].strip("-")
    return f"{prefix}-{readable}{_MARK}{digest}"


def shadows(one: str, other: str) -> bool:
    """Whether codes that begin with one prefix may begin with the other as well."""
    return f"{one}-".startswith(f"{other}-") or f"{other}-".startswith(f"{one}-")
