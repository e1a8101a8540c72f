"""oneDNN verbose logs (ONEDNN_VERBOSE, DNNL_VERBOSE, MKLDNN_VERBOSE): one measurement per executed primitive or graph partition.

A line is ``onednn_verbose[,v1][,timestamp][,primitive|graph|ukernel],exec,`` and then the columns that the log's own template line
names after `operation`. Where no template stands above an exec line, the columns of oneDNN 1.3 and later are taken (or those of
1.0, which has no attributes, or of MKL-DNN 0.x, which names no engine), by their number. Times are printed in ms.

Measurements: benchmark = primitive kind (`matmul`), `graph-` and the partition kind, or `ukernel-` and the kind; metric `exec_time`
in s, better `lower`. Level 2 and the profile of creations add `create_time` (of partitions: `compile_time`), with factor `cache`:
`hit` or `miss`. The primitives that a partition runs may be listed too: their times are parts of its time.
Factors: `problem` (as printed; for a graph the shapes of its inputs), `dtype` (of `src`, else of the first tensor),
`implementation`, `isa` (:func:`isa_of`), `threads` (from the `nthr:` line), and `prop_kind` (the direction, such as
`backward_data`) where a line of the file names one; a primitive without one, such as matmul, prints `undef`, which stays empty.
`iteration` counts the lines of the file that share benchmark, metric and factors, from 0. No options.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from .. import schema
from ..capture import Note
from ..document import Document
from ..errors import FormatError
from ..units import number, to_base
from . import options as opt

if TYPE_CHECKING:
    import pandas as pd

TITLE = "oneDNN verbose log"

_MARK = re.compile(r"(?:onednn|mkldnn|dnnl)_verbose,")
_FIRST = re.compile(r"(?:.{0,80}[\s:\])>|])?(?:onednn|mkldnn|dnnl)_verbose,(?=\w)")
"""A line of the log, perhaps with a prefix of mpirun or of a worker's logger."""
_STAMP = re.compile(r"\d+\.\d+", re.ASCII)
_TEMPLATE = re.compile(r"(?:(?P<old>prim|graph)_)?template:")
_CREATE = re.compile(
    r"(?P<what>create|create_nested|compile)(?::(?P<cache>cache_hit|cache_miss|from_cache_blob|persistent_cache_hit|persistent_cache_miss))?"
)
_DTYPE = re.compile(
    r"(?P<tensor>\w*?)[_:]"
    r"(?P<dtype>bf16|tf32|f64|f32|f16|f8_e5m2|f8_e4m3|f4_e2m1|f4_e3m0|e8m0|[su](?:64|32|16|8|4|2|1)|boolean)(?:[:_]|$)"
)
_PRIMITIVE = (
    "engine", "primitive", "implementation", "prop_kind", "memory_descriptors", "attributes", "auxiliary", "problem_desc",
    "exec_time",
)
_GRAPH = (
    "engine", "partition_id", "partition_kind", "op_names", "data_formats", "logical_tensors", "fpmath_mode",
    "implementation", "backend", "exec_time",
)
FALLBACK = {
    ("primitive", 9): _PRIMITIVE,
    ("primitive", 8): tuple(name for name in _PRIMITIVE if name != "attributes"),
    ("primitive", 7): tuple(name for name in _PRIMITIVE if name not in ("attributes", "engine")),
    ("ukernel", 9): _PRIMITIVE,
    ("graph", 10): _GRAPH,
    ("graph", 9): tuple(name for name in _GRAPH if name != "implementation"),
}
"""Columns after the operation, by component and their number, for exec lines above which no template stands."""

_VARIANT = ("engine", "attributes", "auxiliary", "op_names")
_WORDS = ("amx", "avx10", "avx512", "avx2", "avx", "sse41", "sve", "asimd")


