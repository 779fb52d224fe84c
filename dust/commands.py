"""The console script `dust`: finds each service's command and imports it only when it is called."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command

from dust.errors import BadInput, DustError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GROUP: Final = "dust.commands"
_HELP: Final = {
    "api": "Serve the API and the page.",
    "bench": "Measure this machine, each figure beside a limit of the same run.",
    "bridge": "Read serial sensors and publish; --check, --list-ports, --probe help to set up.",
    "calc": "Calculators: air quality index, NowCast, daily mean.",
    "calibrate": "Hold a sensor against a reference station; propose a correction.",
    "corrections": "List, add or withdraw corrections of sensors.",
    "db": "Create or upgrade the database schema; say what the server can do.",
    "decode": "Decode sensor frames given as hex on standard input.",
    "demo": "Run everything on this machine with real data through virtual serial ports.",
    "devices": "List devices that are heard and not registered; print what registers them.",
    "drift": "Hold a station's hours against another's; an alarm, never a correction.",
    "gaps": "Say whether data was lost: every hole with its cause.",
    "import": "Take in data of others: hours of the reference station.",
    "ingest": "Take readings from the broker into the database.",
    "network": "Apply or show a network file: stations, sensors, deployments.",
    "quarantine": "List, show, replay or discard what could not be stored.",
    "recompute": "Make a span's flags, averages and ledger again.",
    "sim": "Play, write or publish what sensors would say, from recordings or a made world.",
}

_EXTRA: Final = {
    "corrections": "ingest",
    "db": "ingest",
    "decode": "bridge",
    "devices": "ingest",
    "drift": "ingest",
    "gaps": "ingest",
    "import": "ingest",
    "network": "ingest",
    "quarantine": "ingest",
    "recompute": "ingest",
}
"""Commands whose packages come with another's extra."""


class NotInstalled(DustError):  # noqa: N818  (named by what is wrong)
    """The packages that a command needs are not here."""


class Installed(TyperGroup):
    """The commands that the installed packages name under an entry-point group."""

    group_name: str
    section: str
    """Above their list in the help."""
    words: Mapping[str, str]
    """One line of help each."""
    extras: Mapping[str, str]
    """Those whose packages come with an extra of another name."""
    said_as: str
    """What stands before their name on the command line."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002  (the library's signature)
        return sorted(self._installed())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002  (the same)
        entry = self._installed().get(cmd_name)
        return self._load(entry) if entry else None

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401  (the same)
        rows = [(name, self.words.get(name, "")) for name in self.list_commands(ctx)]
        if rows:
            with formatter.section(self.section):
                formatter.write_dl(rows)

    def _installed(self) -> dict[str, EntryPoint]:
        found = {entry.name: entry for entry in entry_points(group=self.group_name)}
        return {name: at for name, at in found.items() if find_spec(at.module.split(".")[0])}

    def _load(self, entry: EntryPoint) -> Any:  # noqa: ANN401  (the library's own command class)
        try:
            command: Any = get_command(entry.load())
        except ModuleNotFoundError as error:
            extra = self.extras.get(entry.name, entry.name)
            needs = f"`{self.said_as} {entry.name}` needs {error.name}"
            raise NotInstalled(f"{needs}: install dust-watch[{extra}]") from error
        command.name = entry.name
        return command


class ServiceCommands(Installed):
    """The commands of `dust`."""

    group_name = GROUP
    section = "Commands"
    words = _HELP
    extras = _EXTRA
    said_as = "dust"


def build() -> Callable[..., Any]:
    """The whole command."""
    app = typer.Typer(
        cls=ServiceCommands,
        help="Dust Watch: from the serial port to the live page.",
        no_args_is_help=True,
        rich_markup_mode=None,
        add_completion=False,
    )
    app.callback()(_nothing)
    return get_command(app)


def _nothing() -> None:
    """Dust Watch: from the serial port to the live page."""


def main() -> None:
    """Run `dust`; exit codes: 0 done, 1 failed, 2 wrong use."""
    try:
        build()(prog_name="dust")
    except BadInput as error:
        sys.exit(_say(error, 2))
    except DustError as error:
        sys.exit(_say(error, 1))
    except Exception as error:
        if not _is_of_the_database(error):
            raise
        sys.exit(_say(_about_the_database(error), 1))


def _say(error: Exception | str, code: int) -> int:
    typer.echo(f"dust: {error}", err=True)
    return code


def _is_of_the_database(error: Exception) -> bool:
    """By its name: a gateway has no database driver to ask."""
    return type(error).__module__.split(".")[0] == "psycopg"


def _about_the_database(error: Exception) -> str:
    hint = " (dust db upgrade makes the schema)" if "Undefined" in type(error).__name__ else ""
    return f"database: {str(error).strip().splitlines()[0]}{hint}"


if __name__ == "__main__":
    main()
