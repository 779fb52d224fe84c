"""What can go wrong in a bench."""

from __future__ import annotations

from dust.errors import DustError


class NotMeasured(DustError):  # noqa: N818  (named by what is wrong)
    """A part did not come up or did not finish; says which, with its last words."""


class WronglyStored(DustError):  # noqa: N818  (the same)
    """Readings are missing or there twice: a rate of such a run means nothing."""
