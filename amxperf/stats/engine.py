"""Compare many pairs of arms: the method for each, by arrays and without a loop over them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import estimates, ragged, ranks, welch
from .batch import Batch
from .nested import Locations, Nested, subset_of


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
) -> Batch:
    """Compare many pairs of arms.

    levels : the replicate of each comparison, 'boot', 'block', 'launch' or 'value' (an arm of one launch: its values).
    paired : pair the replicates by position; both arms of a comparison must have as many.
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
            lower.append((rows[equal], "value" if level == "launch" else "launch"))
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
    if lower:
        rows = np.concatenate([part for part, _ in lower])
        names = np.concatenate([np.full(len(part), name, dtype=object) for part, name in lower])
        subset = (baseline, treatment) if len(rows) == count else (subset_of(baseline, rows), subset_of(treatment, rows))
        if len(rows) == count:
            order = np.argsort(rows, kind="stable")
            rows, names = rows[order], names[order]
        within = compare_arms(*subset, names, confidence=confidence, margin=margin, location=location, boots=boots,
                              launches=launches) if len(rows) else None  # fmt: skip
        inner[rows] = np.arange(len(rows))
    return Batch(out, levels, sizes, replicates, spreads, codes, confidence, margin, paired, (baseline, treatment), within, inner)


def _rows(arm: welch.Arm, rows: np.ndarray) -> welch.Arm:
    return welch.Arm(arm.n[rows], arm.mean[rows], arm.spread[rows])
