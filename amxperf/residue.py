"""What differs between two arms besides the question: facts of their machines, as dataset.toml states them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from .manifest import Manifest
from .stats.result import Caution

MATTERS = (
    "cpu", "cpu_model", "model", "microcode", "governor", "frequency", "turbo", "vcpus", "kernel", "page_size", "pages", "threads",
    "library", "libraries", "memory", "numa", "qemu", "mitigations",
)  # fmt: skip
"""Keys of a machine that can change how fast it is. A key that ends in `_version` counts too."""


def matters(key: str) -> bool:
    """Can this fact change how fast a machine is?

    >>> matters("microcode"), matters("onednn_version"), matters("title")
    (True, True, False)
    """
    name = key.lower().replace("-", "_").replace(" ", "_")
    return name in MATTERS or name.endswith("_version")


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
        if one and other and one != other and key not in declared:
            words = " against ".join(", ".join(sorted(values)) for values in (one, other))
            found.append(Caution("also-differs", f"{key.replace('_', ' ')} differs too: {words} (dataset.toml)"))
    return tuple(found)


def _text(value: Any) -> str:
    return ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)
