"""Diagnostics on the comparisons of a dataset: locations, order and values of each are looked at, and verdicts taken back."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from .stats.diagnostics import applied, diagnose
from .stats.nested import Locations
from .stats.result import Comparison

if TYPE_CHECKING:
    from .comparisons import Results
    from .manifest import Manifest


def diagnosed(results: Results, manifest: Manifest) -> tuple[Comparison, ...]:
    """Every comparison with the findings of :func:`amxperf.stats.diagnostics.diagnose`.

    The order of the launches is that of ``[launches] order`` in dataset.toml; without it nothing is said of order and drift.
    Refused and paired comparisons stay as they are.
    """
    samples, found = results.samples, []
    located = [Locations(arm, manifest.location) for arm in samples.arms]
    for result, row in zip(results, results.place.tolist(), strict=True):
        if row < 0 or result.verdict == "not comparable" or result.replicate == "block":
            found.append(result)
            continue
        arms = [part.of(result.replicate, np.array([row]))[0] for part in located]
        values = tuple(arm.values[arm.by_value[row] : arm.by_value[row + 1]] for arm in samples.arms)
        order = _order(results, manifest, row, result.replicate)
        findings = diagnose(*arms, order=order, values=values, confidence=result.confidence, margin=result.margin)
        found.append(applied(result, findings))
    return tuple(found)


def _order(results: Results, manifest: Manifest, row: int, level: str) -> tuple[list[float], list[float]] | None:
    """When each replicate of both arms ran; None where the manifest does not say it of all of them."""
    places = manifest.order
    if not places:
        return None
    columns = results.pairing.columns
    launches, boots, environments = (columns[name].words for name in ("launch", "boot", "environment"))
    both = []
    for side, arm in enumerate(results.samples.arms):
        first, last = arm.by_launch[row], arm.by_launch[row + 1]
        ranks = []
        for code in results.samples.launches[side][first:last].tolist():
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
    return both[0], both[1]


def _names(environment: str, boot: str, launch: str) -> tuple[str, str, str]:
    """What a launch may be called in the list of the manifest, the most exact first."""
    return f"{environment}/{boot}/{launch}", f"{environment}/{launch}", launch
