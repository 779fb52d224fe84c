"""Dice that may be thrown in any order: the same key and number always fall the same way."""

from __future__ import annotations

from hashlib import blake2b

_MASK = 2**64 - 1


def key_of(*names: object) -> int:
    """A key for a stream of its own, the same in every process."""
    text = "/".join(map(str, names)).encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")


def uniform(key: int, number: int) -> float:
    """A share in [0, 1): splitmix64 (Steele, Lea and Flood 2014) of key and number."""
    bits = (key + number * 0x9E3779B97F4A7C15) & _MASK
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & _MASK
    return ((bits ^ (bits >> 31)) >> 11) * 2.0**-53


def smooth(key: int, place: float) -> float:
    """A value in [-1, 1] that passes smoothly through a new throw at every whole number."""
    whole = int(place // 1)
    share = place - whole
    before = 2.0 * uniform(key, whole) - 1.0
    after = 2.0 * uniform(key, whole + 1) - 1.0
    return before + (after - before) * share * share * (3.0 - 2.0 * share)