def isa_of(implementation: str) -> str:
    """One word for the instruction set that an implementation's name tells: amx, avx10, avx512, avx2, avx, sse41, sve, asimd,
    `ref` for reference code, `other` where the name does not tell.

    >>> [isa_of(name) for name in ("brg_matmul:avx10_1_512_amx", "brg_matmul:avx512_core_bf16", "ref:any", "gemm:jit:f32")]
    ['amx', 'avx512', 'ref', 'other']
    """
    low = implementation.lower()
    for word in _WORDS:
        if word in low:
            return word
    return "ref" if low.startswith(("ref", "simple_ref")) or ":ref" in low else "other"


def sniff(document: Document) -> int:
    """95 where half of the lines start with the verbose marker, 60 where a fifth do (a program prints too), else 0."""
    lines = [line for line in document.head if line.strip()]
    marked = sum("_verbose," in line and bool(_FIRST.match(line)) for line in lines)
    return 95 if marked and 2 * marked >= len(lines) else 60 if marked and 5 * marked >= len(lines) else 0


def read(document: Document, options: Mapping[str, Any]) -> tuple[dict[str, pd.DataFrame], list[Note]]:
    """Read the log; lines of checks, dispatching and other programs are left out.

    Notes: `library` and `isa` (their messages are the text of the log, so that datasets can compare them), `cut-line` for a last
    line without its end (its time may be cut and is not used), `skipped-line` for exec lines that do not fit their template
    or run into the line of another process,
    `several-processes` where a second header shows that iterations come from more than one process, `mixed-problems` where lines
    that count as repeats differ in layout or attributes, `no-exec` where nothing was executed.

    Raises FormatError where no line carries the marker, UsageError for any option.
    """
    opt.only(options, "onednn")
    log = _Log(document)
    last = len(document.lines)
    for line, text in enumerate(document.lines, start=1):
        marks = list(_MARK.finditer(text))
        if not marks:
            continue
        log.marked = True
        if len(marks) > 1:
            log.torn(line, [text[a.end() : b.start()] for a, b in pairwise(marks)])
        if line == last and not document.text.endswith("\n"):
            log.note("cut-line", "the last line has no end and may be cut; it is not used", line)
        else:
            log.take(line, text[marks[-1].end() :].split(","))
    if not log.marked:
        raise FormatError(
            "no line starts with onednn_verbose", path=document.path or document.source, hint="record it with ONEDNN_VERBOSE=1"
        )
    return {"measurements": schema.frame("measurements", log.rows)}, log.finish()


