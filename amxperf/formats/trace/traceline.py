"""One line of trace text: what it is, and what it says.

Forms: tracefs (``comm-pid [cpu] flags stamp: event``, with a thread group or without flags), trace-cmd (-t, -l, --ts-diff too),
the latency format and its verbose form, lines without context, ``perf script``, and the function_graph tracer.
"""

from __future__ import annotations

import re
from math import nan
from typing import Any, NamedTuple

from ..expression import Expression
from ..kernellog.stackframe import parse_frame, plain_name
from .payload import LONGEST
from .tracepoints import decode, known

EVENT, STACK, USER_STACK, FRAME, HEADER, ENTRIES, LOST, BLANK, UNKNOWN = range(9)
"""What a line is. HEADER is all that the tools print around the events."""


LONG = 1 << 16
"""Characters of the longest line that may be something else than an event of tracefs or trace-cmd."""


class Line(NamedTuple):
    """A line: `what`, the columns that it fills, the text behind the stamp, and whether perf printed it."""

    what: int
    row: dict[str, Any] = {}  # noqa: RUF012 (never changed)
    text: str = ""
    perf: bool = False
    ticks: bool = False


_COMM = r"(?P<comm>[^\s│┃║](?:\S|[ ](?=\S)){0,14}?)"
"""A task's name has at most 15 characters (TASK_COMM_LEN of the kernel) and hardly ever two blanks in a row: what is longer
has something in front of it that is no part of it."""
_TASK = r"\s*+" + _COMM + r"-(?P<pid>\d{1,10})\s++"
_REST = r":\s++(?:\(\+\d{1,18}\)\s++)?(?P<rest>\S.*)"
_LINE = Expression(
    _TASK
    + r"""(?:\(\s*+(?:\d{1,10}|-{1,10})\)\s++)?        # thread group, with the option record-tgid
        \[(?P<cpu>\d{1,6})\]\s++
        (?:(?P<flags>[^\s:]{3,8})\s++)?
        (?P<stamp>\d{1,20}(?:\.\d{1,9})?)"""
    + _REST,
    re.VERBOSE | re.ASCII,
)
_LATENCY = Expression(
    _TASK
    + r"""(?P<cpu>\d{1,4})(?P<flags>[.a-zA-Z][.a-zA-Z]\S{1,6})\s++
        (?P<stamp>\d{1,18}(?:\.\d{1,9})?)(?P<unit>us[+!\#*@$]?\s?)?"""
    + _REST,
    re.VERBOSE | re.ASCII,
)
_VERBOSE = Expression(
    r"\s*+" + _COMM + r"\s++(?P<pid>\d{1,10})\s++(?P<cpu>\d{1,6})\s++\d{1,6}\s++[0-9a-f]{8}\s++[0-9a-f]{8}\s++"
    r"\[[0-9a-f]{1,16}\]\s++(?P<stamp>\d{1,18}\.\d{3})ms \(\+\d{1,18}\.\d{3}ms\):\s++(?P<rest>\S.*)",
    re.ASCII,
)
_PERF = Expression(
    r"\s*+"
    + _COMM
    + r"""\s++(?P<pid>-?\d{1,10})(?:/(?P<tid>-?\d{1,10}))?\s++
        (?:(?:[.a-zA-Z]{3,8}\s++)?\[(?P<cpu>\d{1,6})\]\s++)?(?:[A-Za-z]{1,8}\s++)?
        (?P<stamp>\d{1,18}\.\d{1,9}):\s++(?:(?P<period>\d{1,19})\s++)?
        (?P<name>[\w.=,/-]{1,100}(?::[\w-]{1,100}){0,2}):(?P<rest>\s.*|)""",
    re.VERBOSE | re.ASCII,
)
_RECORD = Expression(
    r"\s*+" + _COMM + r"\s++(?P<pid>-?\d{1,10})(?:/(?P<tid>-?\d{1,10}))?\s++(?:\[(?P<cpu>\d{1,6})\]\s++)?"
    r"(?P<stamp>\d{1,18}\.\d{1,9}):\s++(?P<name>PERF_RECORD_\w{1,40}\b|DEFERRED CALLCHAIN):?(?P<rest>.*)",
    re.ASCII,
)
_SHORT = Expression(  # fields left out by perf script -F: the name of the task, or that of the event
    r"\s*+(?:" + _COMM + r"\s++)?(?P<pid>-?\d{1,10})(?:/(?P<tid>-?\d{1,10}))?\s++(?:\[(?P<cpu>\d{1,6})\]\s++)?"
    r"(?P<stamp>\d{1,18}\.\d{1,9}):\s*+(?:(?P<period>\d{1,19})\s++)?(?:(?P<name>[\w.=,/-]{1,100}(?::[\w-]{1,100}){0,2}):(?P<rest>\s.*|)|)",
    re.ASCII,
)
_UNDER = Expression(  # -F +srcline, +insn
    r"\s{1,12}(?:\S{1,200}\.\w{1,8}:\d{1,7}|(?:\?\?)?:0|\S{1,200}\[[0-9a-f]{1,16}\]|insn:(?: [0-9a-f]{2}){1,15})\s*+"
)
_BARE = Expression(r"\s*+(?:\w{1,60}:)?(?P<name>[a-z]\w{1,99}):\s++(?P<rest>\S.*)", re.ASCII)
_GRAPH = Expression(
    r"""\s*+(?:(?P<abs>\d{1,18}\.\d{1,9})\s\|\s++)?(?P<cpu>\d{1,4})\)\s*+
        (?:"""
    + _COMM
    + r"""-(?P<pid>\d{1,10})\s*+\|\s*+)?
        (?:[+!\#*@$]?\s*+(?P<time>\d{1,12}(?:\.\d{1,6})?)\sus\s*+)?\|\s*+(?P<rest>\S.*)""",
    re.VERBOSE | re.ASCII,
)
_SWITCH = Expression(r"\s*+(?:-{8,}+|\d{1,4}\)\s++\S.{0,40}?\s++=>\s++\S.{0,40})\s*+", re.ASCII)
_FUNCTION_NAME = Expression(r"(?:\}\s*+/\*\s*+)?([\w.]{1,200})")
_ENTRIES = Expression(r"# entries-in-buffer/entries-written: (\d{1,18})/(\d{1,18})", re.ASCII)
_LATENCIES = Expression(r"# latency: \d{1,18} us, #(\d{1,18})/(\d{1,18}),", re.ASCII)
_LOST = Expression(r"CPU:(\d{1,6}) \[(?:LOST (?:(\d{1,18}) )?EVENTS|(\d{1,18}) EVENTS DROPPED|EVENTS DROPPED)\]", re.ASCII)
_EMPTY = Expression(r"CPU:? ?\d{1,6} is empty", re.ASCII)
_CALL = Expression(r"(sys_\w{1,60})\((.*)\)", re.ASCII)
_RETURN = Expression(r"(sys_\w{1,60}) -> (.*)", re.ASCII)
_EVENT = Expression(r"([\w.]{1,100}|<[\w ]{1,40}>):\s*+(.*)", re.ASCII)
_FUNCTION = Expression(r"([^\s<]{1,200}) <-(\S{1,200})", re.ASCII)
_FRAME = Expression(r"\s*+=>\s*+(\S.*)")
_STACK = Expression(r"(?:(?:kernel|user)_stack:\s*+)?<(user )?stack trace ?>")  # trace-cmd writes the longer form
_AT = Expression(r"\s[<(][0-9a-f]{8,16}[>)]$")  # address behind a symbol: option sym-addr, trace-cmd
_SAMPLE = Expression(r"\s++([0-9a-f]{1,16})(?: (\S.*?))?(?: \(([^()]*+(?:\([^()]*+\))?[^()]*+)\))?\s*+", re.ASCII)
_INLINED = Expression(r"\s++->\s*+(\S.*?)\s*+")  # what a compiler at run time put into the frame above: perf-map-agent
_PLACE = Expression(r"\([\w$./-]{1,200}:\d{1,7}\)$")  # file and line right behind a symbol
_OFFSET = Expression(r"(.{1,400})\+0x([0-9a-f]{1,15})$")
_MODIFIER = Expression(r"[ukhGHpPSDIWeb]{1,6}$")


