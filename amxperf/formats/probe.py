"""Logs of amxprobe, the program behind `amxperf collect`: facts about the machine, then one line per raw iteration.

The lines, in this order; words are separated by single blanks::

    amxprobe 1                                                format and its version
    fact NAME VALUE                                           something found about the machine or the run; VALUE may hold blanks
    begin EXPERIMENT
    skip EXPERIMENT REASON                                    a case that cannot be measured here, and why
    series ID BENCHMARK METRIC KIND UNIT BETTER NAME=VALUE... a case: what the lines that start with ID hold, and its factors
    ID ITERATION COUNT AMOUNT                                 one iteration: what was counted, and what it took
    end EXPERIMENT SECONDS HOW CODE                           HOW: ok, exit, signal or limit
    done                                                      the log is whole

KIND says how a value comes from the two numbers: `rate` is COUNT units in AMOUNT ns (unit UNIT/s), `time` is COUNT times in
AMOUNT ns (s each), `ratio` is COUNT / AMOUNT in UNIT.

Measurements: one row per iteration, with the factors of its case. Iterations are numbered from 0 within a case; the first is
warm-up, kept in the record (`warmup = 1` in dataset.toml leaves it out). Lines stand in the order of measuring, arms interleaved.
Values of a processor that the program found to be emulated, or of tile instructions that it emulates itself, are marked
`informative=False`. No options.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .. import schema
from ..capture import Note
from ..document import Document
from ..errors import FormatError
from ..units import number
from . import options as opt

if TYPE_CHECKING:
    import pandas as pd

TITLE = "amxprobe log"

MARK = "amxprobe "
VERSION = "1"
STOLEN = 0.01
"""Share of a launch's time from which stolen time is noted."""
KINDS = ("rate", "time", "ratio")
EMULATED = "the processor or its tile instructions were emulated, and their times say nothing"


def sniff(document: Document) -> int:
    """95 where the first line is amxprobe's."""
    return 95 if document.head and document.head[0].startswith(MARK) else 0


def facts(document: Document) -> dict[str, str]:
    """The facts of a log by name, in its order; a later one of a name counts.

    >>> facts(Document("a", b"amxprobe 1\\nfact kernel 6.16.1\\nfact flags avx avx2\\n", ""))
    {'kernel': '6.16.1', 'flags': 'avx avx2'}
    """
    found = {}
    for line in document.lines:
        if line.startswith("fact "):
            _, name, *value = line.split(" ", 2)
            found[name] = value[0] if value else ""
    return found


def whole(document: Document) -> bool:
    """True for a log that the program ended itself."""
    return bool(document.lines) and document.lines[-1] == "done" and document.text.endswith("\n")


def read(document: Document, options: Mapping[str, Any]) -> tuple[dict[str, pd.DataFrame], list[Note]]:
    """Read the log.

    Notes: `machine` (one line of what was measured), `emulated`, `skipped-case` for what could not be measured and why,
    `experiment-failed` for one that died or ran too long, `stolen-time` where the hypervisor took the CPUs away, `skipped-line` for
    lines that are not as described, `cut-log` where the end is missing.

    Raises FormatError for another version of the format, UsageError for any option.
    """
    opt.only(options, "probe")
    first = document.lines[0]
    if first != MARK + VERSION:
        raise FormatError(
            f"the log begins with {first[:40]!r}, not with '{MARK}{VERSION}'",
            path=document.path or document.source,
            line=1,
            hint="read it with the amxperf that recorded it",
        )
    log = _Log(document, facts(document))
    last = len(document.lines) - (not document.text.endswith("\n"))
    for line, text in enumerate(document.lines[1:last], start=2):
        log.take(line, text.split(" "))
    return {"measurements": schema.frame("measurements", log.rows)}, log.finish(whole(document))


class _Log:
    """The state of reading one log: its series, rows and notes."""

    def __init__(self, document: Document, found: Mapping[str, str]) -> None:
        self.source = document.source
        self.rows: list[dict[str, Any]] = []
        self.notes: list[Note] = []
        self._series: dict[str, tuple[str, dict[str, Any]]] = {}
        self._misfits: list[int] = []
        self._skipped: Counter[str] = Counter()
        self._first_skip: dict[str, int] = {}
        self._stolen = [number(found.get(name, "")) for name in ("steal_start_s", "steal_end_s")]
        self._lasted = 0.0
        self._emulated = found.get("emulated", "no") != "no" or found.get("hypervisor", "").startswith("TCG")
        words = [found.get(name, "unknown") for name in ("cpu", "kernel", "hypervisor")]
        self.note("machine", f"{words[0]}, Linux {words[1]}, hypervisor {words[2]}, AMX: {found.get('amx', 'unknown')}")
        if self._emulated:
            self.note("emulated", EMULATED)

    def note(self, code: str, message: str, line: int = 0) -> None:
        self.notes.append(Note(code, message, self.source, line))

    def take(self, line: int, words: list[str]) -> None:
        """One line, split at its blanks."""
        kind, rest = words[0], words[1:]
        if kind in self._series and len(rest) == 3:
            self._sample(line, kind, rest)
        elif kind == "series" and len(rest) >= 6 and rest[3] in KINDS and all("=" in word for word in rest[6:] if word):
            identity, benchmark, metric, how, unit, better = rest[:6]
            factors = dict(word.split("=", 1) for word in rest[6:] if word)
            unit = {"rate": f"{unit}/s", "time": "s", "ratio": unit}[how]
            self._series[identity] = how, {"benchmark": benchmark, "metric": metric, "unit": unit, "better": better, **factors}
        elif kind == "skip" and len(rest) > 1:
            text = f"{rest[0]}: {' '.join(rest[1:])}"
            self._skipped[text] += 1
            self._first_skip.setdefault(text, line)
        elif kind == "end" and len(rest) == 4:
            self._lasted += number(rest[1]) or 0.0
            if rest[2] != "ok":
                self.note("experiment-failed", f"{rest[0]} ended after {rest[1]} s by {rest[2]} {rest[3]}", line)
        elif kind not in ("fact", "begin", "done", ""):
            self._misfits.append(line)

    def _sample(self, line: int, identity: str, words: list[str]) -> None:
        iteration, count, amount = (number(word) for word in words)
        how, identified = self._series[identity]
        if iteration is None or count is None or amount is None or amount <= 0 or (how == "time" and count <= 0):
            self._misfits.append(line)
            return
        value = {"rate": count * 1e9 / amount, "time": amount / count / 1e9 if count else 0.0, "ratio": count / amount}[how]
        told = {"informative": False, "reason": EMULATED} if self._emulated else {}
        self.rows.append({**identified, "value": value, "iteration": int(iteration), "source": self.source, "line": line, **told})

    def finish(self, whole: bool) -> list[Note]:
        """The notes, with those that only the whole file shows."""
        for text in self._skipped:
            self.note("skipped-case", text, self._first_skip[text])
        if self._misfits:
            message = f"{len(self._misfits)} lines are not as the format describes and are left out"
            self.note("skipped-line", message, self._misfits[0])
        start, end = self._stolen
        if start is not None and end is not None and end - start > STOLEN * self._lasted > 0:
            message = f"the hypervisor took {end - start:.2f} s from the CPUs while the experiments ran for {self._lasted:.1f} s"
            self.note("stolen-time", message)
        if not whole:
            self.note("cut-log", "the log has no end: what is complete is read, the launch was interrupted")
        return self.notes
