"""The steps of AMX enabling as a table: seen, missing, or not expected in a TDX guest."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ..protocol import enabling
from .rendering import Linker, Rendering, anchor, html_table, notice, text_table

if TYPE_CHECKING:
    from ..dataset import Dataset


def enabling_table(dataset: Dataset, environment: str) -> Rendering:
    """Show which steps of :data:`amxperf.protocol.STEPS` the captures of an environment hold, each linked to its line."""
    if environment not in {run.environment for run in dataset.files}:
        return notice(
            f"The dataset {dataset.name} has no environment {environment!r}, so the steps of enabling AMX cannot be looked for."
        )
    steps = enabling(dataset, environment)
    headers = ["step", "side", "who", "what", "in the captures"]
    caption = f"Enabling AMX, as the captures of {environment} in {dataset.name} show it"

    def state(row) -> str:
        if row["seen"]:
            return f"{row['source']}, line {row['line']}" + (
                " (stamp is earlier than the step before)" if row["order"] == "early" else ""
            )
        return "not captured" if row["expected"] else "none: a TDX guest does this without the host"

    rows = [[row["step"], row["side"], row["actor"], row["what"], state(row)] for _, row in steps.iterrows()]

    def html(link: Linker) -> str:
        cells = []
        for (_, row), words in zip(steps.iterrows(), rows, strict=True):
            seen = (
                anchor(link, row["source"], int(row["line"]), escape(words[4])) if row["seen"] else f"<em>{escape(words[4])}</em>"
            )
            cells.append([*(escape(word) for word in words[:4]), seen])
        return html_table(headers, cells, caption)

    return Rendering(html, caption + "\n" + text_table(headers, rows))