def parse(line: str) -> Line:
    """Take one line apart.

    >>> parse(" amx-test-7 [001] d.... 2254.5: read_msr: 1c5, value 40000").row["msr_name"]
    'IA32_XFD_ERR'
    >>> parse("qemu 7/8 [001]  9.5:   kvm:kvm_fpu: load").row["kind"], parse("Some prose.").what == UNKNOWN
    ('kvm_fpu', True)
    """
    if found := _LINE.fullmatch(line):
        if found["comm"][0] == "#" and (line[0] == "#" or found["comm"][1:2] in ("", " ")):
            return Line(UNKNOWN)  # an event that somebody commented out
        return _task(found, found["rest"].rstrip())
    if found := _FRAME.fullmatch(line):
        return Line(FRAME, text=found[1].strip())
    stripped = line.strip()
    if not stripped:
        return Line(BLANK)
    if (stripped[0] in "#cvC") and (header := _header(stripped)):
        return header
    if len(line) > LONG:
        return Line(UNKNOWN)
    if line[0] == "\t" and len(line) <= LONGEST and (found := _SAMPLE.fullmatch(line)):
        return Line(FRAME, text=line.rstrip(), perf=True)
    if line[0] in " \t" and stripped.startswith("->") and _INLINED.fullmatch(line):
        return Line(FRAME, text=line.rstrip(), perf=True)
    if ("PERF_RECORD_" in line or "DEFERRED CALLCHAIN" in line) and (found := _RECORD.fullmatch(line)):
        return _record(found)
    if found := _PERF.fullmatch(line):
        return _sample(found)
    if found := _LATENCY.fullmatch(line) or _VERBOSE.fullmatch(line):
        return _task(found, found["rest"].rstrip())
    if (found := _BARE.fullmatch(line)) and known(_kind(found["name"])):
        return Line(EVENT, {"timestamp": nan, **payload(found["name"], found["rest"])}, line.strip())
    if _CALL.fullmatch(stripped) or _RETURN.fullmatch(stripped):
        return Line(EVENT, {"timestamp": nan, **said(stripped)}, stripped)
    if found := _GRAPH.fullmatch(line):
        return _graph(found)
    if _SWITCH.fullmatch(line):
        return Line(HEADER)
    if (found := _SHORT.fullmatch(line)) and (found["name"] or found["comm"] or found["tid"]):
        return _sample(found)
    if line[0] in " \t" and _UNDER.fullmatch(line):
        return Line(HEADER)
    if line[0] == " " and len(line) <= LONGEST and _SAMPLE.fullmatch(line):  # a stack of perf whose tabs were made blanks
        return Line(FRAME, text=line.rstrip(), perf=True)
    return Line(UNKNOWN)


