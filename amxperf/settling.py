"""The shape of every launch of a dataset: where it settles, and how many launches have which shape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .codes import firsts
from .pairing import PLACE
from .schema import factors
from .stats.result import Caution
from .stats.steady import SHAPES, Steady, steady

if TYPE_CHECKING:
    import pandas as pd

    from .dataset import Dataset
    from .pairing import Pairing


def shapes(dataset: Dataset, *, join: float = 0.01) -> pd.DataFrame:
    """One row per launch, thread, benchmark, metric and combination of factors whose values are numbered and above 0.

    Columns: those, unit, shape, left_out, count, levels, source, and for Python values (1-D, in the order measured) and steady
    (:class:`amxperf.stats.steady.Steady`). Nothing is left out beforehand: the manifest's warmup plays no part.

    >>> from amxperf import open_dataset
    >>> table = shapes(open_dataset("vm-onednn"))
    >>> len(table), bool((table.loc[table["shape"] != "warm-up", "left_out"] == 0).all())
    (160, True)
    """
    import pandas as pd

    data = dataset.measurements
    data = data[data["informative"] & data["iteration"].notna()]
    keys = [*PLACE, "thread", "benchmark", "metric", "unit", "better", *factors(data)]
    rows = []
    for key, part in data.groupby(keys, sort=False, observed=True):
        part = part.sort_values("iteration", kind="stable")
        values = part["value"].to_numpy(dtype=float)
        if not (values > 0).all():
            continue
        found = steady(values, better="higher" if part["better"].iloc[0] == "higher" else "lower", join=join)
        rows.append({**dict(zip(keys, key, strict=True)), "shape": found.shape, "left_out": found.left_out,
                     "count": found.count, "levels": len(found.segments), "source": part["source"].iloc[0],
                     "values": values, "steady": found})  # fmt: skip
    names = [*keys, "shape", "left_out", "count", "levels", "source", "values", "steady"]
    return pd.DataFrame(rows, columns=names)


def shape_counts(table: pd.DataFrame, by: str) -> pd.DataFrame:
    """Launches per shape for each value of the column `by`, with the median and the most that warm-up leaves out.

    >>> from amxperf import open_dataset
    >>> table = shape_counts(shapes(open_dataset("vm-onednn")), "problem")
    >>> int(table[["flat", "warm-up", "slowdown", "no steady state", "too short"]].to_numpy().sum())
    160
    """
    import pandas as pd

    rows = []
    for value, part in table.groupby(by, sort=False, observed=True):
        warm = part.loc[part["shape"] == "warm-up", "left_out"]
        counts = {shape: int((part["shape"] == shape).sum()) for shape in SHAPES}
        rows.append({by: value, **counts, "left out (median)": warm.median(), "left out (most)": warm.max()})
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class Settled:
    """A dataset without what change points call warm-up, and the shape of every series of its values."""

    dataset: Dataset
    keys: tuple[str, ...]
    found: dict[tuple, Steady]

    def cautions(self, pairing: Pairing) -> Callable[[int], tuple[Caution, ...]]:
        """For each pair of a pairing what was left out, and which series do not settle."""
        rows = firsts(pairing.cell, len(pairing.pair))
        names = list(pairing.rows[list(self.keys)].iloc[rows].itertuples(index=False, name=None))

        def said(i: int) -> tuple[Caution, ...]:
            cells = [cell for side in (0, 1) for cell in pairing.cells(i, side).tolist()]
            return _said([self.found[names[cell]] for cell in cells if names[cell] in self.found])

        return said


def settled(dataset: Dataset, *, join: float = 0.01) -> Settled:
    """The dataset with the warm-up of each launch left out as change points find it, in place of the manifest's number.

    Launches that slow down, never settle or are too short to be judged keep all their values.

    >>> from amxperf import open_dataset
    >>> found = settled(open_dataset("vm-onednn"))
    >>> len(found.found), len(found.dataset.measurements) < len(open_dataset("vm-onednn").measurements)
    (160, True)
    """
    data = dataset.measurements
    table = shapes(dataset, join=join)
    keys = [*PLACE, "thread", "benchmark", "metric", "unit", "better", *factors(data)]
    found = dict(zip(table[keys].itertuples(index=False, name=None), table["steady"], strict=True))
    start = table[table["left_out"] > 0].set_index(keys)["left_out"]
    place = data[data["iteration"].notna()].groupby(keys, sort=False, observed=True)["iteration"].rank(method="first") - 1
    if len(start):
        first = data.loc[place.index, keys].join(start, on=keys)["left_out"].fillna(0)
        cold = place.index[(place < first).to_numpy()]
        data = data.drop(index=cold).reset_index(drop=True)
    raw = {key: value for key, value in dataset.manifest.raw.items() if key != "warmup"}
    copy = replace(dataset, manifest=replace(dataset.manifest, raw=raw))
    copy.__dict__["measurements"] = data  # fills the cached property of the copy
    return Settled(copy, tuple(keys), found)


def _said(found: list[Steady]) -> tuple[Caution, ...]:
    counts = {shape: sum(one.shape == shape for one in found) for shape in SHAPES}
    dropped, total = sum(one.left_out for one in found), sum(counts.values())
    cautions = []
    if dropped:
        text = f"change points leave out {dropped} values as warm-up, in {counts['warm-up']} of {total} series"
        cautions.append(Caution("steady-left-out", text))
    bad = {shape: counts[shape] for shape in ("slowdown", "no steady state") if counts[shape]}
    if bad:
        text = " and ".join(f"{number} of {total} series: {shape}" for shape, number in bad.items())
        cautions.append(Caution("not-steady", f"{text}; their values are all used"))
    if counts["too short"]:
        text = f"{counts['too short']} of {total} series are too short to look for a steady state"
        cautions.append(Caution("steady-too-short", text))
    return tuple(cautions)
