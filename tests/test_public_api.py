"""What the package promises: its names, their types and docstrings, and that importing it is cheap."""

import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest

import amxperf

NAMES = [
    "RELEASED", "__version__", "AmxperfError", "BuildError", "Capture", "ChecksumError", "Comparison", "DataError", "Dataset",
    "FormatError", "ManifestError", "MissingInput", "Note", "OutputError", "UsageError", "compare", "compare_samples",
    "open_dataset", "open_page", "plan_dataset", "random_effects",
    "read", "read_amx_test", "read_benchdnn", "read_bpftrace", "read_dmesg", "read_ftrace",
    "read_google_benchmark", "read_hyperfine", "read_kvm_counters",
    "read_kvm_stat", "read_llama_bench", "read_mmtests",
    "read_onednn", "read_overheads",
    "read_perf_stat", "read_probe",
    "read_selftest",
    "read_table", "steady",
]  # fmt: skip
HEAVY = {"pandas", "numpy", "scipy", "matplotlib", "seaborn", "pyarrow", "typer", "rich", "sphinx", "nbformat", "papermill"}


def test_names():
    assert amxperf.__all__ == NAMES and dir(amxperf) == sorted(NAMES)
    with pytest.raises(AttributeError, match=r"has no attribute 'read_everything'"):
        _ = amxperf.read_everything


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_there_and_described(name):
    thing = getattr(amxperf, name)
    if callable(thing):
        assert inspect.getdoc(thing)


def functions():
    """Public functions and methods of every module that can be imported here."""
    for found in pkgutil.walk_packages(amxperf.__path__, "amxperf."):
        if found.name == "amxperf.__main__":
            continue
        module = importlib.import_module(found.name)
        for name, thing in vars(module).items():
            if name.startswith("_") or getattr(thing, "__module__", "") != module.__name__:
                continue
            if inspect.isfunction(thing):
                yield f"{found.name}.{name}", thing
            elif inspect.isclass(thing):
                for inner, method in vars(thing).items():
                    if inspect.isfunction(method) and not inner.startswith("_"):
                        yield f"{found.name}.{name}.{inner}", method


def test_types_everywhere():
    """Every parameter and result of every public function and method is annotated."""
    bare = []
    for name, function in functions():
        signature = inspect.signature(function)
        untyped = [p for p in signature.parameters.values() if p.annotation is p.empty and p.name not in ("self", "cls")]
        if untyped or signature.return_annotation is signature.empty:
            bare.append(name)
    assert bare == []


def test_docstrings_everywhere():
    """Every public function and method says what it does; in publish, Sphinx calls most of them and describes them."""
    bare = {name for name, function in functions() if not inspect.getdoc(function)}
    assert {name for name in bare if not name.startswith("amxperf.publish.")} == set()


@pytest.mark.parametrize("name", ["amxperf", "amxperf.cli"])
def test_importing_is_cheap(name):
    code = f"import sys, {name}; print(*sorted({{module.partition('.')[0] for module in sys.modules}}))"
    loaded = set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())
    allowed = {"typer", "rich"} if name == "amxperf.cli" else set()
    assert not loaded & (HEAVY - allowed)
