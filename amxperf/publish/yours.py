"""The page that compares a reader's own runs: every part of it for any dataset, also one that cannot be compared."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..capture import Note
from ..comparison import Comparisons, compare
from ..errors import MissingInput, UsageError
from ..stats.compare import ENOUGH
from ..stats.many import adjusted
from ..stats.wording import PLURAL
from .tell import counted, words

if TYPE_CHECKING:
    import pandas as pd

    from ..stats.result import Comparison
    from .page import Page

ADVICE = {
    "one-boot": "start both systems again, at least three times each, and keep every boot in a folder of its own",
    "one-launch": "start the program again, at least five times per arm; to speak for the systems, in at least three boots each",
    "one-value": "repeat the measurement, at least five times per arm",
    "no-spread": "record with a finer clock, or more work per iteration: all values of both arms are equal",
    "not-informative": "measure something that depends on speed: count the work that was done, or time a fixed amount of it",
}
"""What to do about a comparison that was refused, by the code of the refusal."""

ADJUSTED = "different after adjustment"
"""Column of the table: Benjamini and Hochberg over all comparisons of the page."""

MEANS = ("Amean", "Hmean", "Gmean")
"""Metrics that stand for a benchmark where a program prints several of the same values."""


@dataclass(frozen=True)
class Yours:
    """Comparisons of a reader's dataset; `problem` says in one sentence why there are none at all, else ''."""

    comparisons: Comparisons
    problem: str = ""

    @property
    def made(self) -> list[Comparison]:
        return [result for result in self.comparisons if result.verdict != "not comparable"]

    @property
    def refused(self) -> list[Comparison]:
        return [result for result in self.comparisons if result.verdict == "not comparable"]

    def name(self, result: Comparison) -> str:
        """Benchmark, metric and the factors that tell the comparisons apart."""
        return " ".join([result.benchmark, result.metric, *(value for _, value in self.comparisons.varying(result))])

    @property
    def means(self) -> tuple[Comparison, ...]:
        """The geometric means of the groups that were asked for."""
        return self.comparisons.geomeans if self.comparisons.group_by else ()

    @staticmethod
    def mean_name(result: Comparison) -> str:
        """What a geometric mean is of."""
        return " ".join([result.benchmark, result.metric, *(value for _, value in result.factors)])

    def main(self) -> dict[str, str]:
        """The metric that stands for each benchmark: the first with a ratio, or the mean that the program prints.

        Several metrics of one benchmark often restate the same values (least, mean and most of two runs; a count and its rate).
        """
        found: dict[str, list[str]] = {}
        for result in self.comparisons:
            if math.isfinite(result.ratio):
                found.setdefault(result.benchmark, []).append(result.metric)
        return {name: next((metric for metric in metrics if metric in MEANS), metrics[0]) for name, metrics in found.items()}

    def drawn(self) -> Comparisons:
        """The comparisons that the figure shows: one metric of each benchmark, so that no value is shown twice."""
        main = self.main()
        kept = tuple(result for result in self.comparisons if main.get(result.benchmark) == result.metric)
        return replace(self.comparisons, results=kept)

    def adjusted(self) -> list[float]:
        """p of each comparison after Benjamini and Hochberg, NaN without a test."""
        return adjusted(result.p for result in self.comparisons)

    def table(self) -> pd.DataFrame:
        """One row per comparison: what, ratio, interval, replicates, verdict, and whether that survives adjustment.

        The last column is left out where no comparison has a p value.
        """
        rows = []
        for result, p in zip(self.comparisons, self.adjusted(), strict=True):
            ratio, ends = words(result.ratio, result.low, result.high)
            rows.append([self.name(result), ratio, ends, counted(result), result.verdict, survives(result, p)])
        for result in self.means:
            ratio, ends = words(result.ratio, result.low, result.high)
            rows.append([self.mean_name(result), ratio, ends, counted(result), result.verdict, ""])
        table = _frame(rows, ["what", "ratio", "interval", "replicates", "verdict", ADJUSTED])
        return table if (table[ADJUSTED] != "").any() else table.drop(columns=ADJUSTED)

    def sentences(self) -> pd.DataFrame:
        """One sentence per comparison, and one for what its only replicate says within itself."""
        rows = [[self.name(result), result.sentence()] for result in self.comparisons]
        rows += [[self.mean_name(result), result.sentence()] for result in self.means]
        rows += [[f"{self.name(r)}, within", r.within.sentence()] for r in self.comparisons if r.within is not None]
        return _frame(rows, ["what", "sentence"])

    def left_out(self) -> pd.DataFrame:
        """What was refused or has no counterpart, and why; equal reasons together."""
        groups: dict[tuple[str, str], list[str]] = {}
        for result in self.refused:
            groups.setdefault((result.code, result.reason), []).append(self.name(result))
        for note in self.comparisons.notes:
            groups.setdefault((note.code, note.message), []).append("")
        rows = [[code, reason, _listed(what)] for (code, reason), what in groups.items()]
        return _frame(rows, ["code", "why", "what"])

    def cautions(self) -> pd.DataFrame:
        """What a reader must know beside the numbers; columns code, what it says, comparisons."""
        groups: dict[tuple[str, str], int] = {}
        for result in self.comparisons:
            for caution in result.cautions:
                key = caution.code, caution.message
                groups[key] = groups.get(key, 0) + 1
        return _frame([[*key, count] for key, count in groups.items()], ["code", "what it says", "comparisons"])

    def advice(self) -> pd.DataFrame:
        """What to run to settle what is open; columns what, run."""
        rows: dict[str, list[str]] = {}
        for result in self.comparisons:
            rows.setdefault(advice(result), []).append(self.name(result))
        rows.pop("", None)
        return _frame([[_listed(what), run] for run, what in rows.items()], ["what", "run"])


