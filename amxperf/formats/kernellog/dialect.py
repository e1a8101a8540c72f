"""How a kernel log was written down, where that is not the kernel's own form.

Mails and bug trackers break lines, editors and test systems number them, and some makers of phones print the task in a form of
their own. What a log needs is told by its first lines (:attr:`amxperf.document.Document.head`), so that a log of the common forms
costs nothing:

- a journal's lines of programs that have the kernel's stamp,
- two consoles that write into one log, so that every line stands twice (:mod:`.doubled`),
- what a recorder put round every line (:mod:`.recorders`),
- mail encoding, parts of web pages, strings of programs (:mod:`.mailpage`),
- lines broken at the width of a terminal, or at a blank in the middle of a frame,
- fragments of a long netconsole message,
- lines that run together in one, their stamps without padding (of a log with such stamps, two lines suffice), or without stamps
  (:mod:`.runon`),
- numbers of lines in front: ``  13 [  105.470769] ..``, ``1490 09:14:47.050731  <4>[ ..``, ``3 Mar 23 22:19:15 host kernel: ..``,
- a quote behind every line: ``[  105.470769] f+0x1/0x2"}``,
- one margin in front of most lines: ``  | [  105.470769] ..``, ``<nick> Feb 27 21:12:34 host kernel: ..``,
- text that flows: a line that ends in a blank goes on,
- callers of makers: ``[   79.427414] [4:     netbpfload:  825] ..``, ``[42476.997649] (0)[848:task]..``, ``[46886.723249] c7 ..``.

A line that ends another one stays a line of its own in the tables, of role ``detail``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import pairwise

from ...document import Document
from . import doubled, late, mailpage, recorders, runon, unstamped
from .mailpage import together
from .prefix import split
from .stackframe import parse_frame
from .written import Pass, Written

LONGEST = 1 << 12
"""Characters beyond which a line is left as it is."""

_STAMP = r"\[ {0,12}\d{1,12}[.,]\d{6}s?\]"
_SYSLOG = r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d "
_HEADED = re.compile(rf"[> \t]{{0,40}}(?:<\d{{1,3}}>)?{_STAMP}|{_SYSLOG}|\d{{1,4}},\d{{1,20}},\d|>")
_ORDINARY = re.compile(  # stamp and text: no number or margin in front, no maker's caller, no second stamp
    r"\[ {0,12}\d{1,12}[.,]\d{6}\](?! {0,2}\[(?:\d|pid:)|\.? {0,2}-?\(\d| ?[cC]\d)(?:[^\[]++|\[(?! {0,12}\d))*+", re.DOTALL
)
_MARKED = ("&lt;", "&gt;", "&quot;", "&#39;", "&amp;", "<br", "</span>", "</div>", "</p>", "</li>", "</td>", "</code>")
_NUMBERED = re.compile(
    rf"\s{{0,9}}\d{{1,7}}[:|.)]?\s{{0,9}}(?:\d\d:\d\d:\d\d[.,]\d{{3,9}}\s{{1,9}})?(?=(?:<\d{{1,3}}>)?(?:{_STAMP}|{_SYSLOG}))"
)
_NUMBER = re.compile(r"\s{0,9}\d{1,7}(?:[:|.)]|\s\s?(?:\d\d:\d\d:\d\d[.,]\d{3,9})?)\s{0,9}")
_CLOSED = re.compile(r"(?:\\[nr]){0,2}\"[}\]),; ]{0,4}$")
_QUOTED = ('"', "}", ",", "]", ")", ";", " ")
_MARGIN = re.compile(r"[> \t]{0,40}(?:[|\u2502]|<[A-Za-z][\w-]{0,30}>|\[[A-Z][A-Z0-9]{2,30}\])[ \t]?")
_MAKERS = (
    re.compile(rf"({_STAMP}) {{0,2}}\[(?P<cpu>\d{{1,4}}): {{0,16}}(?P<comm>[^\]]{{1,20}}): {{0,10}}(?P<pid>\d{{1,10}})\]"),
    re.compile(rf"({_STAMP}) ?\[pid:(?P<pid>\d{{1,10}}),cpu(?P<cpu>\d{{1,4}}),(?P<comm>[^\]]{{1,20}})\]"),
    re.compile(rf"({_STAMP})\.? {{0,2}}-?\((?P<cpu>\d{{1,4}})\)\[(?P<pid>\d{{1,10}}):(?P<comm>[^\]]{{1,20}})\]"),
    re.compile(rf"({_STAMP}) ?[cC](?P<cpu>\d{{1,3}}) "),
)
_TORN = re.compile(  # a frame that may go on in the next line
    r"from \[<[0-9a-f]{4,16}>\]$|\[[0-9a-fA-F]{8,16}\] \[[0-9a-fA-F]{8,16}\]$|/0x[0-9a-f]{1,8} \[[\w-]{0,64}(?: [0-9a-f]{0,64})?$"
    r"|(?P<named>\[<[0-9a-f]{8,16}>\] [.A-Za-z_][.\w]{0,98}(?: \[[\w-]{1,64}\])?)$|\w\+(?:0x?)?[0-9a-f]{0,8}(?:/(?:0x?)?)?$"
    r"|\([\w./-]{1,400}:\d{1,9}(?: [\w./:-]{1,2000})?$"
)
_PLACE = re.compile(r"(?:\[[\w-]{1,64}\] ?)?0x")  # what stands behind the name in frames of Red Hat's 2.4
_ARM = re.compile(
    r"\S{1,200} (?:\[[\w-]{1,64}\] )?from \S{1,200}\+0x[0-9a-f]{1,8}/0x[0-9a-f]{1,8}(?: \[[\w-]{1,64}\])?"
)
_COMM = re.compile(r"CPU: {0,5}\d{1,6} (?:UID: \d{1,10} )?PID: \d{1,10} Comm:$")
_MODULE = re.compile(r"\[[\w-]{1,64}(?: [0-9a-f]{0,64}\]?|\])$")
_RIP = re.compile(r"RIP: [0-9a-f]{2,4}:\[<[0-9a-f]{16}>\]\s+\[<[0-9a-f]{16}>\]$")
_THIN = re.compile(r"\[ \d{1,3}\.\d{6}\][ \[]")
_SQUEEZED = re.compile(r"(?<=.)\[ (?=\d{1,4}\.\d{6}\](?: |\[))")
_FRAGMENT = re.compile(r"(?:[\w.+~-]{1,64},)?\d{1,4},(?P<number>\d{1,20}),[^;]{0,200},ncfrag=(?P<at>\d{1,9})/\d{1,9}[^;]{0,200};")


def passes(head: list[str]) -> list[Pass]:
    """What must be done to the lines of a log with these first lines; nothing for a log of the common forms.

    >>> passes(["[    1.000000] Call Trace:", "[    1.000001]  f+0x1/0x2"])
    []
    >>> text = ["[    1.000000]  f+0x1/0x2 [kvm", "   926c13f3af83b0c6fe64badb21ec87d5e93fcf65]"]
    >>> [line.text for line in rewritten(text, passes(text))]
    ['[    1.000000]  f+0x1/0x2 [kvm 926c13f3af83b0c6fe64badb21ec87d5e93fcf65]', '   926c13f3af83b0c6fe64badb21ec87d5e93fcf65]']
    """
    if doubled.twice(head):
        return [doubled.once, *passes([one for one, after in pairwise([*head, ""]) if not doubled.twins(one, after)])]
    if other := recorders.others(head):
        return [partial(recorders.told, other), *passes([line for line in head if not other.match(line)])]
    if all(map(_ordinary, head)):
        text, quotes = "\n".join(head), sum('"' in line[:LONGEST][-5:] for line in head)
        if mailpage.ends_coded(head):
            return _needed(head)
        quoted = 3 <= quotes >= 0.5 * sum(bool(line.strip()) for line in head)
        if not quoted and not any(mark in text for mark in _MARKED):
            return []  # what _needed would say, in a tenth of its time
    return _needed(head)


def of(document: Document) -> list[Pass]:
    """:func:`passes` of a log; where other programs speak first, by the lines from the kernel's first one on."""
    return passes(late.lines(document)) or passes(document.head)


