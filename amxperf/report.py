"""Comparisons as text: sentences, what to mind, what so few replicates can show; on a terminal a table above them."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from .labels import shortened
from .stats.limits import limits
from .stats.sentence import decimals
from .stats.wording import PLURAL
from .terminal import printable

if TYPE_CHECKING:
    from .comparisons import Comparisons
    from .stats.result import Comparison

STYLES = {
    "different": "bold yellow", "equivalent": "green", "different and equivalent": "green", "inconclusive": "dim",
    "not comparable": "red",
}  # fmt: skip

SHORTEST = 16
"""Characters that a label keeps however narrow the terminal is."""
GAP = 3
"""Columns between two columns of the table."""


def report(found: Comparisons, width: int = 0) -> str:
    """Everything that a person should read of a comparison; `width` columns of a terminal, 0 for plain text without a table."""
    results = list(found)
    head = [found.title, ""]
    table = [_table(found, results, width), ""] if width and results else []
    lines = []
    for result in results:
        lines += [_words(found, result), f"  {result.sentence()}"]
        if result.within is not None:
            lines.append(f"  {result.within.sentence()}")
    for result in found.geomeans:
        lines += [" ".join([result.benchmark, result.metric, *(f"{k}={v}" for k, v in result.factors)]), f"  {result.sentence()}"]
    family = max((result.family for result in results), default=0)
    if family > 1:
        text = "Intervals are those of each comparison alone; verdicts stand after Benjamini and Hochberg"
        lines += ["", f"{text} over {family}, differences and equivalences each by themselves."]
    lines += _mind(found, results)
    for level, least, arms, matched in sorted({_size(result) for result in results}):
        lines += [f"  {line}" for line in limits(level, least, results[0].confidence, arms, matched)] if least else []
    if any(result.verdict == "inconclusive" and result.settle is None and not result.relative_to for result in results):
        lines.append("  `amxperf plan` says how many replicates an answer would take.")
    if not results:
        lines.append("The two arms have no benchmark in common.")
    return "\n".join([*map(printable, head), *table, *map(printable, lines)]) + "\n"


DIFFERS = "also-differs"
"""Code of what differs between the arms and was not asked for: each such thing is said."""


def _size(result: Comparison) -> tuple[str, int, int, bool]:
    """Level of the replicate, replicates of the smallest arm, samples behind the interval, and whether blocks paired four arms."""
    samples = 1 if result.pairs else 4 if result.relative_to and not result.halves else 2
    return result.replicate, result.least, samples, bool(result.relative_to) and samples < 4


def _mind(found: Comparisons, results: list[Comparison]) -> list[str]:
    """Cautions by code, with the first message of each, since the others differ in their numbers only; of DIFFERS all."""
    seen: dict[str, list[str]] = {}
    of: dict[str, set[int]] = {}
    for number, result in enumerate(results):
        for caution in result.cautions:
            key = f"{caution.code}:{caution.message if caution.code == DIFFERS else ''}"
            seen.setdefault(key, []).append(caution.message)
            of.setdefault(key, set()).add(number)
    lines = [] if not seen and not results else ["", "Mind:"]
    for key, messages in seen.items():
        code, alike, count = key.partition(":")[0], len(set(messages)) == 1, len(of[key])
        if len(results) == 1 and not alike:  # as of the two ratios of a ratio of ratios
            lines += [f"  {message} [{code}]" for message in dict.fromkeys(messages)]
            continue
        many = [f"{count} of {len(results)} comparisons"] if count < len(results) or not alike else []
        many += [] if alike else ["this is the first"]
        lines.append(f"  {messages[0]} [{code}]" + (f" ({'; '.join(many)})" if many else ""))
    return lines + [f"  {note.message} [{note.code}]" for note in found.notes]


def _words(found: Comparisons, result: Comparison) -> str:
    return " ".join([result.benchmark, result.metric, *(f"{key}={value}" for key, value in found.varying(result))])


def _table(found: Comparisons, results: list[Comparison], width: int) -> str:
    """The numbers as a table with colours, for a terminal of this width; labels that are too long lose their middle."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    shown = [*results, *found.geomeans]
    what, levels = {(result.benchmark, result.metric) for result in results}, {result.replicate for result in shown}
    shared = " ".join(what.pop()) if len(what) == 1 and len(results) > 1 else ""
    noun = PLURAL[levels.pop()] if len(levels) == 1 else ""
    heads = [shared or "benchmark", "ratio", "interval", noun or "replicates", "verdict"]
    rows = [[_words(found, result).removeprefix(shared).strip(), *_numbers(result, noun), result.verdict] for result in shown]
    room = width - sum(max(len(row[k]) for row in [heads, *rows]) + GAP for k in range(1, len(heads))) - GAP
    if room < SHORTEST:  # the numbers of replicates stand in the sentences, too
        room += max(len(row[3]) for row in [heads, *rows]) + GAP
        heads, *rows = ([*row[:3], *row[4:]] for row in [heads, *rows])
    if max(len(row[0]) for row in rows) > room:  # values say enough without their keys
        rows = [[re.sub(r"(?<!\S)[^\s=]+=", "", row[0]), *row[1:]] for row in rows]
    labels = [escape(text) for text in shortened([printable(row[0]) for row in rows], max(room, SHORTEST))]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in heads:
        table.add_column(escape(printable(name)), justify="left" if name in (heads[0], "verdict") else "right", overflow="fold")
    for label, row, result in zip(labels, rows, shown, strict=True):
        table.add_row(label, *row[1:-1], f"[{STYLES[result.verdict]}]{row[-1]}[/]")
    text = io.StringIO()
    Console(file=text, width=width, force_terminal=True, highlight=False, markup=True).print(table)
    return "\n".join(line.rstrip() for line in text.getvalue().split("\n")).strip("\n")


def _numbers(result: Comparison, noun: str) -> list[str]:
    """Ratio, interval and replicates of a row; these with their noun where the heading lacks it."""
    places, known = decimals(result.low, result.high), result.low == result.low
    ratio = f"{result.ratio:.{places}f}" if known else f"{result.ratio:.3g}"
    interval = f"{result.low:.{places}f} to {result.high:.{places}f}" if known else "none"
    one, other = result.replicates()
    return [ratio, interval, f"{one} : {other}" + ("" if noun else f" {PLURAL[result.replicate]}")]
