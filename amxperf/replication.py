"""What counts as a replicate in the arms of each pair, and which boots do not let them be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .codes import combined, firsts
from .stats.result import Caution

if TYPE_CHECKING:
    from .pairing import Pairing
    from .sampling import Launches, Refusals

SHARE = 1e-9
"""Shares of launches that differ by less are equal."""


def levels_of(pairing: Pairing, full: Launches, blocks: bool, refused: Refusals, cautions: dict[int, list[Caution]]
            ) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Level of the replicate of each pair, and boots (0 where unknown), launches and values of its arms, shape (pairs, 2, 3).

    ``boot`` where the arms share no boot, ``launch`` where they do or where nothing says which boot a launch belongs to
    (caution `boots-unknown`). Refused: `boots-partly-unknown`, where some launches name a boot and others do not;
    `boots-uneven`, where the arms share boots with different shares of their launches: with the same share a difference
    between boots falls on both arms alike, with another it passes for one between the arms.
    blocks : the arms are paired by blocks, so none of these is refused.
    """
    count = len(pairing)
    boots = pairing.columns["boot"]
    unknown = boots.codes[full.cell] == boots.code("")
    started = np.bincount(full.arm, minlength=2 * count)
    nameless = np.bincount(full.arm, weights=unknown, minlength=2 * count)
    places = [(pairing.columns[name].codes[full.cell], len(pairing.columns[name].words)) for name in ("environment", "boot")]
    home, homes = combined(places) if len(full.cell) else (np.zeros(0, dtype=np.int64), 1)
    pair = full.arm // 2
    both, groups = combined([(pair, count), (home, homes)]) if len(pair) else (pair, 0)
    side = full.arm % 2
    held = np.zeros((groups, 2))
    np.add.at(held, (both, side), 1 / started[full.arm])
    group_pair = np.zeros(groups, dtype=np.int64)
    group_pair[both] = pair
    shared = np.zeros(count, dtype=bool)
    shared[group_pair[(held > 0).all(axis=1)]] = True
    uneven = np.zeros(count, dtype=bool)
    uneven[group_pair[np.abs(held[:, 0] - held[:, 1]) >= SHARE]] = True
    any_unknown = (nameless > 0).reshape(count, 2).any(axis=1)
    levels = np.where(any_unknown | shared, "launch", "boot").astype(object)
    present = np.zeros((groups, 2), dtype=bool)
    present[both, side] = True
    sizes = np.zeros((count, 2, 3), dtype=np.int64)
    for arm in (0, 1):
        sizes[:, arm, 0] = np.bincount(group_pair[present[:, arm]], minlength=count)
    sizes[:, :, 0][(nameless > 0).reshape(count, 2)] = 0
    sizes[:, :, 1] = started.reshape(count, 2)
    sizes[:, :, 2] = np.bincount(full.arm, weights=np.diff(full.starts), minlength=2 * count).reshape(count, 2)
    if blocks:
        _unknown(np.flatnonzero(any_unknown & (refused.codes == "")), "blocks", cautions)
        return levels, sizes
    partly = (nameless > 0) & (nameless < started)

    def named(i: int) -> str:
        arm = 2 * i + int(not partly[2 * i])
        cell = full.cell[np.flatnonzero((full.arm == arm) & unknown)[0]]
        name = pairing.columns["launch"].word(cell)
        return f"the launch {name!r} names no boot while others do; put it into a boot's folder, or take it out"

    text = (
        "the arms have different shares of their launches in the boots that they share, so a difference between boots would "
        "pass for one between the arms; pin one boot with boot=..., or measure both arms equally often in every boot"
    )
    refused.add(np.flatnonzero(partly.reshape(count, 2).any(axis=1)), "boots-partly-unknown", named)
    refused.add(np.flatnonzero(shared & uneven & ~any_unknown), "boots-uneven", lambda i: text)
    _unknown(np.flatnonzero(any_unknown & (refused.codes == "")), "launches", cautions)
    return levels, sizes


def _unknown(pairs: np.ndarray, noun: str, cautions: dict[int, list[Caution]]) -> None:
    """The caution `boots-unknown` for pairs."""
    caution = Caution("boots-unknown", f"nothing says which boot a launch belongs to: {noun} count as replicates")
    for i in pairs.tolist():
        cautions.setdefault(i, []).append(caution)


def shared_launches(pairing: Pairing, full: Launches, levels: np.ndarray, cautions: dict[int, list[Caution]]) -> None:
    """The caution `shared-replicates` for pairs whose arms were measured in the same launches, which count as independent.

    A value of each arm from one process is a pair; only dataset.toml can say so (``block = "launch"``).
    """
    pair, side, count = full.arm // 2, full.arm % 2, len(pairing)
    names = (pairing.columns[name] for name in ("environment", "boot", "launch"))
    place = [(part.codes[full.cell], len(part.words)) for part in names]
    both, groups = combined([(pair, count), *place]) if len(pair) else (pair, 0)
    has = np.zeros((groups, 2), dtype=bool)
    has[both, side] = True
    shared = np.bincount(pair[firsts(both, groups)], weights=has.all(axis=1), minlength=count).astype(int)
    for i in np.flatnonzero((shared > 0) & (levels == "launch")).tolist():
        text = (f"{shared[i]} launches hold values of both arms and count as independent: what a launch does to both cancels in "
                'the ratio, so the interval is likely too wide; block = "launch" in dataset.toml pairs them')  # fmt: skip
        cautions.setdefault(i, []).append(Caution("shared-replicates", text))
