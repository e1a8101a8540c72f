"""What `amxperf collect` says: a bar with the time left, and the words at the end."""

from __future__ import annotations

import platform
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from ..document import load
from ..errors import MissingInput
from ..formats.probe import facts
from . import bundle, machine, program
from . import host as hosts
from .collect import Collected, Progress
from .preflight import findings

BOOTS = 5
"""Boots per environment that a comparison of environments should have at least."""


@contextmanager
def watching() -> Iterator[Progress]:
    """A progress bar on standard error, as a callback for :func:`~amxperf.probe.collect.collect`.

    The time left comes from the launches that are complete; within the first it is not known.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("launch {task.fields[at]}"), BarColumn(), TextColumn("{task.fields[what]}"), TimeElapsedColumn())
    began = time.monotonic()
    with Progress(*columns, TextColumn("{task.fields[rest]}"), console=Console(stderr=True)) as bar:
        task = bar.add_task("launches", total=None, at="", what="compiling", rest="")

        def tell(done: int, of: int, kind: str, experiment: str) -> None:
            each = (time.monotonic() - began) / done if done else 0
            rest = f"about {max(1, round(each * (of - done) / 60))} min left" if done else "time left: known after the first"
            bar.update(task, total=of, completed=done, at=f"{done + 1}/{of}", what=experiment, rest=rest)

        try:
            yield tell
            bar.update(task, completed=bar.tasks[0].total or 0, what="done", rest="")
        except KeyboardInterrupt:
            bar.stop()
            print("Interrupted: what is complete is kept; --resume goes on.", file=sys.stderr)
            raise


def preflight(facts: Mapping[str, str]) -> None:
    """Say on standard error what will disturb the measurement."""
    found = findings(facts)
    for one in found:
        print(f"  {one}", file=sys.stderr)
    if not found:
        print("  nothing found that will disturb the measurement", file=sys.stderr)


def bundled(folder: Path) -> str:
    """Write a bundle and say what it is."""
    files = bundle.write(folder)
    return f"{', '.join(path.name for path in files)} in {folder}: copy it to the guest and run ./collect.sh results"


def taken(out: Path, source: Path) -> str:
    """Take results in and say what came."""
    out.mkdir(parents=True, exist_ok=True)
    added = bundle.take(out, source)
    return f"{len(added)} {'launch' if len(added) == 1 else 'launches'} added to {out}" + "".join(f"\n  {place}" for place in added)


def host(out: Path, environment: str, vm: int | None) -> str:
    """Record the host's part while the person runs the probe in the guest."""

    def wait() -> None:
        print("Run `amxperf collect` in the guest now; press Enter when it is done.", file=sys.stderr)
        with suppress(EOFError):
            input()

    vm = hosts.check(environment, vm)
    known = hosts.vms()
    if not known and hosts.snapshot():
        print("KVM knows no VM here: start the guest first, or its counters before the measurement are missing.", file=sys.stderr)
    if vm is None and len(known) > 1:
        text = f"{len(known)} VMs run here, processes {', '.join(map(str, known))}: all their counters are recorded, and no memory."
        print(f"{text} Name one with --vm.", file=sys.stderr)
    folder = hosts.collect(out, environment, _base(), wait, vm=vm)
    said = f"The host's part is in {folder}. Where the guest's dataset lies: amxperf collect DATASET --from {out.name}"
    return "\n".join([said, *_lacks(folder)])


def _base() -> dict[str, str]:
    """What the program says about the host; only the kernel where there is no compiler."""
    with tempfile.TemporaryDirectory(prefix="amxperf-") as place:
        try:
            return program.ask(program.compile(Path(place) / program.NAME, extra=("-O0",)))
        except MissingInput:
            return {"kernel": platform.release(), "emulated": "no"}


def _lacks(folder: Path) -> Iterator[str]:
    """What the host's part does not hold, and why."""
    found = facts(load(folder / hosts.LOG))
    if found["kvm_counters"] == machine.UNKNOWN:
        yield "KVM's counters could not be read: that needs root, debugfs mounted at /sys/kernel/debug, and a VM that runs."
    if found["kvm_counters"] == "levels":
        yield (
            "Exits could not be read, only the page counters: this kernel is locked down, which closes the others. "
            "QEMU tells them: see the manual, \"The host's part\"."
        )
    if found.get("vm_ended") == "yes":
        yield "A VM ended before Enter was pressed, so its counters afterwards are lost: press it while the guest still runs."
    above = found.get("hypervisor", "none")
    if above not in ("none", machine.UNKNOWN):
        yield f"This host is a guest itself ({above}), so virtualisation is nested: its exits say nothing about hardware."


def ending(done: Collected) -> str:
    """What was collected, and what to do next; why boots matter, while there are few."""
    amx = done.facts.get("amx", "unknown")
    here = sum(f"/{done.boot}/" in name for name in done.plan.done)
    noun = "launch" if here == 1 else "launches"
    before = f", and {len(done.plan.done) - here} before the interruption in another boot" if here < len(done.plan.done) else ""
    lines = [f"{here} {noun} in {done.root}/{done.plan.environment}/{done.boot}{before}"]
    if amx != "yes":
        lines.append(f"Without AMX: {amx}. Only the controls were measured.")
    if done.boots < BOOTS:
        lines.append(
            f"{done.boots} boot{'s' if done.boots > 1 else ''} of {done.plan.environment} so far. To compare environments, boots "
            "are what counts: page placement and timing change from boot to boot, and launches of one boot share them. "
            f"Start the guest again and run the same command, until there are at least {BOOTS}."
        )
    mine = done.plan.environment
    if done.others:
        first, second = sorted((mine, done.others[0]), key=lambda name: (name == "tdx", name != "vm", name))
        lines.append("Next:")
    else:
        first, second = ("vm", "tdx") if mine in ("vm", "tdx") else (mine, "vm")
        lines.append("Next: the same command in the other system; then, with its folder copied here as `theirs`:")
        lines.append(f"  amxperf collect {done.root} --from theirs")
    lines.append(f"  amxperf compare {done.root} --baseline {first} --treatment {second}")
    lines.append(f"  amxperf build --dataset {done.root}    # this dataset in the book's chapter on where the time goes")
    return "\n".join(lines)
