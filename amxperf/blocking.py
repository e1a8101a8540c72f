"""Blocks of a ratio of ratios: which of its four arms each block holds, and what differences they leave as replicates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from .errors import ManifestError
from .pairing import PLACE
from .schema import factors
from .selector import FIXED
from .stats.nested import Locations
from .stats.result import Caution

if TYPE_CHECKING:
    import pandas as pd

    from .manifest import Manifest
    from .pairing import Pairing
    from .sampling import Samples

Name = tuple[str, ...]
"""A block, a boot: the words that name it."""


@dataclass(frozen=True)
class Cell:
    """What one arm has in one block: its log location, and the boots that its launches ran in (those that are known)."""

    log: float
    boots: frozenset[Name] = frozenset()


Arm = Mapping[Name, Cell]
"""The cells of one arm by block."""

DESIGNS = (
    ("all four arms", (((0, 3), (1, 2)),)),
    ("both parts of an arm", (((2,), (0,)), ((3,), (1,)))),
    ("both arms of a ratio", (((2,), (3,)), ((0,), (1,)))),
)
"""What a block must hold, and the differences that are then replicates: for each side the arms taken off and those added.

Arms are numbered as in `amxperf.stats.contrast.NAMES`. The log ratio of ratios is that of the one side, or of the second side
less the first.
"""


@dataclass(frozen=True)
class Matched:
    """The replicates of a ratio of ratios whose arms blocks pair.

    sides : log differences, one per replicate: one array where blocks hold all four arms, two where they hold two of them.
    level : 'block', or 'boot' where blocks of one boot were put together. holds : what each block holds, in words.
    left : blocks that hold less, or have no name, and are left out. shared : do both sides have cells of one block?
    """

    sides: tuple[np.ndarray, ...]
    level: str
    holds: str
    left: int
    shared: bool

    def cautions(self) -> tuple[Caution, ...]:
        """What to mind: blocks left out, and blocks that both sides share."""
        found = []
        if self.left:
            text = f"{self.left} blocks do not hold {self.holds}, or have no name, and are left out"
            found.append(Caution("unpaired-blocks", text))
        if self.shared:
            text = "some blocks hold cells of both sides, which the interval takes as independent: it is likely too wide"
            found.append(Caution("shared-replicates", text))
        return tuple(found)


def matched(arms: Sequence[Arm], apart: bool) -> Matched | None:
    """Match four arms by their blocks; None where no block holds two of them as any design wants it.

    Of `DESIGNS` the first counts that leaves two or more blocks on each side, else the first that leaves any.
    Inside a block what the block does to all its arms cancels.
    apart : baseline and treatment share no boot, so the treatment was assigned to boots: blocks that share one are then one
    replicate, the mean of their differences.

    >>> logs = ([0.1, 0.2], [0.4, 0.6], [0.0, 0.1], [0.1, 0.3])
    >>> arms = [{(f"s{k}",): Cell(log) for k, log in enumerate(arm)} for arm in logs]
    >>> found = matched(arms, apart=False)
    >>> found.holds, [side.round(9).tolist() for side in found.sides]
    ('all four arms', [[0.2, 0.2]])
    """
    best = None
    for holds, sides in DESIGNS:
        kept = [[name for name in arms[off[0]] if name != ("",) * len(name) and all(name in arms[at] for at in (*off, *on))]
                for off, on in sides]  # fmt: skip
        least = min(map(len, kept))
        if least and (best is None or (least > 1 and best[0] == 1)):
            best = (min(least, 2), holds, sides, kept)
    if best is None:
        return None
    _, holds, sides, kept = best
    found, level = [], "block"
    for (off, on), names in zip(sides, kept, strict=True):
        logs = np.array([sum(arms[at][name].log for at in on) - sum(arms[at][name].log for at in off) for name in names])
        groups = joined([frozenset().union(*(arms[at][name].boots for at in (*off, *on))) for name in names]) if apart else []
        if apart and len(groups) < len(names):
            level, logs = "boot", np.array([logs[group].mean() for group in groups])
        found.append(logs)
    every = {name for arm in arms for name in arm}
    used = {name for names in kept for name in names}
    return Matched(tuple(found), level, holds, len(every - used), len(kept) == 2 and bool(set(kept[0]) & set(kept[1])))


def joined(boots: Sequence[frozenset]) -> list[list[int]]:
    """Numbers of blocks, those together that share a boot, directly or through others.

    >>> joined([frozenset("a"), frozenset("b"), frozenset("ca"), frozenset()])
    [[0, 2], [1], [3]]
    """
    found: list[tuple[set, list[int]]] = []
    for number, mine in enumerate(boots):
        near = [group for group in found if group[0] & mine]
        found = [group for group in found if not group[0] & mine]
        found.append((set(mine).union(*(group[0] for group in near)), sorted([number, *(k for group in near for k in group[1])])))
    return sorted(members for _, members in found)


def cells_of(pairing: Pairing, found: Samples, location: str) -> list[list[Arm]]:
    """Baseline and treatment of each comparison of the samples, by block."""
    places = [Locations(arm, location) for arm in found.arms]
    rows = np.arange(len(found.which))
    sides: list[list[Arm]] = [[] for _ in rows]
    for arm, place, cells in zip(found.arms, places, found.cells, strict=True):
        logs, _ = place.of("block", rows)
        for row, (first, last) in enumerate(pairwise(arm.arms.tolist())):
            mine = {}
            for j in range(first, last):
                launches = cells[arm.boots[j] : arm.boots[j + 1]]
                mine[_words(pairing, found.block, launches[0])] = Cell(float(logs[j]), _boots(pairing, launches))
            sides[row].append(mine)
    return sides


def _words(pairing: Pairing, columns: Sequence[str], cell: int) -> Name:
    """The name of the block of a cell; all empty where it has none."""
    words = tuple(pairing.columns[name].word(cell) for name in columns)
    return words if words[-1] else ("",) * len(words)


def _boots(pairing: Pairing, cells: np.ndarray) -> frozenset[Name]:
    names = {tuple(pairing.columns[name].word(cell) for name in ("environment", "boot")) for cell in cells.tolist()}
    return frozenset(name for name in names if name[1])


def log_ratios(found: Samples, row: int, location: str) -> np.ndarray:
    """Log ratios of the pairs of a comparison that blocks pair, one per replicate."""
    sides = [Locations(arm, location).of("block", np.array([row]))[0] for arm in found.arms]
    labels = found.groups[found.arms[0].arms[row] : found.arms[0].arms[row + 1]]
    return np.array([(sides[1] - sides[0])[labels == label].mean() for label in dict.fromkeys(labels.tolist())])


def check_block(manifest: Manifest, data: pd.DataFrame) -> None:
    """Raise ManifestError where the manifest names a block that the measurements have no column for."""
    if manifest.block and manifest.block not in (*FIXED, *factors(data)):
        raise ManifestError(f"block names {manifest.block!r}, and the measurements have no such column",
                            path=manifest.path, hint="name boot, launch or a factor")  # fmt: skip


def unused(block: str) -> str:
    """Why a block that names a launch or a boot pairs nothing."""
    text = f"dataset.toml pairs what one {block} holds, and no {block} holds two of the arms: they are compared unpaired"
    return f"{text}; name a column that both have, such as a session, to pair across environments"


def naming(block: str) -> tuple[str, ...]:
    """The columns that name a block: a launch or a boot is one place, another column means its values.

    >>> naming("launch"), naming("session"), naming("")
    (('environment', 'boot', 'launch'), ('session',), ())
    """
    if block in ("boot", "launch"):
        return PLACE[: PLACE.index(block) + 1]
    return (block,) if block else ()
