"""bpftrace maps: counts of VM exits by reason (``@reason[32]: 143258``), and any other map with its key.

Options
-------
seconds : length of the recording; adds the metric `exit_rate` in op/s, for exits.
vendor : whose numbers the exit reasons are: intel (if left out) or amd. Both use most numbers below 150, for different exits.
unit : what the other maps count, such as ``us`` for ``@usecs = hist(...)``; bpftrace does not say. Values become base SI units,
    and so do the bounds of histograms; 1 where left out.

A map whose name ends in `reason` or `reasons` and whose keys are numbers or words counts exits: benchmark `vm-exits`, metric
`exits` (a count, unit 1), better `none`: fewer exits is not by itself faster, and a TDX guest counts with another vocabulary (see
:mod:`amxperf.formats.exit_reasons`). Factor `exit_reason`: the name.

Any other map: benchmark `bpftrace`, metric = its name, better `none`, factor `key` as printed (several keys with commas, a stack
folded with semicolons, innermost frame first). stats() gives the metrics `NAME count`, `NAME average` and `NAME total`. A histogram
gives `NAME bucket`, the count of values from factor `low` up to, not including, factor `high` (empty at an open end). bpftrace
rounds averages down, and a value in a bucket of powers of two is known to a factor of two only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .. import schema
from ..capture import Note
from ..document import Document
from ..errors import FormatError, UsageError
from ..units import to_base
from . import options as opt
from .bpftrace_maps import Entry, entries
from .exit_reasons import SVM_EXIT_REASONS, VENDORS, name

if TYPE_CHECKING:
    import pandas as pd

TITLE = "bpftrace maps: VM exits by reason, histograms, counts"

_REASONS = re.compile(r"(?:\w*_)?reasons?")
_REASON = re.compile(r"-?\d{1,10}|[A-Z][A-Z0-9_]{1,40}", re.ASCII)


def sniff(document: Document) -> int:
    """95 where every line is bpftrace's and one is an exit, a histogram or stats; 60 where there are other maps, or where a script
    prints, or people write, between such values below bpftrace's own first line; 0 for a lone map and for strangers.
    """
    found = list(entries(document.head))
    values = [entry for _, group in found for entry in group or ()]
    if not values:
        return 0
    strange = sum(group is None and not document.head[line - 1].startswith("@") for line, group in found)
    attached = any(line.strip().startswith(("Attaching ", "Attached ", '{"type": "attached_probes"')) for line in document.head)
    clear = any(entry.what or _REASONS.fullmatch(entry.map) for entry in values)
    if strange:
        return 60 if attached and (clear or 2 * strange <= len(found)) else 0
    return 95 if clear else 60 if attached or len(values) > 1 else 0


def read(document: Document, options: Mapping[str, Any]) -> tuple[dict[str, pd.DataFrame], list[Note]]:
    """Read the maps.

    A value that is printed more than once (a script that prints in intervals) gets iterations 0, 1, ... and a note
    `repeated-reason` or `repeated-map`, since nothing says whether the values add up. A last line without its end is left out
    (`cut-line`), and so are lines that are no values of maps (`skipped-line`: a script's own, texts and tuples).
    Note `other-vendor`: Intel has no exit of such a number, and AMD has.

    Raises FormatError where no line is a value of a map, UsageError for a bad option.
    """
    opt.only(options, "bpftrace", "seconds", "unit", "vendor")
    vendor = opt.text(options, "vendor", "intel")
    if vendor not in VENDORS:
        raise UsageError(f"option vendor must not be {vendor!r}", hint=f"use {' or '.join(VENDORS)}")
    seconds, unit = opt.positive(options, "seconds"), opt.text(options, "unit", "1")
    notes: list[Note] = []
    rows: list[dict[str, Any]] = []
    seen: Counter[tuple[str, ...]] = Counter()
    skipped: list[int] = []
    last = 0 if document.text.endswith("\n") else len(document.lines)
    for line, group in entries(document.lines):
        if line == last and (group is None or group or "@" in document.lines[-1]):
            notes.append(Note("cut-line", "the last line has no end and may be cut; it is not used", document.source, line))
            continue
        if group is None:
            skipped.append(line)
        for entry in group or ():
            key, cells = _exits(entry, seconds, vendor) if _is_exit(entry) else _others(entry, unit)
            common = {"better": "none", "iteration": seen[key], "source": document.source, "line": line}
            rows.extend({**common, **cell} for cell in cells)
            seen[key] += 1
    if not rows and not notes:
        raise FormatError(
            "no line reads like @reason[32]: 143258", path=document.path or document.source, hint="check the file"
        )
    for code, exits in (("repeated-reason", True), ("repeated-map", False)):
        repeated = sorted({key[1] for key, times in seen.items() if times > 1 and (key[0] == "vm-exits") is exits})
        if repeated:
            names = ", ".join(repeated[:20])
            notes.append(Note(code, f"printed more than once, perhaps cumulatively: {names}", document.source))
    strange = sorted({row["exit_reason"] for row in rows if vendor == "intel" and _is_amd(row.get("exit_reason", ""))})
    if strange:
        message = f"AMD has these exits and Intel has not ({', '.join(strange[:5])}): the option vendor = \"amd\" reads AMD's"
        notes.append(Note("other-vendor", message, document.source))
    if skipped:
        message = f"{len(skipped)} lines are not values of a map and are left out"
        notes.append(Note("skipped-line", message, document.source, skipped[0]))
    return {"measurements": schema.frame("measurements", rows)}, notes


def _is_exit(entry: Entry) -> bool:
    return not entry.what and bool(_REASONS.fullmatch(entry.map) and _REASON.fullmatch(entry.key))


def _is_amd(reason: str) -> bool:
    number = reason.removeprefix("UNKNOWN_")
    return number != reason and number.isdigit() and int(number) in SVM_EXIT_REASONS


def _exits(entry: Entry, seconds: float | None, vendor: str) -> tuple[tuple[str, ...], list[dict[str, Any]]]:
    reason = name(int(entry.key), vendor) if entry.key.lstrip("-").isdigit() else entry.key
    base = {"benchmark": "vm-exits", "exit_reason": reason}
    cells = [{**base, "metric": "exits", "value": float(entry.value), "unit": "1"}]
    if seconds is not None:
        cells.append({**base, "metric": "exit_rate", "value": entry.value / seconds, "unit": "op/s"})
    return ("vm-exits", reason), cells


def _others(entry: Entry, unit: str) -> tuple[tuple[str, ...], list[dict[str, Any]]]:
    metric = f"{entry.map or '@'} {entry.what}".rstrip()
    counted = entry.what in ("count", "bucket")
    value, base = (float(entry.value), "1") if counted else to_base(entry.value, unit)
    cell: dict[str, Any] = {"benchmark": "bpftrace", "metric": metric, "value": value, "unit": base, "key": entry.key}
    if entry.what == "bucket":
        cell["low"], cell["high"] = (f"{to_base(int(end), unit)[0]:.12g}" if end else "" for end in (entry.low, entry.high))
    return ("bpftrace", metric, entry.key, entry.low, entry.high), [cell]
