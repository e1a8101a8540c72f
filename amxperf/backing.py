"""Which pages back a guest's memory and how often it exits: what `amxperf collect --host` recorded of KVM's counters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .document import load

if TYPE_CHECKING:
    import pandas as pd

    from .dataset import Dataset

COLUMNS = ("environment", "session", "vm", "pages_4k", "pages_2m", "pages_1g", "large_share", "exits", "seconds")
PAGES = {"pages_4k": 4 << 10, "pages_2m": 2 << 20, "pages_1g": 1 << 30}
"""Counter of mapped pages -> size of a page in bytes."""
BEFORE, AFTER, LOG = "before.kvm", "after.kvm", "host.log"
"""Files of a session, as the collection names them: the snapshots end with .txt, or .json where QEMU told them."""


def backing(dataset: Dataset) -> pd.DataFrame:
    """One row per session on the host and VM: pages of each size that KVM maps at its end, and exits during it.

    `large_share` is the share of the mapped bytes in pages above 4 KiB. `vm` is PID-FD, or `all` where only sums were recorded.
    `exits` is NaN where they could not be read, or the VM ended first; then the pages are those of the beginning.
    Exits that QEMU told (see :mod:`amxperf.formats.qemu_stats`) stand in where KVM's own were closed.
    `seconds` is the time between the snapshots, NaN in logs that do not say, and for exits that QEMU told.

    >>> from amxperf import open_dataset
    >>> len(backing(open_dataset("vm-probe-controls")))
    0
    """
    import pandas as pd

    from .formats.probe import facts

    table = dataset.measurements
    names = table["source"].str.rpartition("/")[2].str.rpartition(".")
    table = table.assign(name=names[0], told=names[2] == "json", vm=table.get("vm", ""))
    table = table[(table["benchmark"] == "kvm") & table["name"].isin([BEFORE, AFTER])]
    if not len(table):
        return pd.DataFrame(columns=list(COLUMNS))
    rows = []
    for (environment, boot, session), every in table.groupby(["environment", "boot", "launch"], sort=True):
        told = every[every["told"] & (every["metric"] == "exits")].groupby("name")["value"].sum()
        part = every[(every["scope"] != "vcpu") & ~every["told"]]
        own = part[part["scope"] == "vm"]
        log = dataset.root / environment / boot / session / LOG
        seconds = float(facts(load(log)).get("counted_s", "nan")) if log.is_file() else float("nan")
        for name, found in (own if len(own) else part).groupby("vm", sort=True):
            values = found.pivot_table(index="name", columns="metric", values="value")
            last = values.loc[AFTER if AFTER in values.index else BEFORE]
            pages = [last.get(counter, float("nan")) for counter in PAGES]
            sizes = [count * size for count, size in zip(pages, PAGES.values(), strict=True)]
            share = sum(sizes[1:]) / sum(sizes) if sum(sizes) else float("nan")
            counts = values.get("exits", told)
            both = {BEFORE, AFTER} <= set(counts.index)
            exits = counts[AFTER] - counts[BEFORE] if both else float("nan")
            timed = seconds if "exits" in values else float("nan")  # QEMU was asked at other moments
            rows.append([environment, session, name or ("all" if not len(own) else "one"), *pages, share, exits, timed])
    return pd.DataFrame(rows, columns=list(COLUMNS))
