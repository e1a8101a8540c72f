"""A second reader of kernel call traces, for tests only: slow, plain, and made without a look at the first.

It cuts lines with the methods of `str`, word by word, and knows no regular expression.
It holds the whole capture in memory and looks ahead as far as it likes.

:func:`read` gives :class:`Trace` objects; :func:`shown` writes a frame the way the corpus does.
"""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from dataclasses import dataclass, field
from typing import NamedTuple

HEX = set("0123456789abcdefABCDEF")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
FACILITIES = ("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "authpriv", "ftp")
PATIENCE = 3
"""Unrelated lines that a trace may have in its middle."""


class Line(NamedTuple):
    number: int
    caller: str
    text: str


@dataclass
class Frame:
    line: int
    symbol: str
    offset: int | None = None
    size: int | None = None
    module: str = ""
    build_id: str = ""
    reliable: bool = True
    inlined: bool = False
    context: str = ""


@dataclass
class Trace:
    line: int
    cpu: int | None = None
    pid: int | None = None
    comm: str = ""
    frames: list[Frame] = field(default_factory=list)
    ended: str = "end of file"


def shown(frame: Frame) -> str:
    """`? symbol+0x1/0x2 [module id]`, the notation of the expected frames.

    >>> shown(Frame(1, "kvm_vcpu_ioctl", 0x225, 0x690, "kvm", reliable=False))
    '? kvm_vcpu_ioctl+0x225/0x690 [kvm]'
    """
    text = "" if frame.reliable else "? "
    text += frame.symbol
    if frame.offset is not None:
        text += f"+{frame.offset:#x}"
    if frame.size is not None:
        text += f"/{frame.size:#x}"
    if frame.module:
        text += f" [{frame.module} {frame.build_id}]" if frame.build_id else f" [{frame.module}]"
    elif frame.build_id:
        text += f" {frame.build_id}"
    return text + " [inline]" * frame.inlined


# --- from bytes to lines ------------------------------------------------------------------------------------------------------


def decoded(data: bytes) -> str:
    for mark, opener in ((b"\x1f\x8b", gzip.decompress), (b"\xfd7zXZ", lzma.decompress), (b"BZh", bz2.decompress)):
        if data.startswith(mark):
            data = opener(data)
    if data.startswith(b"\x28\xb5\x2f\xfd"):
        import io

        import zstandard

        data = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)).read()
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"), (b"\xef\xbb\xbf", "utf-8")):
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    return data.decode("utf-8", "replace")


def records(data: bytes) -> list[Line]:
    """The kernel's lines; those of other programs are left out."""
    text = decoded(data)
    if text.startswith('{\n   "dmesg"'):
        return [Line(n, row.get("caller", ""), row["msg"]) for n, row in enumerate(json.loads(text)["dmesg"], 1)]
    out = []
    for number, line in enumerate(text.split("\n"), 1):
        line = line.rstrip("\r")
        if line.startswith('{"') and line.endswith("}") and '"MESSAGE"' in line:
            out.append(Line(number, "", json.loads(line)["MESSAGE"]))
        elif (peeled := peel(line)) is not None:
            out.append(Line(number, *peeled))
    if out and not out[-1].text:
        out.pop()
    return out


def uncoloured(line: str) -> str:
    while "\x1b[" in line and not line.startswith("CPU:"):
        before, _, after = line.partition("\x1b[")
        rest = after.lstrip("0123456789;")
        if not rest.startswith("m"):
            break
        line = before + rest[1:]
    return line


def peel(line: str) -> tuple[str, str] | None:
    """Caller and message of one line; None for a line of another program."""
    head, mark, _ = line.partition("\x1b[")
    line = uncoloured(line) if mark and not head.strip() else line
    caller, stamped = "", False
    quoted = line
    while quoted.startswith(">") and not (len(quoted) > 1 and quoted[1] in HEX):
        quoted = quoted[1:]
    line = quoted[1:] if quoted != line and quoted.startswith(" ") else quoted
    if not line.strip().startswith(("[<", "[c0", "([<")) and line.lstrip(" ").startswith("[") and line.startswith("    "):
        line = line.lstrip(" ")
    for _ in range(8):
        rest = peel_one(line)
        if rest is None:
            break
        kind, value, line = rest
        if kind == "program":
            return None
        if kind == "caller":
            caller = value
        stamped = stamped or kind == "stamp"
        if kind == "kmsg":
            return value, unescaped(line)
    if not stamped and "[" in line:  # a stamp in the middle: console text of a program stands in front
        at = line.find("[ ")
        while at >= 0:
            rest = peel_one(line[at:])
            if rest is not None and rest[0] == "stamp" and "." in line[at : line.find("]", at)]:
                return peel(line[at:])
            at = line.find("[ ", at + 1)
    return caller, line


