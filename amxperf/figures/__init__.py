"""The figures: one function per kind, each in a module of its own, each returning a :class:`~amxperf.figures.base.Figure`.

>>> from amxperf import figures
>>> sorted(figures.KINDS)[:2]
['budget', 'call_trace']

`KINDS` is the registry: a new kind of figure is one module and one line.
Figures take datasets, tables and comparisons; they know nothing of notebooks.
"""

from importlib import import_module
from typing import Any

KINDS: dict[str, str] = {
    "budget": "exit_cost",  # what one exit would have to cost to explain a slowdown
    "call_trace": "trace",  # a captured call chain, every frame linked to its line
    "cases": "case",  # the cases of one benchmark, one mark per launch
    "coverage": "simulation",  # how often intervals hold the truth, by simulation
    "enabling_table": "enabling",  # steps of enabling AMX, seen or missing
    "event_table": "events",  # events as a table, linked to their lines
    "exits": "exit_counts",  # VM exits by reason and environment
    "iterations": "series",  # every iteration of every launch, in order
    "launches": "strip",  # one mark per launch
    "one_boot": "simulation",  # what launches of one boot say about systems
    "overheads": "published",  # published overheads as time ratios
    "plan_curves": "curve",  # interval against replicates, from a pilot
    "printed_constant_figure": "constant",  # what amx-test prints, whatever the speed
    "ratios": "forest",  # comparisons as ratios with intervals
    "register_dump": "trace",  # a register dump, decoded where a bit means AMX
    "settling": "settle",  # levels of launches and what warm-up leaves out
    "sizes": "sweep",  # a metric over growing sizes
    "slopes": "slope",  # a cost against a size
    "switches": "handover",  # time per hand-over of two tasks
    "tiles": "tile",  # the tile registers and what fills them
    "timeline": "lanes",  # events on a time axis
    "xsave": "areas",  # where the state components lie in the XSAVE area
}
"""Name of the function -> module that holds it. A module never has the name of a function: importing it would hide that."""


def __getattr__(name: str) -> Any:
    if name in ("Figure", "MIME"):
        return getattr(import_module(f"{__name__}.base"), name)
    if name not in KINDS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{KINDS[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*KINDS, "KINDS", "Figure", "MIME"])
