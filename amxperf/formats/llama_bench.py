"""Output of llama-bench, the benchmark of llama.cpp: JSON, JSON lines, CSV, SQL (``-o json|jsonl|csv|sql``) and its Markdown table.

Lines of the program's log between them are left out (:mod:`.llama_forms` reads the forms).

Measurements: benchmark `llama-bench-` and the test as llama-bench names it (`pp512` prompt tokens, `tg128` generated tokens,
`pp512+tg128`, `@ d4096` for a depth); metrics `time` in s (better `lower`) from `samples_ns`, and `token_rate` in op/s (tokens per
second, better `higher`) from `samples_ts`, one row per sample (`iteration`). Only JSON has the samples: the other forms give
`time mean`, `token_rate mean` and, as an uninformative spread, `stddev`. Factors: every other field that is no list, such as
`model_type`, `n_threads`, `build_commit`; not the time of the run, the file name of the model, or the names of CPU and GPU, which
would keep two machines from being compared (the note `machine` holds them). No options.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .. import schema
from ..capture import Note
from ..document import Document
from ..errors import FormatError
from ..units import to_base
from . import options as opt
from .jsonrecords import factor, finite, word
from .llama_forms import form, read_json

if TYPE_CHECKING:
    import pandas as pd

TITLE = "llama-bench output"

MEASURED = ("avg_ns", "stddev_ns", "avg_ts", "stddev_ts", "samples_ns", "samples_ts")
APART = ("test_time", "model_filename", "cpu_info", "gpu_info", "cpu_name", "gpu_name")
"""Fields that tell runs apart and are no settings."""

_METRICS = (("time", "ns", "ns", "lower"), ("token_rate", "ts", "op/s", "higher"))
"""Metric, the end of its fields' names, unit, direction."""

_SPREAD = {"better": "none", "informative": False, "reason": "a spread, not a level of speed"}


def sniff(document: Document) -> int:
    """95 for any of the forms with the fields of llama-bench; else 0."""
    return 95 if form(document) else 0


def read(document: Document, options: Mapping[str, Any]) -> tuple[dict[str, pd.DataFrame], list[Note]]:
    """Read the tests.

    Notes: `machine` with CPU and GPU (its message is theirs, so that datasets can compare them), `mean-of-runs` where only averages
    are in the file, `not-finite` for a value that is no finite number above 0 (left out), `cut-file` where the file breaks off,
    `skipped-line` for lines of a log.

    Raises FormatError where the JSON is broken or a test lacks its sizes, UsageError for any option.
    """
    opt.only(options, "llama_bench")
    found = (form(document) or read_json)(document)
    path = document.path or document.source
    rows: list[dict[str, Any]] = []
    notes: dict[str, Note] = {}
    seen: Counter[tuple[Any, ...]] = Counter()

    def note(code: str, message: str, line: int) -> None:
        notes.setdefault(f"{code} {message}", Note(code, message, document.source, line))

    for line, item in found.items:
        sizes = [finite(item.get(name, 0)) for name in ("n_prompt", "n_gen", "n_depth")]
        if None in sizes or not {"n_prompt", "n_gen"} <= set(item):
            raise FormatError("a test has no n_prompt or n_gen", path=path, line=line, hint="record it again")
        machine = ", ".join(word(item[name]) for name in ("cpu_info", "gpu_info") if item.get(name))
        if machine:
            note("machine", machine, line)
        factors = {
            factor(name): word(value)
            for name, value in item.items() if name not in (*MEASURED, *APART) and not isinstance(value, (list, dict))
        }
        benchmark = f"llama-bench-{_test(*(int(size or 0) for size in sizes))}"
        base = {"benchmark": benchmark, "source": document.source, "line": line, **factors}
        for metric, end, unit, better in _METRICS:
            values, cells = item.get(f"samples_{end}"), {"metric": metric, "better": better}
            if not isinstance(values, list) or not values:
                values, cells["metric"] = [item[f"avg_{end}"]] if f"avg_{end}" in item else [], f"{metric} mean"
                note("mean-of-runs", "only the averages are in the file", line)
                if (spread := finite(item.get(f"stddev_{end}"))) is not None:
                    value, symbol = to_base(spread, unit)
                    rows.append({**base, "metric": f"{metric} stddev", "value": value, "unit": symbol, **_SPREAD})
            for raw in values:
                value = finite(raw)
                if value is None or value <= 0:
                    note("not-finite", f"{benchmark}: {cells['metric']} is {raw!r} and is left out", line)
                    continue
                value, symbol = to_base(value, unit)
                key = (benchmark, cells["metric"], *factors.items())
                rows.append({**base, **cells, "value": value, "unit": symbol, "iteration": seen[key]})
                seen[key] += 1
    if found.skipped:
        note("skipped-line", f"{len(found.skipped)} lines are no results, this is the first", found.skipped[0])
    if found.cut:
        note("cut-file", "the file breaks off; what stands before is used", found.cut)
    if not rows and {note.code for note in notes.values()} <= {"skipped-line"}:
        raise FormatError("the file holds no test", path=path, hint="record it again")
    return {"measurements": schema.frame("measurements", rows)}, list(notes.values())


def _test(prompt: int, generated: int, depth: int) -> str:
    """The name of a test, as llama-bench prints it.

    >>> _test(512, 0, 0), _test(0, 128, 4096), _test(512, 128, 0)
    ('pp512', 'tg128 @ d4096', 'pp512+tg128')
    """
    parts = [f"pp{prompt}"] * (prompt > 0) + [f"tg{generated}"] * (generated > 0)
    return "+".join(parts) + (f" @ d{depth}" if depth else "")
