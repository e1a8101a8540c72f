"""What stands round the kernel's lines in the log of something that recorded them: a test system, a container, a log collector.

There are too many recorders to name them. What they have in common: each puts a head of one shape in front of every line, and
some put the line in quotes. A head is told by the kernel's own stamp behind it::

    385h 44m 43.879s(  13ms): [347845.117599] Call Trace:
    Oct 29 16:09:29 host1 microvm@vm2[120980]: [    3.741109]  driver_probe_device+0x1f/0x90
    time="2022-09-21T19:09:20+08:00" level=debug msg="reading guest console" vmconsole="[   20.288183] Call Trace:"
    {"log":"[   20.288183] Call Trace:\\n","stream":"stdout","time":"2024-05-04T01:00:00Z"}

or, where the kernel's lines have no stamp, by a clock in front of nearly all of them::

    05/09/2024 11:14:52  ? format_decode+0x38f/0x560

or, behind anything else, by lines that only a kernel writes (:mod:`.unstamped`, which finds the pattern for :func:`behind`).
A journal may give the lines of programs the kernel's stamp.

Two heads are of one shape where they differ in numbers, words of a log level and long hexadecimal numbers only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from math import isnan

from .prefix import split
from .written import Written

ROOM = 1 << 10
"""Characters of a line in which its head must end."""

ENOUGH = 60
"""Lines in the kernel's own form at the start of a log, after which no recorder is looked for."""

STAMP = r"(?:<\d{1,3}>)?\[ {0,12}\d{1,12}[.,]\d{6}\](?=[ \[]|\s*$|\s*[\"'\\<|])"
"""How the kernel stamps a line, as a pattern; its level may stand in front."""

