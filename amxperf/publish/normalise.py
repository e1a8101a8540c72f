"""An executed notebook becomes a page: no clocks, no random ids, figures as directives, code folded away."""

from __future__ import annotations

import copy
from typing import Any

from .page import FACT_MIME

FIGURE_MIME = "application/vnd.amxperf.figure+json"
"""Output type by which a figure is known (amxperf.figures.base.MIME)."""

SHOWN = {"remove-input", "remove-cell", "show-input", "hide-cell"}
"""Tags with which an author says how a cell's code is shown; every other cell's code is folded."""


def normalise(executed: dict[str, Any]) -> dict[str, Any]:
    """The page that an executed notebook makes.

    Parameters
    ----------
    executed : a notebook in nbformat 4, as papermill leaves it.

    Returns
    -------
    a new notebook: papermill's records gone; the injected-parameters cell without its `out`,
    gone where nothing else was injected; cell ids renumbered; execution counts null;
    outputs that carry a figure replaced by the directive `amx-figure`; facts dropped; code folded by the tag `hide-input`.
    `metadata.source_map` keeps, for each cell, the number of its cell in the notebook as written (times 10000),
    so that a warning can name it.
    """
    cells: list[dict[str, Any]] = []
    sources: list[int] = []
    number = 0
    for cell in executed["cells"]:
        tags = cell.get("metadata", {}).get("tags", [])
        if "injected-parameters" not in tags:
            number += 1
        for part in _parts(cell):
            part["id"] = f"cell-{len(cells) + 1}"
            cells.append(part)
            sources.append(number * 10000)
    kernel = executed.get("metadata", {}).get("kernelspec", {})
    return {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"} if kernel else {},
            "language_info": {"name": "python"},
            "source_map": sources,
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _parts(cell: dict[str, Any]) -> list[dict[str, Any]]:
    """One cell of the notebook as one or several cells of the page."""
    source = _text(cell["source"])
    tags = list(cell.get("metadata", {}).get("tags", []))
    if cell["cell_type"] != "code":
        keep = {"tags": tags} if tags else {}
        return [{"cell_type": cell["cell_type"], "metadata": keep, "source": source}]
    if "injected-parameters" in tags:
        source = "\n".join(line for line in source.splitlines() if not line.startswith("out ="))
        tags = [*tags, "hide-input"]  # what the page was really built with
        if all(not line or line.startswith("#") for line in source.splitlines()):
            return []
    elif not SHOWN & set(tags):
        tags = [*tags, "hide-input"]
    outputs: list[dict[str, Any]] = []
    figures: list[str] = []
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        if FIGURE_MIME in data:
            figures.append(data[FIGURE_MIME]["name"])
        elif FACT_MIME not in data:
            outputs.append(_output(output))
    parts = [_code(source, tags, outputs)]
    if "remove-cell" not in tags:
        parts += [_figure(name) for name in figures]
    return parts


def _code(source: str, tags: list[str], outputs: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {"tags": sorted(set(tags))},
        "outputs": outputs,
        "source": source,
    }


def _figure(name: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": f"```{{amx-figure}} {name}\n```"}


def _output(output: dict[str, Any]) -> dict[str, Any]:
    output = copy.deepcopy(output)
    if "execution_count" in output:
        output["execution_count"] = None
    if "metadata" in output:
        output["metadata"] = {}
    return output


def _text(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)
