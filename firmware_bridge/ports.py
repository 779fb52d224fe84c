"""The serial ports of this machine: what is there, by which names, and who reads it.

Told by the files that the kernel (/sys, /proc) and udev (/dev) keep, so that asking never opens a
port: opening one raises its control lines, and that resets some sensors.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from firmware_bridge.errors import PortUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

BY_SERIAL: Final = "serial:"
"""Before the serial number of a USB adapter: the port that this adapter makes."""

PERMISSION_CURE: Final = (
    "this user may not open it: sudo usermod -aG dialout $USER, then log out and in again"
)
_MACHINE: Final = Path("/")
_NO_HARDWARE: Final = "0"  # PORT_UNKNOWN of <linux/serial_core.h>: a number kept free
_COMMAND_CHARACTERS: Final = 80
_SHARED_NUMBERS: Final = frozenset({"0", "0001", "00000000", "12345678", "123456"})
"""What makers write into every adapter that they sell."""


class Port(msgspec.Struct, frozen=True, kw_only=True):
    """A serial port; `write` is what belongs behind `port =`."""

    path: str
    by_id: str | None
    by_path: str | None
    other_names: list[str]
    usb: str | None
    """Vendor and product, four hexadecimal digits each."""
    serial_number: str | None
    description: str
    used_by: list[str]
    """Programs that hold it open, as far as this user may see."""
    may_open: bool
    write: str


def resolve(name: str) -> str:
    """The path to open for what stands behind `port =`; raises `PortUnavailable`.

    `serial:NUMBER` is looked for at each call: an adapter that was pulled out and put in again may
    have got another path.
    """
    return resolve_on(_MACHINE, name)


def resolve_on(machine: Path, name: str) -> str:
    """As `resolve`, on the machine whose files lie under `machine`."""
    if not name.startswith(BY_SERIAL):
        return name
    number = name.removeprefix(BY_SERIAL)
    found = [
        f"/dev/{tty.name}"
        for tty in _ttys(machine)
        if number and _of_adapter(tty, "serial") == number
    ]
    if not found:
        raise PortUnavailable(f"port {name}: no adapter with this serial number is plugged in")
    if len(found) > 1:
        several = f"{', '.join(found)} bear this serial number"
        raise PortUnavailable(f"port {name}: {several}; write the name under /dev/serial/by-path")
    return found[0]


def serial_ports(machine: Path = _MACHINE) -> list[Port]:
    """Every serial port that has hardware behind it, in the order of the kernel's names."""
    ttys = list(_ttys(machine))
    numbers = Counter(_of_adapter(tty, "serial") for tty in ttys)
    return [_port(machine, tty, numbers) for tty in ttys]


def users_of(path: str, machine: Path = _MACHINE) -> list[str]:
    """Who holds `path` open; another user's programs are seen by root alone."""
    port = (machine / path[1:]).resolve()
    console = _read(machine / "sys/class/tty/console/active") or ""
    wanted, processes = _identity(port), machine.glob("proc/[0-9]*")
    return ["the kernel's console"] * (port.name in console.split()) + [
        f"{_command(machine, process)} (process {process})"
        for process in sorted(int(folder.name) for folder in processes)
        if process != os.getpid() and _holds(machine / f"proc/{process}/fd", wanted)
    ]


def _command(machine: Path, process: int) -> str:
    words = (_read(machine / f"proc/{process}/cmdline") or "a program").split("\0")
    return " ".join(words).strip()[:_COMMAND_CHARACTERS]


def _holds(descriptors: Path, wanted: tuple[int, int] | None) -> bool:
    try:
        return wanted is not None and wanted in [_identity(link) for link in descriptors.iterdir()]
    except OSError:  # another user's process, or one that has just ended
        return False


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file this is: in a container another port may bear the same name."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _ttys(machine: Path) -> Iterator[Path]:
    """The kernel's folders of the ports; consoles and pseudo-terminals have no device."""
    folders = (machine / "sys/class/tty").glob("*")
    for tty in sorted(folders, key=lambda folder: (len(folder.name), folder.name)):
        if (tty / "device").exists() and _read(tty / "type") != _NO_HARDWARE:
            yield tty


def _port(machine: Path, tty: Path, numbers: Counter[str | None]) -> Port:
    path = f"/dev/{tty.name}"
    by_id, by_path = _names(machine, "serial/by-id", path), _names(machine, "serial/by-path", path)
    number = _of_adapter(tty, "serial")
    usb = [_of_adapter(tty, name) for name in ("idVendor", "idProduct")]
    own_number = number if number not in _SHARED_NUMBERS and numbers[number] == 1 else None
    return Port(
        path=path,
        by_id=by_id[0] if by_id else None,
        by_path=by_path[0] if by_path else None,
        other_names=_names(machine, "dust", path),
        usb=":".join(filter(None, usb)) or None,
        serial_number=number,
        description=_description(tty),
        used_by=users_of(path, machine),
        may_open=os.access(machine / path[1:], os.R_OK | os.W_OK),
        write=_lasting_name(path, own_number, by_id, by_path),
    )


def _lasting_name(path: str, own_number: str | None, by_id: list[str], by_path: list[str]) -> str:
    """The name that still means this port after a restart.

    Without a number of its own an adapter shares its name under by-id with every other of its
    kind, so only the socket that it is plugged into tells it from them.
    """
    if own_number is not None:
        return by_id[0] if by_id else f"{BY_SERIAL}{own_number}"
    return by_path[0] if by_path else path


def _names(machine: Path, folder: str, path: str) -> list[str]:
    """The links to `path` in a folder of /dev, the shortest first."""
    links = [link for link in (machine / "dev" / folder).glob("*") if link.is_symlink()]
    same = [link.name for link in links if link.readlink().name == Path(path).name]
    return [f"/dev/{folder}/{name}" for name in sorted(same, key=lambda name: (len(name), name))]


def _description(tty: Path) -> str:
    told = [_of_adapter(tty, name) for name in ("manufacturer", "product")]
    if any(told):
        return " ".join(part for part in told if part)
    return "port of the board"


def _of_adapter(tty: Path, name: str) -> str | None:
    """What the USB adapter that makes this port says of itself."""
    place = (tty / "device").resolve()
    adapter = next((p for p in (place, *place.parents) if (p / "idVendor").exists()), None)
    return _read(adapter / name) if adapter else None


def _read(path: Path) -> str | None:
    try:
        return path.read_text("utf-8", "replace").strip() or None
    except OSError:
        return None
