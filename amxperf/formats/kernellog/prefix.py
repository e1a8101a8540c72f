"""The prefixes of one kernel-log line, from outside in.

A line may carry, each of them optional:

- a mail quote ``> ``, an indent, ANSI colour, a login prompt ``host login: ``,
- the stamp of what recorded a console, before the kernel's own: ``2025-03-04T11:22:33 ``, ``[2025-03-04 11:22:33] ``,
- the record head of /dev/kmsg ``4,123,456789,-,caller=T1;``, and netconsole's, which has the release in front,
- a raw level ``<4>``, or facility and level in words ``kern  :warn  : ``,
- a syslog or journal head: a stamp (in the language of the machine), a host, ``kernel: `` (or ``kernel: `` alone),
- the heads of OpenWrt's logread and of talosctl, and a syslog server's for a netconsole, which has no ``kernel: ``,
- the kernel's stamp ``[   12.345678]``, or the wall-clock, relative and delta forms of ``dmesg``,
- the printk caller ``[    T0]`` (task) or ``[    C1]`` (processor in interrupt context).

Only a stamp in seconds since boot becomes a number. A wall-clock stamp of ``dmesg -T`` is kept as text: it is wrong after
a suspend, and only a stated boot time could convert it.
Control characters other than the tab stay in the message as escaped text (``\\x1b``), so that no table drives a terminal.
Every pattern is anchored and possessive or bounded, so a line costs time linear in its length.
"""

from __future__ import annotations

import re
from math import isnan, nan
from typing import NamedTuple

LEVELS = ("emerg", "alert", "crit", "err", "warn", "notice", "info", "debug")
"""printk levels 0 to 7, by the names that ``dmesg -x`` prints."""

FACILITIES = (
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
    "12", "13", "14", "15", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
)  # fmt: skip
"""syslog facilities 0 to 23; 12 to 15 have no name in Linux."""

DROPPED = re.compile(r"\*\* (\d{1,10}) printk messages dropped|(\d{1,10}) printk messages dropped \*\*")
"""The kernel's own word for messages that a console did not print."""


class Prefixed(NamedTuple):
    """One line, taken apart.

    `message` keeps its indent; `timestamp` is in seconds since boot, NaN without one; `wall` is the wall-clock stamp as
    printed; `kernel` is False for a journal line of another program.
    """

    message: str
    timestamp: float = nan
    level: str = ""
    facility: str = ""
    caller: str = ""
    wall: str = ""
    kernel: bool = True


