"""One capture in many forms: what the same kernel messages look like in the files that people have.

A capture is a list of :class:`Record`.
Each entry of :data:`FORMS` turns it into the bytes of a file, as one recorder would have written them.
Written from dmesg(1) and its source, journalctl(1), systemd.journal-fields(7), Documentation/ABI/testing/dev-kmsg and
kernel/printk/printk.c.
"""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

BOOTED = datetime(2025, 6, 27, 13, 21, 34, 250000, tzinfo=UTC)
ZONE = timezone(timedelta(hours=2), "CEST")
LEVELS = ("emerg", "alert", "crit", "err", "warn", "notice", "info", "debug")
FACILITIES = ("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news")


class Record(NamedTuple):
    """One kernel message. `level` and `facility` are numbers, `seconds` since boot, `caller` is 'T7', 'C1' or ''."""

    level: int
    facility: int
    seconds: float
    caller: str
    message: str

    @property
    def priority(self) -> int:
        return 8 * self.facility + self.level

    @property
    def micros(self) -> int:
        return round(self.seconds * 1e6)

    @property
    def stamp(self) -> str:
        return f"{self.micros // 1_000_000:5d}.{self.micros % 1_000_000:06d}"

    @property
    def wall(self) -> datetime:
        return BOOTED.astimezone(ZONE) + timedelta(microseconds=self.micros)


@dataclass(frozen=True)
class Form:
    """A way to write a capture down. `stamps`, `callers`: whether the file still tells them."""

    name: str
    write: Callable[[list[Record]], bytes]
    stamps: bool = True
    callers: bool = False
    suffix: str = ""


def record(message: str, seconds: float = 1.0, caller: str = "", level: int = 4, facility: int = 0) -> Record:
    return Record(level, facility, seconds, caller, message)


def per_line(prefix: Callable[[Record], str], end: str = "\n") -> Callable[[list[Record]], bytes]:
    """A form that puts `prefix(record)` before every message."""

    def write(records: list[Record]) -> bytes:
        return "".join(f"{prefix(row)}{row.message}{end}" for row in records).encode()

    return write


def named(row: Record) -> str:
    """The `kern  :warn  : ` of dmesg -x."""
    return f"{FACILITIES[row.facility]:<6}:{LEVELS[row.level]:<6}: "


def stamped(row: Record) -> str:
    return f"[{row.stamp}] "


def console(row: Record) -> str:
    """What printk puts on a console with CONFIG_PRINTK_CALLER."""
    return f"[{row.stamp}][{row.caller:>6}] " if row.caller else stamped(row)


def spaced(row: Record) -> str:
    """The same as dmesg prints it."""
    return f"[{row.stamp}] [{row.caller:>6}] " if row.caller else stamped(row)


def ctime(row: Record) -> str:
    return f"[{row.wall:%a %b} {row.wall.day:2d} {row.wall:%H:%M:%S %Y}] "


def short(row: Record) -> str:
    return f"{row.wall:%b} {row.wall.day:02d} {row.wall:%H:%M:%S}"


def zone(row: Record, colon: bool = True) -> str:
    text = f"{row.wall:%z}"
    return f"{text[:3]}:{text[3:]}" if colon else text


def iso(row: Record, micros: str = "", colon: bool = True) -> str:
    fraction = f"{micros}{row.wall.microsecond:06d}" if micros else ""
    return f"{row.wall:%Y-%m-%dT%H:%M:%S}{fraction}{zone(row, colon)}"


def relative(records: list[Record]) -> bytes:
    """dmesg --reltime: the minute where it changes, else the time since the line before."""
    out, minute, before = [], "", 0
    for row in records:
        now = f"{row.wall:%b}{row.wall.day} {row.wall:%H:%M}"
        out.append(f"[{now}] " if now != minute else f"[{f'+{(row.micros - before) / 1e6:.6f}':>11}] ")
        out.append(row.message + "\n")
        minute, before = now, row.micros
    return "".join(out).encode()


def delta(with_stamp: bool) -> Callable[[list[Record]], bytes]:
    """dmesg -d, and dmesg --time-format delta."""

    def write(records: list[Record]) -> bytes:
        out, before = [], None
        for row in records:
            step = f"<{(row.micros - (row.micros if before is None else before)) / 1e6:12.6f}>"
            out.append(f"[{row.stamp} {step}] {row.message}\n" if with_stamp else f"[{step}] {row.message}\n")
            before = row.micros
        return "".join(out).encode()

    return write