class _Log:
    """The state of reading one log: its templates, its thread count, its rows and notes."""

    def __init__(self, document: Document) -> None:
        self.source = document.source
        self.marked = False
        self.rows: list[dict[str, Any]] = []
        self.notes: list[Note] = []
        self._templates: dict[str, tuple[str, ...]] = {}
        self._threads = ""
        self._headers = 0
        self._misfits: list[int] = []
        self._mixed = 0
        self._repeats: Counter[tuple[str, ...]] = Counter()
        self._variants: dict[tuple[str, ...], tuple[str, ...]] = {}

    def note(self, code: str, message: str, line: int = 0) -> None:
        self.notes.append(Note(code, message, self.source, line))

    def take(self, line: int, fields: list[str]) -> None:
        """One line, split at its commas, from the field after the marker."""
        if fields and re.fullmatch(r"v\d+", fields[0]):
            fields = fields[1:]
        if fields and _STAMP.fullmatch(fields[0]):
            fields = fields[1:]
        component = "primitive"
        if len(fields) > 1 and fields[0] in ("primitive", "graph", "ukernel"):
            component, fields = fields[0], fields[1:]
        if fields[:1] == ["info"]:
            self._info(line, component, fields[1:])
        elif fields[:1] == ["exec"]:
            self._timed(line, component, fields[1:], {"metric": "exec_time"})
        elif fields and (found := _CREATE.fullmatch(fields[0])):
            cache = found["cache"] or ""
            kept = {"cache": cache.removeprefix("cache_")} if cache else {}
            self._timed(line, component, fields[1:], {"metric": f"{found['what']}_time", **kept})

    def torn(self, line: int, pieces: list[str]) -> None:
        """What stands before another marker of the same line: a line that another process wrote into, of which the end is lost."""
        self._misfits.extend(line for piece in pieces if re.search(r"\bexec,", piece))

    def _info(self, line: int, component: str, fields: list[str]) -> None:
        text = ",".join(fields)
        found = _TEMPLATE.match(text)
        if found:
            names = text[found.end() :].split(",")
            names = names[names.index("operation") + 1 :] if "operation" in names else names
            kind = {"prim": "primitive", "graph": "graph"}.get(found["old"] or "", component)
            self._templates[kind] = tuple(names)
        elif re.match(r"(?:oneDNN|DNNL|(?:Intel )?MKL-DNN) v", text):
            self._headers += 1
            self.note("library", text.strip(), line)
        elif "isa:" in text or text.startswith("Detected ISA is "):
            self.note("isa", re.split(r"isa:|Detected ISA is ", text, maxsplit=1)[1].strip(), line)
        elif text.startswith("cpu,") and "nthr:" in text:
            found = re.search(r"nthr:(\d+)", text)
            self._threads = found[1] if found else ""

    def _timed(self, line: int, component: str, fields: list[str], more: dict[str, str]) -> None:
        names = self._templates.get(component) or FALLBACK.get((component, len(fields)), ())
        cells = dict(zip(names, fields, strict=False))
        time = number(cells.get("exec_time", ""))
        if len(names) != len(fields) or time is None or time < 0:
            self._misfits.append(line)
            return
        if not cells.get("partition_kind" if component == "graph" else "primitive"):
            self._misfits.append(line)  # a time of nothing
            return
        value, unit = to_base(time, "ms")
        implementation = cells.get("implementation", "")
        if component == "graph":
            benchmark = f"graph-{cells.get('partition_kind', '')}"
            tensors = cells.get("logical_tensors", "")
            problem = ":".join(t.split(":")[4] for t in tensors.split() if t.startswith("in") and t.count(":") >= 5)
        else:
            benchmark = ("ukernel-" if component == "ukernel" else "") + cells.get("primitive", "")
            tensors = cells.get("memory_descriptors", "")
            problem = cells.get("problem_desc", "")
        factors = {
            "problem": problem,
            "dtype": _dtype(tensors),
            "implementation": implementation,
            "isa": isa_of(implementation),
            "threads": self._threads,
        }
        if (direction := cells.get("prop_kind", "")) not in ("", "undef"):
            factors["prop_kind"] = direction
        factors |= more
        key = (benchmark, *factors.values())
        variant = (tensors, *(cells.get(name, "") for name in _VARIANT))
        self._mixed += self._variants.setdefault(key, variant) != variant
        self.rows.append({
            "benchmark": benchmark, "value": value, "unit": unit, "better": "lower",
            "iteration": self._repeats[key], "source": self.source, "line": line, **factors,
        })
        self._repeats[key] += 1

    def finish(self) -> list[Note]:
        """The notes, with those that only the whole file shows."""
        if self._misfits:
            message = f"{len(self._misfits)} exec lines do not fit their template and are left out"
            self.note("skipped-line", message, self._misfits[0])
        if self._headers > 1:
            message = f"{self._headers} library headers: the iterations come from more than one process"
            self.note("several-processes", message)
        if self._mixed:
            message = f"{self._mixed} lines count as repeats and differ in layout or attributes"
            self.note("mixed-problems", message)
        if not any(row["metric"] == "exec_time" for row in self.rows):
            self.note("no-exec", "nothing was executed, or its profiling was off")
        return self.notes


def _dtype(tensors: str) -> str:
    """Data type of the tensor `src`, else of the first tensor that has one; v0 (`src_bf16::`) and v1 (`src:bf16::`) spelling."""
    found = [match for match in map(_DTYPE.match, tensors.split()) if match]
    source = [match["dtype"] for match in found if match["tensor"] == "src"]
    return (source or [match["dtype"] for match in found] or [""])[0]