def survives(result: Comparison, p: float) -> str:
    """'yes, p = 0.004': whether a comparison counts as different by its adjusted p; '' without a test."""
    if math.isnan(p):
        return ""
    size = "p < 0.001" if p < 1e-3 else f"p = {p:.2g}"
    return f"{'yes' if p < 1 - result.confidence else 'no'}, {size}"


def advice(result: Comparison) -> str:
    """What to run for one comparison; '' where it is settled."""
    if result.verdict == "inconclusive":
        plural = PLURAL[result.replicate]
        if any(caution.code == "multiplicity" for caution in result.cautions):
            return f"it holds by itself and not among {result.family} comparisons: ask fewer questions, or run more {plural}"
        if result.settle is None and min(result.replicates()) < ENOUGH:
            return f"fewer than {ENOUGH} {plural} do not know their own spread: run at least {ENOUGH} per arm first"
        if result.settle is None:
            return f"no practical number of {plural} settles it: reduce the noise first, or accept a wider margin"
        return f"about {result.settle} {plural} per arm; plan for more, since at that number it succeeds about every second time"
    return ADVICE.get(result.code, result.reason if result.code else "")


def compare_yours(page: Page, baseline: str, treatment: str, *, margin: float = 0.02, confidence: float = 0.95,
                  filter: str = "", group_by: str = "") -> Yours:  # fmt: skip
    """Compare two arms of the page's dataset, and record the facts that the page shows; never fails for what the data lack.

    Facts: dataset, kind, baseline, treatment, filter, group-by, margin, confidence, problem, the numbers of comparisons,
    different, equivalent, inconclusive and refused ones, adjusted (different after Benjamini and Hochberg) and undrawn (metrics
    not in the figure).
    """
    data = page.dataset
    try:
        found = Yours(compare(data, baseline, treatment, confidence=confidence, margin=margin, filter=filter, group_by=group_by))
        if not len(found.comparisons):
            found = Yours(found.comparisons, "the two arms have no benchmark in common")
    except (UsageError, MissingInput) as error:
        note = Note("nothing-compared", str(error))
        found = Yours(Comparisons(data.name, data.kind, baseline, treatment, (), (note,)), str(error))
    verdicts = [result.verdict for result in found.comparisons]
    counts = "computed: number of comparisons with the verdict"
    page.fact("dataset", data.name, note="parameter of this page")
    page.fact("kind", data.kind, note="as the manifest says")
    page.fact("baseline", baseline, note="parameter of this page")
    page.fact("treatment", treatment, note="parameter of this page")
    page.fact("filter", filter, filter or "none", note="parameter of this page")
    page.fact("group-by", group_by, group_by or "none", note="parameter of this page")
    page.fact("margin", margin, f"{100 * margin:g} %", note="parameter of this page")
    page.fact("confidence", confidence, f"{100 * confidence:g} %", note="parameter of this page")
    page.fact("comparisons", len(verdicts), note="computed: benchmarks, metrics and factors that both arms have")
    tested = [not math.isnan(p) and p < 1 - confidence for p in found.adjusted()]
    rest = sorted({f"{r.benchmark} {r.metric}" for r in found.comparisons} - {f"{r.benchmark} {r.metric}" for r in found.drawn()})
    page.fact("different", sum("different" in verdict for verdict in verdicts), note=f"{counts} different, adjusted")
    page.fact("equivalent", sum("equivalent" in verdict for verdict in verdicts), note=f"{counts} equivalent")
    page.fact("inconclusive", verdicts.count("inconclusive"), note=f"{counts} inconclusive")
    page.fact("refused", verdicts.count("not comparable"), note=f"{counts} not comparable")
    page.fact("adjusted", sum(tested), note="computed: p below 1 - confidence after Benjamini and Hochberg over all comparisons")
    page.fact("undrawn", rest, ", ".join(rest) or "none", note="computed: metrics that the table lists and the figure leaves out")
    page.fact("problem", found.problem or "none", note="what the comparison said when it was refused")
    return found


def _listed(names: list[str], most: int = 4) -> str:
    """Names in one cell, the first few of many."""
    names = [name for name in names if name]
    rest = len(names) - most
    return "; ".join(names if rest <= 1 else [*names[:most], f"and {rest} more"])


def _frame(rows: list[list[object]], columns: list[str]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(rows, columns=columns)
