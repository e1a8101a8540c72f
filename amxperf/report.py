"""Comparisons as text: sentences, what to mind, what so few replicates can show; on a terminal a table above them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from .stats.limits import limits
from .stats.sentence import decimals

if TYPE_CHECKING:
    from .comparisons import Comparisons
    from .stats.result import Comparison

STYLES = {
    "different": "bold yellow", "equivalent": "green", "different and equivalent": "green", "inconclusive": "dim",
    "not comparable": "red",
}  # fmt: skip


def report(found: Comparisons, width: int = 0) -> str:
    """Everything that a person should read of a comparison; `width` columns of a terminal, 0 for plain text without a table."""
    results = list(found)
    title = f"{found.dataset} ({found.kind}): {found.treatment} over {found.baseline}"
    lines = [title, ""]
    if width and results:
        lines += [_table(found, results, width), ""]
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
    for level, least, arms in sorted({_size(result) for result in results}):
        lines += [f"  {line}" for line in limits(level, least, results[0].confidence, arms)] if least else []
    if not results:
        lines.append("The two arms have no benchmark in common.")
    return "\n".join(lines) + "\n"


def _size(result: Comparison) -> tuple[str, int, int]:
    """Level of the replicate, replicates of the smallest arm, and number of arms."""
    return result.replicate, result.least, 4 if result.relative_to else 2


def _mind(found: Comparisons, results: list[Comparison]) -> list[str]:
    """Cautions by code, with the first message of each: the others differ in their numbers."""
    seen: dict[str, list[str]] = {}
    for result in results:
        for caution in result.cautions:
            seen.setdefault(caution.code, []).append(caution.message)
    lines = [] if not seen and not results else ["", "Mind:"]
    for code, messages in seen.items():
        alike = len(set(messages)) == 1
        many = [f"{len(messages)} of {len(results)} comparisons"] if len(messages) < len(results) or not alike else []
        many += [] if alike else ["this is the first"]
        lines.append(f"  {messages[0]} [{code}]" + (f" ({'; '.join(many)})" if many else ""))
    return lines + [f"  {note.message} [{note.code}]" for note in found.notes]


def _words(found: Comparisons, result: Comparison) -> str:
    return " ".join([result.benchmark, result.metric, *(f"{key}={value}" for key, value in found.varying(result))])


def _table(found: Comparisons, results: list[Comparison], width: int) -> str:
    """The numbers as a table with colours, for a terminal of this width."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("benchmark", "ratio", "interval", "replicates", "verdict"):
        table.add_column(name, justify="left" if name in ("benchmark", "verdict") else "right", overflow="fold")
    for result in (*results, *found.geomeans):
        places = decimals(result.low, result.high)
        known = result.low == result.low
        ratio = f"{result.ratio:.{places}f}" if known else f"{result.ratio:.3g}"
        interval = f"{result.low:.{places}f} to {result.high:.{places}f}" if known else "none"
        style = STYLES[result.verdict]
        table.add_row(_words(found, result), ratio, interval, result.counted(), f"[{style}]{result.verdict}[/]")
    text = io.StringIO()
    Console(file=text, width=width, force_terminal=True, highlight=False).print(table)
    return text.getvalue().rstrip()
