"""Errors of the bench.

DustError
└── NotMeasured          a part did not come up, ended early or said nothing in time
"""

from __future__ import annotations

from dust.errors import DustError


class NotMeasured(DustError):  # noqa: N818  (named by what is wrong)
    """A run that gave no figures, and why."""
