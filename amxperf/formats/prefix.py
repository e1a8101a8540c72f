"""The prefixes of one kernel-log line, from outside in.

A line may carry, each of them optional and in this order:

- a mail quote ``> `` and ANSI colour,
- the stamp of what recorded a console, before the kernel's own: ``2025-03-04T11:22:33 ``, ``[2025-03-04 11:22:33] ``,
- the record head of /dev/kmsg ``4,123,456789,-,caller=T1;``,
- a raw level ``<4>``, or facility and level in words ``kern  :warn  : ``,
- a syslog or journal head: a stamp, a host, ``kernel: `` (or ``kernel: `` alone),
- the kernel's stamp ``[   12.345678]``, or the wall-clock, relative and delta forms of ``dmesg``,
- the printk caller ``[    T0]`` (task) or ``[    C1]`` (processor in interrupt context).

Only a stamp in seconds since boot becomes a number. A wall-clock stamp of ``dmesg -T`` is kept as text: it is wrong after
a suspend, and only a stated boot time could convert it.
Every pattern is anchored and possessive, so a line costs time linear in its length.
"""

from __future__ import annotations

import re
from math import nan
from typing import NamedTuple

LEVELS = ("emerg", "alert", "crit", "err", "warn", "notice", "info", "debug")
"""printk levels 0 to 7, by the names that ``dmesg -x`` prints."""

FACILITIES = (
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
    "12", "13", "14", "15", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
)  # fmt: skip
"""syslog facilities 0 to 23; 12 to 15 have no name in Linux."""


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


_ANSI = re.compile(r"\x1b\[[0-9;]{0,20}m")
_QUOTE = re.compile(r"(?:> ?)++")
_KMSG = re.compile(r"(\d{1,4}),\d{1,20},(\d{1,20}),[-+c]((?:,[^;,\s]{1,64}+)*+);")
_RAW = re.compile(r"<(\d{1,3})>")
_WORDS = re.compile(rf"({'|'.join(FACILITIES)}) {{0,9}}:({'|'.join(LEVELS)}) {{0,9}}: ?")
_ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d"
_ZONE = r"(?:Z|[+-]\d\d:?\d\d)?"
_HEAD = re.compile(
    rf"""(?:(?P<wall>
          [A-Z][a-z]{{2}}\ [ \d]\d\ \d\d:\d\d:\d\d(?:\.\d{{1,9}})?      # syslog, journalctl -o short, short-precise
        | {_ISO}(?:\.\d{{1,9}})?{_ZONE}                                 # RFC 3339, journalctl -o short-iso
        | [A-Z][a-z]{{2}}\ {_ISO}\ [A-Z+\d-]{{1,6}}                     # journalctl -o short-full
        | \d{{9,11}}\.\d{{6}}                                           # journalctl -o short-unix
        )|\[\ *+(?P<mono>\d{{1,12}}\.\d{{6}})\])                        # journalctl -o short-monotonic
        \ (?P<host>[^\s:\[\]]{{1,255}}+)\ (?P<ident>[^\s:\[\]]{{1,64}}+)(?:\[\d{{1,10}}\])?:(?:\ |$)""",
    re.VERBOSE,
)
_OUTER = re.compile(
    rf"""(?:(?P<open>\[)|)(?P<wall>
          {_ISO}(?:[.,]\d{{1,9}})?{_ZONE}                               # ts, minicom, screen
        | [A-Z][a-z]{{2}}\ [A-Z][a-z]{{2}}\ [ \d]\d\ \d\d:\d\d:\d\d\ \d{{4}}  # conserver
        | [A-Z][a-z]{{2}}\ [ \d]\d\ \d\d:\d\d:\d\d(?:\.\d{{1,9}})?       # ts without a format
        )(?(open)\]\ ?|\ )(?=(?:<\d{{1,3}}>)?\[\ *+\d{{1,12}}\.\d{{6}})""",
    re.VERBOSE,
)
_BARE = re.compile(r"kernel: ?(?=\[ *+\d)|kernel: ")
_STAMP = re.compile(r"\[ *+(\d{1,12}\.\d{6,9})(?: <[^<>\]]{1,20}>)?\]")
_WALL = re.compile(
    r"\[([A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4})\]|"  # dmesg -T
    r"\[([A-Z][a-z]{2}[ \d]\d \d\d:\d\d)\]|"  # dmesg --reltime
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d,\d{6}[+-]\d\d:\d\d)(?= )"  # dmesg --time-format iso
)
_RELATIVE = re.compile(r"\[ *+\+\d{1,9}\.\d{6}\]|\[< *+\d{1,9}\.\d{6}>\]")
_CALLER = re.compile(r" ?\[ *+([TC]\d{1,10})\]")
_CALLER_FIELD = re.compile(r",caller=([TC]\d{1,10})")


def split(line: str) -> Prefixed:
    """Take one line apart.

    >>> split("<4>[   12.500000][    T7] Call Trace:")
    Prefixed(message='Call Trace:', timestamp=12.5, level='warn', facility='kern', caller='T7', wall='', kernel=True)
    >>> split("Jun 27 15:21:34 host kernel:  <TASK>").message
    ' <TASK>'
    >>> split("no prefix at all").timestamp
    nan
    """
    if "\x1b" in line:
        line = _ANSI.sub("", line)
    at, timestamp, level, facility, caller, wall = 0, nan, "", "", "", ""
    if line.startswith(">") and (found := _QUOTE.match(line)):
        at = found.end()
    if found := _OUTER.match(line, at):
        wall, at = found["wall"], found.end()
    framed = False  # a head that ends in its own separator was taken off, so no further blank belongs to it
    if found := _KMSG.match(line, at):
        level, facility = _priority(found[1])
        timestamp, at, framed = int(found[2]) / 1e6, found.end(), True
        if field := _CALLER_FIELD.search(found[3]):
            caller = field[1]
    else:
        if found := _RAW.match(line, at):
            level, facility = _priority(found[1])
            at, framed = found.end(), True
        elif found := _WORDS.match(line, at):
            facility, level, at, framed = found[1], found[2], found.end(), True
        found = _HEAD.match(line, at)
        if found and (found["wall"] or found["ident"] == "kernel"):
            wall = found["wall"] or wall
            timestamp = float(found["mono"]) if found["mono"] else nan
            if found["ident"] != "kernel":
                return Prefixed(line[found.start("ident") :].rstrip(), timestamp, level, facility, caller, wall, False)
            at, framed = found.end(), True
        elif found := _BARE.match(line, at):
            at, framed = found.end(), True
        if not level and (found := _RAW.match(line, at)):
            level, facility = _priority(found[1])
            at = found.end()
    stamped = False
    if found := _STAMP.match(line, at):
        timestamp, at, stamped = float(found[1]), found.end(), True
    elif found := _WALL.match(line, at):
        wall, at, stamped = found[1] or found[2] or found[3], found.end(), True
    elif found := _RELATIVE.match(line, at):
        at, stamped = found.end(), True
    if (stamped or framed) and (found := _CALLER.match(line, at)):
        caller, at, stamped = found[1], found.end(), True
    if stamped and line.startswith(" ", at):
        at += 1
    return Prefixed(line[at:].rstrip(), timestamp, level, facility, caller, wall, True)


def _priority(text: str) -> tuple[str, str]:
    """Level and facility of a syslog priority (facility * 8 + level); empty words for a number that is none."""
    facility, level = divmod(int(text), 8)
    return (LEVELS[level], FACILITIES[facility]) if facility < len(FACILITIES) else ("", "")