def _task(found: re.Match[str], rest: str) -> Line:
    stamp, comm = found["stamp"], found["comm"].strip()
    groups = found.re.groupindex
    seconds = float(stamp) if "." in stamp else nan
    ticks = "." not in stamp
    if "flags" not in groups:  # the verbose form, in ms
        seconds /= 1e3
    elif "unit" in groups and found["unit"]:
        seconds, ticks = float(stamp) / 1e6, False
    row = {"timestamp": seconds, "cpu": int(found["cpu"]), "pid": int(found["pid"]), "comm": "" if comm == "<...>" else comm}
    if marker := _STACK.fullmatch(rest):
        return Line(USER_STACK if marker[1] or rest.startswith("user_stack") else STACK, row, rest, ticks=ticks)
    return Line(EVENT, row | said(rest), rest, ticks=ticks)


def said(rest: str) -> dict[str, Any]:
    """Kind and columns from what stands behind the stamp."""
    if found := _EVENT.fullmatch(rest):
        return payload(found[1], found[2])
    if found := _CALL.fullmatch(rest):
        return {"kind": found[1], **decode(found[1], found[2])}
    if found := _RETURN.fullmatch(rest):
        kind = found[1] + "_return"
        return {"kind": kind, **decode(kind, found[2]), "detail": rest}
    if found := _FUNCTION.fullmatch(rest):
        return {"kind": "function", "reason": found[1], "detail": rest}
    return {"kind": "unknown", "detail": rest}


def _kind(name: str) -> str:
    """System calls have the names that tracefs prints: tracepoints sys_enter_x and sys_exit_x are sys_x and sys_x_return."""
    if name.startswith("sys_enter_"):
        return "sys_" + name[10:]
    if name.startswith("sys_exit_"):
        return f"sys_{name[9:]}_return"
    return name


def payload(name: str, text: str) -> dict[str, Any]:
    """Kind and columns of an event by name."""
    kind = _kind(name)
    return {"kind": kind, **decode(kind, text)}


def _header(text: str) -> Line | None:
    if found := _ENTRIES.match(text) or _LATENCIES.match(text):
        return Line(ENTRIES, {"held": int(found[1]), "written": int(found[2])})
    if found := _LOST.match(text):
        return Line(LOST, {"cpu": int(found[1]), "count": int(found[2] or found[3] or 0)})
    if text[0] == "#":
        return Line(UNKNOWN if "[" in text and _LINE.fullmatch(text.lstrip("# ")) else HEADER)
    if text.startswith(("cpus=", "version =")) or _EMPTY.fullmatch(text):
        return Line(HEADER)
    return None


