"""Where the captures of a dataset lie, and what a path says about the rows of its file.

::

    <dataset>/<environment>/[<boot>/]<launch>/<file>      the full layout
    <dataset>/<environment>/<file>                        one file per launch
    <dataset>/<file>                                      a file that names its environments itself
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from . import schema
from .capture import Capture, Note
from .codes import coded, filled, renamed
from .errors import ManifestError
from .manifest import NAME, Manifest
from .unpack import ENDINGS

if TYPE_CHECKING:
    import pandas as pd

HOST_PART = "host-"
"""Beginning of the name of a folder in place of a boot's: what the host of a guest recorded (`amxperf collect --host`)."""


@dataclass(frozen=True)
class Run:
    """One file in its place. `launch` and `boot` are '' where the path does not tell them."""

    source: str
    environment: str
    boot: str
    launch: str
    capture: Capture = field(repr=False)
    factors: dict[str, str] = field(default_factory=dict)


def sources(root: Path, manifest: Manifest) -> list[str]:
    """Relative paths of the captures, sorted; links that lead outside and an empty dataset are ManifestErrors."""
    found: list[str] = []
    for path in sorted(root.rglob("*")):
        source = path.relative_to(root).as_posix()
        if any(part.startswith(".") for part in path.relative_to(root).parts):
            continue
        if path.is_symlink():
            _check_link(path, root)
        if path.is_dir() or source == NAME or path.name.lower().startswith("readme"):
            continue
        if any(Path(source).match(pattern) for pattern in manifest.ignore):
            continue
        if path.exists() and not path.is_file():
            raise ManifestError("neither a file nor a folder", path=path, hint="remove it, or list it in ignore")
        found.append(source)
    if not found:
        raise ManifestError("the dataset holds no captures", path=root, hint="copy logs to ENVIRONMENT/LAUNCH/")
    return found


def _check_link(path: Path, root: Path) -> None:
    """A link may lead to a file of the dataset only: what lies outside has no checksum, and folders are not followed."""
    try:
        target = path.resolve()
    except (OSError, RuntimeError) as error:  # before Python 3.13 a loop of links is a RuntimeError
        raise ManifestError("the link leads nowhere", path=path, hint="remove it") from error
    if not target.is_relative_to(root):
        raise ManifestError("the link leads outside the dataset", path=path, hint="copy the file in")
    if target.is_dir():
        raise ManifestError("the link leads to a folder, and links to folders are not followed", path=path, hint="copy it in")
    if not target.exists():
        raise ManifestError("the link leads nowhere", path=path, hint="remove it")


def place(source: str, path: Path) -> tuple[str, str, str]:
    """Environment, boot and launch of a file, from its path in the dataset.

    >>> place("vm/b1/run-1/a.log", Path("dataset.toml")), place("vm/run-1.log.gz", Path("dataset.toml"))
    (('vm', 'b1', 'run-1'), ('vm', '', 'run-1'))
    """
    *folders, name = source.split("/")
    if len(folders) > 3:
        raise ManifestError(
            f"{source} lies too deep", path=path, hint="use ENVIRONMENT/[BOOT/]LAUNCH/FILE, or list it in ignore"
        )
    if len(folders) == 0:
        return "", "", ""
    if len(folders) == 1:
        stem = Path(name)
        if stem.suffix in ENDINGS:
            stem = stem.with_suffix("")
        return folders[0], "", stem.stem
    return folders[0], folders[1] if len(folders) == 3 else "", folders[-1]


def placed(run: Run, root: Path, manifest: Manifest) -> Capture:
    """The capture with environment, boot, launch and the launch's factors filled in."""
    tables = dict(run.capture.tables)
    notes = list(run.capture.notes)
    for name in ("lines", "traces"):
        if name in tables and run.boot:
            words = tables[name]["boot"].astype("str")
            tables[name] = tables[name].assign(boot=schema.words(words.where(words != "", run.boot)))
    if "measurements" in tables and len(tables["measurements"]):
        data = _identified(run, tables["measurements"].assign(dataset=root.name), root, manifest)
        tables["measurements"] = _factored(run, data, notes)
    return Capture(run.source, run.capture.format, run.capture.digest, tables, tuple(notes))


def _identified(run: Run, data: pd.DataFrame, root: Path, manifest: Manifest) -> pd.DataFrame:
    """Rows with their environment, boot and launch; a row that names its own keeps it."""
    foreign = data[(data["environment"] != "") & (data["environment"] != run.environment)] if run.environment else ()
    if len(foreign):
        raise ManifestError(
            f"the file names the environment {foreign['environment'].iloc[0]!r} and lies in the folder {run.environment!r}",
            path=root / run.source,
            line=int(foreign["line"].iloc[0]),
            hint="move it to the dataset's top, or correct its column",
        )
    own = data["launch"]
    if run.launch:  # a launch that a row names is one of this file: two files may use the same words
        data["launch"] = renamed(own, lambda name: name if name in ("", run.launch) else f"{run.launch}/{name}")
    for key in ("environment", "boot", "launch"):
        data[key] = filled(data[key], getattr(run, key))
    nowhere = data[data["environment"] == ""]
    if len(nowhere):
        raise ManifestError(
            "nothing says which environment this was measured in",
            path=root / run.source,
            line=int(nowhere["line"].iloc[0]),
            hint="move the file into a folder named for it, or add a column environment",
        )
    places = coded(data["environment"])
    stated = [manifest.boot(place) for place in places.words]
    if any(stated):
        boots = np.array(stated, dtype=object)[places.codes]
        data["boot"] = data["boot"].astype("str").where(data["boot"] != "", boots)
    return data


def _factored(run: Run, data: pd.DataFrame, notes: list[Note]) -> pd.DataFrame:
    """Rows with the factors of the launch's name; where a log says otherwise the log is believed, with a note."""
    for key, value in run.factors.items():
        if key not in data:
            data[key] = value
            continue
        found = data.loc[data[key] != value, key]
        if len(found):
            text = f"the launch is labelled {key}={value}, the log says {found.iloc[0]}; the log is believed"
            notes.append(Note("label-contradicts-log", text, run.source))
    return data


def check_launches(runs: list[Run], path: Path) -> None:
    """Two launches of one name: a file and a folder, or two files directly below an environment."""
    seen: dict[tuple[str, str, str], tuple[str, str]] = {}
    for run in runs:
        if not run.launch:
            continue
        key = (run.environment, run.boot, run.launch)
        place_of = run.source if run.source.count("/") == 1 else run.source.rsplit("/", 1)[0]
        if key in seen and seen[key][0] != place_of:
            raise ManifestError(
                f"two launches are called {run.launch!r}: {seen[key][1]} and {run.source}",
                path=path,
                hint="rename one of them",
            )
        seen[key] = (place_of, run.source)
