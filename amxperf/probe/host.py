"""The host's part: what KVM counted while the guest ran the probe, and how the guest's memory lies."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from ..errors import MissingInput, OutputError, UsageError
from . import machine, manifest

COUNTERS = Path("/sys/kernel/debug/kvm")
FOLDER = "host-"
"""Beginning of the name of a host's folder, which stands where a boot's would."""
LOG, BEFORE, AFTER = "host.log", "before.kvm.txt", "after.kvm.txt"

FILES = {
    "kvm_tdx": "/sys/module/kvm_intel/parameters/tdx",
    "kvm_nx_huge_pages": "/sys/module/kvm/parameters/nx_huge_pages",
    "kvm_halt_poll_ns": "/sys/module/kvm/parameters/halt_poll_ns",
    "kvm_enable_ipiv": "/sys/module/kvm_intel/parameters/enable_ipiv",
    "host_thp": "/sys/kernel/mm/transparent_hugepage/enabled",
    "host_thp_shmem": "/sys/kernel/mm/transparent_hugepage/shmem_enabled",
    "numa_balancing": "/proc/sys/kernel/numa_balancing",
    "tdx_module_version": "/sys/devices/faux/tdx_host/version",
    "tdx_module_build": "/sys/firmware/tdx/tdx_module/build_num",
}
"""Fact -> file. The last two depend on the kernel; where neither is there, the kernel's messages may name the module."""


def snapshot(counters: Path = COUNTERS, vm: int | None = None) -> str:
    """KVM's counters as lines PATH/NAME:VALUE, sorted; of one VM (and the sums over all) where `vm` names its process.

    Empty where they cannot be read: debugfs is for root.
    """
    lines = []
    try:
        found = sorted(path for path in counters.rglob("*") if path.is_file())
    except OSError:
        return ""
    for path in found:
        place = path.relative_to(counters)
        if vm is not None and len(place.parts) > 1 and not place.parts[0].startswith(f"{vm}-"):
            continue
        try:
            value = path.read_text().strip()
        except (OSError, UnicodeDecodeError):
            continue
        if value.isdigit():
            lines.append(f"{place.as_posix()}:{value}\n")
    return "".join(lines)


def facts(vm: int | None = None, root: Path = Path("/")) -> dict[str, str]:
    """What the host's files say about KVM, the TDX module and the memory of a VM's process; `unknown` where they say nothing."""
    found = {name: _read(root / path.lstrip("/")) for name, path in FILES.items()}
    found["tdx_messages"] = _messages() if root == Path("/") else machine.UNKNOWN
    if vm is not None:
        found |= _memory(root / f"proc/{vm}")
    return found


def _read(path: Path) -> str:
    try:
        return " ".join(path.read_text().split()) or machine.UNKNOWN
    except (OSError, UnicodeDecodeError):
        return machine.UNKNOWN


def _messages() -> str:
    """What the kernel said about the TDX module."""
    try:
        done = subprocess.run(["dmesg"], capture_output=True, text=True, errors="replace")
    except OSError:
        return machine.UNKNOWN
    lines = [line.split("virt/tdx: ", 1)[1] for line in done.stdout.splitlines() if "virt/tdx: " in line]
    return "; ".join(line for line in lines if "odule" in line) or machine.UNKNOWN


def _memory(process: Path) -> dict[str, str]:
    """Huge pages and nodes of a process's memory. Private memory of a TD lies in guest_memfd, which these files do not show."""
    rollup = _read(process / "smaps_rollup")
    sizes = {name: re.search(rf"\b{name}: (\d+) kB", rollup) for name in ("Rss", "AnonHugePages", "ShmemPmdMapped")}
    nodes: Counter[str] = Counter()
    try:
        for line in (process / "numa_maps").read_text().splitlines():
            size = re.search(r"kernelpagesize_kB=(\d+)", line)
            for node, pages in re.findall(r"\bN(\d+)=(\d+)", line):
                nodes[node] += int(pages) * (int(size[1]) if size else 4)
    except OSError:
        nodes.clear()
    told = {f"vm_{name}_kib": found[1] if found else machine.UNKNOWN for name, found in sizes.items()}
    return {**told, "vm_nodes_kib": " ".join(f"N{node}={size}" for node, size in sorted(nodes.items())) or machine.UNKNOWN}


def collect(
    out: Path,
    environment: str,
    base: Mapping[str, str],
    wait: Callable[[], None],
    *,
    vm: int | None = None,
    counters: Path = COUNTERS,
) -> Path:
    """Record the host's part of a guest's measurement and return its folder: counters before and after, and facts.

    Parameters
    ----------
    environment : of the guest that is measured meanwhile; the host cannot know it.
    base : what the program's facts say about the host.
    wait : returns when the guest is done.
    vm : process id of the VM; all VMs if left out.
    counters : folder of KVM's counters.

    Raises UsageError without an environment, MissingInput for a process that is not there, OutputError for a full disk.
    """
    if not environment:
        raise UsageError("the host cannot know what kind of guest is measured", hint="add --environment vm or --environment tdx")
    if vm is not None and not Path(f"/proc/{vm}").exists():
        raise MissingInput(f"there is no process {vm}", hint="give the process id of the VM, as `pgrep qemu` prints it")
    place = out / environment / (FOLDER + machine.boot(base).removeprefix("boot-"))
    folder = place / f"session-{len(list(place.glob('session-*'))) + 1}"
    try:
        folder.mkdir(parents=True)
        _save(folder / BEFORE, snapshot(counters, vm))
        wait()
        _save(folder / AFTER, snapshot(counters, vm))
        found = {**base, **facts(vm), "side": "host", "kvm_counters": "yes" if (folder / AFTER).exists() else machine.UNKNOWN}
        lines = "".join(f"fact {name} {value}\n" for name, value in found.items())
        (folder / LOG).write_text(f"amxprobe 1\n{lines}done\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"the host's part cannot be written ({error.strerror})", path=folder, hint="free some space") from error
    manifest.save(out)
    return folder


def _save(path: Path, text: str) -> None:
    if text:
        path.write_text(text, encoding="utf-8")
