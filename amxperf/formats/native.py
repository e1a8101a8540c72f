"""Machine code of modules that are written for a compiler, :mod:`amxperf.formats.scan` and :mod:`amxperf.formats.replay` before
all: compiled once by numba, kept on disk, loaded by :mod:`amxperf.formats.objectcode`, or by llvmlite where that cannot.

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

from . import columnscan, knowntexts, objectcode, prefixscan, primitives, replay, scan

Modules = tuple[ModuleType, ...]
"""Modules that are compiled together, with all those whose functions they use."""

MODULES: Modules = (primitives, prefixscan, knowntexts, columnscan, scan, replay)
"""Those of kernel logs."""

OUTSIDE = ("memchr", "memcpy", "memcmp", "memset", "memmove", "bcmp")
"""Functions of the C library that the code calls."""

NEVER = ("PyBytes_FromStringAndSize", "PyErr_Clear", "PyErr_SetNone", "PyErr_SetString", "PyErr_WriteUnraisable",
         "PyExc_RuntimeError", "PyExc_StopIteration", "PyExc_SystemError", "PyUnicode_FromString", "Py_DecRef",
         "numba_do_raise", "numba_gil_ensure", "numba_gil_release", "numba_runtime_build_excinfo_struct",
         "numba_unpickle")  # fmt: skip
"""What numba's wrapper would call to report an exception: none is raised, and a call would end the process."""

CTYPES = {"q": ctypes.c_int64, "d": ctypes.c_double}


def entries(modules: Modules = MODULES) -> dict[str, tuple[ModuleType, str]]:
    """Functions that are called from outside, those in a module's ENTRIES: their module, and their parameters.

    A parameter is ``q`` or ``d`` (integer, float) or, with a star, an array of such items, by the codes of :mod:`struct`.
    """
    return {name: (module, text) for module in modules for name, text in getattr(module, "ENTRIES", {}).items()}


def installed() -> bool:
    """Whether numba and its llvmlite are there."""
    return find_spec("numba") is not None and find_spec("llvmlite") is not None


def ready(modules: Modules = MODULES) -> bool:
    """Whether the machine code is on disk, so that nobody waits for a compiler."""
    return installed() and any((folder / _name(modules)).is_file() for folder in _folders())


@cache
def load(modules: Modules = MODULES) -> SimpleNamespace:
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
    for path in (__file__, *(module.__file__ for module in modules)):
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

    primitives, table, parts = _primitives(), entries(modules), []
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


