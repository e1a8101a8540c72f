"""What common habits cost, each beside what amxperf does: simulated with fixed seeds; data/simulations/habits.csv holds the result.

    make coverage      (or: python benchmarks/simulated_habits.py --out data/simulations/habits.csv)

Columns as in simulated_errors.py; boots are replicates (or blocks) per arm. Boots differ by 1 % and iterations by 2 %, 10 of them,
where nothing else is said. Methods, in pairs:

in-sequence, interleaved     two equal systems on a machine that drifts by 2 % over the session: all of A before all of B, or
                             A, B, B, A, ... ; in-sequence-diagnosed: the first, after what `--diagnose` takes back
looking, one-look            two equal systems, looked at after every 5 boots per arm up to 30 and stopped at the first
                             difference; looked at once, at 30
one-variance                 unequal arms of simulated_errors.py, the two arms' variances taken for one (Student's t)
pretest                      iterations pooled where an F test of 5 % finds no difference between the boots of either arm
blocks, no-blocks            a ratio of ratios, its four arms in every session, sessions differ by 5 %: paired, and four means
boot-blocks, no-boot-blocks  the same, where each boot times both things and boots differ by 5 %: one log ratio per boot, and
                             four means
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import simulated_recipes as recipes
from simulated_errors import COLUMNS, EXPERIMENTS, FEWER, ITERATIONS, SHIFT, Row, put, seeded, text

from amxperf.stats.diagnostics import diagnose
from amxperf.stats.engine import relative_arms
from amxperf.stats.estimates import Estimates
from amxperf.stats.nested import Nested
from amxperf.stats.ragged import starts_of
from amxperf.stats.welch import Arm, summary, welches

BOOT, NOISE, K = 0.01, 0.02, ITERATIONS[0]
CHANGE = math.log(1.03)


def medians(rng: np.random.Generator, count: int, boots: int, spread: float = BOOT) -> np.ndarray:
    """Log locations of boots, shape (count, boots)."""
    return np.median(recipes.nested(spread, NOISE)(rng, count, boots, K), axis=2)


def arm(logs: np.ndarray) -> Arm:
    """One row of locations per comparison."""
    return summary(logs.reshape(-1), starts_of(np.full(len(logs), logs.shape[1])))


def different(found: Estimates) -> np.ndarray:
    return (found.low > 0) | (found.high < 0)


def holds(found: Estimates, shift: float) -> float:
    return float(((found.low <= shift) & (found.high >= shift)).mean())


def order(boots: int, drift: float = 0.02) -> Iterator[Row]:
    name = f"drift of {100 * drift:g} %"
    rng = seeded(name, boots)
    logs = medians(rng, EXPERIMENTS, 2 * boots)
    line = np.linspace(0, drift, 2 * boots)
    turns = np.resize([0, 1, 1, 0], 2 * boots)
    for method, side in (("in-sequence", np.repeat([0, 1], boots)), ("interleaved", turns)):
        one, other = ((logs + line)[:, side == k] for k in (0, 1))
        said = different(welches(arm(one), arm(other)))
        yield name, boots, 1, K, method, "false-alarm", float(said.mean()), EXPERIMENTS, "", ""
        if method == "interleaved":
            continue
        when, kept = (np.flatnonzero(side == 0), np.flatnonzero(side == 1)), 0
        for i in np.flatnonzero(said[: 2 * FEWER]):
            kept += not any("different" in finding.takes_back for finding in diagnose(one[i], other[i], order=when))
        yield name, boots, 1, K, "in-sequence-diagnosed", "false-alarm", kept / (2 * FEWER), 2 * FEWER, "", ""


def looks(every: int = 5, last: int = 30) -> Iterator[Row]:
    name = f"a look after every {every} boots"
    rng = seeded(name)
    one, other = (medians(rng, EXPERIMENTS, last) for _ in range(2))
    said = [different(welches(arm(one[:, :n]), arm(other[:, :n]))) for n in range(every, last + 1, every)]
    yield name, last, 1, K, "looking", "false-alarm", float(np.any(said, axis=0).mean()), EXPERIMENTS, "", ""
    yield name, last, 1, K, "one-look", "false-alarm", float(said[-1].mean()), EXPERIMENTS, "", ""


def one_variance(boots: int) -> Iterator[Row]:
    from scipy.special import stdtrit

    quiet, noisy = recipes.HIERARCHICAL["unequal arms"]
    rng, short = seeded("one variance", boots), max(2, round(0.6 * boots))
    one = arm(np.median(quiet(rng, EXPERIMENTS, boots, K), axis=2))
    other = arm(np.median(noisy(rng, EXPERIMENTS, short, K), axis=2))
    df = boots + short - 2
    pooled = ((boots - 1) * one.spread**2 + (short - 1) * other.spread**2) / df
    half = stdtrit(df, 0.975) * np.sqrt(pooled * (1 / boots + 1 / short))
    value = float((np.abs(other.mean - one.mean) <= half).mean())
    yield "unequal arms", boots, 1, K, "one-variance", "coverage", value, EXPERIMENTS, "", ""


def pretest(boots: int) -> Iterator[Row]:
    from scipy.special import fdtrc

    name = "1.5 % boots / 3 % iterations"
    rng = seeded("pretest", boots)
    arms = [recipe(rng, EXPERIMENTS, boots, K) for recipe in recipes.HIERARCHICAL[name]]
    alike = np.ones(EXPERIMENTS, dtype=bool)
    for logs in arms:
        inside = logs.var(axis=2, ddof=1).mean(axis=1)
        between = K * logs.mean(axis=2).var(axis=1, ddof=1)
        alike &= fdtrc(boots - 1, boots * (K - 1), between / inside) >= 0.05
    pooled, each = (welches(*(arm(part) for part in parts)) for parts in
                    ([logs.reshape(EXPERIMENTS, -1) for logs in arms], [np.median(logs, axis=2) for logs in arms]))  # fmt: skip
    low, high = (np.where(alike, getattr(pooled, end), getattr(each, end)) for end in ("low", "high"))
    yield name, boots, 1, K, "pretest", "coverage", float(((low <= 0) & (high >= 0)).mean()), EXPERIMENTS, "", ""


def ratios(blocks: int, whole: bool) -> Iterator[Row]:
    """Ratios of ratios with a true step of 3 %: `relative_arms` with the pairing of blocks and without."""
    name = "four arms in sessions that differ by 5 %" if whole else "two things in boots that differ by 5 %"
    rng = seeded(name, blocks)
    shared = [rng.normal(0, 0.05, (EXPERIMENTS, blocks)) for _ in range(1 if whole else 2)] * (2 if whole else 1)
    logs = [shared[k % 2] + medians(rng, EXPERIMENTS, blocks) for k in range(4)]  # baseline, treatment, and those of the reference
    rows = np.arange(EXPERIMENTS)
    for shift, metric in ((SHIFT, "coverage"), (CHANGE, "power")):
        moved = [logs[0], logs[1] + shift, *logs[2:]]
        inner = [moved[0] - moved[2], moved[1] - moved[3]]
        sides = [[part[1] - part[0]] if whole else part for part in zip(*inner, strict=True)]
        nests = [
            Nested(np.exp(part).reshape(-1), *(np.arange(part.size + 1),) * 2, np.arange(EXPERIMENTS + 1) * blocks)
            for part in moved
        ]
        for method, pairs in (("blocks" if whole else "boot-blocks", sides), ("no-blocks" if whole else "no-boot-blocks", ())):
            found = relative_arms(
                tuple(nests[:2]), tuple(nests[2:]), rows, rows, np.full(EXPERIMENTS, "block"), sides=pairs
            ).estimates
            value = holds(found, shift) if metric == "coverage" else float(different(found).mean())
            yield name, blocks, 1, K, method, metric, value, EXPERIMENTS, "", ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, help="file to write; standard output if left out")
    options = parser.parse_args()
    rows = [*order(5), *order(10), *looks()]
    rows += [row for boots in (3, 5, 10) for row in one_variance(boots)]
    rows += [row for boots in (2, 3, 5) for row in pretest(boots)]
    rows += [row for whole in (True, False) for blocks in (3, 5, 10) for row in ratios(blocks, whole)]
    put(",".join(COLUMNS) + "\n" + text(rows), options.out)


if __name__ == "__main__":
    main()
