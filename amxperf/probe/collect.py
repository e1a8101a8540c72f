"""`amxperf collect`: measure this machine and write the logs as a dataset."""

from __future__ import annotations

import secrets
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ..errors import OutputError, UsageError
from . import launch, machine, manifest, program, schedule, trace
from .schedule import Schedule

LAUNCHES, QUICK_LAUNCHES = 10, 5
"""Launches if none are asked for."""

Progress = Callable[[int, int, str, str], None]
"""Called with the number of complete launches, of all, 'begin' or 'end', and the experiment."""


@dataclass(frozen=True)
class Collected:
    """What a collection left: where, the facts of the machine, the plan, how many boots the environment has now, and the others."""

    root: Path
    facts: dict[str, str]
    plan: Schedule
    boot: str
    boots: int
    others: tuple[str, ...] = ()


def collect(
    out: Path,
    *,
    launches: int = 0,
    experiments: Sequence[str] = (),
    quick: bool = False,
    environment: str = "",
    seed: int | None = None,
    resume: bool = False,
    with_trace: bool = False,
    options: Sequence[str] = (),
    ready: Callable[[dict[str, str]], None] | None = None,
    binary: Path | None = None,
    progress: Progress | None = None,
) -> Collected:
    """Run the probe and write, or add to, the dataset OUT.

    Parameters
    ----------
    out : folder of the dataset; made if it is not there.
    launches : process starts; 10, or 5 with `quick`, if left out.
    experiments : all if left out.
    quick : fewer and shorter iterations.
    environment : bare-metal, vm or tdx as detected, if left out.
    seed : of all random orders; drawn, and recorded, if left out.
    resume : go on with the plan that was interrupted.
    with_trace : one more launch at the end, short and with tracepoints (root).
    ready : called with the facts of the machine before the first launch.
    options : further options of the program, such as ``("--slice-us", "50")``.
    binary : the program, if it is compiled already.

    Raises
    ------
    UsageError, MissingInput (no compiler, no x86-64), DataError (the probe failed), OutputError (full disk); KeyboardInterrupt
    after everything that is complete was saved.
    """
    with tempfile.TemporaryDirectory(prefix="amxperf-") as place, ending_in_order():
        if with_trace:
            trace.find()  # before the compiler runs for long
        binary = binary or program.compile(Path(place) / program.NAME)
        facts = program.ask(binary)
        if facts.get("emulated", "no") != "no":
            reason = facts["emulated"].removeprefix("yes: ").removesuffix(", and nothing here is a measurement")
            raise UsageError(f"no time here would be a measurement: {reason}", hint="run it on a real processor")
        wanted = schedule.check(launches or 1, list(experiments), program.experiments(binary))
        plan = _resumed(out) if resume else Schedule(
            environment or machine.environment(facts),
            launches or (QUICK_LAUNCHES if quick else LAUNCHES),
            secrets.randbits(32) if seed is None else seed,
            wanted,
            (*(("--quick",) if quick else ()), *options),
            with_trace,
        )
        if plan.trace and not plan.traced:
            trace.find()
        if ready:
            ready({**facts, "quick": "yes" if "--quick" in plan.options else "no"})
        return _run(out, binary, facts, plan, progress)


def _resumed(out: Path) -> Schedule:
    plan = schedule.load(out)
    if plan is None:
        raise UsageError(f"nothing was collected in {out}", hint="leave --resume out")
    if plan.complete:
        raise UsageError(f"the last collection in {out} is complete", hint="leave --resume out to add launches")
    return plan


def _run(out: Path, binary: Path, facts: dict[str, str], plan: Schedule, progress: Progress | None) -> Collected:
    boot = machine.boot(facts)
    folder = out / plan.environment / boot
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"the dataset cannot be made ({error.strerror})", path=out, hint="name another folder") from error
    plan.save(out)
    manifest.save(out, f"amxprobe: {facts.get('cpu', machine.UNKNOWN)}")
    try:
        while plan.left:
            done = len(plan.done)
            heard = partial(progress, done, plan.launches) if progress else None
            name = launch.next_name(folder)
            launch.run(binary, plan.command(done), folder / name, heard)
            plan = plan.finished(f"{plan.environment}/{boot}/{name}")
            plan.save(out)
        if not plan.complete:
            trace.record(binary, plan.command(plan.launches), folder / trace.next_name(folder), trace.find())
            plan = replace(plan, traced=True)
            plan.save(out)
    finally:
        manifest.save(out)
    found = manifest.logs(out)
    boots = len({key[1] for key in found if key[0] == plan.environment})
    others = tuple(dict.fromkeys(key[0] for key in found if key[0] != plan.environment))
    return Collected(out, facts, plan, boot, boots, others)


@contextmanager
def ending_in_order() -> Iterator[None]:
    """Let a request to end (SIGTERM, SIGHUP) clean up as Ctrl-C does."""

    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    kinds = (signal.SIGTERM, signal.SIGHUP)
    try:
        old = [signal.signal(kind, stop) for kind in kinds]
    except ValueError:  # not in the main thread: whoever runs us ends us
        yield
        return
    try:
        yield
    finally:
        for kind, handler in zip(kinds, old, strict=True):
            signal.signal(kind, handler)
