"""Diagnostics on the comparisons of a dataset: locations, order and values of each are looked at, and verdicts taken back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from .blocking import log_ratios
from .stats.diagnostics import Finding, applied, diagnose
from .stats.nested import Locations
from .stats.result import Comparison

if TYPE_CHECKING:
    from .comparisons import Results
    from .manifest import Manifest
    from .pairing import Pairing
    from .sampling import Samples

Looked = tuple[list[np.ndarray], list[np.ndarray], "list[list[float]] | None"]
"""Log locations, values and order of the arms of a comparison."""


def diagnosed(results: Results, manifest: Manifest) -> tuple[Comparison, ...]:
    """Every comparison with the findings of :func:`amxperf.stats.diagnostics.diagnose`.

    The order of the launches is that of ``[launches] order`` in dataset.toml; without it nothing is said of order and drift.
    Refused comparisons stay as they are. Of paired ones the log ratios are looked at: what a block does to both arms is no fault.
    """
    sample, found = Sample(results.pairing, results.samples, manifest), []
    for result, row in zip(results, results.place.tolist(), strict=True):
        found.append(applied(result, findings(result, [(sample, row)])) if row >= 0 else result)
    return tuple(found)


def findings(result: Comparison, arms: Sequence[tuple[Sample, int]], sides: Sequence[np.ndarray] = ()) -> tuple[Finding, ...]:
    """What the arms of a comparison show: a sample and the row of its arms; of a ratio of ratios two of them.

    sides : the log ratios of pairs, or of the two sides of a ratio of ratios, where blocks pair the arms of that.
    """
    if result.verdict == "not comparable":
        return ()
    if result.pairs or result.halves:
        sides = sides or [log_ratios(sample.samples, row, sample.manifest.location) for sample, row in arms]
        values = [values for sample, row in arms for values in sample.values(row)]
        return diagnose(*sides, values=values, confidence=result.confidence, margin=result.margin)
    looked = [sample.arms(row, result.replicate) for sample, row in arms]
    places, values = ([arm for part in looked for arm in part[k]] for k in (0, 1))
    order = [ranks for part in looked for ranks in part[2] or ()]
    return diagnose(*places, order=order if len(order) == len(places) else None, values=values, confidence=result.confidence,
                    margin=result.margin)  # fmt: skip


class Sample:
    """The arms of many comparisons, to look at one by one."""

    def __init__(self, pairing: Pairing, samples: Samples, manifest: Manifest) -> None:
        self.pairing, self.samples, self.manifest = pairing, samples, manifest
        self.located = [Locations(arm, manifest.location) for arm in samples.arms]

    def arms(self, row: int, level: str) -> Looked:
        """Baseline and treatment of a comparison; None for the order that the manifest does not state."""
        places = [part.of(level, np.array([row]))[0] for part in self.located]
        return places, self.values(row), self._order(row, level)

    def values(self, row: int) -> list[np.ndarray]:
        """The values of both arms of a comparison."""
        return [arm.values[arm.by_value[row] : arm.by_value[row + 1]] for arm in self.samples.arms]

    def _order(self, row: int, level: str) -> list[list[float]] | None:
        """When each replicate of both arms ran; None where the manifest does not say it of all of them."""
        places = self.manifest.order
        if not places:
            return None
        columns = self.pairing.columns
        launches, boots, environments = (columns[name].words for name in ("launch", "boot", "environment"))
        both = []
        for side, arm in enumerate(self.samples.arms):
            first, last = arm.by_launch[row], arm.by_launch[row + 1]
            ranks = []
            for code in self.samples.launches[side][first:last].tolist():
                code, launch = divmod(code, len(launches))
                environment, boot = divmod(code, len(boots))
                names = (environments[environment], boots[boot], launches[launch])
                ranks.append(next((places[name] for name in _names(*names) if name in places), None))
            if None in ranks:
                return None
            if level == "boot":
                starts = arm.boots[arm.arms[row] : arm.arms[row + 1] + 1] - first
                ranks = [min(ranks[a:b]) for a, b in pairwise(starts.tolist())]
            both.append([float(rank) for rank in ranks])
        return both


def _names(environment: str, boot: str, launch: str) -> tuple[str, str, str]:
    """What a launch may be called in the list of the manifest, the most exact first."""
    return f"{environment}/{boot}/{launch}", f"{environment}/{launch}", launch
