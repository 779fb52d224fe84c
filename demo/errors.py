"""Errors of the demo: what could not be started, and where its log lies."""

from __future__ import annotations

from dust.errors import DustError


class DidNotStart(DustError):  # noqa: N818  (named by what is wrong)
    """A part did not come up in time."""


class GaveUp(DustError):  # noqa: N818  (named by what is wrong)
    """A part ended again and again."""
