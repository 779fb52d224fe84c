"""`dust bench`: finds the benches that the installed services bring; imports one when it is called.

A service names its bench under the entry-point group `dust.benches`, as it names its command under
`dust.commands`.
"""

from __future__ import annotations

from typing import Final

import typer

from dust.commands import Installed

GROUP: Final = "dust.benches"
_HELP: Final = {
    "gateway": "What sensors cost a gateway; readings/s into its spool and out of it.",
    "plumes": "Which plumes and which faults our quality control and the peers' rule find.",
    "recompute": "What late readings cost, beside histories of several sizes.",
}
_EXTRA: Final = {"gateway": "bridge", "plumes": "sim", "recompute": "ingest"}
"""Benches whose packages come with an extra of another name."""


class Benches(Installed):
    """The benches that the installed packages bring."""

    group_name = GROUP
    section = "Benches"
    words = _HELP
    extras = _EXTRA
    said_as = "dust bench"


command = typer.Typer(
    cls=Benches,
    help="Measure this machine; every figure beside a limit measured in the same run.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)


@command.callback()
def bench() -> None:
    """Measure this machine; every figure beside a limit measured in the same run."""