def _primitives() -> dict[str, Any]:
    """The forms that some functions of :mod:`amxperf.formats.primitives` have here, on bare pointers: find, same and copy are the C
    library's own, window and equal look at 32 bytes at once."""
    from llvmlite import ir
    from numba import njit, types
    from numba.core import cgutils
    from numba.extending import intrinsic

    text, size = types.CPointer(types.uint8), types.int64
    void, long = ir.IntType(8).as_pointer(), ir.IntType(64)

    def external(builder: Any, name: str, result: Any, arguments: list[Any]) -> Any:
        return cgutils.get_or_insert_function(builder.module, ir.FunctionType(result, arguments), name)

    @intrinsic
    def word(context, buf, at):
        def code(context, builder, signature, args):
            place = builder.bitcast(builder.gep(args[0], [args[1]]), long.as_pointer())
            return builder.load(place, align=1)

        return types.int64(text, size), code

    @intrinsic
    def memchr(context, buf, at, end, byte):
        def code(context, builder, signature, args):
            buf, at, end, byte = args
            start = builder.gep(buf, [at])
            call = external(builder, "memchr", void, [void, ir.IntType(32), long])
            found = builder.call(call, [start, builder.trunc(byte, ir.IntType(32)), builder.sub(end, at)])
            place = builder.sub(builder.ptrtoint(found, long), builder.ptrtoint(buf, long))
            missing = builder.icmp_unsigned("==", builder.ptrtoint(found, long), ir.Constant(long, 0))
            return builder.select(missing, ir.Constant(long, -1), place)

        return types.int64(text, size, size, size), code

    @intrinsic
    def memcmp(context, buf, at, other, start, count):
        def code(context, builder, signature, args):
            call = external(builder, "memcmp", ir.IntType(32), [void, void, long])
            found = builder.call(call, [builder.gep(args[0], [args[1]]), builder.gep(args[2], [args[3]]), args[4]])
            return builder.icmp_unsigned("==", found, ir.Constant(ir.IntType(32), 0))

        return types.boolean(text, size, text, size, size), code

    @intrinsic
    def memcpy(context, target, to, buf, at, count):
        def code(context, builder, signature, args):
            call = external(builder, "memcpy", void, [void, void, long])
            builder.call(call, [builder.gep(args[0], [args[1]]), builder.gep(args[2], [args[3]]), args[4]])
            return ir.Constant(long, 0)

        return types.int64(text, size, text, size, size), code

    @njit(_nrt=False)
    def find(buf, at, end, byte):
        return memchr(buf, types.int64(at), types.int64(end), types.int64(byte)) if at < end else -1

    @njit(_nrt=False)
    def read(buf, at):
        return word(buf, types.int64(at))

    @njit(_nrt=False)
    def same(buf, at, other, start, size):
        return memcmp(buf, types.int64(at), other, types.int64(start), types.int64(size))

    @njit(_nrt=False)
    def copy(target, to, buf, at, size):
        return memcpy(target, types.int64(to), buf, types.int64(at), types.int64(size))

    @njit(_nrt=False)
    def digest(buf, at, end):
        number = types.int64(end - at) * 0x2545F4914F6CDD1D
        other = types.int64(0x1B873593CC9E2D51)
        stop = end - 16
        while at <= stop:
            number = (number ^ read(buf, at)) * 0x2127599BF4325C37
            other = (other ^ read(buf, at + 8)) * 0x2127599BF4325C37
            number ^= number >> 29
            other ^= other >> 29
            at += 16
        if end - at >= 8:
            other = (other ^ read(buf, at)) * 0x2127599BF4325C37
            other ^= other >> 29
            at += 8
        if end > at:  # bytes may be read behind the text: buffers have eight to spare
            last = read(buf, at) & ((types.int64(1) << (8 * (end - at))) - 1)
            number = (number ^ last) * 0x2127599BF4325C37
            number ^= number >> 31
        number = (number ^ (other * 0x2545F4914F6CDD1D) ^ (number >> 32)) * 0x2545F4914F6CDD1D
        return (number ^ (number >> 29)) & 0x3FFFFFFFFFFFFFFF

    byte, wide = ir.IntType(8), ir.VectorType(ir.IntType(8), 32)

    def load(builder: Any, buf: Any, at: Any, ahead: int = 0) -> Any:
        place = builder.gep(buf, [builder.add(at, ir.Constant(long, ahead)) if ahead else at])
        return builder.load(builder.bitcast(place, wide.as_pointer()), align=1)

    def every(value: int) -> Any:
        return ir.Constant(wide, [ir.Constant(byte, value)] * 32)

    def bits(builder: Any, holds: Any) -> Any:
        return builder.zext(builder.bitcast(holds, ir.IntType(32)), long)

    @intrinsic
    def window_at(context, buf, at):
        def code(context, builder, signature, args):
            def compare(how: str, vector: Any, value: int) -> Any:
                return builder.icmp_unsigned(how, vector, every(value))

            here, after, sixth, seventh = (load(builder, *args, ahead) for ahead in (0, 1, 5, 6))
            odd = compare(">", builder.sub(here, every(32)), 94)
            stamp = builder.or_(compare("==", after, 32), compare("<", builder.sub(after, every(48)), 10))
            odd = builder.or_(odd, builder.and_(compare("==", here, 91), stamp))
            kernel = builder.and_(compare("==", here, 107), compare("==", sixth, 108))
            kernel = builder.and_(kernel, builder.or_(compare("==", seventh, 58), compare("==", seventh, 91)))
            odd = bits(builder, builder.or_(odd, kernel))
            return builder.or_(bits(builder, compare("==", here, 10)), builder.shl(odd, ir.Constant(long, 32)))

        return types.int64(text, size), code

    @intrinsic
    def differ(context, buf, at, other, start):
        def code(context, builder, signature, args):
            return bits(builder, builder.icmp_unsigned("!=", load(builder, *args[:2]), load(builder, *args[2:])))

        return types.int64(text, size, text, size), code

    @intrinsic
    def trailing(context, number):
        def code(context, builder, signature, args):
            return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

        return types.int64(size), code

    def prefetching(item: Any) -> Any:
        @intrinsic
        def prefetch(context, buf, at):
            def code(context, builder, signature, args):
                number = ir.IntType(32)
                call = external(builder, "llvm.prefetch.p0", ir.VoidType(), [void, number, number, number])
                place = builder.gep(builder.bitcast(args[0], void), [args[1]])
                builder.call(call, [place, *(ir.Constant(number, value) for value in (0, 3, 1))])  # reading, kept, data
                return ir.Constant(long, 0)

            return types.int64(types.CPointer(item), size), code

        return prefetch

    prefetch_bytes, prefetch_words = prefetching(types.uint8), prefetching(types.int64)

    @njit(_nrt=False)
    def fetch(buf, at):
        return prefetch_bytes(buf, types.int64(at))

    @njit(_nrt=False)
    def fetch_word(words, at):
        return prefetch_words(words, types.int64(at) * 8)

    @njit(_nrt=False)
    def window(buf, at):
        return window_at(buf, types.int64(at))

    @njit(_nrt=False)
    def lowest(number):
        return trailing(types.int64(number))

    @njit(_nrt=False)
    def equal(buf, at, other, start, size):
        at, start, size = types.int64(at), types.int64(start), types.int64(size)
        while size > 32:
            if differ(buf, at, other, start) != 0:
                return False
            at += 32
            start += 32
            size -= 32
        return (differ(buf, at, other, start) & ((types.int64(1) << size) - 1)) == 0

    return {"find": find, "word": read, "digest": digest, "same": same, "copy": copy, "window": window, "lowest": lowest,
            "equal": equal, "fetch": fetch, "fetch_word": fetch_word}  # fmt: skip
