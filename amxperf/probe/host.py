"""The host's part: what KVM counted while the guest ran the probe, and how the guest's memory lies."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from ..errors import MissingInput, OutputError, UsageError
from ..layout import HOST_PART
from . import machine, manifest

COUNTERS = Path("/sys/kernel/debug/kvm")
LOG, BEFORE, AFTER = "host.log", "before.kvm.txt", "after.kvm.txt"
EXITS = "exits"
"""The counter of all exits."""
SIZES = ("Rss", "AnonHugePages", "ShmemPmdMapped", "Private_Hugetlb", "Shared_Hugetlb")
"""Lines of smaps that are recorded of a VM's process. `Rss` does not hold the pages of hugetlbfs."""

FILES = {
    "kvm_tdx": "/sys/module/kvm_intel/parameters/tdx",
    "kvm_nx_huge_pages": "/sys/module/kvm/parameters/nx_huge_pages",
    "kvm_halt_poll_ns": "/sys/module/kvm/parameters/halt_poll_ns",
    "kvm_enable_ipiv": "/sys/module/kvm_intel/parameters/enable_ipiv",
    "kvm_ept": "/sys/module/kvm_intel/parameters/ept",
    "kvm_npt": "/sys/module/kvm_amd/parameters/npt",
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


def vms(counters: Path = COUNTERS) -> list[int]:
    """Process ids of the VMs that KVM knows, from its folders PID-FD; empty where debugfs cannot be read."""
    try:
        return sorted({int(path.name.split("-")[0]) for path in counters.iterdir() if re.fullmatch(r"\d+-\d+", path.name)})
    except OSError:
        return []


def locked(counters: Path = COUNTERS) -> bool:
    """True where root may not read a counter that is there: a locked-down kernel (Secure Boot) closes those of mode 0644."""
    try:
        (counters / EXITS).read_text()
    except PermissionError:
        return os.geteuid() == 0
    except OSError:
        return False
    return False


def facts(vm: int | None = None, root: Path = Path("/")) -> dict[str, str]:
    """What the host's files say about KVM, the TDX module and the memory of a VM's process; `unknown` where they say nothing."""
    found = {name: _read(root / path.lstrip("/")) for name, path in FILES.items()}
    modules = sorted(path.name for path in (root / "sys/module").glob("kvm_*"))
    found["kvm_module"] = " ".join(modules) or machine.UNKNOWN
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
    sizes = {name: re.search(rf"\b{name}: (\d+) kB", rollup) for name in SIZES}
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

    An interruption leaves nothing.
    Fact `kvm_counters`: yes; `levels` where the kernel is locked down, which leaves the page counters only; `unknown`.
    Fact `counted_s`: seconds between the two.
    Fact `vm_ended`: yes where a VM that is recorded ended before `wait` returned; then there are no counters afterwards.

    Parameters
    ----------
    environment : of the guest that is measured meanwhile; the host cannot know it.
    base : what the program's facts say about the host.
    wait : returns when the guest is done.
    vm : process id of the VM; the only one, or else all VMs, if left out.
    counters : folder of KVM's counters.

    Raises UsageError without an environment, MissingInput for a process that is not there or no VM, OutputError for a full disk.
    """
    vm = check(environment, vm, counters)
    place = out / environment / (HOST_PART + machine.boot(base).removeprefix("boot-"))
    folder = place / f"session-{1 + max((int(p.name[8:]) for p in place.glob('session-*') if p.name[8:].isdigit()), default=0)}"
    try:
        folder.mkdir(parents=True)
        try:
            running, before, memory = vms(counters), snapshot(counters, vm), facts(vm)
            _save(folder / BEFORE, before)
            began = time.monotonic()
            wait()
            seconds = time.monotonic() - began
            ended = vm not in vms(counters) if vm in running else bool(set(running) - set(vms(counters)))
            after = "" if ended else snapshot(counters, vm)
            found = {**base, **(memory if ended else facts(vm)), "side": "host", "kvm_counters": _kind(before, counters)}
            found["counted_s"] = f"{seconds:.1f}"
            found["vm_ended"] = "yes" if ended else "no" if running else machine.UNKNOWN
            _save(folder / AFTER, after)
            lines = "".join(f"fact {name} {value}\n" for name, value in found.items())
            (folder / LOG).write_text(f"amxprobe 1\n{lines}done\n", encoding="utf-8")
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            _prune(place, out)
            raise
    except OSError as error:
        hint = "check permissions and space"
        raise OutputError(f"the host's part cannot be written ({error.strerror})", path=folder, hint=hint) from error
    manifest.save(out)
    return folder


def check(environment: str, vm: int | None, counters: Path = COUNTERS) -> int | None:
    """The process id of the VM: the one that is named, or the only one that KVM knows; None where there are several, or unknown.

    Raises UsageError without an environment, MissingInput for a process that is not there, or runs no VM.
    """
    if not environment:
        raise UsageError("the host cannot know what kind of guest is measured", hint="add --environment vm or --environment tdx")
    known = vms(counters)
    if vm is None:
        return known[0] if len(known) == 1 else None
    hint = "give the process id of the VM, as `pgrep qemu` prints it"
    if known:
        hint = f"KVM's VMs are the processes {', '.join(map(str, known))}"
    if not Path(f"/proc/{vm}").exists():
        raise MissingInput(f"there is no process {vm}", hint=hint)
    if vm not in known and (known or snapshot(counters)):
        raise MissingInput(f"process {vm} runs no VM of KVM", hint=hint)
    return vm


def _kind(text: str, counters: Path) -> str:
    if not text:
        return machine.UNKNOWN
    return "levels" if locked(counters) else "yes"


def _prune(place: Path, out: Path) -> None:
    """Remove the folders that were made and are empty."""
    for path in (place, place.parent, out):
        with suppress(OSError):
            path.rmdir()


def _save(path: Path, text: str) -> None:
    if text:
        path.write_text(text, encoding="utf-8")
