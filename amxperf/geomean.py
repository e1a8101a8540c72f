"""The geometric mean of the ratios of several benchmarks, which knows that they share launches.

Benchmarks that ran in the same boots or launches go up and down together, so their ratios are no independent sample of
anything. One geometric mean over the benchmarks per boot (or launch) is: those means are then compared as any other value.
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import Any

import numpy as np

from .blocking import joined
from .codes import combined
from .pairing import Pairing
from .sampling import Samples
from .stats import welch
from .stats.batch import Batch
from .stats.engine import compare_locations
from .stats.nested import Locations
from .stats.result import Caution, Comparison, Counts, not_comparable
from .stats.wording import PLURAL

ALIKE = ("metric", "unit", "better")
"""Only comparisons that agree in these are put together."""


def geomeans(
    pairing: Pairing, found: Samples, batch: Batch, groups: tuple[str, ...], location: str, named: dict[str, Any]
) -> tuple[Comparison, ...]:
    """One geometric mean per metric and group of two or more comparable benchmarks.

    groups : columns whose values make the groups; none: all comparisons of a metric. A comparison that cannot be made is
    left out. The replicate is that of the comparisons. Benchmarks that ran in the same replicates give one mean per replicate;
    those that share none are independent, and the means are added with Satterthwaite's degrees of freedom. Where some are
    shared and some are not, only replicates that have all benchmarks count (caution `incomplete-replicates`).
    """
    good = np.flatnonzero(batch.codes == "")
    if len(good) < 2:
        return ()
    first = pairing.first[found.which[good], 0]
    names = dict.fromkeys([*ALIKE, *groups])
    group, count = combined([(pairing.columns[name].codes[first], len(pairing.columns[name].words)) for name in names])
    places = [Locations(arm, location) for arm in found.arms]
    out = []
    for number in range(count):
        rows = good[group == number]
        if len(rows) < 2:
            continue
        head = int(first[group == number][0])
        identity = {name: pairing.columns[name].word(head) for name in ALIKE}
        factors = tuple((name, pairing.columns[name].word(head)) for name in groups if name not in ALIKE)
        result = _mean(found, batch, rows, places)
        out.append(replace(result, benchmark=f"geometric mean of {len(rows)}", factors=factors, **identity, **named))
    return tuple(out)


def _mean(found: Samples, batch: Batch, rows: np.ndarray, places: list[Locations]) -> Comparison:
    levels = {str(level) for level in batch.levels[rows]}
    if len(levels) > 1:
        return _refused("levels-differ", "the comparisons count replicates at different levels", "launch", batch)
    level = levels.pop()
    sides = [_members(found, side, place, level, rows) for side, place in enumerate(places)]
    clusters = [_clusters(side) for side in sides]
    if not batch.paired and None not in clusters:
        signs = [-1.0] * len(clusters[0]) + [1.0] * len(clusters[1])
        estimate = welch.combined([*clusters[0], *clusters[1]], signs, batch.confidence)
        counts = [np.array([sum(int(arm.n[0]) for arm in side)]) for side in clusters]
        parts = [side[0] for side in clusters] if all(len(side) == 1 for side in clusters) else []
        return compare_locations(estimate, level, counts, batch.confidence, batch.margin, parts=parts)
    return _common(sides, level, batch, found, rows)


Members = list[tuple[np.ndarray, np.ndarray]]
"""Per benchmark the numbers of its replicates and their log locations."""


def _members(found: Samples, side: int, place: Locations, level: str, rows: np.ndarray) -> Members:
    logs, starts = place.of(level, rows)
    numbers = found.launches[side] if level == "launch" else found.boots[side]
    whole = found.arms[side].by_launch if level == "launch" else found.arms[side].arms
    return [(numbers[whole[row] : whole[row + 1]], logs[starts[k] : starts[k + 1]]) for k, row in enumerate(rows.tolist())]


def _clusters(side: Members) -> list[welch.Arm] | None:
    """Arms of independent clusters, each weighted by its share of the benchmarks.

    A cluster is the benchmarks that ran in the same replicates. None where clusters overlap, or have a single replicate.
    """
    groups: dict[bytes, list[np.ndarray]] = {}
    heads = []
    for length in sorted({len(numbers) for numbers, _ in side}):
        same = [member for member in side if len(member[0]) == length]
        numbers, logs = (np.stack(part) for part in zip(*same, strict=True))
        order = np.argsort(numbers, axis=1, kind="stable")
        numbers, logs = (np.take_along_axis(part, order, axis=1) for part in (numbers, logs))
        alike = (numbers == numbers[0]).all()
        for head, members in [(numbers[0], logs)] if alike else zip(numbers, logs[:, None], strict=True):
            if head.tobytes() not in groups:
                heads.append(head)
            groups.setdefault(head.tobytes(), []).append(members)
    if any(len(head) < 2 for head in heads) or len(np.unique(np.concatenate(heads))) < sum(len(head) for head in heads):
        return None
    arms = []
    for members in (np.concatenate(parts) for parts in groups.values()):
        mean, share = members.mean(axis=0), len(members) / len(side)
        arm = welch.summary(mean, np.array([0, len(mean)]))
        arms.append(welch.Arm(arm.n, arm.mean * share, arm.spread * share))
    return arms


def _common(sides: list[Members], level: str, batch: Batch, found: Samples, rows: np.ndarray) -> Comparison:
    """The geometric mean over the replicates that have all benchmarks (blocks: in both arms)."""
    use, every = [], []
    for side in sides:
        numbers = [np.unique(one) for one, _ in side]
        every.append(np.unique(np.concatenate(numbers)))
        use.append(reduce(np.intersect1d, numbers))
    if batch.paired:
        use = [np.intersect1d(*use)] * 2
    groups = _joined(found, rows, use[0]) if batch.paired else []
    if min(len(one) for one in ([groups] if batch.paired else use)) < 2:
        return _refused("replicates-not-shared", f"fewer than two {PLURAL[level]} of an arm have all benchmarks", level, batch)
    arms = [np.mean([_at(numbers, logs, one) for numbers, logs in side], axis=0) for side, one in zip(sides, use, strict=True)]
    if groups:
        arms = [np.array([arm[group].mean() for group in groups]) for arm in arms]
    parts = [welch.summary(arm, np.array([0, len(arm)])) for arm in arms]
    if batch.paired:
        estimate = welch.pairs(welch.summary(arms[1] - arms[0], np.array([0, len(arms[0])])), batch.confidence)
    else:
        estimate = welch.welches(*parts, batch.confidence)
    counts = [np.array([len(arm)]) for arm in arms]
    result = compare_locations(estimate, level, counts, batch.confidence, batch.margin, batch.paired, parts)
    left = sum(len(one) - len(other) for one, other in zip(every, use, strict=True))
    if not left:
        return result
    text = f"{left} {PLURAL[level]} lack a benchmark of the group and are left out"
    return replace(result, cautions=(*result.cautions, Caution("incomplete-replicates", text)))


def _joined(found: Samples, rows: np.ndarray, blocks: np.ndarray) -> list[list[int]]:
    """Which of these blocks are one replicate in any of the comparisons `rows`."""
    members: list[set[tuple[int, int]]] = [set() for _ in blocks]
    for row in rows.tolist():
        mine = slice(found.arms[0].arms[row], found.arms[0].arms[row + 1])
        labels = dict(zip(found.boots[0][mine].tolist(), found.groups[mine].tolist(), strict=True))
        for block, group in zip(blocks.tolist(), members, strict=True):
            group.add((row, labels[block]))
    return joined([frozenset(group) for group in members])


def _at(numbers: np.ndarray, logs: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The locations of these replicates."""
    order = np.argsort(numbers, kind="stable")
    return logs[order[np.searchsorted(numbers[order], wanted)]]


def _refused(code: str, reason: str, level: str, batch: Batch) -> Comparison:
    none = Counts(0, 0, 0)
    return not_comparable(code, reason, replicate=level, baseline_n=none, treatment_n=none, confidence=batch.confidence,
                          margin=batch.margin)  # fmt: skip
