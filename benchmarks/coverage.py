"""How often does a nominal 95 % interval hold the true ratio? Simulated, with fixed seeds; prints a CSV.

    python benchmarks/coverage.py > data/simulations/coverage.csv

Columns: recipe, boots and iterations per arm (flat recipes: boots 0; unequal arms: of the baseline, the treatment has 60 %
of them, two at least), method, coverage, experiments, and warned: the share
of experiments where amxperf's result carries a caution about the data (autocorrelation, ties) or about two replicates.

Methods: `amxperf` (one location per boot, Welch's t on the logs; flat: ranks), `pooled` (Welch's t on the logs of all
iterations, as benchstat and pyperf pool them), `bootstrap2` (resample boots, then iterations in them; percentile interval of
the difference of mean logs, 400 resamples, fewer experiments). Both arms have the same distribution up to a known ratio,
so that 1 - coverage is also the rate of false alarms between two runs of one system.
"""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Callable

import numpy as np

from amxperf.stats import compare_nested, compare_samples
from amxperf.stats.welch import welch

SHIFT = math.log(1.1)
"""True log ratio, treatment over baseline."""
EXPERIMENTS = 2000
BOOTSTRAPS, RESAMPLES = 1000, 400
DATA_CAUTIONS = {"autocorrelation", "ties", "two-replicates"}

Recipe = Callable[[np.random.Generator, int, int], np.ndarray]
"""(rng, boots, iterations) -> log values of one arm, shape (boots, iterations)."""


def nested(boot: float, iteration: float) -> Recipe:
    """Normal boots and normal iterations with these standard deviations of the log."""
    return lambda rng, n, k: rng.normal(0, boot, (n, 1)) + rng.normal(0, iteration, (n, k))


def skewed(rng: np.random.Generator, n: int, k: int) -> np.ndarray:
    """Most boots alike, some slow: exponential boot effects with mean and standard deviation of 3 %."""
    return rng.exponential(0.03, (n, 1)) + rng.normal(0, 0.03, (n, k))


def two_states(rng: np.random.Generator, n: int, k: int) -> np.ndarray:
    """Each boot falls into one of two states, 8 % apart."""
    return 0.08 * rng.integers(0, 2, (n, 1)) + rng.normal(0, 0.01, (n, 1)) + rng.normal(0, 0.02, (n, k))


def autoregressive(rng: np.random.Generator, n: int, k: int, phi: float, scale: float) -> np.ndarray:
    """Iterations that follow each other: stationary AR(1) with this innovation."""
    noise = rng.normal(0, scale, (n, k))
    noise[:, 0] /= math.sqrt(1 - phi * phi)
    for i in range(1, k):
        noise[:, i] += phi * noise[:, i - 1]
    return noise


def spikes(rng: np.random.Generator, n: int, k: int) -> np.ndarray:
    """One value in twenty is an interrupt: up to 50 % longer."""
    return (rng.random((n, k)) < 0.05) * rng.uniform(0.1, 0.4, (n, k))


def restless(rng: np.random.Generator, n: int, k: int) -> np.ndarray:
    return rng.normal(0, 0.02, (n, 1)) + autoregressive(rng, n, k, 0.5, 0.02) + spikes(rng, n, k)


HIERARCHICAL: dict[str, tuple[Recipe, Recipe]] = {
    "0 % boots / 3 % iterations": (nested(0.0, 0.03),) * 2,
    "1.5 % boots / 3 % iterations": (nested(0.015, 0.03),) * 2,
    "3 % boots / 3 % iterations": (nested(0.03, 0.03),) * 2,
    "3 % boots / 1 % iterations": (nested(0.03, 0.01),) * 2,
    "skewed boots": (skewed,) * 2,
    "two boot states 8 % apart": (two_states,) * 2,
    "autocorrelation and spikes": (restless,) * 2,
    "unequal arms": (nested(0.01, 0.02), nested(0.03, 0.03)),
}
BOOTS, ITERATIONS = (2, 3, 5, 10), (10, 30)

