"""The readers: one module per format, one line per format in :data:`FORMATS`.

A format module defines

- ``TITLE``: a few words for people,
- ``sniff(document) -> int``: 0 (not mine) to 100 (certainly mine), from ``document.head`` or ``document.data``,
- ``read(document, options) -> (tables, notes)``: a dict of frames made with :func:`amxperf.schema.frame`, and a list of
  :class:`amxperf.capture.Note`. `options` is a mapping, from a caller or from ``[[files]]`` in dataset.toml.

Readers know files and tables; they know nothing of datasets or statistics.

A format may live in another package: :func:`register` makes it known to one process, an entry point of the group
``amxperf.formats`` to every process. The book's page `new-format` walks through one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from ..capture import Capture, Note
from ..document import Document, load
from ..errors import FormatError, UsageError
from .prefixes import unprefixed
from .quoting import unquoted

FORMATS: dict[str, str] = {
    "dmesg": "kernel log: dmesg, journal, serial console",
    "ftrace": "ftrace text: trace, trace_pipe, trace-cmd report, perf script",
    "amx_test": "amx-test console output",
    "onednn": "oneDNN verbose log",
    "bpftrace": "bpftrace maps: VM exits by reason, histograms, counts",
    "perf_stat": "perf stat: text, -x CSV, -j JSON",
    "kvm_stat": "perf kvm stat report",
    "kvm_counters": "KVM counters: debugfs snapshot, kvm_stat",
    "qemu_stats": "KVM counters: QEMU's query-stats",
    "google_benchmark": "google-benchmark: JSON, CSV, printed table",
    "hyperfine": "hyperfine: JSON, CSV, Markdown, printed results",
    "llama_bench": "llama-bench: JSON, JSON lines, CSV, SQL, Markdown",
    "benchdnn": "benchdnn output",
    "selftest": "kernel selftests of AMX",
    "mmtests": "mmtests comparison text",
    "overheads": "published overheads, CSV",
    "probe": "log of amxprobe, the program of `amxperf collect`",
    "table": "measurements table, CSV or Parquet",
}
"""Name of the module in this package -> what it reads. A new format is one module and one line here."""

SURE = 20
"""Least confidence with which a format is chosen by content."""

GROUP = "amxperf.formats"
"""Group of the entry points by which installed packages bring formats."""

_OTHERS: dict[str, ModuleType] = {}


def register(name: str, reader: ModuleType) -> None:
    """Make a format of another package known, from now on in this process.

    Parameters
    ----------
    name : what `format=` and ``--reader`` call it; registering the same module again changes nothing.
    reader : a module (or any object) with TITLE, sniff and read, as the modules of this package have them.

    Raises
    ------
    UsageError for a name that is taken, and for a module that lacks one of the three.
    """
    if _OTHERS.get(name) is reader:
        return
    if name in FORMATS:
        raise UsageError(f"a format {name!r} is there already", hint="choose another name")
    missing = [each for each in ("TITLE", "sniff", "read") if not hasattr(reader, each)]
    if not name or missing:
        what = f"the reader of {name!r} has no {missing[0]}" if missing else "the name of a format is empty"
        raise UsageError(what, hint="define TITLE, sniff and read")
    _OTHERS[name] = reader
    FORMATS[name] = str(reader.TITLE)


@cache
def discover() -> tuple[str, ...]:
    """Register the formats of installed packages, once; their names. UsageError names a package whose format cannot be loaded."""
    from importlib.metadata import entry_points

    found = []
    for entry in entry_points(group=GROUP):
        package = entry.dist.name if entry.dist else entry.value
        try:
            reader = entry.load()
        except Exception as error:  # whatever the import of a stranger's module raises
            raise UsageError(
                f"the format {entry.name!r} of package {package} cannot be loaded ({error})", hint=f"mend or remove {package}"
            ) from error
        register(entry.name, reader)
        found.append(entry.name)
    return tuple(found)


def module(name: str) -> ModuleType:
    """The module of a format; UsageError names the known ones."""
    if name not in FORMATS:
        discover()
    if name in _OTHERS:
        return _OTHERS[name]
    if name not in FORMATS:
        raise UsageError(f"no format is called {name!r}", hint=f"use one of {', '.join(FORMATS)}")
    return import_module(f"{__name__}.{name}")


def recognise(document: Document) -> str:
    """Name of the format with the highest confidence; FormatError where none is sure.

    Formats of installed packages are asked where none of those in :data:`FORMATS` is sure.
    """
    for names in (lambda: tuple(FORMATS), discover):
        scores = {name: module(name).sniff(document) for name in names()}
        best = max(scores, key=scores.__getitem__, default="")
        if best and scores[best] >= SURE:
            return best
    if module("dmesg").speaks_late(document):
        return "dmesg"
    _ = document.text  # an empty or binary file says so, which is a better reason than the one below
    raise FormatError(
        "the format is not recognised",
        path=document.path or document.source,
        hint=f"name the reader (--reader, or format= in Python): {', '.join(FORMATS)}",
    )


def _plain(document: Document, named: bool, lax: bool = False) -> tuple[Document, list[Note]]:
    """The capture without the marks of a mail and without prefixes of other programs, and notes that say so."""
    notes: list[Note] = []
    found = unprefixed(document, named, lax)
    if mail := unquoted(found[0] if found else document):
        message = "the marks of a mail are taken off, and lines that it broke are put together again"
        document, notes = mail, [Note("quoted", message, document.source)]
        found = unprefixed(document, named, lax) or (found and (document, found[1]))
    if found:
        document = found[0]
        notes.append(Note("prefixed", f"{found[1]} in front of the lines: taken off", document.source))
    return document, notes


def _name(document: Document, format: str | None) -> tuple[str, Document, list[Note]]:
    """The format, and the document that its reader is given: without marks and prefixes, but for kernel logs."""
    if format == "dmesg":
        return format, document, []
    plain, notes = _plain(document, format is not None)
    own = ""
    if not format and any(note.code == "prefixed" for note in notes):
        with suppress(FormatError):
            own = recognise(document)  # with what stands in front, as a kernel log or the log of kvm_stat
    try:
        name = format or (own if own != "ftrace" else "") or recognise(plain)
    except FormatError:
        plain, notes = _plain(document, False, lax=True)
        name = recognise(plain)
    return (name, document, []) if name in ("dmesg", own) and name != "ftrace" else (name, plain, notes)


def read_document(document: Document, format: str | None = None, options: Mapping[str, Any] | None = None) -> Capture:
    """Read a loaded document, recognising its format where none is named."""
    name, plain, added = _name(document, format)
    tables, notes = module(name).read(plain, dict(options or {}))
    if document.shrunk():
        added.append(Note("shrunk", "the file became smaller while it was read: some of it is missing", document.source))
    return Capture(document.source, name, document.digest, tables, (*notes, *added))


def read(path: str | os.PathLike[str], format: str | None = None, **options: Any) -> Capture:
    """Read a capture or a benchmark log; its format is recognised by content.

    Parameters
    ----------
    path : the file; .gz, .xz and .bz2 are unpacked.
    format : a key of :data:`FORMATS`, to skip the recognition.
    options : what the format's reader takes (see its module).

    Returns
    -------
    A :class:`amxperf.Capture`; `.format` says which format was chosen.

    Raises
    ------
    MissingInput, FormatError; UsageError for an unknown format name.
    """
    return read_document(load(path), format, options)
