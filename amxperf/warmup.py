"""Warm-up: the iterations that the manifest leaves out, and a caution where none is left out and it shows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .stats.result import Caution

SHOWS = 1.2
"""A first iteration is called warm-up where it differs from the rest of its launch by this factor, as a median over launches."""

FEWEST = 5
"""Iterations that a launch must have for its first one to be judged."""


@dataclass(frozen=True)
class Numbered:
    """Values of launches with their iterations (NaN where there is none) and threads (None where there is one).

    starts : where each launch begins. arm : of each launch, 2 i and 2 i + 1 for pair i.
    """

    values: np.ndarray
    iteration: np.ndarray
    thread: np.ndarray | None
    starts: np.ndarray
    arm: np.ndarray


def left_out(iteration: np.ndarray, arm: np.ndarray, warmup: int, count: int, cautions: dict[int, list[Caution]]) -> np.ndarray:
    """Which values stay when the first iterations of each launch are left out: a mask, with cautions added to `cautions`.

    iteration : of each value, NaN where there is none. arm : of each value, 2 i and 2 i + 1 for pair i.
    warmup : iterations to leave out, 1 or more. A pair of which an arm has no iterations, or no later ones, keeps all.
    """
    numbered = np.bincount(arm, weights=~np.isnan(iteration), minlength=2 * count).reshape(count, 2)
    whole = np.bincount(arm, minlength=2 * count).reshape(count, 2)
    cold = iteration < warmup
    dropped = np.bincount(arm, weights=cold, minlength=2 * count).reshape(count, 2)
    plain = (numbered == 0).any(axis=1)
    short = ~plain & (dropped >= whole).any(axis=1)
    texts = (
        (plain, "warmup-not-numbered",
         "the manifest's warmup = {w} leaves nothing out: the rows carry no iteration; add the column"),
        (short, "warmup-kept", "an arm has no more than the {w} iterations of warm-up, so warm-up is not left out"),
        (~plain & ~short, "warmup-left-out",
         "the first {w} iterations of each launch were left out as warm-up ({n} values)"),
    )  # fmt: skip
    for mask, code, text in texts:
        for i in np.flatnonzero(mask).tolist():
            cautions.setdefault(i, []).append(Caution(code, text.format(w=warmup, n=int(dropped[i].sum()))))
    return ~cold | (plain | short)[arm // 2]


def seen(data: Numbered, count: int, cautions: dict[int, list[Caution]]) -> None:
    """Cautions for pairs whose first iterations lie far from the rest of their launches, added to `cautions`."""
    from .stats.ragged import blocks, gathered, medians, starts_of

    values, starts, arm = _series(data)
    lengths = np.diff(starts)
    ratio = np.full(len(lengths), math.nan)
    for rows, length in blocks(starts):
        if length < FEWEST:
            continue
        block = gathered(values, starts, rows, length)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio[rows] = block[:, 0] / np.median(block[:, 1:], axis=1)
    good = np.flatnonzero(~np.isnan(ratio))
    if not len(good):
        return
    good = good[np.argsort(arm[good], kind="stable")]
    found = np.unique(arm[good])
    middle = medians(ratio[good], starts_of(np.bincount(np.searchsorted(found, arm[good]))))
    far = np.ones((count, 2))
    far[found // 2, found % 2] = middle
    distance = np.abs(np.log(far))
    worst = far[np.arange(count), distance.argmax(axis=1)]
    for i in np.flatnonzero(distance.max(axis=1) >= math.log(SHOWS)).tolist():
        text = f"first iterations are {worst[i]:.2g} times the rest of their launch, and none is left out; "
        cautions.setdefault(i, []).append(Caution("warmup-seen", text + "set warmup in dataset.toml"))


def _series(data: Numbered) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values in the order of their iterations, one series per launch and thread: values, starts, arm."""
    lengths = np.diff(data.starts)
    good = ~np.isnan(data.iteration) & (data.values > 0)
    if data.thread is None and good.all():
        inside = np.ones(len(data.values), dtype=bool)
        inside[data.starts[:-1]] = False
        if len(data.values) < 2 or ((data.iteration[1:] >= data.iteration[:-1]) | ~inside[1:]).all():
            return data.values, data.starts, data.arm
    launch = np.repeat(np.arange(len(lengths)), lengths)
    rows = np.flatnonzero(good)
    thread = np.zeros(len(rows), dtype=int) if data.thread is None else data.thread[rows]
    rows = rows[np.lexsort((data.iteration[rows], thread, launch[rows]))]
    thread = np.zeros(len(data.values), dtype=int) if data.thread is None else data.thread
    fresh = np.ones(len(rows), dtype=bool)
    fresh[1:] = (launch[rows][1:] != launch[rows][:-1]) | (thread[rows][1:] != thread[rows][:-1])
    begin = np.append(np.flatnonzero(fresh), len(rows))
    return data.values[rows], begin, data.arm[launch[rows][fresh]]