_ANSI = re.compile(r"\x1b(?:\[[0-9;?]{0,20}[mKJhl]|\(B)")
_QUOTE = re.compile(r"(?:>(?![0-9a-f]{8,16}:) ?)++")  # KASAN marks a row of its memory dump with >
_INDENT = re.compile(r"[ \t]++(?=[<\[A-Zk\d])")
_KMSG = re.compile(r"(?:\d{1,3}\.[\w.+~-]{1,64},)?(\d{1,4}),\d{1,20},(\d{1,18}),[-+c]((?:,[^;,\s]{1,64}+)*+);")
_RAW = re.compile(r"<(\d{1,3})>")
_WORDS = re.compile(rf"({'|'.join(FACILITIES)}) {{0,9}}:({'|'.join(LEVELS)}) {{0,9}}: ?")
_ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d"
_ZONE = r"(?:Z|[+-]\d\d:?\d\d)?"
_DELTA = r"(?:\ <[^<>\]]{1,20}>)?"
_HEAD = re.compile(
    rf"""(?:(?P<wall>
          [A-Z][a-z]{{2}}\ [ \d]\d\ \d\d:\d\d:\d\d(?:\.\d{{1,9}})?      # syslog, journalctl -o short, short-precise
        | {_ISO}(?:\.\d{{1,9}})?{_ZONE}                                 # RFC 3339, journalctl -o short-iso, -iso-precise
        | [A-Z][a-z]{{2}}\ {_ISO}(?:\.\d{{1,9}})?\ [A-Z+\d-]{{1,6}}     # journalctl -o short-full
        | \d{{9,11}}\.\d{{6}}                                           # journalctl -o short-unix
        )|\[\ *+(?P<mono>\d{{1,12}}[.,]\d{{6}}){_DELTA}\])              # journalctl -o short-monotonic, short-delta
        \ (?:(?P<host>[^\s:\[\]]{{1,255}}+)\ )?(?:[a-z0-9]{{3,8}}\.[a-z]{{3,7}}\ )?
        (?P<ident>[^\s:\[\]]{{1,64}}+)(?:\[[^\s\[\]]{{1,20}}\])?:(?:\ |$)""",
    re.VERBOSE,
)
_TIME = r"[ \d]\d\ \d\d:\d\d:\d\d"
_ABROAD = re.compile(
    rf"""(?P<wall>(?:[^\W\d_]{{2,5}}\.?|\d{{1,2}}\w)\ {_TIME}(?:\.\d{{1,9}})?  # a journal in another language: июл 27, 1月 19
        |[A-Z][a-z]{{2}}\ [A-Z][a-z]{{2}}\ {_TIME}\ \d{{4}})                 # OpenWrt's logread
        \ (?:(?P<host>[^\s:\[\]]{{1,255}}+)\ )?(?:[a-z0-9]{{3,8}}\.[a-z]{{3,7}}\ )?
        (?P<ident>[^\s:\[\]]{{1,64}}+)(?:\[[^\s\[\]]{{1,20}}\])?:(?:\ |$)""",
    re.VERBOSE,
)
_UNTAGGED = re.compile(  # a syslog server that a netconsole writes to
    r"(?P<wall>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) [^\s:\[\]]{1,255}+ (?=\[ {0,12}\d{1,12}\.\d{6}\]|\[<[0-9a-f]{8,16}>\])"
)
_TALOS = re.compile(  # talosctl dmesg
    rf"(?:[^\s\[\]]{{1,255}}+(?<=:) )?({'|'.join(FACILITIES)}): {{1,9}}(emerg|alert|crit|err|warn|notice|info|debug)(?:or|ing)?: "
    rf"\[({_ISO}(?:\.\d{{1,9}})?Z)\]: ?"
)
_RFC5424 = re.compile(
    rf"1 (?P<wall>{_ISO}(?:\.\d{{1,9}})?{_ZONE}) (?P<host>\S{{1,255}}+) (?P<ident>\S{{1,48}}+) \S{{1,128}}+ \S{{1,32}}+ "
    r"(?:-|\[[^\]]{0,500}+\])(?: |$)"
)
_KERNEL = r"(?:<\d{1,3}>)?\[\ {0,12}\d{1,12}[.,]\d{6}"
_OUTER = re.compile(
    rf"""(?:(?P<open>\[)|)(?P<wall>
          {_ISO}(?:[.,]\d{{1,9}})?{_ZONE}                               # ts, minicom, screen
        | [A-Z][a-z]{{2}}\ [A-Z][a-z]{{2}}\ [ \d]\d\ \d\d:\d\d:\d\d\ \d{{4}}  # conserver
        | [A-Z][a-z]{{2}}\ [ \d]\d\ \d\d:\d\d:\d\d(?:\.\d{{1,9}})?       # ts without a format
        | \d\d:\d\d:\d\d(?:[.,]\d{{1,9}})?                              # ts %T
        | \d{{9,11}}(?:\.\d{{1,9}})?                                    # ts %s
        )(?(open)\]\ ?|\ )(?={_KERNEL}|[a-z0-9]{{2,8}}\ {{0,9}}:[a-z]{{3,6}}\ {{0,9}}:\ |\d{{1,4}},\d{{1,20}},\d{{1,20}},)""",
    re.VERBOSE,
)
_LOGIN = re.compile(rf"(?:[\w.-]{{1,64}}+ )?login: (?={_KERNEL})")
_BARE = re.compile(r"kernel: ?(?=\[ *+\d)|kernel: ")
_STAMP = re.compile(rf"\[ *+(\d{{1,12}}[.,]\d{{6,9}}){_DELTA}\]")
_WALL = re.compile(
    rf"\[([^\W\d_]{{1,5}}\.? [^\W\d_]{{3,5}}\.? [ \d]\d \d\d:\d\d:\d\d \d{{4}}){_DELTA}\]|"  # dmesg -T, with -d
    r"\[([^\W\d_]{3,5}\.?[ \d]\d \d\d:\d\d)\]|"  # dmesg --reltime
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[,.]\d{6}[+-]\d\d:\d\d)(?= )"  # dmesg --time-format iso
)
_RELATIVE = re.compile(r"\[ *+\+\d{1,9}[.,]\d{6}\]|\[< *+\d{1,9}[.,]\d{6}>\]")
_CALLER = re.compile(r" ?\[ *+([TC]\d{1,10})\]")
_ALONE = re.compile(r"\[(?= *+[TC]\d{1,10}\] )(?=[ TC\d]{6}) *+([TC]\d{1,10})\]")  # printk.time=0: padded to six
_CALLER_FIELD = re.compile(r",caller=([TC]\d{1,10})")
_INNER = re.compile(
    r"(?:<\d{1,3}>)?\[(?: {4}\d| {3}\d\d| {2}\d{3}| \d{4}|\d{5,12})\.\d{6}\](?=\[ {0,9}[TC]\d{1,10}\]| |$)"
)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_ESCAPED = re.compile(r"(?:\\x[0-9a-f]{2})++")


