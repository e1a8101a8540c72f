"""The text of single lines of a call trace: frames, registers and the header.

What these functions take has no prefix and no context mark; :mod:`amxperf.formats.calltrace` puts the lines together.
"""

from __future__ import annotations

import re
from typing import Any

_HEADER = re.compile(
    r"CPU: (?P<cpu>\d{1,6}) (?:UID: \d{1,10} )?P[Ii][Dd]: (?P<pid>\d{1,10}),? [Cc]omm: (?P<rest>.{1,400})|"
    r"Pid: (?P<oldpid>\d{1,10}), comm: (?P<oldrest>.{1,400})"
)
_TASK = re.compile(r"task:(?P<comm>.{1,32}?)\s++state:\S++\s++stack:.{1,20}?pid:\s*+(?P<pid>\d{1,10})\b")
_TAINT = re.compile(r"(?P<comm>.{0,40}?) (?:Kdump: loaded )?(?:(?P<clean>Not tainted)|Tainted:)(?=\s|$)(?P<rest>.*)")
_FRAME = re.compile(
    r"""(?:\(?\[<[0-9a-f]{4,16}>\]\)?\s++|(?:\[[0-9a-f]{8,16}\]\s++){1,2})?  # addresses: x86 to 4.9, s390, ppc
        (?P<guess>\?\s++)?
        (?P<symbol>[^\s+()\[\]<>:=,;?]++)
        (?:\+0x(?P<offset>[0-9a-f]{1,15})/0x(?P<size>[0-9a-f]{1,15}))?
        (?P<rest>.*)""",
    re.VERBOSE,
)
_MODULE = re.compile(r"\s*+\[(?P<module>[\w-]{1,64})(?:\s(?P<build>[0-9a-f]{8,64}))?\]")
_PLACE = re.compile(r"\s*+(?:\((?P<inner>[^()]*+(?:\([^()]*+\)[^()]*+)*+)\)|[^\s:]++:\d++)(?:\s(?P<module>[\w-]{1,64})$)?")
_SUFFIX = re.compile(r"\.(?:constprop|isra|part|cold|llvm|lto_priv|localalias|specialized|__uniq)(?=\.|$)")
_REGISTER = re.compile(
    r"(?:[ER](?:IP|[A-D]X|[SD]I|[SB]P|FLAGS)|R\d\d|[C-GS]S|CR\d|DR\d|PKRU|ORIG_[ER]AX|knlGS|Code):"
)
_PAIR = re.compile(r"\b([A-Za-z]\w{1,9}):\s{0,4}([0-9a-fA-F][0-9a-fA-F:()x]{0,40})")


def plain_name(symbol: str) -> str:
    """The function's own name: what the compiler appended (.constprop.0, .isra.0, .part.0, .cold, .llvm.N) is cut off.

    >>> plain_name("vcpu_enter_guest.constprop.0.cold")
    'vcpu_enter_guest'
    """
    found = _SUFFIX.search(symbol, 1)
    return symbol[: found.start()] if found else symbol


def parse_frame(text: str) -> dict[str, Any] | None:
    """Columns of one printed frame (without source, trace, line, depth, context); None for other text.

    Offset and size are bytes. A frame without them is accepted where a source place or a bare address stands for them.

    >>> parse_frame("? kvm_vm_ioctl+0x7ba/0x950 [kvm]")["module"]
    'kvm'
    >>> parse_frame("some other message") is None
    True
    """
    found = _FRAME.fullmatch(text)
    if not found:
        return None
    symbol, rest = found["symbol"], found["rest"]
    row: dict[str, Any] = {
        "symbol": symbol, "function": plain_name(symbol), "reliable": found["guess"] is None, "inlined": False
    }  # fmt: skip
    exact = found["offset"] is not None
    if exact:
        row |= {"offset": int(found["offset"], 16), "size": int(found["size"], 16)}
    if rest and not _frame_tail(row, rest, exact):
        return None
    if not exact and not rest and not re.fullmatch(r"0x[0-9a-f]{8,16}", symbol):
        return None
    return row


def _frame_tail(row: dict[str, Any], rest: str, exact: bool) -> bool:
    """Read what stands behind the symbol into `row`; False where that is no part of a frame."""
    at = 0
    if exact and (found := _MODULE.match(rest)):
        row["module"], row["build_id"], at = found["module"], found["build"] or "", found.end()
    if rest[at:].strip().startswith("from "):  # 32-bit Arm names the caller too
        return exact
    if (found := _PLACE.match(rest, at)) and (exact or re.search(r":\d", found[0])):
        at = found.end()
        row["reliable"] &= found["inner"] != "unreliable"
        if found["module"]:
            row["module"] = found["module"]
    elif not exact:
        return False
    left = rest[at:].strip()
    row["inlined"] = left == "[inline]"
    return left in ("", ")", "[inline]", "[k]")


def parse_registers(text: str) -> list[tuple[str, str]]:
    """Names and values of one line of a register dump; `Code:` becomes CODE, RIP keeps its segment and symbol.

    >>> parse_registers("RSP: 002b:00007ffd7d458588 EFLAGS: 00000202")
    [('RSP', '002b:00007ffd7d458588'), ('EFLAGS', '00000202')]
    """
    if not _REGISTER.match(text):
        return []
    name, _, value = text.partition(":")
    if name in ("Code", "RIP", "EIP"):
        return [("CODE" if name == "Code" else name, value.strip())]
    return _PAIR.findall(text)


def parse_header(text: str) -> dict[str, Any] | None:
    """Columns cpu, pid, comm, taint and kernel of the line above a trace; None for other text.

    Takes ``CPU: 1 UID: 0 PID: 7 Comm: x`` (UID since Linux 6.12), ``Pid: 7, comm: x`` (before 3.10) and the task dump's
    ``task:x state:D stack:0 pid:7``. The name may hold blanks, and the release may be missing.

    >>> parse_header("CPU: 5 PID: 4371 Comm: CPU 0/KVM Not tainted #61")["comm"]
    'CPU 0/KVM'
    """
    if found := _HEADER.match(text):
        row = _task(found["rest"] or found["oldrest"])
        row["pid"] = int(found["pid"] or found["oldpid"])
        row["cpu"] = int(found["cpu"]) if found["cpu"] else None
        return row
    if found := _TASK.match(text):
        return {"comm": found["comm"], "pid": int(found["pid"])}
    return None


def _task(rest: str) -> dict[str, Any]:
    """Task name, taint and release from what follows ``Comm: ``; a missing release stays empty."""
    found = _TAINT.match(rest)
    if not found:
        return {"comm": rest.strip()}
    words = found["rest"].split()
    flags: list[str] = []
    while not found["clean"] and words and words[0].isalpha() and words[0].isupper():
        flags.append(words.pop(0))
    return {
        "comm": found["comm"].strip(),
        "taint": found["clean"] or " ".join(flags),
        "kernel": words[0] if words and not words[0].startswith("#") else "",
    }
