"""dataset.toml: what a dataset says about itself."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

from .errors import ManifestError

NAME = "dataset.toml"

KINDS = ("recorded", "published", "transcribed", "emulated", "synthetic")
"""What data can be, from strong to weak. A figure inherits the weakest kind of its data.

Emulated: recorded from real programs on a processor that a program emulates. It shows what they do; its times say nothing.
"""

KEYS = {
    "kind": (str, "one of " + ", ".join(KINDS)),
    "title": (str, "one line"),
    "date": (object, "when it was recorded or published"),
    "licence": (str, "licence, or 'none stated, quoted'"),
    "recorded": (str, "how it was recorded"),
    "source": (str, "where it was published"),
    "warmup": (int, "iterations left out at the start of each benchmark in each launch"),
    "steady": (bool, "true: leave out warm-up as change points find it in each launch, in place of warmup"),
    "location": (str, "median (default) or mean: the location of a launch"),
    "block": (str, "what pairs the arms of a comparison: launch or boot (what one of them holds), or a column (equal values)"),
    "ignore": (list, "patterns of files that are not captures"),
    "machine": (dict, "the machine, and what is unknown about it"),
    "environments": (dict, "per environment: title, boot, machine keys that differ"),
    "launches": (dict, "name: a template of the launch folder's name, such as '{isa}-{pages}-{run}'; order: launches as they ran"),
    "factors": (dict, "factor name -> meaning"),
    "files": (list, "per pattern: format, side and reader options"),
    "checksums": (dict, "file -> 'sha256:...'"),
}
"""Every key that a manifest may have, with its type and meaning. Only kind and title are required."""


@dataclass(frozen=True)
class FileRule:
    """How the files that match a pattern are read."""

    match: str
    format: str | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def covers(self, source: str) -> bool:
        """True for a file, by its path in the dataset, that matches the pattern."""
        return PurePosixPath(source).match(self.match)


@dataclass(frozen=True)
class Manifest:
    """A parsed dataset.toml. `raw` keeps every key as written."""

    path: Path
    kind: str
    title: str
    raw: dict[str, Any] = field(repr=False)
    files: tuple[FileRule, ...] = ()
    checksums: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def date(self) -> str:
        return str(self.raw.get("date", "not stated"))

    @property
    def licence(self) -> str:
        return self.raw.get("licence", "not stated")

    @property
    def recorded(self) -> str:
        return self.raw.get("recorded", "not stated")

    @property
    def machine(self) -> dict[str, Any]:
        return self.raw.get("machine", {})

    @property
    def warmup(self) -> int:
        return self.raw.get("warmup", 0)

    @property
    def steady(self) -> bool:
        """Is warm-up to be found by change points?"""
        return self.raw.get("steady", False)

    @property
    def order(self) -> dict[str, int]:
        """Place of each launch in the order in which they ran, by name; empty where nobody says."""
        return {name: place for place, name in enumerate(self.raw.get("launches", {}).get("order", []))}

    @property
    def location(self) -> str:
        return self.raw.get("location", "median")

    @property
    def block(self) -> str:
        """What pairs the arms of a comparison: 'launch', 'boot' or a column whose equal values do; '' for nothing."""
        return self.raw.get("block", "")

    def without(self, key: str) -> Manifest:
        """The same as if it lacked a key."""
        return replace(self, raw={name: value for name, value in self.raw.items() if name != key})

    @property
    def ignore(self) -> list[str]:
        return self.raw.get("ignore", [])

    @property
    def factors(self) -> dict[str, str]:
        return self.raw.get("factors", {})

    def boot(self, environment: str) -> str:
        """The one boot that all launches of an environment belong to, or ''."""
        return str(self.raw.get("environments", {}).get(environment, {}).get("boot", ""))

    def launch_factors(self, launch: str) -> dict[str, str]:
        """Factors that the launch's name states, by ``[launches] name``; ManifestError where it does not fit."""
        template = self.raw.get("launches", {}).get("name")
        if not template:
            return {}
        parts = re.split(r"\{(\w+)\}", template)
        pattern = "".join(f"(?P<{part}>[^-]+)" if odd else re.escape(part) for part, odd in _alternate(parts))
        found = re.fullmatch(pattern, launch)  # _launches has seen to it that this compiles
        if not found:
            raise ManifestError(
                f"launch {launch!r} does not fit the template {template!r}",
                path=self.path,
                hint="rename the folder or mend [launches] name",
            )
        return {key: value for key, value in found.groupdict().items() if key != "run"}

    def rule(self, source: str) -> FileRule:
        """The first rule of ``[[files]]`` that covers a file; an empty one otherwise."""
        return next((rule for rule in self.files if rule.covers(source)), FileRule("*"))


def _alternate(parts: list[str]):
    return ((part, index % 2 == 1) for index, part in enumerate(parts))