def split(line: str) -> Prefixed:
    """Take one line apart.

    >>> split("<4>[   12.500000][    T7] Call Trace:")
    Prefixed(message='Call Trace:', timestamp=12.5, level='warn', facility='kern', caller='T7', wall='', kernel=True)
    >>> split("Jun 27 15:21:34 host kernel:  <TASK>").message
    ' <TASK>'
    >>> split("no prefix at all").timestamp
    nan
    """
    if "\0" in line:
        line = line.strip("\0")
    if "\x1b" in line:
        line = _plain(line)
    at, timestamp, level, facility, caller, wall = 0, nan, "", "", "", ""
    if line.startswith(">") and (found := _QUOTE.match(line)):
        at = found.end()
    start = at
    if found := _INDENT.match(line, at):
        at = found.end()
    if found := _LOGIN.match(line, at):
        at = found.end()
    if found := _OUTER.match(line, at):
        wall, at = found["wall"], found.end()
    indented = at
    kmsg = framed = False  # framed: a head that ends in its own separator was taken off, so no further blank belongs to it
    if found := _KMSG.match(line, at):
        level, facility = _priority(found[1])
        timestamp, at, kmsg, framed = int(found[2]) / 1e6, found.end(), True, True
        if field := _CALLER_FIELD.search(found[3]):
            caller = field[1]
    elif not line.startswith("[", at) and (found := _TALOS.match(line, at)):
        facility, level, wall, at, framed = found[1], found[2], found[3], found.end(), True
    else:
        if found := _RAW.match(line, at):
            level, facility = _priority(found[1])
            at, framed = found.end(), True
        elif found := _WORDS.match(line, at):
            facility, level, at, framed = found[1], found[2], found.end(), True
        found = _HEAD.match(line, at)
        if found and (found["ident"] == "kernel" or (found["wall"] and found["host"])):
            wall = found["wall"] or wall
            timestamp = _seconds(found["mono"]) if found["mono"] else nan
        elif not framed and (found := _ABROAD.match(line, at)) and (found["ident"] == "kernel" or found["host"]):
            wall = found["wall"]
        elif not framed and (sent := _UNTAGGED.match(line, at)):
            wall, at, framed, found = sent["wall"], sent.end(), True, None
        elif found := _RFC5424.match(line, at):
            wall = found["wall"]
        if found and found["ident"] != "kernel":
            return Prefixed(clean(line[found.start("ident") :].rstrip()), timestamp, level, facility, caller, wall, False)
        if found or (found := _BARE.match(line, at)):
            at, framed = found.end(), True
        if not level and (found := _RAW.match(line, at)):
            level, facility = _priority(found[1])
            at = found.end()
    stamped = False
    if found := _STAMP.match(line, at):
        timestamp, at, stamped = _seconds(found[1]), found.end(), True
    elif found := _WALL.match(line, at):
        wall, at, stamped = found[1] or found[2] or found[3], found.end(), True
    elif found := _RELATIVE.match(line, at):
        at, stamped = found.end(), True
    if found := (_CALLER if stamped or framed else _ALONE).match(line, at):
        caller, at, stamped = found[1], found.end(), True
    if at == indented and not wall:
        at = start  # no prefix behind the indent: it belongs to the message
    if stamped and line.startswith(" ", at):
        at += 1
    message = line[at:].rstrip()
    if kmsg and "\\x" in message:
        message = _ESCAPED.sub(_unescape, message)
    return Prefixed(clean(message), timestamp, level, facility, caller, wall, True)


def pieces(line: str) -> list[Prefixed]:
    """The messages of one line: one, or several where a stamp in the middle says that prints were glued together.

    Text without a stamp in front of one is a program's on the same console.

    >>> [(part.message, part.timestamp, part.kernel) for part in pieces("Starting x...[   12.500000] Call Trace:")]
    [('Starting x...', nan, False), ('Call Trace:', 12.5, True)]
    """
    first = split(line)
    if "[" not in first.message or not _INNER.search(first.message):
        return [first]
    text = first.message
    cuts = [found.start() for found in _INNER.finditer(text)]
    ends = [*cuts[1:], len(text)]
    head = text[: cuts[0]].rstrip()
    own = bool(first.level or first.wall or first.caller or not isnan(first.timestamp))
    parts = [first._replace(message=head, kernel=own or DROPPED.match(head) is not None)] if head or own else []
    return parts + [split(text[begin:end]) for begin, end in zip(cuts, ends, strict=True)]


def clean(text: str) -> str:
    r"""The text with its control characters (not the tab), lone surrogates and direction marks escaped.

    >>> clean("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return text if text.isprintable() else _CONTROL.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def _unescape(found: re.Match[str]) -> str:
    """/dev/kmsg escapes tab, backslash and every byte above 126; control characters stay escaped."""
    text = bytes.fromhex(found[0].replace("\\x", "")).decode("utf-8", errors="replace")
    return _CONTROL.sub(_escape, text)


def _plain(line: str) -> str:
    """The line without colour; what stands in a task's name is the task's own, and stays (but for a last reset)."""
    at = max(line.find("Comm: "), line.find("comm: "))
    if at < 0:
        return _ANSI.sub("", line)
    return _ANSI.sub("", line[:at]) + line[at:].removesuffix("\r").removesuffix("\x1b[0m").removesuffix("\x1b[m")


def _seconds(text: str) -> float:
    return float(text.replace(",", "."))


def _priority(text: str) -> tuple[str, str]:
    """Level and facility of a syslog priority (facility * 8 + level); empty words for a number that is none."""
    facility, level = divmod(int(text), 8)
    return (LEVELS[level], FACILITIES[facility]) if facility < len(FACILITIES) else ("", "")
