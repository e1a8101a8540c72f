"""What differs between two arms besides the question: facts of their machines, as dataset.toml states them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import UsageError
from .manifest import Manifest
from .stats.result import Caution

if TYPE_CHECKING:
    from .pairing import Pairing

MATTERS = (
    "cpu", "cpu_model", "model", "microcode", "governor", "frequency", "turbo", "vcpus", "kernel", "page_size", "pages", "threads",
    "library", "libraries", "memory", "numa", "qemu", "mitigations",
    "cpu_vendor", "cpu_family", "cpu_stepping", "caches", "cpus_online", "smt", "numa_nodes", "memory_kib", "hugepages", "thp",
    "thp_defrag", "command_line", "frequency_max_khz", "no_turbo", "clocksource", "cpuidle_driver", "haltpoll_ns", "compiler",
    "probe_source",
)  # fmt: skip
"""Keys of a machine that can change how fast it is: of any manifest, then those of `amxperf collect`.

A key that ends in `_version` counts too. What makes a guest a TDX guest is the usual question and none of them: the
hypervisor, CPUID's leaf 0x21, and the flags, of which Linux sets one for TDX.
"""

NEAR = 1.05
"""Memory sizes within this factor are one size."""


def matters(key: str) -> bool:
    """Can this fact change how fast a machine is?

    >>> matters("microcode"), matters("onednn_version"), matters("title")
    (True, True, False)
    """
    name = key.lower().replace("-", "_").replace(" ", "_")
    return name in MATTERS or name.endswith("_version")


def check_declared(declared: Collection[str], manifest: Manifest, columns: Collection[str]) -> None:
    """Raise UsageError for a word that is neither a column, a fact that matters, nor a key that dataset.toml states."""
    own = manifest.raw.get("environments", {}).values()
    stated = {key for section in (manifest.machine, *(each for each in own if isinstance(each, Mapping))) for key in section}
    for word in declared:
        if word not in columns and word not in stated and not matters(word):
            known = sorted({*columns, *stated, *MATTERS})
            near = get_close_matches(word, known, n=3)
            hint = f"near to it: {', '.join(near)}" if near else "name a column or a key of a machine in dataset.toml"
            raise UsageError(f"nothing is called {word!r} that could differ", hint=hint)


def facts(manifest: Manifest, environment: str) -> dict[str, str]:
    """What dataset.toml says about an environment that matters: its own keys, then those of the machine."""
    own = manifest.raw.get("environments", {}).get(environment, {})
    found: dict[str, Any] = {**manifest.machine, **own}
    return {key: _text(value) for key, value in found.items() if matters(key)}


def differences(manifest: Manifest, baseline: Collection[str], treatment: Collection[str], declared: Collection[str] = ()
                ) -> tuple[Caution, ...]:  # fmt: skip
    """One caution `also-differs` per fact in which the environments of two arms differ and that nobody declared.

    A fact that only one of them states differs by nobody's word and is not named.
    """
    if set(baseline) == set(treatment):
        return ()
    sides = [[facts(manifest, name) for name in sorted(arm)] for arm in (baseline, treatment)]
    found = []
    for key in dict.fromkeys(key for side in sides for one in side for key in one):
        one, other = ({each[key] for each in side if key in each} for side in sides)
        if one and other and one != other and key not in declared and not _near(key, one | other):
            words = " against ".join(", ".join(sorted(values)) or "none" for values in _apart(key, one, other))
            found.append(Caution("also-differs", f"{key.replace('_', ' ')} differs too: {words} (dataset.toml)"))
    return tuple(found)


def residues_of(manifest: Manifest, pairing: Pairing, declared: Collection[str] = ()) -> Callable[[int], tuple[Caution, ...]]:
    """What else differs between the arms of a pair: columns, and facts of the environments."""

    @cache
    def machines(left: tuple[str, ...], right: tuple[str, ...]) -> tuple[Caution, ...]:
        return differences(manifest, left, right, declared)

    part = pairing.columns["environment"]
    places = [sorted({part.words[code] for code in np.unique(part.codes[(pairing.pair >= 0) & (pairing.treatment == side)])})
              for side in (False, True)]  # fmt: skip
    everywhere = machines(*(tuple(place) for place in places)) if all(len(place) == 1 for place in places) else None

    def residues(i: int) -> tuple[Caution, ...]:
        own = everywhere
        if own is None:
            own = machines(*(tuple(pairing.words(i, side, "environment")) for side in (0, 1)))
        return (*pairing.cautions(i, declared), *own) if pairing.residues else own

    return residues


def _apart(key: str, one: set[str], other: set[str]) -> tuple[set[str], set[str]]:
    """The values to show: of command lines only the words that the other side lacks."""
    if key != "command_line":
        return one, other
    words = [{word for text in side for word in text.split()} for side in (one, other)]
    return words[0] - words[1], words[1] - words[0]


def _near(key: str, values: set[str]) -> bool:
    """Do these differ by no more than kernels do that keep back a little memory for themselves?"""
    if key != "memory_kib" or not all(value.isdigit() for value in values):
        return False
    numbers = [int(value) for value in values]
    return max(numbers) < NEAR * min(numbers)


def _text(value: Any) -> str:
    return ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)
