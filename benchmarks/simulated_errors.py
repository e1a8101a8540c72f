"""How often does amxperf err? Simulated with fixed seeds; the result is committed as data/simulations/coverage.csv.

    make coverage      (or: python benchmarks/simulated_errors.py --out data/simulations/coverage.csv)

One row per recipe, size, method and metric:

coverage     share of nominal 95 % intervals that hold the true ratio, 1.1
false-alarm  share of comparisons of one system with itself that are called different
tost-size    share of comparisons at a true ratio of exactly 1.02 that are called equivalent within 2 %
power        share of comparisons with a true change of 3 % that are called different
power-10     the same at a true change of 10 %
fdr          share of false ones among the differences claimed in a suite, 0 where none is claimed
alike-fdr    the same among the equivalences claimed, benchmarks exactly at the margin being the false ones
alike-power  share of the benchmarks without any change that are called equivalent in that suite
half-width   median half width of the 95 % interval of the log ratio
refused      share of comparisons that are answered 'not comparable'

boots, launches, iterations: replicates per arm, launches in a boot, iterations in a launch (flat recipes: boots 0; unequal
arms: of the baseline, the treatment has 60 % of them, two at least). `detected` is the share of results whose data made
amxperf say that something is wrong with them (autocorrelation, ties); `warned` also counts the cautions that every result of
that size carries (two replicates, flat samples too short to show autocorrelation). Both are empty for other methods.

Methods: amxperf (what `compare` does), welch (amxperf's interval, any that excludes 1 called different), pooled and benchstat
(all iterations as if independent: Welch, Mann-Whitney), bootstrap2 (two-level bootstrap), cochran-cox (the careful rival of
Welch's t, on the same medians), percentile and bca (bootstraps of means, flat), launches (launches of one boot taken for
replicates), unpaired (paired arms compared as if they were not), geomean-pooled (one ratio per benchmark, then Student's t).
"""

from __future__ import annotations

import argparse
import csv
import io
import math
import sys
import zlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import simulated_recipes as recipes
import simulated_rivals as rivals

from amxperf.stats import Batch, compare_many
from amxperf.stats.engine import compare_arms
from amxperf.stats.estimates import RELATED, TIES, WIDENED
from amxperf.stats.nested import Nested
from amxperf.stats.welch import pairs, summary, welches
from amxperf.stats.wording import CHECKABLE

SHIFT, MARGIN = math.log(1.1), 0.02
EXPERIMENTS, FEWER = 10_000, 1_000
BOOTS, ITERATIONS, VALUES = (2, 3, 5, 10), (10, 30), (5, 10, 30)
COLUMNS = ("recipe", "boots", "launches", "iterations", "method", "metric", "value", "experiments", "detected", "warned")

Row = tuple[str, int, int, int, str, str, float, int, float | str, float | str]


def seeded(*names: object) -> np.random.Generator:
    """A generator that depends on the cell alone, so that cells may run in any order."""
    return np.random.default_rng(zlib.crc32(" ".join(map(str, names)).encode()))


def told(found: Batch) -> tuple[float, float]:
    """Shares of results with a caution that the data caused, and with that or one that every result of the size carries."""
    flagged = (found.estimates.flags & (RELATED | WIDENED | TIES)) != 0
    least = found.replicates.min(axis=1)
    short = (found.levels == "value") & (least < CHECKABLE)
    return float(flagged.mean()), float((flagged | (least == 2) | short).mean())


def holds(found: Batch) -> float:
    return float(((found.estimates.low <= SHIFT) & (found.estimates.high >= SHIFT)).mean())


def says(found: Batch, word: str) -> float:
    return float((np.char.find(found.verdicts.astype(str), word) >= 0).mean())


def rates(key: tuple[str, int, int, int], arms, count: int) -> Iterator[Row]:
    """amxperf's coverage, false alarms and TOST size: the same noise with three true ratios. `arms(shift)` gives values."""
    for metric, shift in (("coverage", SHIFT), ("false-alarm", 0.0), ("tost-size", math.log1p(MARGIN))):
        found = compare_many(*arms(shift), margin=MARGIN)
        value = holds(found) if metric == "coverage" else says(found, "different" if metric == "false-alarm" else "equivalent")
        yield *key, "amxperf", metric, value, count, *told(found)