def number(text: str) -> bool:
    return bool(text) and text.strip().replace(".", "", 1).isdigit()


def peel_one(line: str) -> tuple[str, str, str] | None:
    """(kind, value, rest) of the outermost prefix."""
    if line.startswith("<") and ">" in line[:5] and line[1 : line.find(">")].isdigit():
        return "level", "", line[line.find(">") + 1 :]
    if line[:1] == "[" and "]" in line:
        inside, _, rest = line[1:].partition("]")
        rest = rest[1:] if rest.startswith(" ") else rest
        word = inside.strip()
        if word[:1] in ("T", "C") and word[1:].isdigit():
            return "caller", word, rest
        if (number(word) and "." in word) or (word.startswith("+") and number(word[1:])):
            return "stamp", word, rest
        stamp, angle, step = inside.partition("<")
        if angle and step.endswith(">") and number(step[:-1]) and "." in step and (not stamp.strip() or number(stamp)):
            return "stamp", stamp, rest
        words = word.split()
        if len(words) == 5 and words[0] in DAYS and words[1] in MONTHS:
            return "wall", word, rest
        if len(words) == 2 and words[0][:3] in MONTHS and words[1][2:3] == ":" and len(words[1]) == 5:
            return "wall", word, rest
        if len(words) == 2 and words[0][4:5] == "-" and words[1][2:3] == ":":
            return "wall", word, rest
        return None
    if line[7:8] == ":" and line[:6].strip() in FACILITIES and line[6:7] == " ":
        return None
    facility, colon, after = line.partition(":")
    if colon and facility.strip() in FACILITIES and after[:6].strip().isalpha() and after[6:8] == ": ":
        return "level", "", after[8:]
    fields, semicolon, after = line.partition(";")
    parts = fields.split(",")
    if semicolon and len(parts) >= 4 and all(part.isdigit() for part in parts[:3]):
        caller = next((part[7:] for part in parts[4:] if part.startswith("caller=")), "")
        return "kmsg", caller, after
    words = line.split(" ")
    words = [word for word in words[:8] if word]
    if len(words) < 2:
        return None
    if words[0] in MONTHS and len(words) > 2 and words[2][2:3] == ":" and words[2][5:6] == ":":
        return host(line, line.find(words[2]) + len(words[2]))
    if words[0] in DAYS and words[1][4:5] == "-":
        end = line.find(words[3]) + len(words[3])
        return host(line, end)
    if words[0][4:5] == "-" and words[0][10:11] == "T":
        return host(line, len(words[0]))
    if number(words[0]) and "." in words[0] and line.startswith(words[0]) and len(words) > 2 and words[2] == "kernel:":
        return host(line, len(words[0]))
    if line.startswith("kernel: "):
        return "host", "", line[8:]
    if len(words) > 1 and words[1] == "kernel:" and words[0] == "host" and line.startswith(words[0]):
        return "host", "", line[line.find("kernel:") + 8 :]
    return None


def host(line: str, end: int) -> tuple[str, str, str]:
    """What stands behind a wall clock: `host kernel: `, another program, or the message itself."""
    rest = line[end:].removeprefix(" ")
    name, _, after = rest.partition(" ")
    if after.startswith("kernel:"):
        return "host", "", after[7:].removeprefix(" ")
    program, bracket, more = after.partition("[")
    if name and name.isidentifier() and bracket and program.replace("-", "").isalnum() and more.partition("]")[0].isdigit():
        return "program", "", after
    return "wall", "", rest


def unescaped(text: str) -> str:
    out, at = "", 0
    while at < len(text):
        if text[at : at + 2] == "\\x" and len(text) >= at + 4 and set(text[at + 2 : at + 4]) <= HEX:
            out += chr(int(text[at + 2 : at + 4], 16))
            at += 4
        else:
            out += text[at]
            at += 1
    return out


