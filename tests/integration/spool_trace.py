"""What a process wrote, call by call, and what a disk would hold if the power went in between.

The model is harsher than most disks: until a file is synchronised each of its writes may be there,
gone, or there in part (512-byte sectors), in any combination; until a folder is, a new name may be
missing and a removed one may be back.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from pathlib import Path

SECTOR_BYTES = 512
CALLS = "openat,pwrite64,write,ftruncate,fdatasync,fsync,unlink,rename"
HEX = rb"((?:\\x[0-9a-f]{2})*)"
BY_DESCRIPTOR = re.compile(
    rb"(pwrite64|write|ftruncate|fdatasync|fsync)\((\d+)<"
    + HEX
    + rb'>(?:, "'
    + HEX
    + rb'")?(?:\.\.\.)?(?:, (\d+))?(?:, (\d+))?\) += (\d+)'
)
BY_NAME = re.compile(
    rb'(openat|unlink|rename)\((?:AT_FDCWD(?:<[^>]*>)?, )?"' + HEX + rb'"(.*)= (\d+)'
)


class Call(NamedTuple):
    """One call that went well: `offset` is where it wrote, or the length that it cut to."""

    what: str
    path: str
    data: bytes = b""
    offset: int = 0


def calls(trace: Path) -> Iterator[Call]:
    """The calls in the output of `strace -y -xx -s 1000000 -e trace=CALLS`."""
    for line in trace.read_bytes().splitlines():
        if match := BY_DESCRIPTOR.match(line):
            what, descriptor, path, data, first, second, done = match.groups()
            if what == b"write":
                if descriptor == b"1":
                    yield Call("tell", "", text(data))
                continue
            assert what != b"pwrite64" or len(text(data)) == int(done)
            yield Call(what.decode(), text(path).decode(), text(data), int(second or first or 0))
        elif match := BY_NAME.match(line):
            what, path, rest, _ = match.groups()
            if what != b"openat" or b"O_CREAT" in rest:
                yield Call(what.decode(), text(path).decode())


def text(escaped: bytes | None) -> bytes:
    return bytes.fromhex((escaped or b"").replace(rb"\x", b"").decode())


class File:
    """What is on the disk for sure, and the calls since."""

    def __init__(self) -> None:
        self.sure = bytearray()
        self.pending: list[Call] = []
        self.is_linked = False  # its name is on the disk
        self.is_removed = False

    def synchronise(self) -> None:
        for call in self.pending:
            apply(self.sure, call)
        self.pending = []

    def after_a_cut(self, dice: random.Random, luck: float) -> bytes:
        content = bytearray(self.sure)
        for call in self.pending:
            if dice.random() < luck:
                apply(content, call)
            elif dice.random() < 0.2:
                sectors = dice.randrange(len(call.data) // SECTOR_BYTES + 1)
                apply(content, call._replace(data=call.data[: sectors * SECTOR_BYTES]))
        return bytes(content)


def apply(content: bytearray, call: Call) -> None:
    if call.what == "ftruncate":
        del content[call.offset :]
        return
    if not call.data:
        return
    end = call.offset + len(call.data)
    content.extend(bytes(max(0, end - len(content))))
    content[call.offset : end] = call.data


class Disk:
    """The spool's files in one folder; what SQLite shares in memory (`-shm`) does not outlive."""

    PARTS = ("", "-wal", "-journal")

    def __init__(self, spool: Path) -> None:
        self._folder = str(spool.parent)
        self._names = {f"{spool}{part}": f"{spool.name}{part}" for part in self.PARTS}
        self._files: dict[str, File] = {}

    def take(self, call: Call) -> None:
        if call.path == self._folder and call.what in {"fsync", "fdatasync"}:
            self._synchronise_names()
        if call.path not in self._names:
            return
        file = self._files.get(call.path)
        if call.what == "openat":
            if file is None or file.is_removed:
                self._files[call.path] = File()
        elif file is None or call.what == "rename":
            raise AssertionError(f"not expected: {call}")
        elif call.what == "unlink":
            file.is_removed = True
        elif call.what in {"fsync", "fdatasync"}:
            file.synchronise()
        else:
            file.pending.append(call)

    def write_after_a_cut(self, folder: Path, dice: random.Random) -> None:
        """Make the files as they may be when the power is back."""
        luck = dice.choice([0, 0.5, 0.9, 1])
        for path, file in self._files.items():
            there = file.is_linked or dice.random() < 0.7
            if file.is_removed:
                there = there and dice.random() < 0.5
            if there:
                (folder / self._names[path]).write_bytes(file.after_a_cut(dice, luck))

    def _synchronise_names(self) -> None:
        self._files = {path: file for path, file in self._files.items() if not file.is_removed}
        for file in self._files.values():
            file.is_linked = True
