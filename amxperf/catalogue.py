"""The figures of the built book, by name."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .checkout import find_root
from .errors import MissingInput, OutputError, UsageError

PLACE = Path("_build", "html", "figures")


@dataclass(frozen=True)
class Entry:
    """A figure as the build left it."""

    name: str
    folder: Path
    metadata: dict[str, Any]

    @property
    def title(self) -> str:
        return self.metadata["title"]

    @property
    def kind(self) -> str:
        return self.metadata["kind"]

    @property
    def citation(self) -> str:
        return self.metadata["citation"]

    @property
    def bibtex(self) -> str:
        return (self.folder / f"{self.name}.bib").read_text(encoding="utf-8").rstrip()

    def export(self, to: str | os.PathLike[str]) -> list[Path]:
        """Copy the figure's files into a folder and return their paths; OutputError where that fails."""
        target = Path(to)
        try:
            target.mkdir(parents=True, exist_ok=True)
            return [Path(shutil.copyfile(self.folder / name, target / name)) for name in self.metadata["files"]]
        except OSError as error:
            raise OutputError(f"cannot be written ({error.strerror})", path=target, hint="name another folder") from error


def catalogue(root: str | os.PathLike[str] = "") -> list[Entry]:
    """Every figure of the built book, by name.

    Raises MissingInput where the book was not built.
    """
    place = find_root(root) / PLACE
    found = [
        Entry(path.parent.name, path.parent, json.loads(path.read_text(encoding="utf-8")))
        for path in sorted(place.glob("*/*.metadata.json"))
    ]
    if not found:
        raise MissingInput("the book has no figures yet", path=place, hint="run `amxperf build` first")
    return found


def figure(name: str, root: str | os.PathLike[str] = "") -> Entry:
    """One figure; UsageError names the ones that are there."""
    entries = {entry.name: entry for entry in catalogue(root)}
    if name not in entries:
        raise UsageError(f"no figure is called {name!r}", hint=f"there are {', '.join(entries)}")
    return entries[name]
