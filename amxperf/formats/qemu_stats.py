"""What QEMU says of KVM's counters: the answer to `query-stats` (QMP of QEMU 7.1 or later, or `virsh qemu-monitor-command`).

Needs no debugfs, so it shows exits also where the kernel is locked down. One answer per target (vm, vcpu), one after the other.

Measurements: as of :mod:`amxperf.formats.kvm_counters`, with factor `scope` vm or vcpu; virtual processors are numbered as they
stand (`thread` vcpu0, vcpu1 ...). `iteration` counts the answers of a target. Histograms and switches (`blocking`) are left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .. import schema
from ..capture import Note
from ..document import Document
from ..errors import FormatError
from . import options as opt
from .jsonrecords import objects
from .kvm_counters import SINCE, rows_of

if TYPE_CHECKING:
    import pandas as pd

TITLE = "KVM counters: QEMU's query-stats"


def sniff(document: Document) -> int:
    """95 for JSON whose first member is an answer with the statistics of the provider kvm; else 0."""
    head = "\n".join(document.head)
    return 95 if re.match(r'\s*\{\s*"return"\s*:\s*\[\s*\{[^][]*"(?:provider|stats)"', head) and '"kvm"' in head else 0


def read(document: Document, options: Mapping[str, Any]) -> tuple[dict[str, pd.DataFrame], list[Note]]:
    """Read the answers.

    Notes: `since-start` where counters say nothing about speed, `cut-file` where the file breaks off, `skipped-answer` for an
    answer without statistics, such as an error.

    Raises FormatError where the JSON is broken or no answer has a counter, UsageError for any option.
    """
    opt.only(options, "qemu_stats")
    found = objects(document)
    rows: list[dict[str, Any]] = []
    notes: list[Note] = []
    seen: Counter[str] = Counter()
    for line, answer in found.items:
        members = answer.get("return")
        if not isinstance(members, list) or not all(isinstance(member, dict) for member in members):
            notes.append(Note("skipped-answer", "an answer holds no statistics", document.source, line))
            continue
        mine = [member for member in members if member.get("provider") == "kvm" and isinstance(member.get("stats"), list)]
        kinds = ["vcpu" if "qom-path" in member else "vm" for member in mine]
        for number, (kind, member) in enumerate(zip(kinds, mine, strict=True)):
            base = {
                "benchmark": "kvm", "better": "none", "scope": kind, "thread": f"vcpu{number}" if kind == "vcpu" else "",
                "iteration": seen[kind], "source": document.source, "line": line,
            }  # fmt: skip
            for counter in member["stats"]:
                rows.extend({**base, **row} for row in _rows(counter))
        seen.update(set(kinds))
    if found.cut:
        notes.append(Note("cut-file", "the file breaks off; what stands before that is used", document.source, found.cut))
    if not rows:
        hint = "record it with query-stats of a guest that runs with KVM"
        raise FormatError("no answer holds a counter of KVM", path=document.path or document.source, hint=hint)
    if any(row.get("reason") == SINCE for row in rows):
        notes.append(Note("since-start", f"a snapshot's counters are {SINCE}", document.source))
    return {"measurements": schema.frame("measurements", rows)}, notes


def _rows(counter: Any) -> list[dict[str, Any]]:
    """The measurement of one counter; none for a histogram, a switch, or what has no name."""
    name, value = (counter.get("name"), counter.get("value")) if isinstance(counter, dict) else (None, None)
    if not isinstance(name, str) or not re.fullmatch(r"[a-zA-Z_][\w-]{0,60}", name, re.ASCII):
        return []
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 64:
        return []
    return rows_of(name, {"value": value, "delta": None, "kind": ("",)}, None)
