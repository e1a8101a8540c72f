"""Console output of amx-test, the program of the notes.

Its values carry no information about speed. The program runs passes until the clock (in whole seconds) has advanced by
duration + 1, never counts the passes, and prints ``chunks * 8192 / elapsed seconds`` (simd_scripts/amx-test.c in
yu-chen-surf/tools, commit c435ef8). The value is therefore a constant of -d and -s, see :func:`printed_constant`.
Every measurement is marked ``informative=False`` with the reason.

Options
-------
duration, size : -d in seconds and -s in bytes, where the log does not quote the command.

Measurements: benchmark `amx-test`, metric `throughput`, unit B/s, `thread` as printed, `iteration` counts a thread's lines
in the file. Factors: `duration` (s), `threads`, `isa` (`amx` for -i 1, `none` for -i 0), where the command is quoted.
"""

from __future__ import annotations

import getopt
import re
import shlex
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .. import schema
from ..capture import Note
from ..document import Document
from ..errors import FormatError, UsageError
from . import options as opt

if TYPE_CHECKING:
    import pandas as pd

TITLE = "amx-test console output"

CHUNK = 8192
"""Bytes that the program handles at a time: eight tiles of 1 KiB. Also the default buffer (-s)."""

DEFAULTS = {"-d": 1, "-t": 1, "-i": 0, "-s": CHUNK}
"""What the program assumes for an option that its command line leaves out."""

_COMMAND = re.compile(r"(?:^|[\s$#>+])(?:[^\s$#>]*/)?amx-test[\w.-]*(?P<rest>(?:\s.*)?)$")
_VALUE = re.compile(r"Throughput thread(?P<thread>\d{1,9}): (?P<value>-?\d{1,20}) bytes per second", re.ASCII)
_SIGILL = re.compile(r"\billegal (?:hardware )?instruction\b", re.IGNORECASE)
_REFUSED = re.compile(r"\s*Fail to do XFEATURE_XTILEDATA\s*")
_OTHER = re.compile(r"amx: .*|usage: .*|real\s+\d+m.*|user\s+\d+m.*|sys\s+\d+m.*|\s+-[dtlsvi], --.*|[^\w]*[$#]")
_LONG = {
    "--duration": "-d", "--thread-count": "-t", "--nop-per-loop": "-l", "--instruction-type": "-i", "--buffer-bytes": "-s",
}