# --- one line of a trace ------------------------------------------------------------------------------------------------------


def hexadecimal(text: str) -> bool:
    return bool(text) and set(text) <= HEX


def mark_of(text: str) -> tuple[str | None, str]:
    """The first context mark of a text and what follows: ('IRQ' | '/IRQ' | '' for an end of old, rest)."""
    text = text.strip()
    if text.startswith("<<EOE>>"):
        return "", text[7:]
    if text.startswith("<") and ">" in text:
        name, _, rest = text[1:].partition(">")
        bare = name.removeprefix("/")
        if name == "EOI":
            return "", rest
        if bare and (bare.replace("_", "").isupper() or bare.startswith("#")) and " " not in bare:
            return name, rest
    return None, text


def location(word: str) -> bool:
    """`file.c:107`, as decode_stacktrace and syzkaller's symboliser print."""
    path, colon, line = word.strip("()").rpartition(":")
    return bool(colon) and (line.isdigit() or line == "?") and "." in path


def frame_of(text: str, number: int) -> Frame | None:
    """The frame of a text without marks; None where it is none."""
    frame = Frame(number, "")
    text = text.strip()
    if text.startswith("([<") and text.endswith(")"):
        text = text[1:-1]
    addressed = 0
    while text.startswith("["):
        inside, bracket, rest = text[1:].partition("]")
        plain = inside.removeprefix("<").removesuffix(">")
        if not bracket or not hexadecimal(plain) or len(plain) < 6:
            return None
        text = rest.lstrip()
        addressed += 1
    if " from " in text:
        called, _, text = text.partition(" from ")
        if " " in called.strip().replace(" [", "["):
            return None
        text = text.strip()
        if text.startswith("[<"):
            text = text.partition("]")[2].strip()
        if text.startswith("(") and text.endswith(")"):
            text = text[1:-1]
    if text.startswith("? "):
        frame.reliable, text = False, text[2:]
    words = text.split()
    if not words:
        return None
    frame.symbol, words = words[0], words[1:]
    name, plus, place = frame.symbol.rpartition("+0x")
    bare = not plus
    if plus:
        offset, slash, size = place.partition("/0x")
        if not slash or not hexadecimal(offset) or not hexadecimal(size) or not name:
            return None
        frame.symbol, frame.offset, frame.size = name, int(offset, 16), int(size, 16)
    located = False
    while words:
        word = words.pop(0)
        if word == "(unreliable)":
            frame.reliable = False
        elif word in ("(P)", "(L)", "(U)", "(F)", "(PF)", "(FP)"):
            pass
        elif word == "[inline]":
            frame.inlined = True
        elif word.startswith("[") and word.endswith("]"):
            frame.module = word[1:-1]
        elif word.startswith("[") and words and words[0].endswith("]"):
            frame.module, frame.build_id = word[1:], words.pop(0)[:-1]
        elif hexadecimal(word) and len(word) == 40:
            frame.build_id = word
        elif location(word):
            located = True
        elif word.startswith("(discriminator") and words:
            words.pop(0)
        elif located and not words and word.replace("_", "").isalnum():
            frame.module = word
        else:
            return None
    if bare and not located and not (frame.symbol.startswith("0x") and hexadecimal(frame.symbol[2:])):
        return None
    if bare and not (frame.symbol.startswith("0x") or frame.symbol.replace("_", "").replace(".", "").isalnum()):
        return None
    return frame


def header_of(text: str) -> dict | None:
    """cpu, pid and comm of a header line, in every era's words."""
    text = text.strip()
    if text.startswith("CPU: ") and " PID: " in text and " Comm: " in text:
        before, _, comm = text.partition(" Comm: ")
        words = before.split()
        if not words[1].isdigit() or not words[-1].isdigit():
            return None
        ends = [at for at in (comm.find(word) for word in (" Not tainted", " Tainted:", " Kdump:")) if at >= 0]
        return {"cpu": int(words[1]), "pid": int(words[-1]), "comm": comm[: min(ends)] if ends else comm}
    if text.startswith("Pid: ") and ", comm: " in text:
        before, _, comm = text.partition(", comm: ")
        ends = [at for at in (comm.find(word) for word in (" Not tainted", " Tainted:")) if at >= 0]
        return {"pid": int(before[5:]), "comm": comm[: min(ends)] if ends else comm}
    if text.startswith("task:") and " state:" in text and "pid:" in text:
        name, _, rest = text[5:].partition(" state:")
        pid = rest.partition(" pid:")[2].split()
        return {"pid": int(pid[0]), "comm": name.rstrip()} if pid else None
    words = text.split()
    if len(words) >= 6 and words[-1].startswith("0x") and words[-2].isdigit() and words[-3].isdigit() and words[-4].isdigit():
        for at in range(1, len(words) - 4):
            if len(words[at]) == 1 and words[at] in "RSDTtXZPI":
                return {"pid": int(words[-3]), "comm": " ".join(words[:at])}
    return None


