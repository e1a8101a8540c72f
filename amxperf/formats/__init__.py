"""The readers: one module per format, one line per format in :data:`FORMATS`.

A format module defines

- ``TITLE``: a few words for people,
- ``sniff(document) -> int``: 0 (not mine) to 100 (certainly mine), from ``document.head`` or ``document.data``,
- ``read(document, options) -> (tables, notes)``: a dict of frames made with :func:`amxperf.schema.frame`, and a list of
  :class:`amxperf.capture.Note`. `options` is a mapping, from a caller or from ``[[files]]`` in dataset.toml.

Readers know files and tables; they know nothing of datasets or statistics.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

from ..capture import Capture
from ..document import Document, load
from ..errors import FormatError, UsageError

FORMATS: dict[str, str] = {
    "dmesg": "kernel log: dmesg, journal, serial console",
    "ftrace": "ftrace text: trace, trace_pipe",
    "amx_test": "amx-test console output",
    "onednn": "oneDNN verbose log",
    "bpftrace": "bpftrace maps: VM exits by reason, histograms, counts",
    "perf_stat": "perf stat: text, -x CSV, -j JSON",
    "kvm_stat": "perf kvm stat report",
    "kvm_counters": "KVM counters: debugfs snapshot, kvm_stat",
    "google_benchmark": "google-benchmark JSON",
    "hyperfine": "hyperfine JSON",
    "llama_bench": "llama-bench JSON, JSON lines",
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


def module(name: str) -> ModuleType:
    """The module of a format; UsageError names the known ones."""
    if name not in FORMATS:
        raise UsageError(f"no format is called {name!r}", hint=f"use one of {', '.join(FORMATS)}")
    return import_module(f"{__name__}.{name}")


def recognise(document: Document) -> str:
    """Name of the format with the highest confidence; FormatError where none is sure."""
    scores = {name: module(name).sniff(document) for name in FORMATS}
    best = max(scores, key=scores.__getitem__)
    if scores[best] >= SURE:
        return best
    _ = document.text  # an empty or binary file says so, which is a better reason than the one below
    raise FormatError(
        "the format is not recognised",
        path=document.path or document.source,
        hint=f"name the reader (--reader, or format= in Python): {', '.join(FORMATS)}",
    )


def read_document(document: Document, format: str | None = None, options: Mapping[str, Any] | None = None) -> Capture:
    """Read a loaded document, recognising its format where none is named."""
    name = format or recognise(document)
    tables, notes = module(name).read(document, dict(options or {}))
    return Capture(document.source, name, document.sha256, tables, tuple(notes))


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
