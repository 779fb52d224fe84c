"""The arrays that statistics are made from: float64, NaN where there is no value."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable

Floats: TypeAlias = npt.NDArray[np.float64]
Booleans: TypeAlias = npt.NDArray[np.bool_]


def floats(values: Iterable[object]) -> Floats:
    """Numbers of any kind, decimals too; None becomes NaN."""
    return np.array(
        [np.nan if value is None else float(value) for value in values],  # type: ignore[arg-type]  # numbers
        dtype=np.float64,
    )