def stack_of(text: str) -> dict | None:
    """What a line says that stands over a stack of its own, without "Call Trace:"."""
    text = text.strip()
    low = text.lower()
    words = low.split()
    found: dict = {}
    if " by task " in low:
        found["pid"] = low.partition(" by task ")[2].partition(" ")[0].rstrip(":")
        found["pid"] = int(found["pid"]) if found["pid"].isdigit() else None
    if " on cpu " in low:
        cpu = low.partition(" on cpu ")[2].partition(" ")[0].rstrip(":")
        found["cpu"] = int(cpu) if cpu.isdigit() else None
    said = low.partition("] ")[2] if low.startswith("kfence-") else low
    if said.startswith(("allocated by task ", "freed by task ")) and text.endswith(":"):
        return found
    if low.startswith(("write to 0x", "read to 0x", "race at unknown origin", "read-write to 0x", "assert no")) and text.endswith(
        ":"
    ):
        return found
    if low.startswith(("last potentially related work", "second to last potentially", "uninit was ")) and text.endswith(":"):
        return {}
    if low.startswith("bug: kmsan: "):
        return {"behind": True}
    if low.startswith("-> #") and text.endswith(":"):
        return {}
    if low.endswith(" state was registered at:"):
        return {}
    if low.startswith(("page last allocated via", "page last free pid")):
        name = text.partition(" tgid ")[2].partition("(")[2].partition("),")[0]
        return {"pid": int(words[words.index("pid") + 1].rstrip(",")), "comm": name}
    accused = ("out-of-bounds ", "use-after-free ", "invalid ", "memory corruption ", "corrupted memory ")
    if low.startswith(accused) and low.endswith(":"):
        return {"behind": True}
    return None


def is_register(text: str) -> bool:
    """Lines that may stand among the frames: registers, code bytes, and the like."""
    text = text.strip()
    name = text.partition(":")[0]
    if name in (
        "Code",
        "RIP",
        "EIP",
        "RSP",
        "ESP",
        "NIP",
        "LR",
        "MSR",
        "REGS",
        "CFAR",
        "pc",
        "lr",
        "sp",
        "CR2",
        "CS",
        "DS",
        "FS",
        "---",
    ):
        return ":" in text
    if text.startswith(("RIP ", "RSP <", "--- interrupt", "NIP [", "LR [", "Exception stack", "GPR")):
        return True
    words = text.split()
    return len(words) >= 2 and words[0].endswith(":") and words[0][:-1].isalnum() and hexadecimal(words[1]) and len(words[1]) >= 8


def is_marker(text: str) -> bool:
    low = text.strip().lower()
    return (
        low in ("call trace:", "backtrace:", "call trace: ") or low.endswith("hyp call trace:") or low.startswith("backtrace (crc")
    )


# --- traces -------------------------------------------------------------------------------------------------------------------


def read(data: bytes) -> list[Trace]:
    """All traces of a capture, in the order of their first lines."""
    streams: dict[str, list[Line]] = {}
    for line in records(data):
        streams.setdefault(line.caller, []).append(line)
    traces = [trace for caller, lines in streams.items() for trace in stream(lines, caller)]
    return sorted(traces, key=lambda trace: trace.line)


def without_kvm(text: str) -> str:
    """Messages of KVM on arm64 carry `kvm [pid]: ` in front of each frame."""
    return text.partition("]: ")[2] if text.startswith("kvm [") and "]: " in text else text


