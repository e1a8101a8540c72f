"""Warm-up: the iterations that the manifest leaves out, and a caution where none is left out and it shows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .replication import LAUNCH
from .stats.result import Caution

if TYPE_CHECKING:
    import pandas as pd

SHOWS = 1.2
"""A first iteration is called warm-up where it differs from the rest of its launch by this factor, as a median over launches."""

FEWEST = 5
"""Iterations that a launch must have for its first one to be judged."""


def without_warmup(base: pd.DataFrame, treat: pd.DataFrame, warmup: int) -> tuple[pd.DataFrame, pd.DataFrame, list[Caution]]:
    """Both arms without the first iterations of each launch, and cautions on what that left out or left in.

    Parameters
    ----------
    base, treat : rows of a measurements table, one benchmark and metric.
    warmup : iterations to leave out at the start of each launch; 0 for none.
    """
    if not warmup:
        return base, treat, _seen(base, treat)
    if base["iteration"].isna().all() or treat["iteration"].isna().all():
        text = f"the manifest's warmup = {warmup} leaves nothing out: the rows carry no iteration; add the column"
        return base, treat, [Caution("warmup-not-numbered", text)]
    kept = [arm[~(arm["iteration"] < warmup).fillna(False)] for arm in (base, treat)]
    if not all(len(arm) for arm in kept):
        text = f"an arm has no more than the {warmup} iterations of warm-up, so warm-up is not left out"
        return base, treat, [Caution("warmup-kept", text)]
    dropped = len(base) + len(treat) - len(kept[0]) - len(kept[1])
    text = f"the first {warmup} iterations of each launch were left out as warm-up ({dropped} values)"
    return kept[0], kept[1], [Caution("warmup-left-out", text)]


def _seen(base: pd.DataFrame, treat: pd.DataFrame) -> list[Caution]:
    """A caution where first iterations lie far from the rest of their launches."""
    factors = [first_over_rest(arm) for arm in (base, treat)]
    worst = max((factor for factor in factors if not math.isnan(factor)), key=lambda f: abs(math.log(f)), default=1.0)
    if abs(math.log(worst)) < math.log(SHOWS):
        return []
    text = f"first iterations are {worst:.2g} times the rest of their launch, and none is left out; set warmup in dataset.toml"
    return [Caution("warmup-seen", text)]


def first_over_rest(arm: pd.DataFrame) -> float:
    """Median over launches of the first iteration over the median of the others; NaN where no launch has enough of them."""
    import pandas as pd

    numbered = arm[arm["iteration"].notna() & (arm["value"] > 0)]
    ratios = []
    for _, launch in numbered.groupby([*LAUNCH, "thread"], sort=False):
        if len(launch) < FEWEST:
            continue
        ordered = launch.sort_values("iteration", kind="stable")["value"]
        ratios.append(ordered.iloc[0] / ordered.iloc[1:].median())
    return float(pd.Series(ratios, dtype="float64").median()) if ratios else math.nan
