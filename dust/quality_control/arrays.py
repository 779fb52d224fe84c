"""Arrays of the tests: absent values are NaN, flags are small integers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dust.errors import BadInput
from dust.quality import QcFlag

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = NDArray[np.float64]
Flags = NDArray[np.int16]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


def floats(numbers: Sequence[float | None] | NDArray[Any]) -> Floats:
    """The numbers as an array, one dimension, None as NaN."""
    return np.asarray(numbers, dtype=np.float64).reshape(-1)


def as_stored(numbers: Sequence[float | None] | NDArray[Any]) -> Floats:
    """The numbers as the database keeps them, in single precision.

    A value is thus judged alike on arrival and when it is read back.
    """
    with np.errstate(over="ignore"):  # infinite then, and above every limit
        return floats(numbers).astype(np.float32).astype(np.float64)


def good_or_missing(values: Floats) -> Flags:
    """Flags before any test has spoken."""
    return np.where(np.isnan(values), QcFlag.MISSING, QcFlag.GOOD).astype(np.int16)


def check_length(field: str, array: NDArray[Any], length: int) -> None:
    if array.shape != (length,):
        raise BadInput(field, array.shape, f"an array of {length} values, one a reading")
