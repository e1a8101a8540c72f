"""What the Sphinx extension reads: facts, figures and captures, in the stage's folder `_amx`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = "_amx"
"""The folder in the stage; stage.py fills it."""


@dataclass(frozen=True)
class Store:
    """The records beside the pages that Sphinx reads; `root` is Sphinx's source folder."""

    root: Path

    def fact_file(self, page: str) -> str:
        """Path of a page's facts, relative to the source folder."""
        return f"{FOLDER}/facts/{page}.json"

    def facts(self, page: str) -> dict[str, dict[str, Any]] | None:
        """The facts of a page by name; None where the page has none."""
        return (_json(self.root / self.fact_file(page)) or {}).get("facts")

    def figure_file(self, name: str) -> str:
        """Path of a figure's metadata, relative to the source folder."""
        return f"{FOLDER}/figures/{name}/{name}.metadata.json"

    def figure(self, name: str) -> dict[str, Any] | None:
        """The metadata of a figure; None where there is no such figure."""
        return _json(self.root / self.figure_file(name))

    def figures(self) -> list[str]:
        """Names of all figures."""
        base = self.root / FOLDER / "figures"
        return sorted(path.name for path in base.iterdir() if path.is_dir()) if base.is_dir() else []

    def figure_folder(self, name: str) -> Path:
        return self.root / FOLDER / "figures" / name

    def datasets(self) -> dict[str, Path]:
        """Folder of each dataset whose captures are published."""
        found = _json(self.root / FOLDER / "captures.json") or {}
        return {name: Path(folder) for name, folder in sorted(found.items())}

    def capture(self, address: str) -> Path | None:
        """The file of ``DATASET/PATH``; None where it is not among the published ones."""
        dataset, _, source = address.partition("/")
        folder = self.datasets().get(dataset)
        if folder is None or not source:
            return None
        path = folder / source
        inside = path.resolve().is_relative_to(folder.resolve())
        return path if inside and path.is_file() else None


def _json(path: Path) -> dict[str, Any] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return _parsed(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=256)
def _parsed(path: Path, _mtime: int, _size: int) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))