def hierarchical(name: str, boots: int, iterations: int, count: int = EXPERIMENTS, fewer: int = FEWER) -> Iterator[Row]:
    rng, key = seeded(name, boots, iterations), (name, boots, 1, iterations)
    one, other = recipes.HIERARCHICAL[name]
    short = max(2, round(boots * 0.6)) if name == "unequal arms" else boots  # the noisy arm is also the short one
    b, t = one(rng, count, boots, iterations), other(rng, count, short, iterations)
    yield from rates(key, lambda shift: (np.exp(b), np.exp(t + shift)), count)
    found, (shift, half) = compare_many(np.exp(b), np.exp(t + SHIFT)), rivals.cochran_cox(b, t + SHIFT)
    yield *key, "amxperf", "half-width", float(np.median(found.estimates.high - found.estimates.low)) / 2, count, "", ""
    excludes = (found.estimates.low > 0) | (found.estimates.high < 0)
    yield *key, "amxperf", "power-10", says(found, "different"), count, "", ""
    yield *key, "welch", "power-10", float(excludes.mean()), count, "", ""
    yield *key, "cochran-cox", "half-width", float(np.median(half)), count, "", ""
    yield *key, "cochran-cox", "coverage", float((np.abs(shift - SHIFT) <= half).mean()), count, "", ""
    for method in ("pooled", "benchstat"):
        part = slice(0, count if method == "pooled" else min(count, 2 * fewer))
        value = getattr(rivals, method)(b[part], t[part] + SHIFT, SHIFT)
        yield *key, method, "coverage", float(value.mean()), len(value), "", ""
    if iterations == ITERATIONS[0]:
        value = rivals.two_level(rng, b[:fewer], t[:fewer] + SHIFT, SHIFT)
        yield *key, "bootstrap2", "coverage", float(value.mean()), len(value), "", ""


def flat(name: str, values: int, count: int = EXPERIMENTS, fewer: int = FEWER) -> Iterator[Row]:
    rng, key = seeded(name, values), (name, 0, 0, values)
    b, t = (recipe(rng, count, 1, values)[:, 0] for recipe in recipes.FLAT[name])
    yield from rates(key, lambda shift: (recipes.read(name, b), recipes.read(name, t + shift)), count)
    logs = [np.log(recipes.read(name, arm)) for arm in (b, t + SHIFT)]
    for method in ("pooled", "benchstat"):
        value = getattr(rivals, method)(logs[0], logs[1], SHIFT)
        yield *key, method, "coverage", float(value.mean()), count, "", ""
    for method, value in rivals.resampled(rng, logs[0][:fewer], logs[1][:fewer], SHIFT).items():
        yield *key, method, "coverage", float(value.mean()), len(value), "", ""


