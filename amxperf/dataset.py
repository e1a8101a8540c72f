"""A dataset: a folder of captures, found, checked and read into tables (its layout: :mod:`amxperf.layout`)."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from . import schema, selector
from .capture import Note
from .document import load
from .errors import FormatError, ManifestError, MissingInput, UsageError
from .formats import read_document
from .layout import Run, check_launches, place, placed, sources
from .manifest import NAME, Manifest, missing, parse
from .verify import check_names, vouched

if TYPE_CHECKING:
    import pandas as pd

EMULATED = "the processor was emulated, and its times say nothing"


@dataclass(frozen=True)
class Dataset:
    """A dataset that was read and whose checksums hold.

    The tables of the schema are attributes: `.measurements`, `.lines`, `.traces`, `.frames`, `.registers`, `.events`, `.overheads`.
    """

    name: str
    root: Path
    manifest: Manifest
    files: tuple[Run, ...] = field(repr=False)
    notes: tuple[Note, ...] = field(default=(), repr=False)
    owned: bool = False
    """True for a dataset of the project: the folder above vouches for its manifest."""
    filters: tuple[str, ...] = ()
    """Which measurements `where` left."""

    @property
    def filter(self) -> str:
        """Which measurements `where` left, in one line; '' for all."""
        return ",".join(self.filters)

    @property
    def kind(self) -> str:
        return self.manifest.kind

    @property
    def timed(self) -> bool:
        """Do its times say something? Not on an emulated processor."""
        return self.kind != "emulated"

    @property
    def title(self) -> str:
        return self.manifest.title

    @property
    def credit(self) -> str:
        """Name, kind and date, as captions end with them.

        >>> open_dataset("vm-onednn").credit
        'vm-onednn (recorded, 2026-11-23)'
        """
        return f"{self.name} ({self.kind}, {self.manifest.date})" + (f", only {self.filter}" if self.filter else "")

    def side(self, source: str) -> str:
        """host or guest: from which side a file was recorded, as the manifest says; '' where it does not."""
        return str(self.manifest.rule(source).options.get("side", ""))

    @cached_property
    def sha256(self) -> str:
        """Hash over the names and hashes of all files: one word for the whole data."""
        lines = (f"{run.capture.sha256}  {run.source}\n" for run in self.files)
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row per file: source, environment, boot, launch, format, sha256 and the factors of the launch's name."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "source": run.source,
                    "environment": run.environment,
                    "boot": run.boot,
                    "launch": run.launch,
                    "format": run.capture.format,
                    "sha256": run.capture.sha256,
                    **run.factors,
                }
                for run in self.files
            ]
        )

    def table(self, name: str) -> pd.DataFrame:
        """One table over all files, in the order of their names."""
        return schema.joined(name, [run.capture.tables[name] for run in self.files if name in run.capture.tables])

    @cached_property
    def measurements(self) -> pd.DataFrame:
        """The measurements; those of an emulated processor are no evidence of speed, whatever program printed them."""
        table = self.table("measurements")
        if not self.timed and table["informative"].any():
            table.loc[table["informative"], ["informative", "reason"]] = [False, EMULATED]
        for filter in self.filters:
            table = selector.parse(filter).rows(table, self.name)
        return table

    def where(self, filter: str) -> Dataset:
        """The same dataset with the measurements that a filter selects (:mod:`amxperf.selector`); the whole for ''.

        Raises UsageError for a column that is not there, MissingInput for a value that never occurs.

        >>> len(open_dataset("vm-onednn").where("isa=amx,pages=2m").measurements) * 4 == len(open_dataset("vm-onednn").measurements)
        True
        """
        if not filter:
            return self
        chosen = selector.parse(filter)
        copy = replace(self, filters=(*self.filters, str(chosen)))
        copy.__dict__["measurements"] = chosen.rows(self.measurements, self.name)  # fills the cached property
        return copy

    @cached_property
    def lines(self) -> pd.DataFrame:
        return self.table("lines")

    @cached_property
    def traces(self) -> pd.DataFrame:
        return self.table("traces")

    @cached_property
    def frames(self) -> pd.DataFrame:
        return self.table("frames")

    @cached_property
    def registers(self) -> pd.DataFrame:
        return self.table("registers")

    @cached_property
    def events(self) -> pd.DataFrame:
        return self.table("events")

    @cached_property
    def overheads(self) -> pd.DataFrame:
        return self.table("overheads")


def find(name_or_path: str | os.PathLike[str]) -> Path:
    """The folder of a dataset: `data/NAME` from the working folder upwards, or a path.

    Raises MissingInput with the names that are there.
    """
    text = os.fspath(name_or_path)
    if not text:
        raise UsageError("the name of the dataset is empty", hint="give a name, or the path of a folder that holds dataset.toml")
    path = Path(text)
    if path.is_absolute() or len(path.parts) > 1 or text.startswith("."):
        if os.path.isdir(path):
            return path.resolve()
        if os.path.exists(path):
            raise MissingInput("this is a file, not a dataset", path=text, hint="name the folder that holds dataset.toml")
        raise MissingInput("no such dataset folder", path=text, hint="check the path")
    known: list[str] = []
    for base in (Path.cwd(), *Path.cwd().parents):
        if os.path.isdir(base / "data" / text):
            return (base / "data" / text).resolve()
        if (base / "data").is_dir() and not known:
            known = sorted(found.parent.name for found in (base / "data").glob(f"*/{NAME}"))
    if os.path.isdir(path):
        return path.resolve()
    raise MissingInput(
        f"no dataset is called {text!r}",
        hint=f"there are {', '.join(known)}" if known else "give the path of a folder that holds dataset.toml",
    )


def open_dataset(name_or_path: str | os.PathLike[str]) -> Dataset:
    """Find, check and read a dataset.

    Every file is hashed and compared with the manifest's checksums, on every call.

    Parameters
    ----------
    name_or_path : a name (`data/NAME`, looked up from the working folder upwards) or a folder.

    Raises
    ------
    MissingInput : no such dataset.
    ManifestError : dataset.toml is missing, incomplete or contradicts the files.
    ChecksumError : a file was changed, added or removed since the checksums were written.
    FormatError : a file is of no known format.

    >>> open_dataset("vm-onednn").kind
    'recorded'
    """
    root = find(name_or_path)
    path = root / NAME
    if not path.is_file():
        missing(root)
    owned = vouched(path)
    manifest = parse(path)
    found = sources(root, manifest)
    notes = check_names(root, found, manifest, owned) + _unused(manifest, found)
    runs = [_run(root, source, manifest) for source in found]
    check_launches(runs, path)
    for run in runs:
        notes.extend(run.capture.notes)
    notes += _strangers(manifest, runs)
    return Dataset(root.name, root, manifest, tuple(runs), tuple(notes), owned)


def _unused(manifest: Manifest, found: list[str]) -> list[Note]:
    """A note for each rule of ``[[files]]`` that covers no file: most likely a misprint."""
    rules = [rule for rule in manifest.files if not any(rule.covers(source) for source in found)]
    return [Note("unused-rule", f"no file matches {rule.match!r} of [[files]]", NAME) for rule in rules]


def _strangers(manifest: Manifest, runs: list[Run]) -> list[Note]:
    """A note for each environment of the probe that was copied in by hand: the manifest knows nothing of its machine."""
    known = manifest.raw.get("environments", {})
    copied = sorted({run.environment for run in runs if run.capture.format == "probe"} - set(known)) if known else []
    hint = "so nothing says where its machine differs: take the folder in with `amxperf collect DATASET --from THEIRS`"
    return [Note("unknown-environment", f"{name} was copied in by hand, {hint}", NAME) for name in copied]


def _run(root: Path, source: str, manifest: Manifest) -> Run:
    environment, boot, launch = place(source, manifest.path)
    rule = manifest.rule(source)
    document = load(root / source, source=source, sha256=manifest.checksums.get(source, ""))
    try:
        capture = read_document(document, rule.format, rule.options)
    except FormatError as error:
        if rule.format:
            raise
        hint = f'{error.hint}; or, if it is no capture, list it in {NAME}: ignore = ["{source}"]'
        raise FormatError(error.message, path=error.path, line=error.line, hint=hint) from error
    except UsageError as error:  # the options are those of the manifest, so the fault is there
        raise ManifestError(f"{error.message} (for {source})", path=manifest.path, hint=error.hint) from error
    boot = boot or manifest.boot(environment)
    factors = manifest.launch_factors(launch) if launch and len(capture.measurements) else {}
    run = Run(source, environment, boot, launch, capture, factors)
    return Run(source, environment, boot, launch, placed(run, root, manifest), factors)
