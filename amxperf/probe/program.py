"""The program amxprobe: its sources, and its binary compiled on this machine."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

from ..document import Document
from ..errors import DataError, MissingInput
from ..formats.probe import facts

SOURCES = Path(__file__).parent
NAME = "amxprobe"
COMPILERS = ("cc", "gcc", "clang")
FLAGS = ("-std=c11", "-D_GNU_SOURCE", "-O2", "-pthread", "-Wfatal-errors")
"""How amxprobe is compiled. No -march: every function names the instructions that it needs, so that one binary runs everywhere."""


def sources() -> list[Path]:
    """The C files, sorted."""
    return sorted(SOURCES.glob("*.c"))


def digest() -> str:
    """Hash over the program's sources, which its logs carry."""
    found = hashlib.sha256()
    for path in sorted([*SOURCES.glob("*.c"), *SOURCES.glob("*.h")]):
        found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:16]


def compiler(wanted: str = "") -> str:
    """Path of a C compiler: the one that is wanted or that CC names, else the first of cc, gcc and clang.

    Raises MissingInput where there is none.
    """
    wanted = wanted or os.environ.get("CC", "")
    for name in (wanted,) if wanted else COMPILERS:
        found = shutil.which(name)
        if found:
            return found
    raise MissingInput(
        f"no C compiler called {wanted!r} is installed" if wanted else "no C compiler is installed, and the probe needs one",
        hint="apt-get install gcc (or clang), or build elsewhere with `amxperf collect --bundle`",
    )


def compile(target: Path, *, using: str = "", extra: tuple[str, ...] = ()) -> Path:
    """Compile amxprobe to the file `target` and return it.

    Parameters
    ----------
    using : name of the compiler; CC, else cc, gcc or clang if left out.
    extra : further options, such as -static or sanitizers.

    Raises
    ------
    MissingInput : no compiler, or this is no x86-64 processor with Linux.
    DataError : it does not compile; the compiler's first error is the message.
    """
    system, processor = platform.system(), platform.machine()
    if system != "Linux" or processor not in ("x86_64", "AMD64"):
        raise MissingInput(
            f"amxprobe measures x86-64 processors on Linux, and this is {processor or 'an unknown processor'} with {system}",
            hint="run it in the guest that you want to measure",
        )
    command = [compiler(using), *FLAGS, *extra, f'-DAMXPROBE_SOURCE="{digest()}"', "-o", str(target), *map(str, sources())]
    place = {**os.environ, "TMPDIR": str(target.parent)}  # where an interrupted compiler leaves its files
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", env=place)
    if done.returncode:
        found = re.search(r"error: (?:#error )?(.*)", done.stderr)
        reason = found[1] if found else (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise DataError(f"amxprobe does not compile with {command[0]}: {reason}", hint="try another compiler: CC=clang or CC=gcc")
    return target


def ask(program: Path) -> dict[str, str]:
    """The facts that the program finds about this machine, without measuring."""
    done = subprocess.run([str(program), "--facts"], capture_output=True, check=True)
    return facts(Document("facts", done.stdout))


def experiments(program: Path) -> list[str]:
    """Names of the experiments that the program knows."""
    return subprocess.run([str(program), "--list"], capture_output=True, text=True, check=True).stdout.split()