def dmesg_json(decoded: bool = False, caller: bool = False) -> Callable[[list[Record]], bytes]:
    """dmesg -J; with `decoded` as dmesg -x -J writes it."""

    def write(records: list[Record]) -> bytes:
        rows = []
        for row in records:
            fields = (
                [f'"fac": "{FACILITIES[row.facility]}"', f'"pri": "{LEVELS[row.level]}"'] if decoded else [f'"pri": {row.priority}']
            )
            fields.append(f'"time": {row.stamp:>15}')
            if caller and row.caller:
                fields.append(f'"caller": "{row.caller}"')
            fields.append(f'"msg": {json.dumps(row.message)}')
            rows.append("{\n" + ",\n".join("         " + field for field in fields) + "\n      }")
        return ('{\n   "dmesg": [\n      ' + ",".join(rows) + "\n   ]\n}\n").encode()

    return write


def journal_json(records: list[Record]) -> bytes:
    """journalctl -k -o json: one object per line."""
    rows = []
    for number, row in enumerate(records):
        realtime = round((BOOTED + timedelta(microseconds=row.micros)).timestamp() * 1e6)
        rows.append(
            {
                "__CURSOR": f"s=1;i={number:x}",
                "__REALTIME_TIMESTAMP": str(realtime),
                "__MONOTONIC_TIMESTAMP": str(row.micros + 40),
                "_SOURCE_MONOTONIC_TIMESTAMP": str(row.micros),
                "_BOOT_ID": "0" * 31 + "1",
                "_TRANSPORT": "kernel",
                "PRIORITY": str(row.level),
                "SYSLOG_FACILITY": str(row.facility),
                "SYSLOG_IDENTIFIER": "kernel",
                "_HOSTNAME": "host",
                "MESSAGE": row.message,
            }
        )
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def kmsg(caller: bool, dictionary: bool = False) -> Callable[[list[Record]], bytes]:
    """Reads of /dev/kmsg."""

    def write(records: list[Record]) -> bytes:
        out = []
        for number, row in enumerate(records):
            who = f",caller={row.caller}" if caller and row.caller else ""
            text = "".join(
                c if " " <= c != "\\" and c != "\x7f" else "".join(f"\\x{b:02x}" for b in c.encode()) for c in row.message
            )
            out.append(f"{row.priority},{number + 100},{row.micros},-{who};{text}\n")
            if dictionary and number % 5 == 0:
                out.append(" SUBSYSTEM=pci\n DEVICE=+pci:0000:00:01.0\n")
        return "".join(out).encode()

    return write


def coloured(row: Record) -> str:
    return f"\x1b[32m[{row.stamp}] \x1b[0m"


def recoded(write: Callable[[list[Record]], bytes], encoding: str, mark: bytes = b"") -> Callable[[list[Record]], bytes]:
    return lambda records: mark + write(records).decode().encode(encoding)


def packed(write: Callable[[list[Record]], bytes], pack: Callable[[bytes], bytes]) -> Callable[[list[Record]], bytes]:
    return lambda records: pack(write(records))


def zstd(data: bytes) -> bytes:
    import zstandard

    return zstandard.ZstdCompressor().compress(data)


def quoted(write: Callable[[list[Record]], bytes], mark: str) -> Callable[[list[Record]], bytes]:
    """Every line of another form behind `mark`."""
    return lambda records: "".join(mark + line + "\n" for line in write(records).decode().split("\n")[:-1]).encode()


STAMPED = per_line(stamped)
CONSOLE = per_line(console)

FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        Form("raw", per_line(lambda row: ""), stamps=False),
        Form("level alone", per_line(lambda row: f"<{row.priority}>"), stamps=False),
        Form("stamp", STAMPED),
        Form("console with caller", CONSOLE, callers=True),
        Form("dmesg -r", per_line(lambda row: f"<{row.priority}>{stamped(row)}")),
        Form("console with level and caller", per_line(lambda row: f"<{row.priority}>{console(row)}"), callers=True),
        Form("dmesg -x", per_line(lambda row: named(row) + stamped(row))),
        Form("dmesg -x with caller", per_line(lambda row: named(row) + spaced(row)), callers=True),
        Form("dmesg with caller", per_line(spaced), callers=True),
        Form("dmesg -T", per_line(ctime), stamps=False),
        Form("dmesg -T -x", per_line(lambda row: named(row) + ctime(row)), stamps=False),
        Form("dmesg --time-format iso", per_line(lambda row: iso(row, ",") + " "), stamps=False),
        Form("dmesg --reltime", relative, stamps=False),
        Form("dmesg --time-format delta", delta(False), stamps=False),
        Form("dmesg -d", delta(True)),
        Form("dmesg -J", dmesg_json()),
        Form("dmesg -x -J with caller", dmesg_json(True, True), callers=True),
        Form("/dev/kmsg", kmsg(False)),
        Form("/dev/kmsg with caller", kmsg(True), callers=True),
        Form("/dev/kmsg with dictionary", kmsg(True, True), callers=True),
        Form("journal short", per_line(lambda row: f"{short(row)} host kernel: "), stamps=False),
        Form("journal short-precise", per_line(lambda row: f"{short(row)}.{row.wall.microsecond:06d} host kernel: "), stamps=False),
        Form("journal short-iso", per_line(lambda row: f"{iso(row)} host kernel: "), stamps=False),
        Form("journal short-iso, before 255", per_line(lambda row: f"{iso(row, '', False)} host kernel: "), stamps=False),
        Form("journal short-iso-precise", per_line(lambda row: f"{iso(row, '.')} host kernel: "), stamps=False),
        Form("journal short-full", per_line(lambda row: f"{row.wall:%a %Y-%m-%d %H:%M:%S} CEST host kernel: "), stamps=False),
        Form(
            "journal short-unix",
            per_line(lambda row: f"{row.wall.timestamp():.0f}.{row.wall.microsecond:06d} host kernel: "),
            stamps=False,
        ),
        Form("journal short-monotonic", per_line(lambda row: f"[{row.stamp}] host kernel: ")),
        Form("journal json", journal_json),
        Form("syslog", per_line(lambda row: f"{row.wall:%b} {row.wall.day:2d} {row.wall:%H:%M:%S} host kernel: {stamped(row)}")),
        Form("syslog with caller", per_line(lambda row: f"{short(row)} host kernel: {console(row)}"), callers=True),
        Form("rsyslog RFC 3339", per_line(lambda row: f"{iso(row, '.')} host kernel: {stamped(row)}")),
        Form("kernel: alone", per_line(lambda row: "kernel: "), stamps=False),
        Form("kernel: and stamp", per_line(lambda row: f"kernel: {stamped(row)}")),
        Form("CRLF", per_line(stamped, "\r\n")),
        Form("CR CR LF of a serial console", per_line(console, "\r\r\n"), callers=True),
        Form("ANSI colour", per_line(coloured)),
        Form("mail quote", quoted(STAMPED, "> ")),
        Form("two mail quotes without blank", quoted(CONSOLE, ">> "), callers=True),
        Form("indent", quoted(STAMPED, "    ")),
        Form("UTF-8 with BOM", recoded(STAMPED, "utf-8", b"\xef\xbb\xbf")),
        Form("UTF-16 LE with BOM", recoded(STAMPED, "utf-16-le", b"\xff\xfe")),
        Form("UTF-16 BE with BOM", recoded(CONSOLE, "utf-16-be", b"\xfe\xff"), callers=True),
        Form("ts of moreutils", per_line(lambda row: f"{short(row)} {stamped(row)}")),
        Form("minicom", per_line(lambda row: f"[{row.wall:%Y-%m-%d %H:%M:%S}] {console(row)}"), callers=True),
        Form("gzip", packed(STAMPED, lambda data: gzip.compress(data, mtime=0)), suffix=".gz"),
        Form("xz", packed(CONSOLE, lzma.compress), callers=True, suffix=".xz"),
        Form("zstd", packed(STAMPED, zstd), suffix=".zst"),
        Form("bzip2", packed(STAMPED, bz2.compress), suffix=".bz2"),
        Form("journal in mail with CRLF", quoted(per_line(lambda row: f"{short(row)} host kernel: ", "\r\n"), "> "), stamps=False),
        Form("syslog in mail, gzip", packed(quoted(per_line(lambda row: f"{short(row)} host kernel: {stamped(row)}"), "> "),
                                            lambda data: gzip.compress(data, mtime=0)), suffix=".gz"),
        Form("UTF-16 with CRLF", recoded(per_line(lambda row: named(row) + stamped(row), "\r\n"), "utf-16-le", b"\xff\xfe")),
    )
}  # fmt: skip


def write(records: Iterable[Record], form: str) -> bytes:
    """The capture in that form.

    >>> write([record(" <TASK>", 562.182259, "T4357")], "console with caller")
    b'[  562.182259][ T4357]  <TASK>\\n'
    """
    return FORMS[form].write(list(records))
