"""The forms in which llama-bench prints its tests, each as dicts with the names of its JSON: CSV, SQL, Markdown."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..document import Document
from . import markdown
from .jsonrecords import objects, without_log

SHORT = {
    "model": "model_type", "size": "model_size", "params": "model_n_params", "backend": "backends", "ngl": "n_gpu_layers",
    "sm": "split_mode", "threads": "n_threads", "nkvo": "no_kv_offload", "fa": "flash_attn", "mmap": "use_mmap",
    "embd": "embeddings", "ts": "tensor_split", "ot": "tensor_buft_overrides",
}  # fmt: skip
"""The headings of the Markdown table, and the fields that they stand for."""

NUMBERS = frozenset(("n_prompt", "n_gen", "n_depth", "avg_ns", "stddev_ns", "avg_ts", "stddev_ts"))
FLAGS = frozenset((
    "embeddings", "f16_kv", "no_kv_offload", "flash_attn", "use_mmap", "cpu_strict", "cuda", "opencl", "vulkan", "kompute", "metal",
    "sycl", "rpc", "gpu_blas", "blas", "mul_mat_q", "low_vram",
))  # fmt: skip
"""Fields that JSON has as true and false, and the other forms as 1 and 0."""

_NAMES = re.compile(r"(?:pp ?(?P<prompt>\d{1,9}))?\+?(?:tg ?(?P<gen>\d{1,9}))?(?: ?@ ?d ?(?P<depth>\d{1,9}))?")
_RATE = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(?: ?(?:±|\+/-|\+-) ?(\d{1,12}(?:\.\d{1,9})?|-?nan))?")
_BUILD = re.compile(r"build: (\w{1,40}) \((\d{1,9})\)")
_INSERT = re.compile(r"INSERT INTO \w{1,60} \((?P<names>[\w, ]+)\) VALUES \((?P<values>.*)\);?\s*")
_VALUE = re.compile(r"\s*(?:'((?:[^']|'')*)'|([^',]*))\s*(?:,|$)")


@dataclass
class Tests:
    """The tests with the line of each; the line at which the file breaks off (0: whole), and lines that say nothing."""

    items: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    cut: int = 0
    skipped: list[int] = field(default_factory=list)


def form(document: Document) -> Callable[[Document], Tests] | None:
    """What reads the document; None where it is none of the four forms. JSON holds most, so it goes before others in one text."""
    if not any("n_prompt" in line or "t/s" in line for line in document.head):
        return None
    text = "\n".join(without_log(document.head))[:100_000]
    if re.match(r"\s*(?:\[\s*)?\{", text) and all(f'"{name}"' in text for name in ("n_prompt", "n_gen")):
        return read_json if '"avg_ns"' in text or '"avg_ts"' in text else None
    head = [line for line in document.head if line.strip()]
    if any(_is_head(markdown.cells(line)) for line in head):
        return read_markdown
    if any(_header(line) for line in head):
        return read_csv
    if any((found := _INSERT.match(line)) and "n_prompt" in found["names"] and "avg_ts" in found["names"] for line in head):
        return read_sql
    return None


def read_json(document: Document) -> Tests:
    """JSON and JSON lines, without the lines of the program's log that the same stream brought. Raises FormatError."""
    lines = without_log(document.lines)
    data = ("\n".join(lines) + "\n" * document.text.endswith("\n")).encode("utf-8", "replace")
    found = objects(Document(document.source, data, "", document.path))
    skipped = [number for number, (old, new) in enumerate(zip(document.lines, lines, strict=True), 1) if old != new]
    return Tests(found.items, found.cut, skipped)


def _is_head(cells: list[str]) -> bool:
    return "t/s" in cells and "test" in cells


def _header(line: str) -> list[str]:
    names = line.strip().split(",")
    return names if {"n_prompt", "n_gen", "avg_ts"} <= set(names) else []


def read_csv(document: Document) -> Tests:
    """CSV, the lines of a log and further headers left out."""
    tests, header = Tests(), []
    for number, line in enumerate(document.lines, 1):
        if names := _header(line):
            header = names
            continue
        try:
            cells = next(csv.reader([line], strict=True), []) if header and "," in line else []
        except csv.Error:
            cells = []
        if cells and len(cells) == len(header):
            tests.items.append((number, _typed(header, cells)))
        elif number == len(document.lines) and line.startswith('"'):
            tests.cut = number
        elif line.strip():
            tests.skipped.append(number)
    return tests


def read_sql(document: Document) -> Tests:
    """The INSERT statements of SQL."""
    tests = Tests()
    for number, line in enumerate(document.lines, 1):
        if not line.startswith("INSERT INTO"):
            continue
        found = _INSERT.fullmatch(line)
        names = found["names"].replace(" ", "").split(",") if found else []
        values = [one[1].replace("''", "'") if one[1] is not None else one[2].strip() for one in _VALUE.finditer(found["values"])
                  if one[0]] if found else []  # fmt: skip
        if found and len(names) == len(values):
            tests.items.append((number, _typed(names, values)))
        elif number == len(document.lines):
            tests.cut = number
        else:
            tests.skipped.append(number)
    return tests


def read_markdown(document: Document) -> Tests:
    """The rows of the tables, size and parameters as printed; `build:` below them belongs to those since the last such line."""
    tests = Tests()
    builds = [(number, found) for number, line in enumerate(document.lines, 1) if (found := _BUILD.match(line.strip()))]
    for number, row in markdown.rows(document.lines, _is_head):
        rate, name = _RATE.fullmatch(row.get("t/s", "")), _NAMES.fullmatch(row.get("test", ""))
        if not rate or not name or not name[0]:
            tests.skipped.append(number)
            continue
        item: dict[str, Any] = {SHORT.get(key, key): value for key, value in row.items() if key not in ("test", "t/s")}
        item = _typed(list(item), list(item.values()))
        for key, size in (("n_prompt", name["prompt"]), ("n_gen", name["gen"]), ("n_depth", name["depth"])):
            item[key] = int(size or 0)
        item["avg_ts"] = float(rate[1])
        if rate[2] and rate[2][-1].isdigit():
            item["stddev_ts"] = float(rate[2])
        if build := next((found for line, found in builds if line > number), None):
            item["build_commit"], item["build_number"] = build[1], build[2]
        tests.items.append((number, item))
    last = document.lines[-1:]
    if tests.items and last and last[0].startswith("|") and not markdown.cells(last[0]):
        tests.cut = len(document.lines)
    return tests


def _typed(names: list[str], values: list[str]) -> dict[str, Any]:
    """Numbers as numbers, flags as JSON has them, the rest as text."""
    return {name: _value(name, value) for name, value in zip(names, values, strict=True)}


def _value(name: str, text: str) -> Any:
    if name in FLAGS and text in ("0", "1"):
        return text == "1"
    if name not in NUMBERS:
        return text
    try:
        return float(text) if "." in text or "e" in text else int(text)
    except ValueError:
        return text