def _ordinary(line: str) -> bool:
    """Whether the line is one that no other form of writing has, but for what stands at its end."""
    return not line.strip() or (_ORDINARY.fullmatch(line) is not None and line.count("+0x") < runon.FEWEST)


def _needed(head: list[str]) -> list[Pass]:
    """:func:`passes` by all that may be wrong with the lines."""
    found: list[Pass] = []
    lines = [line[:LONGEST] for line in head]
    pairs = list(pairwise(lines))
    soft = any(mailpage.is_soft(line) and after.strip() and not _HEADED.match(after) for line, after in pairs)
    coded = soft or mailpage.ends_coded(lines)
    for holds, undo in mailpage.STEPS:
        if holds(lines) or (soft and undo is mailpage.decoded):
            found.append(undo)
            lines = mailpage.texts(rewritten(lines, [undo]))
    if bare := recorders.bare(lines):
        found.append(partial(_recorded, bare))
        lines = mailpage.texts(rewritten(lines, [found[-1]]))
    fronts = len(found)
    pairs = list(pairwise(lines))
    full = [line for line in lines if line.strip()]
    margins = Counter(seen[0].strip() for line in full if (seen := _MARGIN.match(line)))
    for margin, count in margins.most_common(1):
        if 3 <= count >= 0.5 * len(full):
            found.append(partial(_inside, margin))
            lines = [_within(margin, line) for line in lines]
            full = [line for line in lines if line.strip()]
            pairs = list(pairwise(lines))
    if 3 <= sum(_CLOSED.search(line[-12:]) is not None for line in full) >= 0.5 * len(full):
        found.append(_unquoted)
        lines = [_CLOSED.sub("", line, count=1) for line in lines]
        full = [line for line in lines if line.strip()]
    if 3 <= sum(_NUMBERED.match(line) is not None for line in full) >= 0.4 * len(full):
        found.append(_unnumbered)
        lines = [_NUMBER.sub("", line, count=1) for line in lines]
    stamped = [line for line in lines if re.search(_STAMP, line[:60])]
    for maker in _MAKERS:
        if 3 <= sum(maker.search(line[:120]) is not None for line in stamped) >= 0.5 * len(stamped):
            found.append(partial(_called, maker))
    if len(found) == fronts and (front := unstamped.head_of(lines)):
        found.append(partial(_recorded, recorders.behind(front)))
        lines = mailpage.texts(rewritten(lines, [found[-1]]))
    if any(_FRAGMENT.match(line) for line in lines):
        found.append(_gathered)
    if any(runon.runs_on(line) for line in (lines if found else head)):
        found.append(runon.cut)
    least = 1 if sum(_THIN.match(line) is not None for line in lines) >= 3 else 3
    if any(len(_SQUEEZED.findall(line)) >= least for line in lines):
        found.append(partial(_spread, least))
    pairs = list(pairwise(lines))
    flows = not coded and _flows(pairs)
    width = 0 if coded or flows else _width(pairs)
    if width:
        found.append(partial(_unfolded, lambda text: len(text) == width))
    if flows:
        found.append(partial(_unfolded, lambda text: text.endswith(" ")))
    if width or flows or coded or any(_whole(line, after) for line, after in pairs):
        found.append(_mended)
    return found


