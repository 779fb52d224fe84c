"""How often somebody may come: a bucket of tokens each, in bounded memory."""

from __future__ import annotations

from collections import OrderedDict
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple


class _Bucket(NamedTuple):
    """What was left at an instant."""

    tokens: float
    at_s: float


class TokenBuckets:
    """A bucket for each key: `burst` tokens at first, one more every `refill_s`, never above.

    The `most` keys that came last are remembered; whoever is forgotten starts with a full bucket.
    """

    def __init__(self, burst: int, refill_s: float, most: int = 10_000) -> None:
        self._burst = burst
        self._refill_s = refill_s
        self._most = most
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, key: str, now_s: float) -> float:
        """Take a token; returns 0, or the seconds until there is one."""
        bucket = self._buckets.pop(key, _Bucket(self._burst, now_s))
        tokens = min(self._burst, bucket.tokens + (now_s - bucket.at_s) / self._refill_s)
        wait_s = 0.0 if tokens >= 1 else (1 - tokens) * self._refill_s
        self._buckets[key] = _Bucket(tokens if wait_s else tokens - 1, now_s)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return wait_s

    def __len__(self) -> int:
        return len(self._buckets)


def address_key(host: str) -> str:
    """An address as one customer: of IPv6 the network, of which a customer has all addresses."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    return str(address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64))