def stream(lines: list[Line], caller: str) -> list[Trace]:
    texts = [without_kvm(line.text) for line in lines]
    out: list[Trace] = []
    header: dict | None = None
    leak: dict | None = None
    alone: int | None = None
    at = 0
    while at < len(lines):
        text = texts[at]
        found = header_of(text)
        if found:
            header = {**found, "cpu": found.get("cpu", alone)}
            alone = None
        if text.strip().startswith("CPU ") and text.strip()[4:].isdigit():  # up to 2.6, above the line with the task
            alone = int(text.strip()[4:])
        if text.strip().startswith("comm ") and ", pid " in text:
            words = text.strip()[5:].rpartition(", pid ")
            leak = {"comm": words[0].strip('"'), "pid": int(words[2].partition(",")[0])}
        own = stack_of(text)
        below = frames_below(texts, at + 1)
        if is_marker(text):
            trace = Trace(lines[at].number, **((leak if text.strip().startswith("backtrace") else header) or {}))
            if trace.pid is None and caller.startswith("T"):
                trace.pid = int(caller[1:])
            header = leak = None
            at = follow(lines, texts, at + 1, trace, False)
            out.append(trace)
        elif own is not None and below:
            if own.pop("behind", False):  # the header of the report comes below its stacks
                own = next(filter(None, map(header_of, texts[at:])), {})
            trace = Trace(lines[at].number, **own)
            at = follow(lines, texts, at + 1, trace, True)
            out.append(trace)
        elif frames_below(texts, at) >= 2:
            trace = Trace(lines[at].number, **(header or {}))
            if trace.pid is None and caller.startswith("T"):
                trace.pid = int(caller[1:])
            header = None
            at = follow(lines, texts, at, trace, False)
            out.append(trace)
        else:
            at += 1
    return out


def frames_below(texts: list[str], at: int) -> int:
    """How many lines from `at` on are frames with an offset, marks allowed."""
    count = 0
    while at < len(texts):
        mark, rest = mark_of(texts[at])
        while mark is not None and rest.strip():
            again, rest = mark_of(rest)
            if again is None:
                break
        frame = frame_of(rest, 0) if rest.strip() else None
        if frame is None or (frame.offset is None and not frame.inlined):
            break
        count += 1
        at += 1
    return count


def follow(lines: list[Line], texts: list[str], at: int, trace: Trace, own: bool) -> int:
    """Read the frames from `at` on into `trace`; give the first line that does not belong to it."""
    context: list[str] = []
    closed = False
    strangers = 0
    while at < len(lines):
        text = texts[at]
        mark, rest = mark_of(text)
        marked = mark is not None
        while mark is not None:
            if mark == "":
                context.clear()
            elif mark.startswith("/"):
                if context:
                    context.pop()
                closed = True
                if mark == "/TASK":
                    trace.ended = "closed" if trace.frames else "no frames"
                    return at + 1
            else:
                context.append(mark)
                closed = False
            mark, rest = mark_of(rest)
        frame = frame_of(rest, lines[at].number) if rest.strip() else None
        if frame is not None:
            frame.context = context[-1] if context else ""
            trace.frames.append(frame)
            strangers, closed = 0, False
        elif marked and not rest.strip():
            strangers = 0
        elif not text.strip():
            if own:
                trace.ended = "unrelated line"
                return at
        elif text.startswith("---[ end"):
            trace.ended = "closed" if trace.frames else "no frames"
            return at + 1
        elif (
            is_marker(text)
            or header_of(text)
            or stack_of(text) is not None
            or "[ cut here ]" in text
            or text.startswith("Linux version")
        ):
            trace.ended = "closed" if closed else "next marker" if trace.frames else "no frames"
            return at
        elif is_register(text):
            pass
        else:
            strangers += 1
            ahead = any(
                frames_below(texts, n) or texts[n].strip() == "</TASK>" for n in range(at + 1, at + 1 + PATIENCE) if n < len(texts)
            )
            stop = any(is_marker(t) or header_of(t) or t.endswith(":") for t in texts[at : at + PATIENCE])
            if own or closed or strangers > PATIENCE or not ahead or stop:
                trace.ended = "closed" if closed else "unrelated line" if trace.frames else "no frames"
                return at
        at += 1
    if closed:
        trace.ended = "closed"
    if not trace.frames:
        trace.ended = "no frames"
    return at
