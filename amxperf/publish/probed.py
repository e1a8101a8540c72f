"""Measurements of the probe on a page: figures where there are any, one notice where there are none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import figures
from ..backing import PAGES, backing
from ..dataset import open_dataset
from ..errors import MissingInput
from ..liveness import added
from .page import Missing, Page

if TYPE_CHECKING:
    from ..dataset import Dataset

DEFAULT = "vm-probe"
"""Dataset that is shown, if it is there, where none is named."""

RUN = "run `amxperf collect mydata` on a machine with AMX, and `amxperf build --dataset mydata`"


@dataclass(frozen=True)
class Probed:
    """A page and the probe's dataset that it shows; None where there is none."""

    page: Page
    dataset: Dataset | None

    @property
    def has_amx(self) -> bool:
        """True where the dataset holds measurements of tiles."""
        return self.dataset is not None and "amx" in set(self.dataset.measurements.get("isa", ()))

    def notice(self) -> Missing | None:
        """What to say first: that no machine with AMX was measured, or that these are the controls only; None with AMX."""
        if self.has_amx:
            return None
        if self.dataset is None:
            return self.page.missing("what AMX costs, since no machine with AMX has been measured with the probe yet", RUN)
        why = self.dataset.manifest.machine.get("amx", "not stated")
        return self.page.missing(f"what AMX costs: {self.dataset.name} holds the controls only ({why})", RUN)

    def draw(self, kind: str, name: str, title: str, **options: Any) -> Any:
        """The figure `kind` of :mod:`amxperf.figures` with the name probe-NAME; nothing without a dataset."""
        if self.dataset is None:
            return None
        return self.page.draw(getattr(figures, kind), self.dataset, name=f"probe-{name}", title=title, **options)

    def added(self) -> Any:
        """A table of what live tiles add to each operation; nothing where no live tiles were measured."""
        table = added(self.dataset) if self.dataset is not None else None
        if table is None or not len(table):
            return None
        shown = table.round({"released_ns": 1, "live_ns": 1, "added_ns": 1})
        return self.page.table(shown, f"What live tiles add, in ns, medians of {self.dataset.name}")

    def backing(self) -> Any:
        """A table of the pages behind the guests' memory and of their exits; nothing where no host was recorded."""
        table = backing(self.dataset) if self.dataset is not None else ()
        if not len(table):
            return None
        shown = table.assign(
            large_share=[f"{100 * share:.0f} %" for share in table["large_share"]],
            exits=[_rate(count, seconds) for count, seconds in zip(table["exits"], table["seconds"], strict=True)],
        ).drop(columns="seconds")
        shown = shown.rename(columns={"large_share": "in pages above 4 KiB", "exits": "exits per second"})
        shown = shown.astype(dict.fromkeys(PAGES, "Int64"))
        if set(shown["vm"]) == {"one"}:
            shown = shown.drop(columns="vm")
        return self.page.table(shown, f"Pages behind the guests' memory, counted by the host of {self.dataset.name}")


def _rate(count: float, seconds: float) -> str:
    """Exits per second, or in all where the time is not known.

    >>> _rate(300, 10), _rate(300, float("nan")), _rate(float("nan"), 10)
    ('30', '300 in all', 'not read')
    """
    if math.isnan(count):
        return "not read"
    return f"{count / seconds:.0f}" if seconds > 0 else f"{count:.0f} in all"


def open_probe(page: Page, name: str = "") -> Probed:
    """The probe's dataset for a page: a name or path; the one called vm-probe, or none, if left out.

    Raises MissingInput for a name that is not there.
    """
    if name:
        return Probed(page, open_dataset(name))
    try:
        return Probed(page, open_dataset(DEFAULT))
    except MissingInput:
        return Probed(page, None)
