"""Machine code of modules that are written for a compiler, such as :mod:`amxperf.formats.kernellog.scan`: compiled once by
numba, kept on disk, loaded by :mod:`.objectcode`, or by llvmlite where that cannot.

A function of such modules sees arrays as bare pointers, so that the code needs nothing of numba when it runs. Loading it takes a
few milliseconds; numba is imported only to compile, once per version of these modules, of numba and of the processor. Functions
are called through ctypes, which lets other threads run meanwhile.

The code is kept in the first of these folders that can be written: ``AMXPERF_CACHE_DIR``, ``NUMBA_CACHE_DIR``, the user's cache
(``$XDG_CACHE_HOME/amxperf`` or ``~/.cache/amxperf``). Where none can, it is compiled again in every process.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import sys
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

from . import intrinsics, objectcode

Modules = tuple[ModuleType, ...]
"""Modules that are compiled together, with all those whose functions they use."""

OUTSIDE = ("memchr", "memcpy", "memcmp", "memset", "memmove", "bcmp")
"""Functions of the C library that the code calls."""

NEVER = ("PyBytes_FromStringAndSize", "PyErr_Clear", "PyErr_SetNone", "PyErr_SetString", "PyErr_WriteUnraisable",
         "PyExc_RuntimeError", "PyExc_StopIteration", "PyExc_SystemError", "PyUnicode_FromString", "Py_DecRef",
         "numba_do_raise", "numba_gil_ensure", "numba_gil_release", "numba_runtime_build_excinfo_struct",
         "numba_unpickle")  # fmt: skip
"""What numba's wrapper would call to report an exception: none is raised, and a call would end the process."""

CTYPES = {"q": ctypes.c_int64, "d": ctypes.c_double}


def entries(modules: Modules) -> dict[str, tuple[ModuleType, str]]:
    """Functions that are called from outside, those in a module's ENTRIES: their module, and their parameters.

    A parameter is ``q`` or ``d`` (integer, float) or, with a star, an array of such items, by the codes of :mod:`struct`.
    """
    return {name: (module, text) for module in modules for name, text in getattr(module, "ENTRIES", {}).items()}


def installed() -> bool:
    """Whether numba and its llvmlite are there."""
    return find_spec("numba") is not None and find_spec("llvmlite") is not None


def ready(modules: Modules) -> bool:
    """Whether the machine code is on disk, so that nobody waits for a compiler."""
    return installed() and any((folder / _name(modules)).is_file() for folder in _folders())


@cache
def load(modules: Modules) -> SimpleNamespace:
    """The compiled functions as attributes, to be called with addresses and numbers; compiled first where they are not on disk."""
    code = _kept(modules) or _keep(_compile(modules), modules)
    count, at = int.from_bytes(code[:8], "little"), 8
    names, objects = [], []
    for _ in range(count):
        sizes = int.from_bytes(code[at : at + 8], "little"), int.from_bytes(code[at + 8 : at + 16], "little")
        at += 16
        names.append(code[at : at + sizes[0]].decode().split())
        at += sizes[0]
        objects.append(code[at : at + sizes[1]])
        at += sizes[1]
    held, addresses = _link(objects, [symbol for _, symbol in names])
    functions = SimpleNamespace(held=held)
    table = entries(modules)
    for (name, _), address in zip(names, addresses, strict=True):
        kinds = [ctypes.c_void_p if "*" in kind else CTYPES[kind] for kind in table[name][1].split()]
        setattr(functions, name, ctypes.CFUNCTYPE(ctypes.c_int64, *kinds)(address))
    return functions


def _link(objects: list[bytes], symbols: list[str]) -> tuple[Any, list[int]]:
    """Put object files into memory; what must be held for it, and the addresses of some symbols."""
    library = ctypes.CDLL(None)

    def outside(name: str) -> int:
        if name not in OUTSIDE + NEVER:
            raise objectcode.Unknown(name)
        function = getattr(library, name, library.memcmp) if name in OUTSIDE else library.abort
        return ctypes.cast(function, ctypes.c_void_p).value or 0

    with suppress(objectcode.Unknown, OSError):
        memory, found = objectcode.link(objects, outside)
        return memory, [found[symbol] for symbol in symbols]
    import llvmlite.binding as llvm

    for name in (*OUTSIDE, *NEVER):
        if not llvm.address_of_symbol(name):
            llvm.add_symbol(name, outside(name))
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), llvm.Target.from_default_triple().create_target_machine())
    for code in objects:
        engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return engine, [engine.get_function_address(symbol) for symbol in symbols]


