"""What counts as a replicate in two arms, and what speaks against counting it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .stats.result import Caution, Counts

if TYPE_CHECKING:
    import pandas as pd

LAUNCH = ["environment", "boot", "launch"]
"""What names a launch."""


def level_of(base: pd.DataFrame, treat: pd.DataFrame) -> tuple[str, bool]:
    """Level of the replicate, and whether it is that only because boots are unknown.

    ``boot`` where the arms share no boot, ``launch`` where they do or where nothing says which boot a launch belongs to.
    """
    boots = [set(zip(arm["environment"], arm["boot"], strict=True)) for arm in (base, treat)]
    if any(boot == "" for arm in boots for _, boot in arm):
        return "launch", True
    return ("launch" if boots[0] & boots[1] else "boot"), False


def unfit_boots(base: pd.DataFrame, treat: pd.DataFrame) -> tuple[str, str]:
    """Code and reason why the boots of two arms do not let them be compared; two empty texts where they do.

    `boots-partly-unknown`: some launches name a boot and others do not.
    `boots-uneven`: the arms share boots, with different shares of their launches.
    With the same share of launches from every boot, a difference between boots falls on both arms alike.
    With another share it passes for a difference between the arms.
    """
    shares = []
    for arm in (base, treat):
        launches = arm[LAUNCH].drop_duplicates()
        unknown = launches["boot"] == ""
        if unknown.any() and not unknown.all():
            name = launches.loc[unknown, "launch"].iloc[0]
            text = f"the launch {name!r} names no boot while others do; put it into a boot's folder, or take it out"
            return "boots-partly-unknown", text
        if unknown.any():
            return "", ""
        shares.append(launches.groupby(["environment", "boot"]).size() / len(launches))
    one, other = shares
    if not set(one.index) & set(other.index):
        return "", ""
    both = one.reindex(one.index.union(other.index), fill_value=0), other.reindex(one.index.union(other.index), fill_value=0)
    if (both[0] - both[1]).abs().max() < 1e-9:
        return "", ""
    text = (
        "the arms have different shares of their launches in the boots that they share, so a difference between boots would "
        "pass for one between the arms; pin one boot with boot=..., or measure both arms equally often in every boot"
    )
    return "boots-uneven", text


def copies(base: pd.DataFrame, treat: pd.DataFrame) -> list[Caution]:
    """Cautions on data that look copied: an iteration given twice, or two launches with the same values throughout."""
    import pandas as pd

    both = pd.concat([base, treat])
    found = []
    named = both[both["iteration"].notna()]
    twice = int(named.duplicated([*LAUNCH, "thread", "iteration"]).sum())
    if twice:
        found.append(Caution("duplicate-rows", f"{twice} values have the launch and iteration of another value"))
    series = [tuple(part["value"]) for _, part in both.groupby(LAUNCH, sort=False)]
    series = [values for values in series if len(set(values)) > 2]
    same = len(series) - len(set(series))
    if same:
        found.append(Caution("identical-launches", f"{same} launches repeat the values of another one exactly: copied files?"))
    return found


def counts(arm: pd.DataFrame) -> Counts:
    """Boots (0 where unknown), launches and values of an arm."""
    boots = 0 if (arm["boot"] == "").any() else arm.groupby(["environment", "boot"]).ngroups
    return Counts(boots, arm.groupby(["environment", "boot", "launch"]).ngroups, len(arm))
