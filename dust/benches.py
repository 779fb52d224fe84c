"""`dust bench`: finds the benches that the installed services bring; imports one when it is called.

A service names its bench under the entry-point group `dust.benches`, as it names its command under
`dust.commands`.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command

from dust.commands import NotInstalled

GROUP: Final = "dust.benches"
_HELP: Final = {
    "gateway": "What sensors cost a gateway; readings/s into its spool and out of it.",
}
_EXTRA: Final = {"gateway": "bridge"}
"""Benches whose packages come with an extra of another name."""


class Benches(TyperGroup):
    """The benches that the installed packages bring."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002  (the library's signature)
        return sorted(_installed())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002  (the same)
        entry = _installed().get(cmd_name)
        return _load(entry) if entry else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401  (the same)
        names = self.list_commands(ctx)
        if names:
            with formatter.section("Benches"):
                formatter.write_dl([(name, _HELP.get(name, "")) for name in names])


def _installed() -> dict[str, EntryPoint]:
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    return {name: entry for name, entry in found.items() if find_spec(entry.module.split(".")[0])}


def _load(entry: EntryPoint) -> Any:  # noqa: ANN401  (the library's own command class)
    try:
        command: Any = get_command(entry.load())
    except ModuleNotFoundError as error:
        extra = _EXTRA.get(entry.name, entry.name)
        message = f"`dust bench {entry.name}` needs {error.name}: install dust-watch[{extra}]"
        raise NotInstalled(message) from error
    command.name = entry.name
    return command


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