def parse(path: Path) -> Manifest:
    """Read and check a dataset.toml; every fault is a ManifestError that names file, line and what to do."""
    text = _text(path)
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r" \(at line (\d+), column \d+\)$", str(error))
        raise ManifestError(
            f"not valid TOML: {str(error)[: found.start()] if found else error}",
            path=path,
            line=int(found[1]) if found else text.count("\n") + 1,
            hint="mend that line",
        ) from error
    for key, value in raw.items():
        if key not in KEYS:
            raise ManifestError(f"unknown key {key!r}", path=path, hint=f"use one of {', '.join(KEYS)}")
        wanted, meaning = KEYS[key]
        if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
            raise ManifestError(f"{key} has the wrong type", path=path, hint=f"give {meaning}")
    for key in ("kind", "title"):
        if not raw.get(key):
            raise ManifestError(f"the key {key!r} is missing", path=path, hint=f"add {key} = \"...\" ({KEYS[key][1]})")
    _known(raw["kind"], KINDS, "kind", path)
    _known(raw.get("location", "median"), ("median", "mean"), "location", path)
    if raw.get("warmup", 0) < 0:
        raise ManifestError("warmup is below 0", path=path, hint="give a number of iterations")
    if raw.get("warmup") and raw.get("steady"):
        raise ManifestError("warmup and steady both say what to leave out", path=path, hint="keep one of them")
    _environments(raw, path)
    _launches(raw, path)
    for pattern in raw.get("ignore", []):
        _pattern(pattern, "ignore", path)
    return Manifest(path, raw["kind"], raw["title"], raw, _rules(raw, path), _checksums(raw, path))


def missing(root: Path) -> NoReturn:
    """Raise the ManifestError of a folder without a manifest."""
    raise ManifestError(f"the dataset has no {NAME}", path=root, hint='add one with kind = "recorded" and title = "..."')


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, IsADirectoryError):
        missing(path.parent)
    except UnicodeDecodeError as error:
        raise ManifestError("not UTF-8 text", path=path, hint="save it as UTF-8") from error
    except OSError as error:
        raise ManifestError(f"cannot be read ({error.strerror})", path=path, hint="check its permissions") from error


def _environments(raw: dict[str, Any], path: Path) -> None:
    for name, entry in raw.get("environments", {}).items():
        if not isinstance(entry, dict):
            raise ManifestError(f"environments.{name} is not a section", path=path, hint=f"write [environments.{name}]")


def _launches(raw: dict[str, Any], path: Path) -> None:
    """The template of the launches' names, if there is one: a text whose fields are distinct words."""
    template = raw.get("launches", {}).get("name", "")
    if not isinstance(template, str):
        raise ManifestError("launches.name is not a text", path=path, hint='write name = "{isa}-{run}"')
    order = raw.get("launches", {}).get("order", [])
    if not isinstance(order, list) or not all(isinstance(name, str) for name in order) or len(set(order)) < len(order):
        raise ManifestError("launches.order is not a list of distinct names", path=path, hint='write order = ["run-1", "run-2"]')
    fields = re.findall(r"\{(\w*)\}", template)
    for place, field_ in enumerate(fields):
        if not field_.isidentifier() or not field_.isascii() or field_ in fields[:place]:
            raise ManifestError(
                f"the template {template!r} names no factor, or one twice, in {{{field_}}}",
                path=path,
                hint="give each a word of its own",
            )


def _pattern(value: Any, key: str, path: Path) -> None:
    if not isinstance(value, str) or not value.strip("./ "):
        raise ManifestError(f"{key} = {value!r} is not a pattern of file names", path=path, hint=f'write {key} = "*.log"')
    inside = PurePosixPath(value)
    if inside.is_absolute() or ".." in inside.parts:
        raise ManifestError(f"{key} = {value!r} leads outside the dataset", path=path, hint="name files below it")


def _known(value: str, allowed: tuple[str, ...], key: str, path: Path) -> None:
    if value not in allowed:
        raise ManifestError(f"{key} = {value!r} is not known", path=path, hint=f"use one of {', '.join(allowed)}")


def _rules(raw: dict[str, Any], path: Path) -> tuple[FileRule, ...]:
    rules = []
    for entry in raw.get("files", []):
        if not isinstance(entry, dict) or "match" not in entry:
            raise ManifestError("an entry of [[files]] has no match", path=path, hint='add match = "*.log"')
        _pattern(entry["match"], "match", path)
        if not isinstance(entry.get("format", ""), str):
            raise ManifestError(f"format of {entry['match']!r} is not a text", path=path, hint='write format = "dmesg"')
        options = {key: value for key, value in entry.items() if key not in ("match", "format")}
        rules.append(FileRule(entry["match"], entry.get("format"), options))
    return tuple(rules)


def _checksums(raw: dict[str, Any], path: Path) -> dict[str, str]:
    sums = {}
    for source, digest in raw.get("checksums", {}).items():
        inside = PurePosixPath(source)
        if inside.is_absolute() or ".." in inside.parts:
            raise ManifestError(f"checksum for {source!r} leads outside the dataset", path=path, hint="remove it")
        if not re.fullmatch(r"sha256:[0-9a-f]{64}", str(digest)):
            raise ManifestError(
                f"checksum of {source!r} is not 'sha256:' and 64 hexadecimal digits",
                path=path,
                hint="run `amxperf checksum`",
            )
        sums[source] = str(digest).removeprefix("sha256:")
    return sums
