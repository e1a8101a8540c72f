"""Results of google-benchmark: JSON (``--benchmark_format=json`` or ``--benchmark_out=FILE``), CSV, and the table that it prints.

The table is rounded, and a counter of the program whose prefix may be one of 1000 or of 1024 is left out (:mod:`.google_forms`).

Measurements: benchmark = the name without its named arguments; metrics `real_time` and `cpu_time` in s (better `lower`),
`bytes_per_second` in B/s and `items_per_second` in op/s (better `higher`), and a counter of the program under its own name (unit 1,
better `none`). Factors: the named arguments (``BM_copy/bytes:64`` has `bytes`), `threads`, `label`. `iteration` is the repetition.
Aggregates are metrics of their own (`real_time mean`), so that they never mix with repetitions; they are marked
``informative=False`` where the file holds the repetitions that they follow from, and spreads (stddev, cv) always. No options.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .. import schema
from ..capture import Note
from ..document import Document
from ..errors import FormatError
from ..units import UNITS, to_base
from . import options as opt
from .google_forms import Items, form, read_printed
from .jsonrecords import factor, finite, objects, word

if TYPE_CHECKING:
    import pandas as pd

TITLE = "google-benchmark results"

SPREADS = ("stddev", "cv")
FITS = ("BigO", "RMS")
"""Aggregates that fit a complexity; they are no times and are left out."""

_RATES = {"bytes_per_second": ("B/s", "higher"), "items_per_second": ("op/s", "higher")}
_FIELDS = frozenset((
    "name", "family_index", "per_family_instance_index", "run_name", "run_type", "repetitions", "repetition_index", "threads",
    "iterations", "real_time", "cpu_time", "time_unit", "label", "aggregate_name", "aggregate_unit", "error_occurred",
    "error_message", "skipped", "skip_message", *_RATES,
))
_SETTINGS = ("repeats", "iterations", "min_time", "min_warmup_time")
_DEBUG = re.compile(r'"library_build_type"\s*:\s*"debug"|^\*{3}WARNING\*{3} Library was built as DEBUG', re.MULTILINE)
_OLD = re.compile(r"(?P<name>.+)_(?P<aggregate>mean|median|stddev|cv|BigO|RMS)")


def sniff(document: Document) -> int:
    """95 for a JSON object with the arrays and the fields that google-benchmark writes, and for its other forms; else 0."""
    if (reader := form(document)) and reader(Document("", "\n".join(document.head).encode() + b"\n", "")).items:
        return 95
    head = "\n".join(document.head)
    if not head.lstrip().startswith("{") or not re.search(r'"benchmarks"\s*:\s*\[', head):
        return 0
    if '"real_time"' in head and '"cpu_time"' in head and '"time_unit"' in head:
        return 90  # cut out of a larger report, without its context
    return 95 if '"context"' in head and ('"time_unit"' in head or '"num_cpus"' in head) else 0


def read(document: Document, options: Mapping[str, Any]) -> tuple[dict[str, pd.DataFrame], list[Note]]:
    """Read the benchmarks.

    Notes: `error` for a benchmark that failed or was skipped, `not-finite` where a value is NaN, `debug-build` where the library
    says so, `complexity` for fits that are left out, `rounded` for the printed table, `unclear-prefix` for counters of it that are
    left out, `skipped-line` for lines of it that say something else, `cut-file` where the file breaks off.

    Raises FormatError where the JSON is broken or a benchmark has no name or an unknown time unit, UsageError for any option.
    """
    opt.only(options, "google_benchmark")
    reader = form(document)
    found = reader(document) if reader else objects(document, "benchmarks")
    path = document.path or document.source
    notes: list[Note] = []
    rows: list[dict[str, Any]] = []
    seen: Counter[tuple[Any, ...]] = Counter()
    repeated = {str(item.get("run_name")) for _, item in found.items if item.get("run_type") == "iteration"}
    if reader:  # these say of no run what it is
        repeated = {str(item.get("name")) for _, item in found.items if not _aggregate(item)}

    def note(code: str, message: str, line: int = 0) -> None:
        notes.append(Note(code, message, document.source, line))

    if _DEBUG.search(document.text):
        note("debug-build", "the benchmark library was built without optimisation, so its loop costs more")
    for line, item in found.items:
        name = item.get("run_name", item.get("name"))
        if not isinstance(name, str) or not name:
            raise FormatError("a benchmark has no name", path=path, line=line, hint="record it again")
        aggregate = _aggregate(item)
        if aggregate and "run_name" not in item:
            name = name.removesuffix(f"_{aggregate}")
        if item.get("error_occurred") or item.get("skipped"):
            note("error", f"{name}: {item.get('error_message') or item.get('skip_message') or 'no reason given'}", line)
            continue
        if aggregate in FITS:
            note("complexity", f"{name}: the {aggregate} fit is left out", line)
            continue
        benchmark, factors = _split(name, item)
        unit = item.get("time_unit", "ns")
        if not isinstance(unit, str) or UNITS.get(unit, ("", "", ""))[2] != "s":
            raise FormatError(f"the time unit is {unit!r}", path=path, line=line, hint="record it again")
        for metric, raw, base, better in _values(item, unit):
            if (value := finite(raw)) is None:
                note("not-finite", f"{name}: {metric} is {raw!r} and is left out", line)
                continue
            row = {"benchmark": benchmark, "metric": metric, "source": document.source, "line": line, "better": better, **factors}
            row |= _cells(value, base, aggregate, item.get("aggregate_unit") == "percentage", name in repeated)
            row["metric"] = f"{metric} {aggregate}".rstrip()
            key = (benchmark, row["metric"], *factors.items())
            index = item.get("repetition_index")
            row["iteration"] = index if isinstance(index, int) and 0 <= index < 1 << 31 else seen[key]
            seen[key] += 1
            rows.append(row)
    if isinstance(found, Items) and reader is read_printed:
        note("rounded", "google-benchmark rounds what it prints; --benchmark_out=FILE holds every digit")
        if found.unclear:
            names = ", ".join(sorted(set(found.unclear)))
            note("unclear-prefix", f"{names}: M, G and the like may stand for powers of 1000 or of 1024")
        if found.skipped:
            message = f"{len(found.skipped)} lines in the table are no results of google-benchmark, this is the first"
            notes.append(Note("skipped-line", message, document.source, found.skipped[0], len(found.skipped)))
    if found.cut:
        note("cut-file", "the file breaks off; what stands before is used", found.cut)
    if not rows and not notes:
        raise FormatError("the file holds no benchmark", path=path, hint="check --benchmark_filter")
    return {"measurements": schema.frame("measurements", rows)}, notes


def _aggregate(item: Mapping[str, Any]) -> str:
    """mean, median, stddev, cv ... for an aggregate; '' for a run. Releases before 1.5 tell it in the name only."""
    if "run_type" in item:
        return str(item.get("aggregate_name", "")) if item["run_type"] == "aggregate" else ""
    found = _OLD.fullmatch(str(item.get("name")))
    return found["aggregate"] if found else ""


def _split(name: str, item: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """The benchmark without its named arguments, and these as factors."""
    first, *parts = name.split("/")
    kept, factors = [first], {}
    for part in parts:
        key, colon, value = part.partition(":")
        if not colon:
            kept.append(part)
        elif key not in _SETTINGS:
            factors[factor(key)] = value
    if item.get("threads", 1) != 1:
        factors["threads"] = word(item["threads"])
    if item.get("label"):
        factors["label"] = word(item["label"])
    return "/".join(kept), factors


def _values(item: Mapping[str, Any], unit: str) -> Iterator[tuple[str, Any, str, str]]:
    """Metric, value, unit and direction of everything measured."""
    for metric in ("real_time", "cpu_time"):
        if metric in item:
            yield metric, item[metric], unit, "lower"
    for metric, (base, better) in _RATES.items():
        if metric in item:
            yield metric, item[metric], base, better
    for metric, value in item.items():
        if metric not in _FIELDS and not isinstance(value, (str, bool, list, dict)):
            yield metric, value, "1", "none"


def _cells(value: float, unit: str, aggregate: str, share: bool, repeated: bool) -> dict[str, Any]:
    """Value and unit in base SI, and whether an aggregate says something about speed."""
    value, unit = (value, "1") if share else to_base(value, unit)
    if not aggregate:
        return {"value": value, "unit": unit}
    if aggregate in SPREADS:
        return {"value": value, "unit": unit, "better": "none", "informative": False, "reason": "a spread, not a level of speed"}
    reason = "follows from the repetitions in the file" if repeated else ""
    return {"value": value, "unit": unit, "informative": not repeated, "reason": reason}
