"""Recipes of simulated experiments: what two arms of log values look like whose true ratio is known.

A recipe takes (rng, experiments, replicates, iterations) and gives log values of one arm, shape (experiments, replicates,
iterations). Flat recipes have one replicate, whose iterations are the independent values. The true log location is the same
for both arms of a recipe, so that a shift added to one of them is the true log ratio.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

Recipe = Callable[[np.random.Generator, int, int, int], np.ndarray]


def nested(boot: float, iteration: float) -> Recipe:
    """Normal boots and normal iterations with these standard deviations of the log."""
    return lambda rng, e, n, k: rng.normal(0, boot, (e, n, 1)) + rng.normal(0, iteration, (e, n, k))


def skewed(rng: np.random.Generator, e: int, n: int, k: int) -> np.ndarray:
    """Most boots alike, some slow: exponential boot effects with mean and standard deviation of 3 %."""
    return rng.exponential(0.03, (e, n, 1)) + rng.normal(0, 0.03, (e, n, k))


def two_states(rng: np.random.Generator, e: int, n: int, k: int) -> np.ndarray:
    """Each boot falls into one of two states, 8 % apart."""
    return 0.08 * rng.integers(0, 2, (e, n, 1)) + rng.normal(0, 0.01, (e, n, 1)) + rng.normal(0, 0.02, (e, n, k))


def autoregressive(phi: float, scale: float) -> Recipe:
    """Iterations that follow each other: stationary AR(1) with innovations of this standard deviation."""

    def recipe(rng: np.random.Generator, e: int, n: int, k: int) -> np.ndarray:
        noise = rng.normal(0, scale, (e, n, k))
        noise[..., 0] /= math.sqrt(1 - phi * phi)
        for i in range(1, k):
            noise[..., i] += phi * noise[..., i - 1]
        return noise

    return recipe


def interrupts(rng: np.random.Generator, e: int, n: int, k: int) -> np.ndarray:
    """One value in twenty is interrupted: up to 50 % longer."""
    return (rng.random((e, n, k)) < 0.05) * rng.uniform(0.1, 0.4, (e, n, k))


def restless(rng: np.random.Generator, e: int, n: int, k: int) -> np.ndarray:
    """Boots that differ by 2 %, iterations that go together, and interrupts."""
    return rng.normal(0, 0.02, (e, n, 1)) + autoregressive(0.5, 0.02)(rng, e, n, k) + interrupts(rng, e, n, k)


def gamma(rng: np.random.Generator, e: int, n: int, k: int) -> np.ndarray:
    """A floor and a long tail: 1 plus a gamma variate of shape 2 and mean 10 %."""
    return np.log1p(rng.gamma(2, 0.05, (e, n, k)))


def bimodal(share: float) -> Recipe:
    """Values in one of two modes 10 % apart, this share of them in the slow one."""
    return lambda rng, e, n, k: 0.1 * (rng.random((e, n, k)) < share) + rng.normal(0, 0.01, (e, n, k))


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

FLAT: dict[str, tuple[Recipe, Recipe]] = {
    "flat lognormal 5 %": (nested(0.0, 0.05),) * 2,
    "flat lognormal 30 %": (nested(0.0, 0.3),) * 2,
    "flat shifted gamma": (gamma,) * 2,
    "flat bimodal 20 %": (bimodal(0.2),) * 2,
    "flat bimodal 50 %": (bimodal(0.5),) * 2,
    "flat spikes": (lambda rng, e, n, k: rng.normal(0, 0.02, (e, n, k)) + interrupts(rng, e, n, k),) * 2,
    "flat quantised clock": (nested(0.0, 0.02),) * 2,
    "flat autocorrelation 0.5": (autoregressive(0.5, 0.05),) * 2,
    "flat autocorrelation 0.8": (autoregressive(0.8, 0.05),) * 2,
    "flat quiet against noisy": (nested(0.0, 0.01), nested(0.0, 0.1)),
}

CLOCK = 0.02
"""Step of the quantised clock, beside values of about 1."""


def read(recipe: str, logs: np.ndarray) -> np.ndarray:
    """The values that are measured: exp, and rounded to steps where the recipe has a coarse clock."""
    values = np.exp(logs)
    return np.round(values / CLOCK) * CLOCK if recipe == "flat quantised clock" else values


def shared_boots(rng: np.random.Generator, e: int, benchmarks: int, n: int, k: int, boot: float = 0.02) -> np.ndarray:
    """A suite: benchmarks measured in the same boots, whose effect is mostly common; shape (experiments, benchmarks, n, k)."""
    common = rng.normal(0, boot, (e, 1, n, 1))
    own = rng.normal(0, boot / 2, (e, benchmarks, n, 1))
    return common + own + rng.normal(0, 0.02, (e, benchmarks, n, k))


def sessions(rng: np.random.Generator, e: int, n: int, k: int, session: float) -> tuple[np.ndarray, np.ndarray]:
    """Paired arms: n sessions, each with one boot of 1 % in both arms and iterations of 2 %."""
    drift = rng.normal(0, session, (e, n, 1))
    return drift + nested(0.01, 0.02)(rng, e, n, k), drift + nested(0.01, 0.02)(rng, e, n, k)
