"""Plan an experiment from a pilot: a dataset that is too small to answer, but shows how much things scatter."""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .blocking import check_block, log_ratios
from .dataset import Dataset, open_dataset
from .errors import OutOfReach, UsageError
from .pairing import Pairing, paired
from .sampling import samples
from .selector import Selector, parse
from .settling import settled
from .stats.components import Components, combined, components, of_pairs
from .stats.plan import Costs, Plan, plan
from .stats.result import Caution
from .stats.wording import PLURAL

if TYPE_CHECKING:
    import pandas as pd

    from .sampling import Samples


@dataclass(frozen=True)
class Planned:
    """The plan for one benchmark, metric and combination of factors; None with the reason where the pilot cannot tell."""

    benchmark: str
    metric: str
    factors: tuple[tuple[str, str], ...]
    components: Components
    plan: Plan | None
    reason: str = ""

    def title(self, keys: Collection[str] | None = None) -> str:
        """Benchmark, metric and the factors `keys` (all if left out)."""
        told = [f"{key}={value}" for key, value in self.factors if keys is None or key in keys]
        return " ".join(filter(None, [self.benchmark, self.metric, *told]))

    def sentence(self, keys: Collection[str] | None = None) -> str:
        """What is planned, after the title."""
        return f"{self.title(keys)}: {self.plan.sentence() if self.plan else f'no plan, {self.reason}.'}"


@dataclass(frozen=True)
class Plans:
    """Plans for all benchmarks of a pilot. `worst` is the one that needs most replicates: run that many for all."""

    dataset: str
    kind: str
    items: tuple[Planned, ...]

    def __iter__(self) -> Iterator[Planned]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def varying(self) -> set[str]:
        """The factors in which the items of a benchmark and metric differ: what tells one from another."""
        groups: dict[tuple[str, str], list[dict[str, str]]] = {}
        for item in self.items:
            groups.setdefault((item.benchmark, item.metric), []).append(dict(item.factors))
        return {key for every in groups.values() for one in every for key in one if len({other.get(key) for other in every}) > 1}

    @property
    def worst(self) -> Planned | None:
        """The item with the most replicates; None where no item has a plan."""
        made = [item for item in self.items if item.plan]
        return max(made, key=lambda item: item.plan.replicates) if made else None

    def frame(self) -> pd.DataFrame:
        """One row per item: benchmark, metric, factors, boot, launch, iteration (spreads), and the plan's numbers."""
        import pandas as pd

        rows = []
        for item in self.items:
            spreads = {name: getattr(item.components, name) for name in ("boot", "launch", "iteration")}
            names = ("replicate", "replicates", "careful", "upper", "launches", "iterations", "deviation", "half_width", "cost")
            numbers = {name: getattr(item.plan, name) if item.plan else None for name in names}
            rows.append({"benchmark": item.benchmark, "metric": item.metric, **dict(item.factors), **spreads, **numbers,
                         "reason": item.reason})  # fmt: skip
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """Plain types for JSON; NaN becomes None."""
        return {"schema": 1, "dataset": self.dataset, "kind": self.kind, "plans": [_plain(asdict(item)) for item in self.items]}


def plan_dataset(
    dataset: Dataset | str | os.PathLike[str],
    baseline: str,
    treatment: str | None = None,
    *,
    filter: str = "",
    replicate: str | None = None,
    spread: float | None = None,
    **goal: Any,
) -> Plans:
    """Plan the comparison of two arms from what a pilot holds of them.

    Parameters
    ----------
    dataset : the pilot: an open dataset, a name or a path.
    baseline, treatment : selectors, as in :func:`amxperf.compare`; the baseline alone where the treatment was not measured yet.
    filter : a selector of rows of the pilot, such as ``benchmark=matmul*`` (:mod:`amxperf.selector`).
    replicate : 'boot' or 'launch'; by default as `compare` would have it (with one arm: boots where several are known; where a
        block pairs the arms, pairs are planned).
    spread : standard deviation of the log between replicates, where the pilot has one only; it replaces the pilot's.
    goal : what :func:`amxperf.stats.plan.plan` takes: width, change or margin; power, confidence, costs, launches, iterations.

    Raises UsageError for a goal out of range; MissingInput for a selector that matches nothing.

    >>> found = plan_dataset("vm-onednn", "isa=amx,pages=4k", "isa=amx,pages=2m", change=0.05)
    >>> len(found), found.worst.plan.replicate
    (4, 'launch')
    """
    if not isinstance(dataset, Dataset):
        dataset = open_dataset(dataset)
    arms = parse(baseline), parse(treatment or baseline)
    dataset = dataset.where(filter)
    if dataset.manifest.steady:
        dataset = settled(dataset).dataset
    data = dataset.measurements
    data = data[data["informative"]]
    if not len(data):
        raise UsageError(f"the dataset {dataset.name} holds no measurements to plan from", hint="a plan needs benchmark logs")
    check_block(dataset.manifest, data)
    pairing, found = _sampled(data, arms, dataset, treatment is None or replicate is not None)
    shown = [i for i in range(len(pairing)) if not pairing.mixed[i]]
    items = [_one(pairing, found, i, dataset, treatment is None, replicate, spread, goal) for i in shown]
    return Plans(dataset.name, dataset.kind, tuple(items))


