"""What will disturb the measurement, and how to mend it, in the manner of pyperf's `system show`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .machine import UNKNOWN, is_tdx


@dataclass(frozen=True)
class Finding:
    """Something that disturbs or limits the measurement. `mend` says what to do, '' where nothing can be done here."""

    code: str
    message: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.message}{f'; {self.mend}' if self.mend else ''} [{self.code}]"


def findings(facts: Mapping[str, str]) -> list[Finding]:
    """What the facts of the program tell about the machine as a place to measure on; an unknown fact gives no finding.

    >>> [found.code for found in findings({"amx": "yes", "thp": "always madvise [never]", "cpus_allowed": "1"})]
    ['no-huge-pages', 'one-cpu']
    """
    known = {name: value for name, value in facts.items() if value != UNKNOWN}
    found = [check(known) for check in (_amx, _load, _governor, _clock, _thp, _cpus, _smt, _turbo, _memory, _accepted)]
    return [one for one in found if one is not None]


def _amx(facts: Mapping[str, str]) -> Finding | None:
    if facts.get("amx", "yes") == "yes":
        return None
    where = "in the TD's XFAM" if is_tdx(facts) else "for a guest: -cpu host, and Linux 5.17 or later on the host"
    return Finding("no-amx", f"only the controls are measured: {facts['amx']}", f"let the hypervisor offer AMX {where}")


def _load(facts: Mapping[str, str]) -> Finding | None:
    load = float(facts.get("load", "0"))
    if load < 0.5:
        return None
    return Finding("load", f"other programs run (load {load:g})", "stop them, and wait until the load is below 0.5")


def _governor(facts: Mapping[str, str]) -> Finding | None:
    governor = facts.get("governor", "performance")
    if governor == "performance":
        return None
    return Finding("governor", f"the frequency governor is {governor}", "cpupower frequency-set -g performance")


def _clock(facts: Mapping[str, str]) -> Finding | None:
    source = facts.get("clocksource", "tsc")
    if source in ("tsc", "kvm-clock"):
        return None
    return Finding("clock", f"the clock source is {source}, which is slow to read", "boot with clocksource=tsc if it is stable")


def _thp(facts: Mapping[str, str]) -> Finding | None:
    if "[never]" not in facts.get("thp", ""):
        return None
    mend = "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"
    return Finding("no-huge-pages", "transparent huge pages are off, so the cases with 2 MiB pages are left out", mend)


def _cpus(facts: Mapping[str, str]) -> Finding | None:
    if facts.get("cpus_allowed") != "1":
        return None
    return Finding("one-cpu", "the process may use one CPU, so wake-ups are left out", "give the guest two or more")


def _smt(facts: Mapping[str, str]) -> Finding | None:
    if facts.get("smt") != "1":
        return None
    return Finding("smt", "two threads share a core", "keep the sibling of the last CPU idle, or nosmt")


def _turbo(facts: Mapping[str, str]) -> Finding | None:
    if facts.get("no_turbo") != "0":
        return None
    mend = "echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo"
    return Finding("turbo", "turbo is on: the frequency depends on temperature and on the neighbours", mend)


def _memory(facts: Mapping[str, str]) -> Finding | None:
    cache, largest = int(facts.get("last_level_cache", "0")), int(facts.get("largest_working_set", "0"))
    if not cache or facts.get("quick") == "yes" or largest >= 8 * cache:
        return None
    text = f"the largest working set is {largest / cache:.1f} times the last-level cache, not 8, for lack of free memory"
    return Finding("little-memory", text, "give the guest more memory")


def _accepted(facts: Mapping[str, str]) -> Finding | None:
    unaccepted = int(facts.get("unaccepted_kib", "0"))
    if not unaccepted:
        return None
    text = f"{unaccepted} KiB of memory were never accepted: the first touch of them pays for it, once per boot"
    return Finding("unaccepted", text)