_SYSLOG = r"(?<!\w)[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S{1,64} kernel: "
_BEGIN = re.compile(rf"{_SYSLOG}|{STAMP}")
_OWN = re.compile(rf"[> \t]{{0,40}}{STAMP}")
_CLOCK = re.compile(
    r"[^\n]{0,60}?(?<![\d:])\d{1,2}:\d\d:\d\d(?:[.,:]\d{1,9})?(?: ?[AP]M)?(?: ?Z| ?[+-]\d\d:?\d\d)?[\])|]?:?"
    r"(?:\t|  ?)(?=\S| [ ?]?\S)"
)
_TOKEN = re.compile(
    r"(?P<id>(?<![0-9A-Za-z])(?=[0-9a-f-]{0,40}\d)[0-9a-f][0-9a-f-]{7,63}(?![0-9A-Za-z-]))"
    r"|(?P<level>(?<![A-Za-z])(?i:trace|debug|info|notice|warn(?:ing)?|err(?:or)?|crit(?:ical)?|fatal)(?![A-Za-z]))"
    r"|(?P<number>\s*\d+)|(?P<blank>\s+)|(?P<other>.)",
    re.DOTALL,
)
_PATTERNS = {"id": "[0-9a-f-]{1,64}", "level": "[A-Za-z]{3,8}", "number": r"\s{0,12}\d{1,20}", "blank": r"\s{1,12}"}
_TAIL = re.compile(r"\s{0,4}(?:`{0,3} ?\||<br ?/?>|\\[nr]|\\|`{1,3})\s{0,4}$")
_FIELDS = re.compile(r'\s{0,40}(?:"[\w@.-]{1,64}"\s{0,4}:.{0,4000}|[\[{}\]],?|"?,?)\s{0,9}')
_RECORD = re.compile(r'\s{0,40}(?:-(?: |s\{1,12\}))?\{"[\w@.-]{1,64}":')
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([nrt\"'\\/]))")
_QUOTED = {  # a quote ends where it is not escaped nor doubled, and a separator follows
    quote: re.compile(rf"(?:[^{quote}\\]|\\.|{quote}{quote}|{quote}(?!\s*$|\s*[,;}}\])]|\s[\w-]{{1,40}}=))*+") for quote in "\"'"
}
_MONOTONIC = re.compile(r"\[ {0,12}\d{1,12}\.\d{6}\] (\S{1,255}) kernel: ")
_PLAIN = {"n": "\n", "r": "\r", "t": "\t"}

Bare = Callable[[str], str | None]
"""Gives the kernel's line in a recorded one; None where it is the recorder's alone."""


def bare(head: list[str]) -> Bare | None:
    """What takes off what a recorder put round the lines of a log with these first ones; None where none did.

    >>> lines = [f"7h 0m {n}.1s(  {n}ms): [    1.00000{n}]  f+0x{n}/0x9" for n in range(1, 5)]
    >>> bare(lines)(lines[1])
    '[    1.000002]  f+0x2/0x9'
    >>> bare(["[    1.000000] Call Trace:"] * 4) is None
    True
    """
    sample = [line[:ROOM] for line in head if line.strip()]
    shapes: Counter[tuple[str, ...]] = Counter()
    own = 0
    for line in sample:
        if _OWN.match(line):
            own += 1
        elif found := _BEGIN.search(line):
            parts = split(line)
            if parts.kernel and (not isnan(parts.timestamp) or (parts.wall and found[0].endswith("kernel: "))):
                own += 1
            else:
                shapes[_shape(line[: found.start()])] += 1
        if own >= ENOUGH and not shapes:
            return None
    if not own and not shapes:
        return _clocked(sample)
    shape, count = shapes.most_common(1)[0] if shapes else ((), 0)
    if 3 <= count >= 0.5 * (own + shapes.total()):
        pattern = re.compile("".join(shape))
        quote = shape[-1] if shape[-1:] in {('"',), ("'",)} else ""
        rests = [line[found.end() :] for line in sample if (found := pattern.match(line))]
        return partial(_quoted, pattern, quote) if quote else partial(_headed, pattern, _common(rests))
    return None


def _clocked(sample: list[str]) -> Bare | None:
    """The same for lines of the kernel without stamps, behind a clock."""
    shapes: Counter[tuple[str, ...]] = Counter()
    for line in sample:
        if (found := _CLOCK.match(line)) and not (split(line).wall or split(line).level):
            shapes[_shape(found[0])] += 1
    for shape, count in shapes.most_common(1):
        if 4 <= count >= 0.7 * len(sample):
            return partial(_headed, re.compile("".join(shape)), "")
    return None


def behind(pattern: re.Pattern[str]) -> Bare:
    """What takes a head off that is matched so; a quotation mark at its end makes the rest a string."""
    quote = pattern.pattern[-1] if pattern.pattern[-1] in "\"'" else ""
    return partial(_quoted, pattern, quote) if quote else partial(_headed, pattern, "")


def _shape(text: str) -> tuple[str, ...]:
    """Its characters, with a pattern in place of what may differ.

    >>> _shape("18h 42m 40.1s(   4ms): ") == _shape("385h 4m 3.879s(751490ms): ")
    True
    """
    return tuple(_PATTERNS.get(str(found.lastgroup)) or re.escape(found[0]) for found in _TOKEN.finditer(text))


def _tail(line: str) -> str:
    found = _TAIL.search(line[-20:])
    return found[0].strip() if found else ""


def _common(lines: list[str]) -> str:
    """What nearly all lines end in, of the things that no kernel prints there."""
    for tail, count in Counter(map(_tail, lines)).most_common(1):
        if tail and count >= 0.8 * len(lines):
            return tail
    return ""


def _headed(pattern: re.Pattern[str], tail: str, text: str) -> str | None:
    if found := pattern.match(text[:ROOM]):
        text = text[found.end() :]
    if tail and (stripped := text.rstrip()).endswith(tail):
        text = stripped.removesuffix(tail)
    return text


def _quoted(pattern: re.Pattern[str], quote: str, text: str) -> str | None:
    if not (found := pattern.match(text[:ROOM])):
        other = _FIELDS.fullmatch(text) or (_RECORD.match(text) and _RECORD.match(pattern.pattern.replace("\\", "")))
        return None if other else text
    inner = _QUOTED[quote].match(text, found.end())
    said = inner[0] if inner else ""
    return _unescaped(said.replace(2 * quote, quote)).rstrip("\r\n").replace("\n", " ")


def _unescaped(text: str) -> str:
    """Undo the escapes of JSON; what is none of them stays, as the backslashes in paths of ACPI."""
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else _PLAIN.get(found[2], found[2]), text)


def others(head: list[str]) -> re.Pattern[str] | None:
    """What the lines of programs look like in ``journalctl -o short-monotonic``, where they have the kernel's stamp."""
    hosts = Counter(found[1] for line in head if " kernel: " in line and (found := _MONOTONIC.match(line)))
    for host, count in hosts.most_common(1):
        program = rf"{re.escape(host)} (?!kernel: )[^\s:\[\]]{{1,64}}(?:\[\d{{1,10}}\])?: "
        other = re.compile(rf"\[ {{0,12}}\d{{1,12}}\.\d{{6}}\] (?={program})")
        if count >= 3 and any(other.match(line) for line in head):
            return other
    return None


def told(other: re.Pattern[str], lines: Iterator[Written]) -> Iterator[Written]:
    """The lines, those of programs told as such."""
    for written in lines:
        yield written._replace(program=True) if other.match(written.text) else written
