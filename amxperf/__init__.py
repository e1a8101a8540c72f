"""amxperf: read captures of AMX, KVM and TDX, compare runs, cite figures.

>>> import amxperf as ap
>>> ap.__version__
'0.1.0'

Everything public is here; heavy libraries are imported when a function is first used.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"
RELEASED = "2026-11-23"
"""Date of this version; citations use it, since a build has no clock."""

_PUBLIC = {
    "AmxperfError": "errors",
    "BuildError": "errors",
    "Capture": "capture",
    "ChecksumError": "errors",
    "Comparison": "stats.result",
    "DataError": "errors",
    "Dataset": "dataset",
    "FormatError": "errors",
    "ManifestError": "errors",
    "MissingInput": "errors",
    "Note": "capture",
    "OutputError": "errors",
    "UsageError": "errors",
    "compare": "comparison",
    "compare_samples": "stats.compare",
    "open_dataset": "dataset",
    "open_page": "publish.page",
    "plan_dataset": "planning",
    "random_effects": "stats.meta",
    "read": "formats",
    "read_amx_test": "readers",
    "read_benchdnn": "readers",
    "read_bpftrace": "readers",
    "read_dmesg": "readers",
    "read_ftrace": "readers",
    "read_google_benchmark": "readers",
    "read_hyperfine": "readers",
    "read_kvm_counters": "readers",
    "read_kvm_stat": "readers",
    "read_llama_bench": "readers",
    "read_mmtests": "readers",
    "read_onednn": "readers",
    "read_overheads": "readers",
    "read_perf_stat": "readers",
    "read_probe": "readers",
    "read_selftest": "readers",
    "read_table": "readers",
    "steady": "stats.steady",
}

__all__ = ["RELEASED", "__version__", *_PUBLIC]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_PUBLIC[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