def rewritten(lines: Iterable[str], what: list[Pass]) -> Iterator[Written]:
    """The lines as the kernel would have written them."""
    out: Iterator[Written] = (Written(number, text) for number, text in enumerate(lines, 1))
    for one in what:
        out = one(out)
    return out


def _recorded(bare: recorders.Bare, lines: Iterator[Written]) -> Iterator[Written]:
    """Take off what a recorder put round the lines; what is its alone is told as a part of another line."""
    for written in lines:
        text = bare(written.text)
        yield written._replace(continued=True) if text is None else written._replace(text=text)


def _width(pairs: list[tuple[str, str]]) -> int:
    """Columns at which every longer line of a log with stamps was broken; 0 where none was."""
    headed = [line for line, _ in pairs if _HEADED.match(line)]
    width = max((len(line) for line, _ in pairs), default=0)
    broken = [after for line, after in pairs if len(line) == width]
    if width < 60 or len(broken) < 2 or len(headed) < len(pairs) / 2:
        return 0
    torn = sum(bool(after.strip()) and not _HEADED.match(after) for after in broken)
    return width if torn == len(broken) or 3 <= torn >= 0.7 * len(broken) else 0


def _flows(pairs: list[tuple[str, str]]) -> bool:
    """Whether the lines of a log with stamps go on behind a blank at their end, as ``format=flowed`` of mails says it."""
    headed = sum(_HEADED.match(line) is not None for line, _ in pairs)
    torn = [line for line, after in pairs if line.endswith(" ") and after.strip() and not _HEADED.match(after)]
    loose = sum(bool(after.strip()) and not _HEADED.match(after) for _, after in pairs)
    return headed >= len(pairs) * 0.4 and 3 <= len(torn) >= 0.7 * loose and sum(len(line) < 72 for line in torn) >= 0.5 * len(torn)


def _inside(margin: str, lines: Iterator[Written]) -> Iterator[Written]:
    for written in lines:
        yield written._replace(text=_within(margin, written.text))


def _within(margin: str, line: str) -> str:
    """The line without what stands in front of most."""
    found = _MARGIN.match(line[:200])
    return line[found.end() :] if found and found[0].strip() == margin else line


