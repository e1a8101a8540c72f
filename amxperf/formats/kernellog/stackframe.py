"""The text of single lines of a call trace: frames, registers and the header.

What these functions take has no prefix and no context mark; :mod:`.calltrace` puts the lines together.
x86-64 comes first; the forms of ppc, s390, Arm, RISC-V, MIPS, LoongArch and SPARC are read as far as they are the same line
with other addresses around it.
"""

from __future__ import annotations

import re
from typing import Any

from ..expression import Expression

_HEADER = Expression(
    r"CPU:? {0,5}(?P<cpu>\d{1,6}) (?:UID: \d{1,10} )?P[Ii][Dd]: (?P<pid>\d{1,10}),? [Cc]omm: ?(?P<rest>.{0,400})|"
    r"Pid: (?P<oldpid>\d{1,10}), comm: (?P<oldrest>.{1,400})"
)
_MORE = Expression(
    r"CPU(?:: {0,5}| {1,5})(?P<cpu>\d{1,6})(?:\s++(?P<taint>Not tainted|Tainted:)(?P<rest>.{0,200}))?$|"
    r"(?:Process|Task) (?P<comm>.{1,64}?) \(pid: (?P<pid>\d{1,10})[,)]"
)
_SURE = Expression(r" \(pid: \d{1,10}, (?:threadinfo|stackpage|stack limit|veid|ti)[ :=]")
_TASK = Expression(
    r"task:(?P<comm>.{1,64}?)\s++state:[A-Za-z?](?:\s+running task(?:\s+on cpu\s+(?P<cpu>\d{1,6}))?)?"
    r"\s++stack:\s*+\d{1,10}\s++pid:\s*+(?P<pid>\d{1,10})\b"
)
_POWER = Expression(  # up to 3.x
    r"TASK = [0-9a-f]{8,16}\[(?P<pid>\d{1,10})\] '(?P<comm>.{1,64})' THREAD: [0-9a-f]{8,16}(?:\s{1,9}CPU: (?P<cpu>\d{1,6}))?"
)
_COLUMNS = Expression(  # the task dump up to 5.9: name, state, program counter, free stack, pid, parent, flags
    r"(?![A-Z][A-Za-z0-9]{1,3}: *[0-9a-fA-F])"  # a register
    r"(?P<comm>\S.{0,63}?)\s{1,40}+[A-Za-z?]\s{0,40}+(?:running(?: task)?\s{1,40}+(?:on cpu\s{1,40}+(?P<cpu>\d{1,6})\s{1,40}+)?"
    r"|[0-9a-f]{8,16}\s{1,40}+)?\d{1,10}\s{1,40}+"
    r"(?P<pid>\d{1,10})\s{1,40}+\d{1,10}(?:\s{1,40}+\d{1,10})?\s{1,40}+0x[0-9a-f]{8,16}(?:\s{1,40}+\d{1,20}"
    r"|\s{1,9}last_sleep: .{1,60})?"
)
_TAINT = Expression(
    r"(?:(?P<dumping>.{0,64}?) Kdump: loaded|(?P<comm>.{0,15}|.{0,64}?)) "
    r"(?:(?P<clean>Not tainted)|Tainted:)(?=\s|$|\.\.\.)(?P<rest>.*)"
)
_FLAGS = Expression(r"[A-Z-]{1,40}")
_FRAME = Expression(
    r"""(?:\(?\[<\s*+(?P<address>[\w()]{1,20}+)\s*+>\]\)?\s*+
         |\[(?:[0-9a-fA-F]{8,16}|link\ register\s{1,9})\]\s++(?:\[?[0-9a-fA-F]{8,16}\]?\s++)?)?  # addresses: x86 to 4.9, s390, ppc
        (?P<guess>\?\s++)?(?::(?P<front>[\w-]{1,64}):)?(?P<symbol>[^\s+()\[\]<>:=,;?]++)
        (?:\+0x(?P<offset>[0-9a-f]{1,15})/0x(?P<size>[0-9a-f]{1,15}))?
        (?P<rest>.*)""",
    re.VERBOSE,
)
_FROM = Expression(  # 32-bit Arm; up to 5.17 with addresses and brackets
    r"(?:\[<[0-9a-f]{4,16}>\] )?\(?[^\s+()]{1,200}+(?:\+0x[0-9a-f]{1,15}/0x[0-9a-f]{1,15})?"
    r"(?: \[[\w-]{1,64}(?: [0-9a-f]{8,64})?\])?\)?"
    r" from (?:\[<[0-9a-f]{4,16}>\] )?(?P<caller>\(?[^\s+()]{1,200}+\+0x[0-9a-f]{1,15}/0x[0-9a-f]{1,15}"
    r"(?: \[[\w-]{1,64}(?: [0-9a-f]{8,64})?\])?\)?|\(?0x[0-9a-f]{1,16}\)?)(?: \([A-Za-z]{1,12}\))?"
)
_ADDRESS = Expression(r"\(?\[<(?P<address>[0-9a-f]{4,16})>\]\)?|(?:\[<[ 0-9a-f(nul)]{4,20}>\]\s++)?(?P<null>\(null\))")
_MODULE = Expression(r"\s*+\[(?P<module>[\w-]{1,64})(?:\s(?P<build>[0-9a-f]{8,64}))?\]")
_PLACE = Expression(r"\s*+(?:\((?P<inner>[^()]*+(?:\([^()]*+\)[^()]*+)*+)\)|[^\s:]++:\d++)(?:\s(?P<module>[\w-]{1,64})$)?")
_WITHIN = Expression(r" (?P<symbol>[\w.]{1,200})(?P<rest> [^\s:]{1,300}:\d{1,9})")
_REMARK = Expression(r"(?:<[-=]|//|#|--|←|\u2014).*")
"""What a writer puts behind a frame."""

