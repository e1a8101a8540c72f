"""bpftrace maps of VM exits: ``@reason[32]: 143258``, one line per exit reason.

Options
-------
seconds : length of the recording; adds the metric `exit_rate` in op/s.

Measurements: benchmark `vm-exits`, metric `exits` (a count, unit 1), better `none`: fewer exits is not by itself faster,
and a TDX guest counts with another vocabulary (see :mod:`amxperf.formats.exit_reasons`). Factor `exit_reason`: the name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .. import schema
from ..capture import Note
from ..document import Document
from ..errors import FormatError
from . import options as opt
from .exit_reasons import name

if TYPE_CHECKING:
    import pandas as pd

TITLE = "bpftrace map of VM-exit reasons"

_ENTRY = re.compile(r"@reason\[(?P<reason>-?\d{1,10})\]:\s+(?P<count>\d{1,20})", re.ASCII)
_OTHER = re.compile(
    r"""@\w*(?:\[[^\]]*\])?:(?:\s.*)?                                    # another map; one of histograms has no value behind it
      | (?:\[[^\[\]()|]{1,60}[)\]]|\(\.\.\.,[^\[\]()|]{1,40}[)\]])\s+\d+\s+\|.*\|  # a histogram's row: [2, 4), [1], (..., 0)
      | Attach(?:ing|ed)\ \d+\ probes?\.*
      | \d\d:\d\d:\d\d                                                  # time("%H:%M:%S\\n") of a script that prints in intervals
      | \^C""",
    re.VERBOSE | re.ASCII,
)


def sniff(document: Document) -> int:
    """95 where every line is bpftrace output and at least one is an entry of the map `@reason`."""
    lines = [line.strip() for line in document.head if line.strip()]
    if not any(_ENTRY.fullmatch(line) for line in lines):
        return 0
    return 95 if all(_ENTRY.fullmatch(line) or _OTHER.fullmatch(line) for line in lines) else 0


def read(document: Document, options: Mapping[str, Any]) -> tuple[dict[str, pd.DataFrame], list[Note]]:
    """Read the map.

    A reason that is printed more than once (a script that prints in intervals) gets iterations 0, 1, ... and a note
    `repeated-reason`, since nothing says whether the counts add up. A last line without its end is left out (`cut-line`).

    Raises FormatError where no line is an entry of the map, UsageError for a bad option.
    """
    opt.only(options, "bpftrace", "seconds")
    seconds = opt.positive(options, "seconds")
    notes: list[Note] = []
    rows: list[dict[str, Any]] = []
    seen: Counter[str] = Counter()
    skipped: list[int] = []
    last = len(document.lines)
    for number, line in enumerate(document.lines, start=1):
        found = _ENTRY.fullmatch(line.strip())
        if number == last and "@" in line and not document.text.endswith("\n"):
            message = "the last line has no end and may be cut; it is not used"
            notes.append(Note("cut-line", message, document.source, last))
            continue
        if found is None:
            if line.strip():
                skipped.append(number)
            continue
        reason = name(int(found["reason"]))
        common = {
            "benchmark": "vm-exits",
            "better": "none",
            "iteration": seen[reason],
            "exit_reason": reason,
            "source": document.source,
            "line": number,
        }
        seen[reason] += 1
        count = int(found["count"])
        rows.append({**common, "metric": "exits", "value": float(count), "unit": "1"})
        if seconds is not None:
            rows.append({**common, "metric": "exit_rate", "value": count / seconds, "unit": "op/s"})
    if not rows and not notes:
        raise FormatError(
            "no line reads like @reason[32]: 143258", path=document.path or document.source, hint="check the file"
        )
    repeated = sorted(reason for reason, times in seen.items() if times > 1)
    if repeated:
        message = f"printed more than once, perhaps cumulatively: {', '.join(repeated)}"
        notes.append(Note("repeated-reason", message, document.source))
    if skipped:
        message = f"{len(skipped)} lines are not entries of the map @reason and are left out"
        notes.append(Note("skipped-line", message, document.source, skipped[0]))
    return {"measurements": schema.frame("measurements", rows)}, notes
