"""The figures of the built book, by name."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .checkout import find_root
from .errors import DataError, MissingInput, OutputError, UsageError

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
        target, names = Path(to), self.metadata["files"]
        for name in names:
            if not (self.folder / name).is_file():
                raise MissingInput("the built book lacks this file", path=self.folder / name, hint="run `amxperf build`")
        drafts = {name: target / f".{name}.{os.getpid()}" for name in names}
        try:
            target.mkdir(parents=True, exist_ok=True)
            try:
                for name, draft in drafts.items():
                    shutil.copyfile(self.folder / name, draft)
                return [draft.replace(target / name) for name, draft in drafts.items()]
            finally:
                for draft in drafts.values():
                    draft.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"cannot be written ({error.strerror})", path=target, hint="name another folder") from error


def catalogue(root: str | os.PathLike[str] = "") -> list[Entry]:
    """Every figure of the built book, by name.

    Raises MissingInput where the book was not built.
    """
    place = find_root(root) / PLACE
    found = [
        Entry(path.parent.name, path.parent, _metadata(path))
        for path in sorted(place.glob("*/*.metadata.json"))
    ]
    if not found:
        raise MissingInput("the book has no figures yet", path=place, hint="run `amxperf build` first")
    return found


def _metadata(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {key: found[key] for key in ("title", "kind", "citation", "files")} | found
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError("the metadata of this figure is damaged", path=path, hint="run `amxperf build` again") from error


def figure(name: str, root: str | os.PathLike[str] = "") -> Entry:
    """One figure; UsageError names the ones that are there."""
    entries = {entry.name: entry for entry in catalogue(root)}
    if name not in entries:
        raise UsageError(f"no figure is called {name!r}", hint=f"there are {', '.join(entries)}")
    return entries[name]