_RED_HAT = Expression(  # 2.4: name, module, offset, place on the stack
    r"\[<[0-9a-f]{8,16}>\] (?P<symbol>[.A-Za-z_][\w.]{0,99}) \[(?P<module>[\w-]{1,64})\] ?0x(?P<offset>[0-9a-f]{1,8})"
    r"(?: \(0x[0-9a-f]{8,16}\)\)?)?"
)
_BARE_MODULE = Expression(r" (?P<module>[a-z][a-z0-9_]{2,63})")  # scripts that decode some frames leave the brackets away
_SUFFIX = Expression(
    r"\.(?:constprop|isra|part|cold|llvm|lto_priv|localalias|specialized|__uniq|unlikely|cfi|cfi_jt|simdclone)(?=\.|$)"
)
_REGISTER = Expression(
    r"(?:[ER](?:IP|[A-D]X|[SD]I|[SB]P|FLAGS)|R\d\d|[C-GS]S|CR\d|DR\d|PKRU|ORIG_[ER]AX|knlGS):|[ER](?:IP|SP) {1,2}[\[<]"
)
_CODE = Expression(r"(?:Code|Krnl Code): ")
_OTHERS = Expression(  # register lines of other architectures, inside a report
    r"(?:pc|lr|sp|epc|ra|gp|tp|NIP|LR|MSR|REGS|CFAR|Krnl PSW|Krnl GPRS|pstate|psr|TSTATE|TPC|RPC|I7|PACATMSCRATCH|SOFTE|IRQMASK"
    r"|Hi|Lo|Status|Cause|BadVA|PrId|ERA|CRMD|PRMD|EUEN|ECFG|ESTAT|BADV|PRID|status|CPSR) {0,6}:|"
    r"(?:NIP|LR) \[|(?:PC|LR) is at |EIP is at |GPR\d\d:|\$ {0,3}\d{1,2} {0,4}:|x\d{1,2}\s{0,2}:|r\d{1,2}\s{0,2}:|"
    r"e(?:[a-d]x|[sd]i|[sb]p) {0,2}:|[c-gs]s {0,2}: ?[0-9a-f]{4}\b|"
    r"[as]\d{1,2} {0,2}:|t\d {0,2}:|[gilo]\d: |Flags: |Control: |Process |FP is at "
)
_PAIR = Expression(r"\b([A-Za-z]\w{1,9}):\s{0,4}([0-9a-fA-F][0-9a-fA-F:()x]{0,40})")
_LOOSE = Expression(r"(?:^|\s)(\$?[A-Za-z]?\w{0,9}?) {0,6}: {0,4}(\[?<?[0-9a-fA-F]{2,16}>?\]?)(?=\s|$)")
_BARE_HEX = Expression(r"0x[0-9a-f]{1,16}")


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
    32-bit Arm's ``f from g+0x1/0x2`` is the frame of g, at the place that called f.

    >>> parse_frame("? kvm_vm_ioctl+0x7ba/0x950 [kvm]")["module"]
    'kvm'
    >>> parse_frame("some other message") is None
    True
    """
    if " from " in text and (found := _FROM.fullmatch(text)):
        text = found["caller"].removeprefix("(").removesuffix(")")
    if text.startswith("+(") and text.endswith(")"):  # a mailer broke it off the line of 32-bit Arm
        text = text[2:-1]
    if text.startswith("([<") and text.endswith(")"):  # s390: the whole frame stands in brackets
        text = text[1:-1]
    if text.startswith("?[<"):  # a symboliser of KMSAN puts the mark in front of the address
        text = text[1:].replace("] ", "] ? ", 1)
    if ("] 0x" in text or "]0x" in text) and (found := _RED_HAT.fullmatch(text)):
        module = "" if found["module"] == "kernel" else found["module"]
        return {"symbol": found["symbol"], "function": found["symbol"], "offset": int(found["offset"], 16), "module": module,
                "reliable": True, "inlined": False}  # fmt: skip
    found = _FRAME.fullmatch(text)
    if not found:
        return _address(text)
    symbol, rest = found["symbol"], found["rest"]
    inlined = found["address"] in ("inline", "inlined")
    exact = found["offset"] is not None
    if inlined and exact and (within := _WITHIN.fullmatch(rest)):  # KASAN's own symboliser: the frame it lies in comes first
        symbol, rest, exact = within["symbol"], within["rest"], False
    row: dict[str, Any] = {
        "symbol": symbol, "function": plain_name(symbol), "reliable": found["guess"] is None, "inlined": inlined,
    }  # fmt: skip
    if exact:
        row |= {"offset": int(found["offset"], 16), "size": int(found["size"], 16)}
        if found["front"]:  # up to 2.6.26
            row["module"] = found["front"]
    elif found["front"]:
        return None
    if rest and not _frame_tail(row, rest, exact):
        return None
    if not exact and not rest and not _BARE_HEX.fullmatch(symbol):
        return _address(text)
    return row


def _address(text: str) -> dict[str, Any] | None:
    """A frame for which the kernel had no symbol: the address stands for it."""
    guess = text.startswith("? ")
    found = _ADDRESS.fullmatch(text[2:].strip() if guess else text)
    if not found:
        return None
    symbol = found["null"] or f"0x{found['address']}"
    return {"symbol": symbol, "function": symbol, "reliable": not guess, "inlined": False}


def _frame_tail(row: dict[str, Any], rest: str, exact: bool) -> bool:
    """Read what stands behind the symbol into `row`; False where that is no part of a frame."""
    at = 0
    if exact and (found := _MODULE.match(rest)):
        row["module"], row["build_id"], at = found["module"], found["build"] or "", found.end()
    if (found := _PLACE.match(rest, at)) and (exact or _BARE_HEX.fullmatch(row["symbol"]) or ":" in found[0]):
        at = found.end()
        row["reliable"] &= found["inner"] != "unreliable"
        if found["module"]:
            row["module"] = found["module"]
        found = _MODULE.match(rest, at)  # symbolisers print the module last
        if found and found["module"] != "inline" and not row.get("module"):
            row["module"], row["build_id"], at = found["module"], found["build"] or "", found.end()
    elif not exact:
        return False
    if exact and not row.get("module") and (found := _BARE_MODULE.fullmatch(rest, at)):
        row["module"], at = found["module"], found.end()
    left = rest[at:].strip()
    if left.startswith("(") and left.endswith(")") and len(left) < 40:  # arm64's (P), ppc's (unreliable) behind the place
        row["reliable"] &= left != "(unreliable)"
        left = ""
    if (left.startswith("[inline] ") and _PLACE.fullmatch(left, 8)) or _PLACE.fullmatch(left):  # symbolised twice
        left = "[inline]" if left[0] == "[" else ""
    if exact and (_REMARK.match(left) or (len(left) < 4 and left.isalpha() and left.isupper())):  # arm64's P without brackets
        left = ""
    row["inlined"] |= left == "[inline]"
    return left in ("", "[inline]", "[k]")


def parse_registers(text: str, *, report: bool = True) -> list[tuple[str, str]]:
    """Names and values of one line of a register dump; `Code:` becomes CODE, RIP keeps its segment and symbol.

    With `report` False the line stands outside of any report: only x86's own register lines are taken then.

    >>> parse_registers("RSP: 002b:00007ffd7d458588 EFLAGS: 00000202")
    [('RSP', '002b:00007ffd7d458588'), ('EFLAGS', '00000202')]
    """
    if found := _REGISTER.match(text):
        name, _, value = text.partition(":")
        if found[0][-1] != ":":  # up to Linux 4.9, at the end of a report: RIP  [<addr>] f+0x1/0x2 and RSP <addr>
            return [(text[:3], text[3:].strip())]
        if name in ("RIP", "EIP"):
            return [(name, value.strip())]
        return _PAIR.findall(text)
    if not report:
        return []
    if _CODE.match(text):
        return [("CODE", text.partition(": ")[2].strip())]
    if found := _OTHERS.match(text):
        return _LOOSE.findall(text) or [(found[0].strip(" :[").upper(), text[found.end() :].strip())]
    return []


def parse_header(text: str) -> dict[str, Any] | None:
    """Columns cpu, pid, comm, taint and kernel of the line above a trace; None for other text.

    Takes ``CPU: 1 UID: 0 PID: 7 Comm: x`` (UID since Linux 6.12), ``Pid: 7, comm: x`` (before 3.10) and the task dump's
    ``task:x state:D stack:0 pid:7`` or its older columns. The name may hold blanks, and the release may be missing.

    >>> parse_header("CPU: 5 PID: 4371 Comm: CPU 0/KVM Not tainted #61")["comm"]
    'CPU 0/KVM'
    """
    if text.startswith(("CPU", "Pid: ")) and (found := _HEADER.match(text)):
        row = _task(found["oldrest"] if found["rest"] is None else found["rest"])
        row["pid"] = int(found["pid"] or found["oldpid"])
        row["cpu"] = int(found["cpu"]) if found["cpu"] else None
        return row
    if text.startswith("task:"):
        found = _TASK.match(text)
    elif text.startswith("TASK = "):
        found = _POWER.match(text)
    elif " 0x" in text[-80:]:
        found = _COLUMNS.fullmatch(text)
    else:
        found = None
    if not found:
        return None
    task = {"comm": found["comm"], "pid": int(found["pid"])}
    return task | {"cpu": int(found["cpu"])} if found.groupdict().get("cpu") else task


def parse_more(text: str) -> dict[str, Any] | None:
    """What older kernels and other architectures print of the header on a line of its own; None for other text.

    >>> parse_more("Process systemd-logind (pid: 431, stack limit = 0xe8a58248)")
    {'comm': 'systemd-logind', 'pid': 431}
    >>> parse_more("CPU: 0    Not tainted  (2.6.35.7 #1)")
    {'cpu': 0, 'taint': 'Not tainted', 'kernel': '2.6.35.7'}
    """
    found = _MORE.match(text)
    if not found:
        return None
    if found["pid"]:
        return {"comm": found["comm"].strip(), "pid": int(found["pid"])}
    row: dict[str, Any] = {"cpu": int(found["cpu"])}
    if found["taint"]:
        row |= _task(f" {found['taint']}{found['rest']}")
        del row["comm"]
    return row


def is_sure(text: str) -> bool:
    """Whether the task that a line names is that of a dump for sure, also where nothing stands above it.

    >>> is_sure("Process kworker/0:0 (pid: 4, threadinfo=84042000, task=8402d440, tls=00000000)"), is_sure("Process x (pid: 4)")
    (True, False)
    """
    return _SURE.search(text) is not None


def _task(rest: str) -> dict[str, Any]:
    """Task name, taint and release from what follows ``Comm: ``; a missing release stays empty."""
    found = _TAINT.match(rest)
    if not found:
        return {"comm": rest.strip()}
    words = found["rest"].split()
    flags: list[str] = []
    while not found["clean"] and words and _FLAGS.fullmatch(words[0]):
        flags.append(words.pop(0).rstrip("-"))
    kernel = words[0].lstrip("(") if words else ""
    return {
        "comm": (found["dumping"] or found["comm"] or "").strip(),
        "taint": found["clean"] or " ".join(filter(None, flags)),
        "kernel": "" if kernel.startswith("#") else kernel,
    }
