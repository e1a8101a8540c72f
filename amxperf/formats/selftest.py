"""Output of the kernel's selftests of AMX (tools/testing/selftests/x86/amx.c), alone or below the runner of kselftest.

They test whether the kernel handles AMX state rightly; they measure nothing. Each verdict is an event: kind `selftest`,
`reason` RUN, OK, FAIL, SKIP, NOTE, INFO or WARN, `detail` the text. Kind `minsigstksz` has the kernel's AT_MINSIGSTKSZ (bytes)
as `value`: with AMX it grows by the 8 KiB of tile data. Options: `side` (host or guest), the side that the tests ran on.

The program forks with output in its buffer: where it wrote to a pipe or file, its first lines stand there several times.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .. import schema
from ..capture import Note
from ..document import Document
from ..errors import FormatError
from . import options as opt

if TYPE_CHECKING:
    import pandas as pd

TITLE = "kernel selftests of AMX"

_VERDICT = re.compile(r"(?:amx(?:_64)?: |# )*\[(?P<state>RUN|OK|FAIL|SKIP|NOTE|INFO|WARN)\]\s+(?P<detail>\S.*)")
_SIZE = re.compile(r"(?:# )*\s*AT_MINSIGSTKSZ = (?P<size>\d{1,9})\s*", re.ASCII)
_OURS = re.compile(r"XCOMP_PERM|ILL_ILLOPC|[Tt]ile ?data|xstate (?:size|mask)|sigaltstack|XTILE|AMX|ptracee|No incorrect case")
_MISSING = re.compile(r"(?:# )*no AMX support\s*")
_OTHER = re.compile(r"(?:# )*\t.*|(?:# )*timeout set to \d+|(?:not )?ok \d+ .*|TAP version \d+|1\.\.\d+|# selftests: .*")


def sniff(document: Document) -> int:
    """90 where half of the lines are verdicts and their details and one speaks of AMX; else 0."""
    lines = [line for line in document.head if line.strip()]
    verdicts = [found["detail"] for line in lines if (found := _VERDICT.fullmatch(line))]
    missing = any(_MISSING.fullmatch(line) for line in lines)
    others = sum(bool(_OTHER.fullmatch(line) or _MISSING.fullmatch(line)) for line in lines)
    known = any(_OURS.search(detail) for detail in verdicts) or (missing and len(lines) <= 20)
    return 90 if known and 2 * (len(verdicts) + others) >= len(lines) else 0


def read(document: Document, options: Mapping[str, Any]) -> tuple[dict[str, pd.DataFrame], list[Note]]:
    """Read the verdicts.

    Notes: `selftest-failed` and `selftest-skipped` with their numbers, `no-amx` where the program found none, `cut-line` for a last
    line without its end (not used).

    Raises FormatError where no line is a verdict, UsageError for a bad option.
    """
    opt.only(options, "selftest")
    side = opt.text(options, "side", "")
    rows: list[dict[str, Any]] = []
    notes: list[Note] = []
    last = 0 if document.text.endswith("\n") else len(document.lines)
    for line, text in enumerate(document.lines, start=1):
        common = {"source": document.source, "line": line, "side": side}
        if line == last:
            notes.append(Note("cut-line", "the last line has no end and may be cut; it is not used", document.source, line))
        elif len(text) > 4000:
            continue
        elif found := _VERDICT.fullmatch(text):
            rows.append({**common, "kind": "selftest", "reason": found["state"], "detail": found["detail"].rstrip()})
        elif found := _SIZE.fullmatch(text):
            rows.append({**common, "kind": "minsigstksz", "value": int(found["size"]), "detail": text.strip()})
        elif _MISSING.fullmatch(text):
            notes.append(Note("no-amx", "the program found no support for AMX and tested nothing", document.source, line))
    for state, code in (("FAIL", "selftest-failed"), ("SKIP", "selftest-skipped")):
        found_rows = [row for row in rows if row.get("reason") == state]
        if found_rows:
            message = f"{len(found_rows)} lines say {state}, first: {found_rows[0]['detail']}"
            notes.append(Note(code, message, document.source, found_rows[0]["line"]))
    if not rows and not notes:
        raise FormatError(
            "no line is a verdict such as [OK]", path=document.path or document.source, hint="check that the test ran"
        )
    return {"events": schema.frame("events", rows)}, notes