def _perf_task(found: re.Match[str]) -> dict[str, Any]:
    """perf prints process and thread; a trace's pid is the thread."""
    comm = (found["comm"] or "").strip()
    return {
        "timestamp": float(found["stamp"]),
        "cpu": int(found["cpu"]) if found["cpu"] else None,
        "pid": int(found["tid"] or found["pid"]),
        "comm": "" if comm == "<...>" or (comm.startswith(":") and comm[1:].isdigit()) else comm,
    }


def _record(found: re.Match[str]) -> Line:
    row = _perf_task(found)
    if found["name"] == "PERF_RECORD_LOST" and (lost := re.search(r"\blost (\d{1,18})", found["rest"])):
        return Line(LOST, {"cpu": row["cpu"], "count": int(lost[1])})
    return Line(EVENT, row | {"kind": found["name"], "detail": found["rest"].strip()}, found["name"] + found["rest"], perf=True)


def _sample(found: re.Match[str]) -> Line:
    if not found["name"]:
        return Line(EVENT, _perf_task(found) | {"kind": "sample", "detail": ""}, "sample", perf=True)
    names = found["name"].split(":")
    if len(names) > 1 and _MODIFIER.fullmatch(names[-1]):
        names.pop()
    name, text = names[-1], found["rest"].strip()
    return Line(EVENT, _perf_task(found) | payload(name, text), f"{name}:{found['rest'].rstrip()}", perf=True)


def _graph(found: re.Match[str]) -> Line:
    rest = found["rest"].rstrip()
    name = _FUNCTION_NAME.match(rest)
    row = {
        "timestamp": float(found["abs"]) if found["abs"] else nan,
        "cpu": int(found["cpu"]),
        "pid": int(found["pid"]) if found["pid"] else None,
        "comm": (found["comm"] or "").strip(),
        "kind": "funcgraph_exit" if rest[0] == "}" else "funcgraph_entry" if rest.endswith("{") else "funcgraph",
        "reason": name[1] if name else "",
        "duration": _microseconds(found["time"]) if found["time"] else nan,
        "detail": rest,
    }
    return Line(EVENT, row, rest)


def _microseconds(text: str) -> float:
    """A time in us in s, rounded once."""
    whole, _, part = text.partition(".")
    return int(whole + part) / 10 ** (6 + len(part))


def frame(text: str, perf: bool = False) -> dict[str, Any]:
    """Columns of one frame (without source, trace, line, depth).

    >>> frame("kvm_vm_ioctl+0x7ba/0x950 [kvm]")["module"], frame("do_syscall_64")["symbol"]
    ('kvm', 'do_syscall_64')
    >>> row = frame(" ffffffff821f31c0 exc_page_fault+0x2f0 ([kernel.kallsyms])", perf=True)
    >>> row["symbol"], row["offset"]
    ('exc_page_fault', 752)
    """
    if perf:
        return _sampled(text)
    symbol = _AT.sub("", text)
    return parse_frame(symbol) or {"symbol": symbol, "function": plain_name(symbol)}


def _sampled(text: str) -> dict[str, Any]:
    if found := _INLINED.fullmatch(text):
        return {"symbol": found[1], "function": plain_name(_PLACE.sub("", found[1])), "inlined": True}
    found = _SAMPLE.fullmatch(text)
    if not found:
        return {"symbol": text.strip(), "function": text.strip()}
    address, symbol, place = found.groups()
    row: dict[str, Any] = {"symbol": symbol or f"0x{address}"}
    if inside := _OFFSET.fullmatch(row["symbol"]):
        row["symbol"], row["offset"] = inside[1], int(inside[2], 16)
    row["function"] = plain_name(_PLACE.sub("", row["symbol"]))
    place = place or ""
    if place == "inlined":
        row["inlined"] = True
    elif place.endswith((".ko", ".ko.xz", ".ko.zst", ".ko.gz")):
        row["module"] = place.rsplit("/", 1)[-1].split(".ko", 1)[0]
    elif place.startswith("[") and not place.startswith(("[kernel", "[guest", "[vdso", "[vsyscall", "[unknown", "[heap", "[stack")):
        row["module"] = place.strip("[]")
    elif place.startswith(("/", "[vdso", "[vsyscall", "[heap", "[stack")):
        row["module"], row["context"] = place, "USER"
    return row

