"""The compiled functions that read large trace files, and whether to read a file with them.

``AMXPERF_ENGINE=plain`` or ``compiled`` forces one of the two readers, as for kernel logs (:mod:`..kernellog.engine`); left
out, a file of :data:`amxperf.formats.ftrace.LARGE` bytes or more is read by the compiled functions where their machine code is on
disk, and one of :data:`WORTH` or more in any case.
"""

from __future__ import annotations

import os
from codecs import BOM_UTF8
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from ...document import Document
from ...encoding import SAMPLE, encoding_of
from ...errors import UsageError
from ..compiled import native, pages, primitives
from . import tracecolumns, tracegraph, tracehead, tracelink, traceloose, tracematch, tracescan, tracetext
from .traceprogram import SPARE, program, table

MODULES = (primitives, tracetext, tracecolumns, tracematch, tracehead, tracegraph, traceloose, tracescan, tracelink)

WORTH = 64 << 20
"""Bytes from which on it pays to wait for the compiler."""


def wanted(document: Document) -> bool:
    """Whether the compiled functions should read the file: UTF-8 without a mark. Raises UsageError for an unknown engine."""
    choice = os.environ.get("AMXPERF_ENGINE", "")
    if choice not in ("", "plain", "compiled"):
        raise UsageError(f"AMXPERF_ENGINE is {choice!r}", hint="set it to plain or compiled, or leave it out")
    if choice == "plain" or not document.size or not native.installed():
        return False
    with document.open() as stream:
        head = stream.read(SAMPLE)
    if head.startswith(BOM_UTF8) or encoding_of(head) != "utf-8" or document.odd_ends:
        return False
    return bool(choice) or document.size >= WORTH or native.ready(MODULES)


def addresses(*items: Any) -> list[Any]:
    """Arrays as the addresses of their memory, and numbers as they are."""
    return [pages.address(item) if isinstance(item, np.ndarray) else item for item in items]


@cache
def functions() -> SimpleNamespace:
    """The compiled functions, taking arrays."""
    loaded = native.load(MODULES)

    def wrap(function: Any) -> Any:
        return lambda *items: function(*addresses(*items))

    return SimpleNamespace(**{name: wrap(getattr(loaded, name)) for name in native.entries(MODULES)})


@cache
def event_names() -> tuple[np.ndarray, np.ndarray]:
    """The names of the program's events as a hash table."""
    names = program().events
    texts = [np.frombuffer(name.encode() + bytes(SPARE), np.uint8) for name in names]
    return table([functions().hash_text(text, 0, len(text) - SPARE) for text in texts], list(names.values()))