FLAT: dict[str, Recipe] = {
    "flat lognormal 30 %": lambda rng, n, k: rng.normal(0, 0.3, (n, k)),
    "flat spikes": lambda rng, n, k: rng.normal(0, 0.02, (n, k)) + spikes(rng, n, k),
    "flat autocorrelation 0.5": lambda rng, n, k: autoregressive(rng, n, k, 0.5, 0.05),
}
VALUES = (5, 10, 30)


def holds(low: float, high: float) -> bool:
    return low <= SHIFT <= high


def bootstrap2(rng: np.random.Generator, b: np.ndarray, t: np.ndarray) -> bool:
    """Percentile interval of the two-level bootstrap; resamples boots, then iterations inside each drawn boot."""
    means = []
    for arm in (b, t):
        n, k = arm.shape
        boots = rng.integers(0, n, (RESAMPLES, n, 1))
        means.append(arm[boots, rng.integers(0, k, (RESAMPLES, n, k))].mean(axis=(1, 2)))
    return holds(*np.quantile(means[1] - means[0], (0.025, 0.975)))


def cells():
    """Every row of the table; each cell has its own seed, so that rows do not depend on each other."""
    seed = 0
    for name, recipes in HIERARCHICAL.items():
        for boots in BOOTS:
            for iterations in ITERATIONS:
                seed += 1
                yield from hierarchical(np.random.default_rng(seed), name, recipes, boots, iterations)
    for name, recipe in FLAT.items():
        for values in VALUES:
            seed += 1
            yield from flat(np.random.default_rng(seed), name, recipe, values)


def hierarchical(rng, name, recipes, boots, iterations):
    ours = pooled = resampled = warned = 0
    sizes = (boots, boots)
    if name == "unequal arms":  # the noisy arm is also the short one
        sizes = (boots, max(2, round(boots * 0.6)))
    for i in range(EXPERIMENTS):
        b = recipes[0](rng, sizes[0], iterations)
        t = SHIFT + recipes[1](rng, sizes[1], iterations)
        arms = [[[launch] for launch in np.exp(arm)] for arm in (b, t)]
        result = compare_nested(*arms, replicate="boot")
        ours += holds(math.log(result.low), math.log(result.high))
        warned += any(caution.code in DATA_CAUTIONS for caution in result.cautions)
        together = welch(b.ravel(), t.ravel())
        pooled += holds(together.low, together.high)
        if i < BOOTSTRAPS and iterations == ITERATIONS[0]:
            resampled += bootstrap2(rng, b, t)
    yield name, boots, iterations, "amxperf", ours / EXPERIMENTS, EXPERIMENTS, warned / EXPERIMENTS
    yield name, boots, iterations, "pooled", pooled / EXPERIMENTS, EXPERIMENTS, ""
    if iterations == ITERATIONS[0]:
        yield name, boots, iterations, "bootstrap2", resampled / BOOTSTRAPS, BOOTSTRAPS, ""


def flat(rng, name, recipe, values):
    ours = pooled = warned = 0
    for _ in range(EXPERIMENTS):
        b, t = recipe(rng, 1, values)[0], SHIFT + recipe(rng, 1, values)[0]
        result = compare_samples(np.exp(b), np.exp(t))
        ours += holds(math.log(result.low), math.log(result.high))
        warned += any(caution.code in DATA_CAUTIONS for caution in result.cautions)
        together = welch(b, t)
        pooled += holds(together.low, together.high)
    yield name, 0, values, "amxperf", ours / EXPERIMENTS, EXPERIMENTS, warned / EXPERIMENTS
    yield name, 0, values, "pooled", pooled / EXPERIMENTS, EXPERIMENTS, ""


def main() -> None:
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(("recipe", "boots", "iterations", "method", "coverage", "experiments", "warned"))
    for row in cells():
        out.writerow([f"{value:.4f}" if isinstance(value, float) else value for value in row])
        sys.stdout.flush()


if __name__ == "__main__":
    main()