def three_level(spread: float, boots: int, count: int = EXPERIMENTS) -> Iterator[Row]:
    """Ten launches of ten iterations in each boot; launches differ by 1 %, iterations by 2 %."""
    name, launches, iterations = f"three levels, {100 * spread:g} % boots", 10, 10
    rng, key = seeded(name, boots), (name, boots, launches, iterations)
    arms = []
    for shift in (0.0, SHIFT):
        logs = rng.normal(shift, spread, (count, boots, 1, 1)) + rng.normal(0, 0.01, (count, boots, launches, 1))
        arms.append(np.exp(logs + rng.normal(0, 0.02, (count, boots, launches, iterations))))
    nests = [Nested(arm.reshape(-1), np.arange(0, arm.size + 1, iterations), np.arange(0, arm.size // iterations + 1, launches),
                    np.arange(0, count * boots + 1, boots)) for arm in arms]  # fmt: skip
    found = compare_arms(*nests, "boot", margin=MARGIN)
    if boots == 1:
        yield *key, "amxperf", "refused", says(found, "not comparable"), count, 1.0, 1.0
    else:
        yield *key, "amxperf", "coverage", holds(found), count, *told(found)
    yield *key, "launches", "coverage", holds(compare_arms(*nests, "launch", margin=MARGIN)), count, "", ""


def paired(session: float, blocks: int, count: int = EXPERIMENTS) -> Iterator[Row]:
    """Arms that share sessions which differ by this much; a change of 3 % for power."""
    name = f"paired, {100 * session:g} % sessions"
    rng, key = seeded(name, blocks), (name, blocks, 1, ITERATIONS[0])
    b, t = recipes.sessions(rng, count, blocks, ITERATIONS[0], session)
    for method, pair in (("amxperf", True), ("unpaired", False)):
        for metric, shift in (("coverage", SHIFT), ("false-alarm", 0.0), ("power", math.log(1.03))):
            found = compare_many(np.exp(b), np.exp(t + shift), margin=MARGIN, paired=pair)
            value = holds(found) if metric == "coverage" else says(found, "different")
            yield *key, method, metric, value, count, *(told(found) if pair else ("", ""))


def suite(name: str, boots: int, count: int = 4 * FEWER) -> Iterator[Row]:
    """Forty benchmarks in the same boots: false discoveries, and the geometric mean of all ratios."""
    rng, key, size = seeded(name, boots), (name, boots, 1, ITERATIONS[0]), 40
    changed = np.arange(size) < (10 if "a quarter" in name else 0)
    b, t = (recipes.shared_boots(rng, count, size, boots, ITERATIONS[0]) for _ in range(2))
    moved = np.exp(t + np.where(changed, 0.1, 0.0)[None, :, None, None])
    found = compare_many(np.exp(b).reshape(-1, boots, ITERATIONS[0]), moved.reshape(-1, boots, ITERATIONS[0]))
    for method in ("amxperf", "unadjusted"):
        wrong = []
        for i in range(count):
            part = slice(i * size, (i + 1) * size)
            p = found.estimates.p[part]
            claimed = (_adjusted(p) if method == "amxperf" else p) < 0.05
            wrong.append((claimed & ~changed).sum() / max(claimed.sum(), 1))
        yield *key, method, "fdr", float(np.mean(wrong)), count, "", ""
    if changed.any():
        return
    logs = [np.median(arm, axis=3) for arm in (b, t + SHIFT)]  # (experiments, benchmarks, boots)
    per_boot = [summary(arm.mean(axis=1).reshape(-1), np.arange(0, count * boots + 1, boots)) for arm in logs]
    whole = welches(*per_boot, 0.95)
    yield *key, "geomean", "coverage", float(((whole.low <= SHIFT) & (whole.high >= SHIFT)).mean()), count, "", ""
    ratios = logs[1].mean(axis=2) - logs[0].mean(axis=2)
    usual = pairs(summary(ratios.reshape(-1), np.arange(0, count * size + 1, size)), 0.95)
    yield *key, "geomean-pooled", "coverage", float(((usual.low <= SHIFT) & (usual.high >= SHIFT)).mean()), count, "", ""


def alike(name: str, boots: int, count: int = 4 * FEWER) -> Iterator[Row]:
    """Forty benchmarks in the same boots, which differ by 0.5 %: ten or all unchanged, the others at the margin of 2 %."""
    size = 40
    unchanged = 10 if "a quarter" in name else size
    rng, key = seeded(name, boots), (name, boots, 1, ITERATIONS[0])
    moved = np.arange(size) >= unchanged
    b, t = (recipes.shared_boots(rng, count, size, boots, ITERATIONS[0], 0.005) for _ in range(2))
    t = np.exp(t + np.where(moved, math.log1p(MARGIN), 0.0)[None, :, None, None])
    found = compare_many(np.exp(b).reshape(-1, boots, ITERATIONS[0]), t.reshape(-1, boots, ITERATIONS[0]), margin=MARGIN)
    for method in ("amxperf", "unadjusted"):
        wrong, right = [], []
        for i in range(count):
            p = found.equivalence[i * size : (i + 1) * size]
            claimed = (_adjusted(p) if method == "amxperf" else p) < 0.05
            wrong.append((claimed & moved).sum() / max(claimed.sum(), 1))
            right.append((claimed & ~moved).sum() / unchanged)
        yield *key, method, "alike-fdr", float(np.mean(wrong)), count, "", ""
        yield *key, method, "alike-power", float(np.mean(right)), count, "", ""


def _adjusted(p: np.ndarray) -> np.ndarray:
    from amxperf.stats.many import adjusted

    return np.array(adjusted(p))


def cells() -> list[tuple]:
    """Every cell of the table: a function and its arguments, in the order of the table."""
    found: list[tuple] = [(hierarchical, name, boots, iterations)
                          for name in recipes.HIERARCHICAL for boots in BOOTS for iterations in ITERATIONS]  # fmt: skip
    found += [(flat, name, values) for name in recipes.FLAT for values in VALUES]
    found += [(three_level, spread, boots) for spread in (0.0, 0.005, 0.01, 0.02, 0.03) for boots in (1, 2, 5)]
    found += [(paired, session, blocks) for session in (0.0, 0.02, 0.05) for blocks in (3, 5, 10)]
    found += [(suite, name, boots) for name in ("suite, none changed", "suite, a quarter changed") for boots in (5, 10)]
    found += [(alike, name, boots) for name in ("suite, a quarter unchanged", "suite, all unchanged") for boots in (5, 10)]
    return found


def run(cell: tuple) -> list[Row]:
    """The rows of one cell."""
    function, *arguments = cell
    return list(function(*arguments))


def text(rows: list[Row]) -> str:
    """Rows as CSV."""
    stream = io.StringIO()
    out = csv.writer(stream, lineterminator="\n")
    out.writerows([f"{value:.4f}" if isinstance(value, float) else value for value in row] for row in rows)
    return stream.getvalue()


def put(made: str, out: Path | None) -> None:
    """Write the table to the file, or to standard output without one."""
    if out:
        out.write_text(made)
    else:
        sys.stdout.write(made)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, help="file to write; standard output if left out")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    made = ",".join(COLUMNS) + "\n"
    with ProcessPoolExecutor(options.jobs) as pool:
        for cell, rows in zip(cells(), pool.map(run, cells()), strict=True):
            print(*cell[1:], file=sys.stderr)
            made += text(rows)
    put(made, options.out)


if __name__ == "__main__":
    main()