@cache
def _name(modules: Modules) -> str:
    """File name of the code: all that it depends on."""
    mark = hashlib.sha256()
    for path in (__file__, intrinsics.__file__, *(module.__file__ for module in modules)):
        mark.update(Path(path).read_bytes())
    for package in ("numba", "llvmlite"):
        found = find_spec(package)
        with suppress(OSError):
            mark.update(Path(found.origin if found and found.origin else "").with_name("_version.py").read_bytes())
    mark.update(f"{sys.platform} {platform.machine()} {_processor()}".encode())
    return f"{modules[0].__name__.rpartition('.')[2]}-{mark.hexdigest()[:32]}.o"


def _processor() -> str:
    """The processor's name and what it can do."""
    with suppress(OSError), open("/proc/cpuinfo", encoding="utf-8", errors="replace") as stream:
        lines = stream.read(1 << 14).split("\n\n")[0].split("\n")
        if told := [line for line in lines if line.startswith(("model", "stepping", "flags", "Features", "CPU "))]:
            return " ".join(told)
    import llvmlite.binding as llvm

    return f"{llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}"


def _folders() -> list[Path]:
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    named = [os.environ.get("AMXPERF_CACHE_DIR"), os.environ.get("NUMBA_CACHE_DIR")]
    return [Path(folder) for folder in named if folder] + [Path(home) / "amxperf"]


def _kept(modules: Modules) -> bytes:
    """The code on disk, behind its own hash; empty where there is none, or not a whole one."""
    for folder in _folders():
        with suppress(OSError):
            data = (folder / _name(modules)).read_bytes()
            if hashlib.sha256(data[32:]).digest() == data[:32]:
                return data[32:]
    return b""


def _keep(code: bytes, modules: Modules) -> bytes:
    for folder in _folders():
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = folder / f"{_name(modules)}.{os.getpid()}"
            draft.write_bytes(hashlib.sha256(code).digest() + code)
            draft.replace(folder / _name(modules))
            break
    return code


def _compile(modules: Modules) -> bytes:
    """Machine code of all entries: their number, then of each the lengths of name and code, the name and symbol, the code."""
    import numba

    primitives, table, parts = intrinsics.functions(), entries(modules), []
    for module in modules:
        primitives |= getattr(module, "forms", dict)()  # a module's own
    made: dict[Any, tuple[FunctionType, Any]] = {}
    spaces = [({"__builtins__": __builtins__}, vars(module)) for module in modules]
    for (space, found), module in zip(spaces, modules, strict=True):
        for name, item in found.items():
            if isinstance(item, FunctionType) and item.__module__ == module.__name__:
                bare = FunctionType(item.__code__, space, name)
                made[item] = bare, primitives.get(name) or numba.njit(bare, nogil=True, _nrt=False, error_model="numpy")
    for space, found in spaces:  # a module sees its numbers, and the compiled form of every function that it names
        space |= {name: item for name, item in found.items() if isinstance(item, int)}
        space |= {name: made[item][1] for name, item in found.items() if isinstance(item, FunctionType) and item in made}
    for name, (module, text) in table.items():
        function = made[getattr(module, name)][0]
        kinds = [_kind(kind) for kind in text.split()]
        compiled = numba.cfunc(numba.types.int64(*kinds), nopython=True, _nrt=False, error_model="numpy")(function)
        code = compiled._library._get_compiled_object()
        head = f"{name} {compiled._wrapper_name}".encode()
        parts.append(len(head).to_bytes(8, "little") + len(code).to_bytes(8, "little") + head + code)
    return len(parts).to_bytes(8, "little") + b"".join(parts)


def _kind(text: str) -> Any:
    from numba import types

    item = {"B": types.uint8, "b": types.int8, "h": types.int16, "i": types.int32, "q": types.int64, "d": types.float64}[text[0]]
    return types.CPointer(item) if text.endswith("*") else item