def assumed(spread: float, noise: float, *, replicate: str = "boot", **goal: Any) -> Plans:
    """A plan without a pilot, from assumed standard deviations of the log between replicates and between iterations.

    >>> assumed(0.01, 0.02, change=0.03).worst.plan.replicates
    4
    """
    for name, value in (("spread", spread), ("noise", noise)):
        if not (math.isfinite(value) and value >= 0):
            raise UsageError(f"the {name} is {value:g}", hint="give a fraction such as 0.01")
    guess = Components(math.nan, math.nan, noise, 0, 1, 1).with_spread(replicate, spread)
    item = Planned("any benchmark", "", (), guess, plan(guess, replicate=replicate, **goal))
    return Plans("assumed", "assumed", (item,))


def _sampled(data: pd.DataFrame, arms: tuple[Selector, Selector], dataset: Dataset, plain: bool) -> tuple[Pairing, Samples]:
    """The samples of both arms, as a comparison would take them, `plain` without blocks; an arm alone is its own partner."""
    import pandas as pd

    left, right = (arm.rows(data, dataset.name) for arm in arms)
    block = dataset.manifest.block
    pairing = paired(pd.concat([left, right]), np.arange(len(left) + len(right)) >= len(left), arms, {block} if block else ())
    return pairing, samples(pairing, dataset.manifest.without("block") if plain else dataset.manifest)


def _one(pairing: Pairing, found: Samples, i: int, dataset: Dataset, alone: bool, replicate: str | None, spread: float | None,
         goal: dict[str, Any]) -> Planned:  # fmt: skip
    identity, factors = pairing.identity(i), pairing.factors(i)
    if found.refused.codes[i]:
        unknown = Components(math.nan, math.nan, math.nan, 0, 0, 0)
        return Planned(identity["benchmark"], identity["metric"], factors, unknown, None, found.refused.reasons[i]())
    row = int(np.searchsorted(found.which, i))
    if replicate is None:
        replicate = str(found.levels[row])
        if alone:
            replicate = "boot" if found.sizes[i, 0, 0] > 1 else "launch"
    parts = [components(arm.arm(row), dataset.manifest.location) for arm in (found.arms[:1] if alone else found.arms)]
    pilot = parts[0] if alone else combined(*parts)
    if found.block:
        replicate, pilot = "block", of_pairs(pilot, log_ratios(found, row, dataset.manifest.location))
    level = "boot" if replicate == "block" else replicate
    if spread is not None:
        pilot = pilot.with_spread(level, spread)
    names = identity["benchmark"], identity["metric"], factors, pilot
    if math.isnan(getattr(pilot, level)):
        noun = PLURAL[str(found.levels[row]) if replicate == "block" else replicate]
        return Planned(*names, None, f"the pilot does not show how much {noun} differ; measure more, or state a spread (--spread)")
    if not any(value > 0 for value in (pilot.boot, pilot.launch, pilot.iteration)):
        return Planned(*names, None, "all values of an arm are the same, so nothing shows how much they scatter")
    try:
        return Planned(*names, plan(_with_warmup(pilot, dataset.manifest.warmup), replicate=replicate, **_paid(goal, dataset)))
    except OutOfReach as error:  # the others have a plan
        return Planned(*names, None, error.message)


def _with_warmup(pilot: Components, warmup: int) -> Components:
    """The pilot with a caution that warm-up comes on top of what is planned."""
    if not warmup:
        return pilot
    text = f"{warmup} iterations of warm-up come on top in each launch; their cost is counted"
    return replace(pilot, cautions=(*pilot.cautions, Caution("warmup-on-top", text)))


def _paid(goal: dict[str, Any], dataset: Dataset) -> dict[str, Any]:
    """The goal with a launch that pays for its warm-up."""
    costs = goal.get("costs") or Costs()
    return {**goal, "costs": replace(costs, launch=costs.launch + dataset.manifest.warmup * costs.iteration)}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
