"""dataset.toml of a collection: written from its logs, so that folders can be copied together and written again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..document import load
from ..formats.probe import facts
from ..manifest import NAME
from ..output import write
from . import machine
from .launch import LOG, PART, unfinished

HOST, TRACED = "*/host-*/*/host.log", "traced.log"

FACTORS = {
    "isa": "instructions of the work: amx, or the best vector extension as the control",
    "dtype": "data type of the factors",
    "op": "load or store",
    "access": "order of the tiles in memory: sequential or random",
    "pages": "page size of the working set: asked for with madvise, checked in smaps",
    "stride": "bytes from one row of a tile to the next",
    "size": "bytes of the working set, or rows and columns of a matrix",
    "state": "what the task carries: none (no permission for AMX), vector (live), released (after TILERELEASE), live (tiles); "
    "of xsave: live or init",
    "leaf": "CPUID leaf",
    "scope": "a fresh process or a fresh thread",
    "component": "registers that are saved: tiles, or vectors as the control",
    "threads": "threads that meet",
    "wait": "how a task waits: futex (sleeping) or spin",
    "touch": "first or second use of the instructions, or touch of the memory",
    "gap": "shortest interruption that is counted",
}
"""Factors of the probe's measurements and what they mean."""

LICENCE = "not stated"


def logs(root: Path) -> dict[tuple[str, str, str], dict[str, str]]:
    """Facts of every whole log of a dataset, by environment, boot and launch."""
    found = {}
    for path in sorted(root.glob(f"*/*/*/{LOG}")):
        environment, boot, launch = path.relative_to(root).parts[:3]
        found[environment, boot, launch] = facts(load(path))
    return found


def save(root: Path, title: str = "") -> Path:
    """Write or renew the manifest of a collection and return its path.

    Keys that a person wrote (title, licence, checksums, ...) stay; what comes from the logs is renewed:
    date, recorded, machine (what all environments share), environments (the rest) and the order of the launches.
    """
    import tomlkit

    path = root / NAME
    document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.is_file() else tomlkit.document()
    found = logs(root)
    hosts = {path.relative_to(root).parts[0]: facts(load(path)) for path in sorted(root.glob(HOST))}
    places = list(dict.fromkeys([*(environment for environment, _, _ in found), *hosts]))
    of = {place: [facts for key, facts in found.items() if key[0] == place] for place in places}
    told = {place: machine.told(known) if known else {} for place, known in of.items()}
    measured = [one for place, one in told.items() if any(key[0] == place for key in found)]
    first = measured[0] if measured else {}
    common = {key: value for key, value in first.items() if all(one.get(key) == value for one in measured)}
    document.setdefault("kind", "recorded")
    document.setdefault("title", title or (f"amxprobe: {common['cpu']}" if isinstance(common.get("cpu"), str) else "amxprobe"))
    dates = sorted(facts["date"] for facts in found.values() if facts.get("date"))
    if dates:
        document["date"] = tomlkit.date(dates[-1])
    document.setdefault("licence", LICENCE)
    document["recorded"] = _recorded(root, found)
    document["warmup"] = 1
    document["ignore"] = [f"*{PART}", TRACED]
    _rules(document, root)
    document["machine"] = common
    old = document.get("environments", {})
    sections = {place: _environment(place, old.get(place, {}), told[place], common, found) for place in places}
    for place, known in hosts.items():
        sections[place]["host"] = known
    document["environments"] = sections
    if ordered := order(found):
        document.setdefault("launches", tomlkit.table())["order"] = tomlkit.item(ordered).multiline(True)
    document["factors"] = FACTORS
    write(tomlkit.dumps(document).encode(), path)
    return path


def order(found: Mapping[tuple[str, str, str], Mapping[str, str]]) -> list[str]:
    """Launches as ENVIRONMENT/BOOT/LAUNCH, in the order in which their logs say that they started.

    Empty unless every log says so: logs written before 2026-11-25 do not, and a guess would pass for a fact.

    >>> order({("vm", "b", "launch-1"): {"started": "30"}, ("tdx", "c", "launch-1"): {"started": "20"}})
    ['tdx/c/launch-1', 'vm/b/launch-1']
    >>> order({("vm", "b", "launch-1"): {"started": "30"}, ("tdx", "c", "launch-1"): {}})
    []
    """
    times = {key: facts.get("started", "") for key, facts in found.items()}
    if not all(time.isdigit() for time in times.values()):
        return []
    return ["/".join(key) for key in sorted(times, key=lambda key: (int(times[key]), key))]


def _rules(document: Any, root: Path) -> None:
    """Say how the host's files and the traces are read, where there are any and nothing is said yet."""
    import tomlkit

    wanted = {"*/host-*/*/*": "host", "guest.trace": "guest"}
    have = {str(rule["match"]) for rule in document.get("files", [])}
    rules = document.get("files", tomlkit.aot())
    for pattern, side in wanted.items():
        if pattern not in have and any(root.rglob(pattern)):
            rules.append(tomlkit.item({"match": pattern, "side": side}))
    if len(rules):
        document["files"] = rules


def _environment(
    place: str, old: Mapping[str, Any], told: Mapping[str, Any], common: Mapping[str, Any], found: Mapping[tuple, Mapping[str, str]]
) -> dict[str, Any]:
    """The section of one environment: title, boots, load and steal, and what differs from the other environments."""
    boots = dict.fromkeys(boot for environment, boot, _ in found if environment == place)
    of = [facts for key, facts in found.items() if key[0] == place]
    loads = [float(facts[name]) for facts in of for name in ("load", "load_end") if facts.get(name, "unknown") != "unknown"]
    stolen = [_stolen(facts) for facts in of]
    return {
        "title": old.get("title", machine.TITLES.get(place, place)),
        "boots": len(boots),
        "launches": len(of),
        "load": [min(loads), max(loads)] if loads else machine.UNKNOWN,
        "steal_s": round(sum(value for value in stolen if value is not None), 2) if None not in stolen else machine.UNKNOWN,
        **{key: value for key, value in told.items() if key not in common},
    }


def _stolen(facts: Mapping[str, str]) -> float | None:
    """Seconds that the hypervisor took during a launch, over all CPUs; None where the log does not say."""
    values = [facts.get(name, machine.UNKNOWN) for name in ("steal_start_s", "steal_end_s")]
    return None if machine.UNKNOWN in values else float(values[1]) - float(values[0])


def _recorded(root: Path, found: Mapping[tuple, Mapping[str, str]]) -> str:
    quick = sum(facts.get("quick") == "yes" for facts in found.values())
    text = (
        f"amxperf collect: {len(found)} launches of amxprobe ({quick} of them quick), each a new process, experiments in the order "
        "that each log records, cases interleaved in random order. The first iteration of a case is warm-up."
    )
    marked = unfinished(root)
    return text + (f" Interrupted and left out: {', '.join(marked)}." if marked else "")
