"""`read_dmesg` and its like: one function per format, for callers who know what they have."""

from __future__ import annotations

import os
from typing import Any

from .capture import Capture
from .formats import read

Path = str | os.PathLike[str]


def read_dmesg(path: Path, **options: Any) -> Capture:
    """Read a kernel log: tables lines, traces, frames, registers, events."""
    return read(path, "dmesg", **options)


def read_ftrace(path: Path, **options: Any) -> Capture:
    """Read ftrace text: tables events, and traces and frames where it holds stack traces."""
    return read(path, "ftrace", **options)


def read_amx_test(path: Path, **options: Any) -> Capture:
    """Read amx-test output: table measurements, its values marked as uninformative."""
    return read(path, "amx_test", **options)


def read_onednn(path: Path, **options: Any) -> Capture:
    """Read a oneDNN verbose log: table measurements, one row per executed primitive."""
    return read(path, "onednn", **options)


def read_bpftrace(path: Path, **options: Any) -> Capture:
    """Read a bpftrace map of VM-exit reasons: table measurements, one row per reason."""
    return read(path, "bpftrace", **options)


def read_mmtests(path: Path, **options: Any) -> Capture:
    """Read an mmtests comparison: table measurements, one row per statistic and environment."""
    return read(path, "mmtests", **options)


def read_overheads(path: Path, **options: Any) -> Capture:
    """Read a CSV of published overheads: table overheads."""
    return read(path, "overheads", **options)


def read_table(path: Path, **options: Any) -> Capture:
    """Read a measurements table (CSV or Parquet): table measurements."""
    return read(path, "table", **options)