def printed_constant(duration: int, size: int = CHUNK) -> int:
    """What amx-test prints, in B/s, as long as one pass over the buffer lasts less than a second.

    Parameters
    ----------
    duration : option -d in s, from 0.
    size : option -s in bytes, 0 to 2 GiB - 1; the program uses whole chunks of 8192 B, and at least one.

    Raises
    ------
    UsageError outside these ranges: the program divides by zero below, and overflows a 32-bit product above.

    >>> printed_constant(10)
    744
    >>> [printed_constant(duration) for duration in (1, 2, 5, 30, 60)]
    [4096, 2730, 1365, 264, 134]
    """
    if duration < 0:
        raise UsageError(f"a duration of {duration} s", hint="give 0 or more")
    if not 0 <= size < 1 << 31:
        raise UsageError(f"a buffer of {size} B", hint="give 0 to 2147483647")
    return max(1, size // CHUNK) * CHUNK // (duration + 1)


def sniff(document: Document) -> int:
    """95 where the file holds a value, or a SIGILL or a refusal below a quoted command, at most half of the lines being others."""
    lines = [line.strip() for line in document.head if line.strip()]
    values = sum(bool(_VALUE.fullmatch(line)) for line in lines)
    commands = sum(_is_command(line) for line in lines)
    deaths = sum(bool(_SIGILL.search(line) or _REFUSED.fullmatch(line)) for line in lines) if commands else 0
    others = sum(bool(_OTHER.fullmatch(line)) for line in lines)
    return 95 if values + deaths and 2 * (values + commands + deaths + others) >= len(lines) else 0


def read(document: Document, options: Mapping[str, Any]) -> tuple[dict[str, pd.DataFrame], list[Note]]:
    """Read the log; threads' lines may come in any order.

    A run that died of SIGILL gives no measurement but a note `sigill`, one that was refused permission a note `refused` (it says so
    with -v only); a torn line gives a note `cut-line`.

    Raises FormatError where the file holds nothing that amx-test prints, UsageError for a bad option.
    """
    opt.only(options, "amx_test", "duration", "size")
    given = {"-d": opt.positive(options, "duration", whole=True), "-s": opt.positive(options, "size", whole=True)}
    known = {name: int(value) for name, value in given.items() if value is not None}
    notes: list[Note] = []
    rows: list[dict[str, Any]] = []
    seen: Counter[str] = Counter()
    settings: dict[str, int] | None = {**DEFAULTS, **known} if "-d" in known else None
    factors: dict[str, str] = {"duration": str(known["-d"])} if "-d" in known else {}
    whole = document.text.endswith("\n")
    for number, line in enumerate(document.lines, start=1):
        line = line.strip()
        found = _VALUE.fullmatch(line)
        if found:
            value, thread = int(found["value"]), found["thread"]
            rows.append({
                "benchmark": "amx-test", "metric": "throughput", "value": float(value), "unit": "B/s", "better": "higher",
                "thread": thread, "iteration": seen[thread], "informative": False, "reason": _reason(value, settings),
                "source": document.source, "line": number, **factors,
            })
            seen[thread] += 1
        elif _SIGILL.search(line):
            message = "killed by SIGILL, as a task is that uses AMX tile data without permission; it printed no value"
            notes.append(Note("sigill", message, document.source, number))
        elif _REFUSED.fullmatch(line):
            message = "the kernel refused permission for AMX tile data; the program printed no value"
            notes.append(Note("refused", message, document.source, number))
        elif _is_command(line):
            stated = _options(line)
            settings = None if stated is None else {**DEFAULTS, **known, **stated}
            factors = {} if settings is None else _factors(settings)
        elif "Throughput thread" in line or (number == len(document.lines) and not whole and line.startswith("Throu")):
            notes.append(Note("cut-line", "a line of amx-test is cut; it is not used", document.source, number))
    if not rows and not notes:
        raise FormatError(
            "no line reads like `Throughput thread0: 744 bytes per second`",
            path=document.path or document.source,
            hint="check that amx-test ran to its end",
        )
    return {"measurements": schema.frame("measurements", rows)}, notes


def _is_command(line: str) -> bool:
    """True for a line that runs amx-test, as a shell shows it; the kernel's and the program's own lines are none."""
    return bool(_COMMAND.search(line)) and not line.startswith(("[", "amx: ", "usage: "))


def _options(line: str) -> dict[str, int] | None:
    """The numbers of -d, -t, -i and -s in a quoted command, read as getopt_long and atoi do; None where that fails."""
    found = _COMMAND.search(line)
    try:
        words = shlex.split(re.split(r"[|;&<>]", found["rest"])[0] if found else "")
        pairs, _ = getopt.gnu_getopt(words, "d:t:l:i:s:vh", [f"{name[2:]}=" for name in _LONG] + ["verbose", "help"])
        stated = {_LONG.get(name, name): int(value) for name, value in pairs if value}
    except (ValueError, getopt.GetoptError):
        return None
    return {name: value for name, value in stated.items() if name in DEFAULTS}


def _factors(settings: Mapping[str, int]) -> dict[str, str]:
    isa = {0: "none", 1: "amx"}.get(settings["-i"], "")
    return {"duration": str(settings["-d"]), "threads": str(settings["-t"]), "isa": isa}


def _reason(value: int, settings: Mapping[str, int] | None) -> str:
    """Why a printed value says nothing about speed."""
    never = "amx-test never counts its passes"
    if settings is None:
        return f"{never}: it prints (buffer size) // (duration + 1), a constant of its options"
    duration, size = settings["-d"], settings["-s"]
    try:
        constant = printed_constant(duration, size)
    except UsageError:
        return f"{never}, and with -d {duration} -s {size} its arithmetic fails"
    chunks = max(1, size // CHUNK)
    if value == constant:
        return f"{never}: {value} is {chunks} x {CHUNK} B // ({duration} + 1) s, a constant of its options"
    return (
        f"{never}: its options give the constant {constant}, not {value}, "
        "so one pass took longer than a second, or this is another build"
    )
