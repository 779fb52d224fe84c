"""What a rule says of a set: which values it marks and which it takes out of averages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sim.labelled.labelled_set import LabelledSet

    Bools = NDArray[np.bool_]
    Rule = Callable[[LabelledSet], "Verdict"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """For each station and minute; what is removed is marked, too.

    `in_marked_hour`: the value's hour carries a mark, although the value itself may not.
    """

    marked: Bools
    removed: Bools
    in_marked_hour: Bools


def no_rule(labelled: LabelledSet) -> Verdict:
    """Every value that came counts: what each rule is held against."""
    nothing = np.zeros(labelled.label.shape, dtype=bool)
    return Verdict(nothing, nothing, nothing)