def _spread(least: int, lines: Iterator[Written]) -> Iterator[Written]:
    """Pad the stamps of lines that run together, so that they are told as such; a line must hold `least` of them."""
    for written in lines:
        if len(_SQUEEZED.findall(written.text)) >= least:
            text = re.sub(r"\[ (\d{1,4}\.\d{6})\](?=[ \[])", lambda found: f"[{found[1]:>12}]", written.text)
            written = written._replace(text=text)
        yield written


def _whole(line: str, after: str) -> str:
    """The line with its end, which a mailer put into the next one; '' where the two make no frame."""
    torn = line.rstrip()
    if not torn or len(after) > 400 or after.lstrip().startswith("([<") or re.search(_STAMP, after[:60]):
        return ""
    if found := _fitting(torn, after):
        return found
    rip = _RIP.search(torn[-200:])
    cut = _TORN.search(torn[-2200:])
    if not rip and not cut:
        return ""
    rest = split(after).message.strip().removeprefix("+")
    if not rest or (cut and cut["named"] and not _PLACE.match(rest)):
        return ""
    if rip:
        return f"{torn} {rest}" if parse_frame(rest) else ""
    for joint in (" ", ""):
        row = parse_frame(split(torn + joint + rest).message.strip().removeprefix("Call Trace: "))
        if row and ("offset" in row or joint == "" or "(" in torn):
            return torn + joint + rest
    return ""


def _fitting(torn: str, after: str) -> str:
    """The two in one, where a mailer put the module, Arm's caller or the task's name into the next line; else ''."""
    rest = after.strip()
    if _MODULE.match(rest):
        return f"{torn} {rest}" if re.search(r"\+0x[0-9a-f]{1,8}/0x[0-9a-f]{1,8}$", torn[-100:]) else ""
    if rest.startswith(("from ", "[")) and " from " in f" {rest}":
        return f"{torn} {rest}" if _ARM.fullmatch(f"{split(torn).message.strip()} {rest}") else ""
    if "ainted" in rest and torn.endswith("Comm:") and _COMM.match(split(torn).message.strip()):
        return f"{torn} {rest}"
    return ""


def _unquoted(lines: Iterator[Written]) -> Iterator[Written]:
    for written in lines:
        yield written._replace(text=_CLOSED.sub("", written.text, count=1)) if written.text.endswith(_QUOTED) else written


def _unnumbered(lines: Iterator[Written]) -> Iterator[Written]:
    for written in lines:
        yield written._replace(text=_NUMBER.sub("", written.text, count=1)) if written.text[:1] in " 0123456789" else written


def _called(maker: re.Pattern[str], lines: Iterator[Written]) -> Iterator[Written]:
    """Put the printk caller of the kernel for a maker's."""
    for written in lines:
        if found := maker.search(written.text[:120]):
            said = found.groupdict()
            task = {name: value.strip() if name == "comm" else int(value) for name, value in said.items()}
            caller = f"T{task['pid']}" if "pid" in task else f"C{task['cpu']}"
            stamp = found[1].replace("s]", "]")
            text = f"{written.text[: found.start()]}{stamp}[{caller}] {written.text[found.end() :]}"
            written = written._replace(text=text, task=task if "pid" in task else None)
        yield written


def _gathered(lines: Iterator[Written]) -> Iterator[Written]:
    """One text of the fragments of a netconsole message."""
    parts: list[Written] = []
    text, number = "", ""
    for written in lines:
        found = _FRAGMENT.match(written.text)
        if parts and found and found["number"] == number and found["at"] != "0" and len(parts) < 1000:
            text += written.text[found.end() :]
            parts.append(written)
            continue
        yield from together(parts, text) if parts else ()
        parts, text, number = ([written], written.text, found["number"]) if found else ([], "", "")
        if not found:
            yield written
    yield from together(parts, text) if parts else ()


def _unfolded(broken: Callable[[str], bool], lines: Iterator[Written]) -> Iterator[Written]:
    """One text of a line and what a terminal or a mailer wrapped onto the next ones."""
    parts: list[Written] = []
    for written in lines:
        if parts and broken(parts[-1].text) and written.text.strip() and not _HEADED.match(written.text) and len(parts) < 100:
            parts.append(written)
            continue
        yield from together(parts, "".join(part.text for part in parts)) if parts else ()
        parts = [written]
    yield from together(parts, "".join(part.text for part in parts)) if parts else ()


def _mended(lines: Iterator[Written]) -> Iterator[Written]:
    """One text of a frame that was broken in two."""
    held: list[Written] = []
    for written in lines:
        if held and written.continued:
            held.append(written)
            continue
        if held and (text := _whole(held[0].text[:LONGEST], written.text)):
            yield from together([*held, written], text)
            held = []
            continue
        yield from held
        held = [written]
    yield from held
