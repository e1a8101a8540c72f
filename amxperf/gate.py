"""A gate for somebody's CI: does the treatment cost more than the margin allows, as far as the interval can tell?

A benchmark *passes* where the whole interval of its cost lies below 1 + margin, and is a *regression* where the whole
interval lies above it and the verdict is a difference; in between the gate *cannot tell*. p alone never decides.
The cost is the ratio where lower is better, its inverse where higher is better.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

if TYPE_CHECKING:
    from .comparison import Comparisons
    from .stats.result import Comparison

OUTCOMES = {"pass": 0, "regression": 1, "cannot tell": 2, "not comparable": 3}
"""What a gate can say, with the exit code of the command line."""


@dataclass(frozen=True)
class Gated:
    """The outcome for one benchmark: one of `OUTCOMES`, the cost with its interval (NaN where there is none), and why."""

    name: str
    classname: str
    outcome: str
    cost: float
    low: float
    high: float
    reason: str

    def sentence(self) -> str:
        """The outcome in one line."""
        name = "" if self.classname.endswith(f".{self.name}") else self.name  # without factors the name is the metric again
        return f"{self.outcome}: {self.classname} {name}".rstrip() + f": {self.reason}"


@dataclass(frozen=True)
class Gate:
    """The outcome for all benchmarks.

    A single regression is one. Where nothing can be compared the gate is not comparable;
    where some benchmark is open or cannot be compared it cannot tell.
    """

    dataset: str
    baseline: str
    treatment: str
    margin: float
    items: tuple[Gated, ...]
    filter: str = ""

    @property
    def outcome(self) -> str:
        """One of `OUTCOMES`, for all benchmarks together."""
        found = {item.outcome for item in self.items}
        if "regression" in found:
            return "regression"
        if not found - {"not comparable"}:
            return "not comparable"
        return "pass" if found == {"pass"} else "cannot tell"

    @property
    def exit_code(self) -> int:
        """0 pass, 1 regression, 2 cannot tell, 3 not comparable."""
        return OUTCOMES[self.outcome]

    def to_dict(self) -> dict[str, Any]:
        """Plain types for JSON; NaN becomes None."""
        items = [{key: _plain(value) for key, value in vars(item).items()} for item in self.items]
        head = {"dataset": self.dataset, "baseline": self.baseline, "treatment": self.treatment, "margin": self.margin,
                "filter": self.filter}  # fmt: skip
        return {"schema": 1, **head, "outcome": self.outcome, "exit_code": self.exit_code, "items": items}

    def report(self) -> str:
        """The gate for a terminal: one line per benchmark, the worst first, and the outcome."""
        order = sorted(self.items, key=lambda item: ("regression", "cannot tell", "not comparable", "pass").index(item.outcome))
        lines = [item.sentence() for item in order] or ["the two arms have no benchmark in common"]
        limit = f"margin {100 * self.margin:g} %" + (f", only {self.filter}" if self.filter else "")
        return "\n".join([*lines, "", f"gate: {self.outcome} ({self.treatment} over {self.baseline}, {limit})"]) + "\n"

    def junit(self) -> bytes:
        """JUnit XML: a regression is a failure, an open question an error, what cannot be compared is skipped. No times, no dates.

        It is what the schemas of Jenkins (junit-10.xsd of its xUnit plugin) and Maven's surefire allow, and what GitLab reads.
        That of Ant's report (JUnit.xsd of Windy Road) wants a date and a host, which a gate of recorded data does not have.
        """
        tally = {outcome: sum(item.outcome == outcome for item in self.items) for outcome in OUTCOMES}
        counts = {"tests": len(self.items), "failures": tally["regression"], "errors": tally["cannot tell"],
                  "skipped": tally["not comparable"]}  # fmt: skip
        numbers = {key: str(value) for key, value in counts.items()}
        whole = {key: numbers[key] for key in ("tests", "failures", "errors")}
        root = ElementTree.Element("testsuites", {"name": "amxperf", **whole})
        suite = ElementTree.SubElement(root, "testsuite", {"name": _clean(self.dataset), **numbers})
        properties = ElementTree.SubElement(suite, "properties")
        told = {"baseline": self.baseline, "treatment": self.treatment, "margin": f"{self.margin:g}", "filter": self.filter}
        for key, value in ((key, value) for key, value in told.items() if value):
            ElementTree.SubElement(properties, "property", {"name": key, "value": _clean(value)})
        for item in self.items:
            place = {"classname": _clean(item.classname), "name": _clean(item.name or item.classname), "time": "0"}
            case = ElementTree.SubElement(suite, "testcase", place)
            tag = {"regression": "failure", "cannot tell": "error", "not comparable": "skipped"}.get(item.outcome)
            if tag:
                text = {"message": _clean(item.reason)}
                ElementTree.SubElement(case, tag, text if tag == "skipped" else {**text, "type": item.outcome.replace(" ", "-")})
        ElementTree.indent(root)
        return b'<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="utf-8") + b"\n"


def gate(results: Comparisons, margin: float = 0.02) -> Gate:
    """Judge every comparison of two arms against a margin.

    Parameters
    ----------
    results : what :func:`amxperf.compare` returned; the interval and the verdict (adjusted for the number of benchmarks where
        `compare` adjusts) are taken from it.
    margin : how much more the treatment may cost, as a fraction.

    A benchmark that the baseline has and the treatment lacks is not comparable: a gate must not pass what was not run. Of ratios
    of ratios one without a reference is not, either; a filter leaves out what has none.
    Where `compare` was asked for groups, the geometric mean of each is judged beside the benchmarks: many small costs can make
    one that shows in none of them.

    >>> from amxperf import compare
    >>> gate(compare("vm-onednn", "isa=amx,pages=4k", "isa=avx512,pages=4k")).outcome
    'regression'
    """
    items = [_judge(result, margin) for result in (*results, *(results.geomeans if results.group_by else ()))]
    for note in results.notes:
        lacks = note.code == "one-arm-only" and not note.message.startswith(f"only {results.treatment} has ")
        if lacks or (results.within and note.code not in ("one-arm-only", "block-unused")):
            items.append(Gated("", note.message.split(":")[0], "not comparable", math.nan, math.nan, math.nan, note.message))
    return Gate(results.dataset, results.baseline, results.treatment, margin, tuple(items), results.filter)


def _judge(result: Comparison, margin: float) -> Gated:
    name = " ".join(f"{key}={value}" for key, value in result.factors) or result.metric  # all of them: the same in every build
    place = f"{result.benchmark}.{result.metric}"
    if result.better not in ("lower", "higher"):
        why = "nothing says whether lower or higher is better"
        return Gated(name, place, "not comparable", math.nan, math.nan, math.nan, why)
    cost, low, high = result.ratio, result.low, result.high
    if result.better == "higher":
        cost, low, high = (1 / value if value else math.inf for value in (cost, high, low))
    if result.verdict == "not comparable" or math.isnan(low):
        return Gated(name, place, "not comparable", cost, low, high, f"{result.reason} [{result.code}]")
    bounds = f"cost {cost:.4g} times (interval {low:.4g} to {high:.4g})"
    if high <= 1 + margin:
        return Gated(name, place, "pass", cost, low, high, f"{bounds}, inside the margin")
    if low <= 1 + margin:
        return Gated(name, place, "cannot tell", cost, low, high, f"{bounds}, the margin lies inside the interval")
    if "different" not in result.verdict:
        why = f"{bounds}, beyond the margin, but not a difference after all: {result.reason}"
        return Gated(name, place, "cannot tell", cost, low, high, why)
    return Gated(name, place, "regression", cost, low, high, f"{bounds}, beyond the margin")


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value


def _clean(text: str) -> str:
    """Text without the characters that XML 1.0 cannot hold."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
