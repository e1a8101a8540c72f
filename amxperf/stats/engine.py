"""Compare many pairs of arms: the method for each, by arrays and without a loop over them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from . import estimates, ragged, ranks, welch
from .batch import Batch
from .estimates import FOUR, HALVES, METHODS, WHOLE, Estimates
from .nested import Locations, Nested, subset_of
from .result import Comparison

Sides = Sequence[np.ndarray] | None
"""Log differences of the replicates of a ratio of ratios that blocks pair: those of all four arms, or of two and two."""


def compare_arms(
    baseline: Nested,
    treatment: Nested,
    levels: np.ndarray | str,
    *,
    confidence: float = 0.95,
    margin: float = 0.02,
    location: str = "median",
    paired: bool = False,
    boots: bool = True,
    launches: bool = True,
    groups: np.ndarray | None = None,
) -> Batch:
    """Compare many pairs of arms.

    levels : the replicate of each comparison, 'boot', 'block', 'launch' or 'value' (an arm of one launch: its values).
    paired : pair the replicates by position; both arms of a comparison must have as many.
    groups : with `paired`, a number for each boot (or block) of an arm, in order: neighbours of one number are one replicate, the
    mean of their locations.
    boots, launches : False where the caller did not state that level, so that counts show 0.

    Replicates that are single values, five or more per arm, are compared by ranks, others by Welch's t on one location per
    replicate. One replicate in an arm: code one-boot, one-block, one-launch or one-value. No spread at all: no-spread.
    """
    count = len(baseline)
    levels = np.broadcast_to(np.asarray(levels, dtype=object), count)
    sizes = tuple(arm.counts(boots, launches) for arm in (baseline, treatment))
    out = estimates.empty(count)
    replicates = np.zeros((count, 2), dtype=np.int64)
    spreads = (np.full(count, math.nan), np.full(count, math.nan))
    codes = np.full(count, "", dtype=object)
    inner = np.full(count, -1, dtype=np.int64)
    lower: list[tuple[np.ndarray, Any]] = []
    located = Locations(baseline, location), Locations(treatment, location)
    for level in sorted({str(level) for level in levels}):
        rows = np.flatnonzero(levels == level)
        arms = [part.of(level, rows) for part in located]
        if groups is not None:
            labels, _ = ragged.take(groups, baseline.arms, rows)
            arms = [_grouped(*arm, labels) for arm in arms]
        lengths = [np.diff(starts) for _, starts in arms]
        replicates[rows] = np.stack(lengths, axis=1)
        summaries = [welch.summary(*arm) for arm in arms]
        for spread, found in zip(spreads, summaries, strict=True):
            spread[rows] = found.spread
        few_ = np.minimum(*lengths) == 1
        out.shift[rows[few_]] = summaries[1].mean[few_] - summaries[0].mean[few_]
        codes[rows[few_]] = f"one-{level}"
        if few_.any() and level != "value":
            equal = few_ & (lengths[0] == lengths[1])
            inside = "block" if level == "boot" and groups is not None else "launch"
            lower.append((rows[equal], "value" if level == "launch" else inside))
        enough = np.flatnonzero(~few_)
        if paired:
            differences = arms[1][0] - arms[0][0]
            found = welch.pairs(welch.summary(*ragged.take(differences, arms[0][1], enough)), confidence)
            out.put(rows[enough], found)
            continue
        single = located[0].single(level, rows) & located[1].single(level, rows) & (np.minimum(*lengths) >= ranks.SMALLEST)
        means = np.flatnonzero(~few_ & ~single)
        out.put(rows[means], welch.welches(*(_rows(part, means) for part in summaries), confidence))
        for n, m in sorted(set(zip(lengths[0][single].tolist(), lengths[1][single].tolist(), strict=True))):
            same = np.flatnonzero(single & (lengths[0] == n) & (lengths[1] == m))
            out.put(rows[same], ranks.flats(*(ragged.gathered(*arm, same, length)
                                              for arm, length in zip(arms, (n, m), strict=True)), confidence))  # fmt: skip
    codes[(codes == "") & np.isnan(out.low)] = "no-spread"
    within = None
    pairs = bool(lower) and all(name == "block" for _, name in lower)
    if lower:
        rows = np.concatenate([part for part, _ in lower])
        names = np.concatenate([np.full(len(part), name if pairs or name != "block" else "launch", dtype=object)
                                for part, name in lower])  # fmt: skip
        subset = (baseline, treatment) if len(rows) == count else (subset_of(baseline, rows), subset_of(treatment, rows))
        if len(rows) == count:
            order = np.argsort(rows, kind="stable")
            rows, names = rows[order], names[order]
        within = compare_arms(*subset, names, confidence=confidence, margin=margin, location=location, paired=pairs, boots=boots,
                              launches=launches) if len(rows) else None  # fmt: skip
        inner[rows] = np.arange(len(rows))
    return Batch(out, levels, sizes, replicates, spreads, codes, confidence, margin, paired, (baseline, treatment), within, inner)


def relative_arms(
    arms: tuple[Nested, Nested],
    references: tuple[Nested, Nested],
    rows: np.ndarray,
    others: np.ndarray,
    levels: np.ndarray,
    *,
    confidence: float = 0.95,
    margin: float = 0.02,
    location: str = "median",
    sides: Sequence[Sides] = (),
) -> Batch:
    """Ratios of ratios: comparison `rows[k]` of `arms` over comparison `others[k]` of `references`, at level `levels[k]`.

    The log ratio of ratios is a sum of four means of log locations, taken as independent; its interval has Satterthwaite's
    degrees of freedom (:func:`amxperf.stats.welch.combined`).
    sides : of comparisons whose arms blocks pair, differences of log locations, one per replicate: one array where a replicate
    has all four arms (its log ratio of ratios: paired t), two where it has two of them (a log ratio; Welch's t on the second
    array minus the first); None for a comparison without, and none at all if left out.
    """
    count = len(rows)
    out = estimates.empty(count)
    replicates, codes = np.zeros((count, 2), dtype=np.int64), np.full(count, "", dtype=object)
    spreads = np.full(count, math.nan), np.full(count, math.nan)
    located = [Locations(arm, location) for arm in (*arms, *references)]
    kinds = np.array([0 if side is None else len(side) for side in sides] if sides else np.zeros(count), dtype=np.int64)
    for kind in (1, 2):
        mine = np.flatnonzero(kinds == kind)
        if not len(mine):
            continue
        lengths = np.array([[len(sides[k][-kind]), len(sides[k][-1])] for k in mine.tolist()])
        replicates[mine] = lengths
        parts = []
        for at in range(kind):
            flat = np.concatenate([sides[k][at] for k in mine.tolist()])
            parts.append(welch.summary(flat, ragged.starts_of(lengths[:, at])))
            spreads[at][mine] = parts[at].spread
        few = lengths.min(axis=1) < 2
        out.shift[mine] = parts[0].mean if kind == 1 else parts[1].mean - parts[0].mean
        codes[mine[few]] = [f"one-{level}" for level in levels[mine[few]]]
        good = [_rows(part, np.flatnonzero(~few)) for part in parts]
        found = welch.pairs(*good, confidence) if kind == 1 else welch.welches(*good, confidence)
        found.method[:] = METHODS.index(WHOLE if kind == 1 else HALVES)
        out.put(mine[~few], found)
    plain = np.flatnonzero(kinds == 0)
    for level in sorted({str(level) for level in levels[plain]}):
        mine = plain[levels[plain] == level]
        parts = [welch.summary(*place.of(level, which[mine]))
                 for place, which in zip(located, (rows, rows, others, others), strict=True)]  # fmt: skip
        for side in (0, 1):
            replicates[mine, side] = np.minimum(parts[side].n, parts[side + 2].n)
            spreads[side][mine] = np.sqrt(parts[side].spread ** 2 + parts[side + 2].spread ** 2)
        found = welch.combined(parts, (-1, 1, 1, -1), confidence, FOUR)
        few = replicates[mine].min(axis=1) < 2
        for end in (found.low, found.high, found.low90, found.high90, found.p, found.df):
            end[few] = math.nan
        found.flags[few] = 0
        out.put(mine, found)
        codes[mine[few]] = f"one-{level}"
    codes[(codes == "") & np.isnan(out.low)] = "no-spread"
    sizes = np.zeros((count, 3)), np.zeros((count, 3))
    return Batch(out, levels, sizes, replicates, spreads, codes, confidence, margin, kinds == 1)


def compare_locations(
    found: Estimates,
    level: str,
    counts: Sequence[np.ndarray],
    confidence: float,
    margin: float,
    paired: bool = False,
    parts: Sequence[welch.Arm] = (),
) -> Comparison:
    """One comparison from an estimate over replicates of this level; `counts` are the replicates of both arms."""
    place = {"boot": 0, "block": 0, "launch": 1, "value": 2}[level]
    sizes = tuple(np.zeros((1, 3), dtype=np.int64) for _ in counts)
    for size, count in zip(sizes, counts, strict=True):
        size[0, place] = count[0]
    spreads = tuple(part.spread for part in parts) or (np.full(1, math.nan), np.full(1, math.nan))
    codes = np.where(np.isnan(found.low), "no-spread", "").astype(object)
    levels = np.array([level], dtype=object)
    return Batch(found, levels, sizes, np.stack(counts, axis=1), spreads, codes, confidence, margin, paired)[0]


def _grouped(locations: np.ndarray, starts: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Locations and starts of groups of neighbours that have one label."""
    fresh = np.ones(len(labels), dtype=bool)
    fresh[1:] = labels[1:] != labels[:-1]
    fresh[starts[:-1]] = True
    begin = np.append(np.flatnonzero(fresh), len(labels))
    return ragged.means(locations, begin), np.searchsorted(begin, starts)


def _rows(arm: welch.Arm, rows: np.ndarray) -> welch.Arm:
    return welch.Arm(arm.n[rows], arm.mean[rows], arm.spread[rows])
