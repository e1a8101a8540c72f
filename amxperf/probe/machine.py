"""What the facts of a log say about the machine: which environment and boot it was, and what a manifest tells of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

UNKNOWN = "unknown"

STATIC = {
    "cpu": "cpu", "cpu_vendor": "cpu_vendor", "cpu_family": "cpu_family", "cpu_model": "cpu_model", "cpu_stepping": "cpu_stepping",
    "microcode": "microcode", "flags": "flags", "caches": "caches", "cpus_allowed": "vcpus", "cpus_online": "cpus_online",
    "smt": "smt", "numa_nodes": "numa_nodes", "memory_kib": "memory_kib", "hugepages": "hugepages",
    "thp": "thp", "thp_defrag": "thp_defrag", "kernel": "kernel", "cmdline": "command_line", "hypervisor": "hypervisor",
    "tdx_leaf_0x21": "tdx_leaf_0x21", "amx": "amx", "xcomp_supp": "xcomp_supp", "governor": "governor",
    "frequency_max_khz": "frequency_max_khz", "no_turbo": "no_turbo", "clocksource": "clocksource",
    "cpuidle_driver": "cpuidle_driver", "haltpoll_ns": "haltpoll_ns", "compiler": "compiler", "source": "probe_source",
}  # fmt: skip
"""Facts that hold for a whole boot -> their name in dataset.toml. The others stay in the logs."""

NUMBERS = {"vcpus", "memory_kib", "hugepages", "haltpoll_ns", "frequency_max_khz"}
"""Those that a manifest holds as numbers."""

TITLES = {"bare-metal": "bare metal", "vm": "guest, not TDX", "tdx": "TDX guest"}


def is_tdx(facts: Mapping[str, str]) -> bool:
    """True in a TDX guest: CPUID leaf 0x21 says IntelTDX, or the kernel sets the flag tdx_guest.

    >>> is_tdx({"tdx_leaf_0x21": "no", "flags": "hypervisor tdx_guest"})
    True
    """
    return facts.get("tdx_leaf_0x21") == "yes" or "tdx_guest" in facts.get("flags", "").split()


def environment(facts: Mapping[str, str]) -> str:
    """The environment that the facts tell: tdx, vm or bare-metal.

    >>> environment({"hypervisor": "KVMKVMKVM"}), environment({"hypervisor": "none"})
    ('vm', 'bare-metal')
    """
    if is_tdx(facts):
        return "tdx"
    guest = facts.get("hypervisor", "none") != "none" or "hypervisor" in facts.get("flags", "").split()
    return "vm" if guest else "bare-metal"


def boot(facts: Mapping[str, str]) -> str:
    """Name of the boot's folder: eight digits of a hash of the boot's random id, or `boot-unknown`.

    >>> boot({"boot": "09a8d3537194a511"})
    'boot-09a8d353'
    """
    return f"boot-{facts.get('boot', UNKNOWN)[:8]}"


def told(launches: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """What a manifest says of the machine, from the facts of some launches: numbers as numbers, several values as a list.

    `unknown` lists what no launch could read.

    >>> told([{"cpu": "A", "thp": "unknown", "cpus_allowed": "2"}, {"cpu": "B", "cpus_allowed": "2"}])["cpu"]
    ['A', 'B']
    """
    found: dict[str, Any] = {}
    unknown = []
    for name, key in STATIC.items():
        values = list(dict.fromkeys(facts[name] for facts in launches if facts.get(name, UNKNOWN) not in (UNKNOWN, "")))
        if values:
            typed = [int(value) if key in NUMBERS and value.isdigit() else value for value in values]
            found[key] = typed[0] if len(typed) == 1 else typed
        else:
            unknown.append(key)
    return {**found, "unknown": unknown} if unknown else found
