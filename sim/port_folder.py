"""The port folder: where readers find the ports, and where both sides say how far they are.

`<sensor id>` links to a port; `ready` appears when all are there; the caller makes `go` when its
readers are up; `finished.json` appears when feeding is over.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dust.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class PortFolder:
    """Makes and removes the names in the folder; first removes what an earlier run left there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._links: list[Path] = []
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("ready", "go", "finished.json"):
            (folder / name).unlink(missing_ok=True)

    def link(self, sensor_id: str, device: str) -> None:
        link = self._folder / sensor_id
        if link.is_symlink():
            link.unlink()
        elif link.exists():
            raise BadInput("--ports", str(link), "a folder where no file has a sensor's name")
        link.symlink_to(device)
        self._links.append(link)

    def announce_ready(self) -> None:
        (self._folder / "ready").touch()

    def go_given(self) -> bool:
        return (self._folder / "go").exists()

    def announce_finished(self, report: Mapping[str, object]) -> None:
        """Writes the report in one step: a reader never sees half of it."""
        draft = self._folder / "finished.json.part"
        draft.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        draft.replace(self._folder / "finished.json")

    def remove(self) -> None:
        """Removes the links and `ready`; the report stays."""
        for link in self._links:
            link.unlink(missing_ok=True)
        (self._folder / "ready").unlink(missing_ok=True)
