"""From paired rows to samples: which rows count, what a replicate is, and what speaks against it, for all pairs at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from .blocking import naming, unused
from .codes import combined, firsts
from .copies import copies
from .manifest import Manifest
from .pairing import Pairing
from .replication import levels_of, shared_launches
from .stats.nested import Nested
from .stats.ragged import starts_of
from .stats.result import Caution
from .warmup import Numbered, left_out, seen

if TYPE_CHECKING:
    import pandas as pd

@dataclass(frozen=True)
class Refusals:
    """Why pairs cannot be compared: `codes[i]` is '' where pair i can; `reasons[i]` makes the sentence."""

    codes: np.ndarray
    reasons: dict[int, Callable[[], str]] = field(default_factory=dict)

    def add(self, pairs: np.ndarray, code: str, reason: Callable[[int], str]) -> None:
        """Refuse pairs that are not refused yet."""
        for i in pairs[self.codes[pairs] == ""].tolist():
            self.codes[i] = code
            self.reasons[i] = lambda i=i: reason(i)


@dataclass(frozen=True)
class Samples:
    """What is compared: for the pairs `which`, both arms as values in launches in replicates' boots (or blocks).

    levels : replicate of each of them. sizes : boots (0 where unknown), launches and values of both arms, for all pairs,
    shape (pairs, 2, 3). refused : why the other pairs are not among them. cautions : per pair, what the data bring.
    boots : codes of the boots (or blocks) in the two arms' order, to tell shared ones. launches, cells : the same of launches,
    and the cell of the pairing that each starts with.
    block : columns that name a block, none where nothing pairs. apart : do the arms of each comparison share no boot, all known?
    groups : the blocks of an arm in order, numbered so that those of one replicate have one number; None without blocks.
    """

    which: np.ndarray
    arms: tuple[Nested, Nested]
    levels: np.ndarray
    sizes: np.ndarray
    refused: Refusals
    cautions: dict[int, list[Caution]]
    boots: tuple[np.ndarray, np.ndarray]
    launches: tuple[np.ndarray, np.ndarray]
    cells: tuple[np.ndarray, np.ndarray]
    block: tuple[str, ...]
    apart: np.ndarray
    groups: np.ndarray | None = None


def samples(pairing: Pairing, manifest: Manifest, match: bool = True) -> Samples:
    """Sort the rows of a pairing into samples.

    The replicate is the block that the manifest names; else the boot where the arms share none, the launch where they do or
    where nothing says which boot a launch belongs to (caution `boots-unknown`). Blocks that share a boot are one replicate where
    the arms share none: the treatment was then assigned to boots.
    match : leave out blocks that have one arm only; False where more than two arms are to be matched.
    Refused: mixed-factors, not-informative, boots-partly-unknown, boots-uneven, no-common-block, not-positive.
    """
    count, columns, data = len(pairing), pairing.columns, pairing.rows
    refused = Refusals(np.full(count, "", dtype=object))
    cautions: dict[int, list[Caution]] = {}
    refused.add(np.flatnonzero(pairing.mixed), "mixed-factors", pairing.mixture)
    rep = firsts(pairing.cell, len(pairing.pair))
    kept = _informative(pairing, rep, refused)
    block = naming(manifest.block) if manifest.block in columns else ()
    if match and len(block) > 1 and not _holds_both(pairing, block):
        cautions |= {i: [Caution("block-unused", unused(manifest.block))] for i in range(count)}
        block = ()
    arm_of = np.where(kept, pairing.pair * 2 + pairing.treatment, -1)
    cells = np.flatnonzero(arm_of >= 0)
    # Boots and launches of each pair's arms, numbered so that those of one arm, then of one boot, stand together.
    place = [(columns[name].codes[cells], len(columns[name].words)) for name in ("environment", "boot")]
    inner = [(columns[name].codes[cells], len(columns[name].words)) for name in block] if block else place
    arm = arm_of[cells]
    boot, boots = combined([(arm, 2 * count), *inner])
    started = columns["launch"].codes[cells], len(columns["launch"].words)
    launch, launches = combined([(arm, 2 * count), (boot, boots), *place, started])
    head = firsts(launch, launches)
    order = _order(arm[head], boot[head])
    rank = np.empty(launches, dtype=np.int64)
    rank[order] = np.arange(launches)
    head = head[order]
    number = np.full(len(arm_of), -1)
    number[cells] = rank[launch]
    row_launch = number[pairing.cell]
    rows = np.flatnonzero(row_launch >= 0) if (row_launch < 0).any() else None
    if rows is not None:
        row_launch = row_launch[rows]
    iteration = data["iteration"].to_numpy(dtype=float, na_value=np.nan)
    iteration = iteration if rows is None else iteration[rows]
    launch_arm = arm[head]
    keep = left_out(iteration, launch_arm[row_launch], manifest.warmup, count, cautions) if manifest.warmup else None
    if keep is not None:
        rows = np.flatnonzero(keep) if rows is None else rows[keep]
        row_launch, iteration = row_launch[keep], iteration[keep]
    if (np.diff(row_launch) < 0).any():
        by = np.argsort(row_launch, kind="stable")
        rows = by if rows is None else rows[by]
        row_launch, iteration = row_launch[by], iteration[by]
    values = data["value"].to_numpy(dtype=float)
    values = values if rows is None else values[rows]
    lengths = np.bincount(row_launch, minlength=launches)
    some = np.flatnonzero(lengths)
    full = Launches(values, iteration, starts_of(lengths[some]), launch_arm[some], boot[head][some], cells[head][some], rows)
    _positive(full, data, refused)
    levels, sizes = levels_of(pairing, full, bool(block), refused, cautions)
    apart = levels == "boot"
    if block:
        levels[:] = "block"
    thread = columns_of(data, "thread", rows)
    copies(full, thread, count, cautions)
    if (levels == "launch").any():
        shared_launches(pairing, full, levels, cautions)
    if not manifest.warmup:
        seen(Numbered(full.values, full.iteration, thread, full.starts, full.arm), count, cautions)
    return _split(full, pairing, levels, sizes, refused, cautions, block, apart, match)


@dataclass(frozen=True)
class Launches:
    """Launches of all arms: values and iterations one launch after the other, with arm, boot and first cell of each launch."""

    values: np.ndarray
    iteration: np.ndarray
    starts: np.ndarray
    arm: np.ndarray
    boot: np.ndarray
    cell: np.ndarray
    rows: np.ndarray | None

    def row(self, i: int) -> int:
        """Row of the table that value i comes from."""
        return i if self.rows is None else int(self.rows[i])


def columns_of(data: pd.DataFrame, name: str, rows: np.ndarray | None) -> np.ndarray | None:
    """Codes of a column for some rows; None where it has one value throughout."""
    from .codes import coded

    part = coded(data[name])
    if len(part.words) < 2:
        return None
    return part.codes if rows is None else part.codes[rows]


def _order(arm: np.ndarray, boot: np.ndarray) -> np.ndarray:
    """Launches by arm, then boot, then as they came."""
    key = arm * (int(boot.max(initial=0)) + 1) + boot
    return np.arange(len(key)) if not (np.diff(key) < 0).any() else np.argsort(key, kind="stable")


def _holds_both(pairing: Pairing, block: tuple[str, ...]) -> bool:
    """Does any block hold both arms of a pair?"""
    cells = np.flatnonzero(pairing.pair >= 0)
    parts = [(pairing.columns[name].codes[cells], len(pairing.columns[name].words)) for name in block]
    group, groups = combined([(pairing.pair[cells], len(pairing)), *parts])
    has = np.zeros((groups, 2), dtype=bool)
    has[group, pairing.treatment[cells].astype(int)] = True
    return bool(has.all(axis=1).any())


def _informative(pairing: Pairing, rep: np.ndarray, refused: Refusals) -> np.ndarray:
    """Cells that belong to a pair and whose values can depend on speed; refuse pairs with an arm that has none."""
    informative = pairing.rows["informative"].to_numpy()[rep]
    member = pairing.pair >= 0
    has = np.zeros((len(pairing), 2), dtype=bool)
    good = member & informative
    has[pairing.pair[good], pairing.treatment[good].astype(int)] = True

    def reason(i: int) -> str:
        side = int(has[i, 0])
        return str(pairing.rows["reason"].iloc[rep[pairing.cells(i, side)[0]]]) or "the value cannot depend on speed"

    refused.add(np.flatnonzero(~has.all(axis=1)), "not-informative", reason)
    lacking = np.append(~has.all(axis=1), False)  # the last is that of pair -1, which is none
    return member & (informative | lacking[pairing.pair])


def _positive(full: Launches, data: pd.DataFrame, refused: Refusals) -> None:
    bad = np.flatnonzero(~(full.values > 0) | ~np.isfinite(full.values))
    if not len(bad):
        return
    pair = full.arm[np.searchsorted(full.starts, bad, side="right") - 1] // 2
    found, first = np.unique(pair, return_index=True)
    at = dict(zip(found.tolist(), bad[first].tolist(), strict=True))

    def reason(i: int) -> str:
        row = data.iloc[full.row(at[i])]
        return f"{row['source']}, line {row['line']} has the value {row['value']:g}, and a ratio needs values above 0"

    refused.add(found, "not-positive", reason)


def _split(full: Launches, pairing: Pairing, levels: np.ndarray, sizes: np.ndarray, refused: Refusals,
           cautions: dict[int, list[Caution]], block: tuple[str, ...], apart: np.ndarray, match: bool) -> Samples:  # fmt: skip
    """The two arms of the pairs that are not refused."""
    code = np.zeros(len(full.arm), dtype=np.int64)
    for name in block or ("environment", "boot"):
        code = code * len(pairing.columns[name].words) + pairing.columns[name].codes[full.cell]
    use = np.ones(len(full.arm), dtype=bool)
    order = np.arange(len(full.arm))
    if block:
        if match:
            part = pairing.columns[block[-1]]
            use = _common(full, code, part.codes[full.cell] == part.code(""), len(pairing), refused, cautions)
        order = np.lexsort((code, full.arm))  # blocks in the same order in both arms
    good = refused.codes == ""
    use &= good[full.arm // 2]
    which, groups = np.flatnonzero(good), None
    if block and match:
        groups = _groups(pairing, full, code, use, apart)
        order = np.lexsort((code, groups, full.arm))
    order = order[use[order]]
    arms, boots, launches, cells = [], [], [], []
    place = pairing.columns["launch"].codes[full.cell].astype(np.int64) + code * len(pairing.columns["launch"].words)
    for side in (0, 1):
        mine = order[full.arm[order] % 2 == side]
        fresh = np.ones(len(mine), dtype=bool)
        fresh[1:] = (full.arm[mine][1:] != full.arm[mine][:-1]) | (code[mine][1:] != code[mine][:-1])
        begin = np.append(np.flatnonzero(fresh), len(mine))
        per_arm = np.bincount(np.searchsorted(which, full.arm[mine][fresh] // 2), minlength=len(which))
        lengths = np.diff(full.starts)[mine]
        starts = starts_of(lengths)
        if len(mine) and (np.diff(mine) == 1).all():
            values = full.values[full.starts[mine[0]] : full.starts[mine[-1] + 1]]
        else:
            values = full.values[np.arange(starts[-1]) + np.repeat(full.starts[mine] - starts[:-1], lengths)]
        arms.append(Nested(values, starts, begin, starts_of(per_arm)))
        boots.append(code[mine][fresh])
        launches.append(place[mine])
        cells.append(full.cell[mine])
    if groups is not None:
        groups = groups[mine][fresh]
        merged = np.zeros(len(pairing), dtype=bool)
        again = (groups[1:] == groups[:-1]) & (full.arm[mine][fresh][1:] == full.arm[mine][fresh][:-1])
        merged[full.arm[mine][fresh][1:][again] // 2] = True
        levels[merged] = "boot"
    return Samples(which, tuple(arms), levels[which], sizes, refused, cautions, tuple(boots), tuple(launches), tuple(cells), block,
                   apart[which], groups)  # fmt: skip


def _groups(pairing: Pairing, full: Launches, code: np.ndarray, use: np.ndarray, apart: np.ndarray) -> np.ndarray:
    """For each launch the replicate of its block: the first block that its block shares a boot with, directly or through others."""
    pair, out = full.arm // 2, np.zeros(len(full.arm), dtype=np.int64)
    at = np.flatnonzero(use)
    if not len(at):
        return out
    places = [(pairing.columns[name].codes[full.cell[at]], len(pairing.columns[name].words)) for name in ("environment", "boot")]
    block, blocks = combined([(pair[at], len(pairing)), (code[at], int(code.max()) + 1)])
    alone = np.where(apart[pair[at]], 0, block + 1)  # a boot joins blocks only where the treatment was assigned to boots
    home, homes = combined([(pair[at], len(pairing)), (alone, blocks + 1), *places])
    label = np.arange(blocks)
    while True:
        lowest = np.full(homes, blocks)
        np.minimum.at(lowest, home, label[block])
        joined = label.copy()
        np.minimum.at(joined, block, lowest[home])
        if (joined == label).all():
            out[at] = label[block]
            return out
        label = joined


def _common(full: Launches, code: np.ndarray, nameless: np.ndarray, count: int, refused: Refusals,
            cautions: dict[int, list[Caution]]) -> np.ndarray:  # fmt: skip
    """Launches in blocks that both arms have; refuse pairs without one, and say how many blocks are left out."""
    pair, side = full.arm // 2, full.arm % 2
    group, groups = combined([(pair, count), (code, int(code.max(initial=0)) + 1)])
    has = np.zeros((groups, 2), dtype=bool)
    has[group, side] = True
    use = has.all(axis=1)[group] & ~nameless
    first = firsts(group, groups)
    lone = np.bincount(pair[first], weights=~use[first], minlength=count).astype(int)
    common = np.bincount(pair[first], weights=use[first], minlength=count).astype(int)
    text = "no block has measurements of both arms; measure both in each block, or take the block out of dataset.toml"
    refused.add(np.flatnonzero(common == 0), "no-common-block", lambda i: text)
    for i in np.flatnonzero((lone > 0) & (common > 0)).tolist():
        caution = Caution("unpaired-blocks", f"{lone[i]} blocks have one arm only, or no name, and are left out")
        cautions.setdefault(i, []).append(caution)
    return use
