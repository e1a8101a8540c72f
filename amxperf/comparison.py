"""Compare two arms of a dataset, benchmark by benchmark.

This module finds the arms and the level of replication; :mod:`amxperf.pairing` pairs their rows,
the arithmetic is in :mod:`amxperf.stats`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .capture import Note
from .dataset import Dataset, open_dataset
from .errors import MissingInput, UsageError
from .pairing import pairs
from .replication import copies, counts, level_of, unfit_boots
from .selector import Selector, parse
from .stats.compare import compare_nested
from .stats.result import Caution, Comparison, not_comparable
from .warmup import without_warmup

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Comparisons:
    """Several comparisons of the same two arms, one per benchmark, metric and combination of the other factors.

    `notes` say what was left out (groups that only one arm has).
    """

    dataset: str
    kind: str
    baseline: str
    treatment: str
    results: tuple[Comparison, ...]
    notes: tuple[Note, ...] = ()

    def __iter__(self) -> Iterator[Comparison]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    def __getitem__(self, index: int) -> Comparison:
        return self.results[index]

    def one(self, **wanted: str) -> Comparison:
        """The comparison whose benchmark, metric or factors are as wanted; UsageError unless exactly one is."""
        found = [result for result in self.results if _matches(result, wanted)]
        if len(found) != 1:
            raise UsageError(f"{len(found)} comparisons match {wanted}", hint="name more or fewer factors")
        return found[0]

    def varying(self, result: Comparison) -> list[tuple[str, str]]:
        """The factors of a comparison that differ between the comparisons: what tells it from the others."""
        values = [dict(other.factors) for other in self.results]
        return [(key, value) for key, value in result.factors if len({other.get(key) for other in values}) > 1]

    def frame(self) -> pd.DataFrame:
        """One row per comparison: benchmark, metric, factors, ratio, low, high, p, verdict, code, counts, method."""
        import pandas as pd

        rows = []
        for result in self.results:
            rows.append(
                {
                    "benchmark": result.benchmark,
                    "metric": result.metric,
                    "unit": result.unit,
                    "better": result.better,
                    "baseline": result.baseline,
                    "treatment": result.treatment,
                    **dict(result.factors),
                    "ratio": result.ratio,
                    "low": result.low,
                    "high": result.high,
                    "confidence": result.confidence,
                    "p": result.p,
                    "verdict": result.verdict,
                    "code": result.code,
                    "replicate": result.replicate,
                    "baseline_boots": result.baseline_n.boots,
                    "baseline_launches": result.baseline_n.launches,
                    "baseline_iterations": result.baseline_n.iterations,
                    "treatment_boots": result.treatment_n.boots,
                    "treatment_launches": result.treatment_n.launches,
                    "treatment_iterations": result.treatment_n.iterations,
                    "method": result.method,
                    "reason": result.reason,
                    "cautions": " ".join(caution.code for caution in result.cautions),
                }
            )
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """Plain types for JSON, with every comparison and note."""
        return {
            "schema": 1,
            "dataset": self.dataset,
            "kind": self.kind,
            "baseline": self.baseline,
            "treatment": self.treatment,
            "results": [result.to_dict() for result in self.results],
            "notes": [{"code": note.code, "message": note.message} for note in self.notes],
        }


def _matches(result: Comparison, wanted: dict[str, str]) -> bool:
    have = {"benchmark": result.benchmark, "metric": result.metric, **dict(result.factors)}
    return all(have.get(key) == value for key, value in wanted.items())


def compare(
    dataset: Dataset | str | os.PathLike[str],
    baseline: str,
    treatment: str,
    *,
    confidence: float = 0.95,
    margin: float = 0.02,
) -> Comparisons:
    """Compare two arms of a dataset.

    One location per replicate, then Welch's t on the logs; where every replicate is a single value and there are five or more,
    the exact Mann-Whitney interval joined with Brunner and Munzel's.
    The replicate is the highest level at which the treatment was assigned:
    boots where the arms share none, launches where they share boots or where nothing says which boot a launch belongs to.
    A benchmark whose printed value cannot depend on speed is refused.

    Parameters
    ----------
    dataset : an open dataset, a name or a path.
    baseline, treatment : selectors, such as ``vm`` and ``tdx``, or ``isa=avx512`` and ``isa=amx``.
    confidence : of the interval, between 0 and 1.
    margin : what counts as negligible, as a fraction (0.02: 2 %).

    Returns
    -------
    :class:`Comparisons`; ratios are treatment over baseline.

    Raises
    ------
    UsageError : a selector is malformed, both select the same rows, or an option is out of range.
    MissingInput : a selector names a value that the data do not have.

    >>> pages = compare("vm-onednn", "isa=amx,pages=4k", "isa=amx,pages=2m")
    >>> len(pages), pages[0].replicate
    (4, 'launch')
    """
    if not isinstance(dataset, Dataset):
        dataset = open_dataset(dataset)
    _check_options(confidence, margin)
    arms = parse(baseline), parse(treatment)
    data = dataset.measurements
    if not len(data):
        raise UsageError(f"the dataset {dataset.name} holds no measurements", hint="compare needs benchmark logs")
    for arm in arms:
        _check_measured(arm, dataset)
    base, treat = (arm.rows(data, dataset.name) for arm in arms)
    shared = base.index.intersection(treat.index)
    if len(shared):
        what = "are equal" if base.index.equals(treat.index) else f"share {len(shared)} measurements"
        raise UsageError(f"baseline {arms[0]} and treatment {arms[1]} {what}", hint="pin a column in which they differ")
    found, notes = pairs(base, treat, arms)
    results = []
    for pair in found:
        if pair.mixed:
            result = _refusal(pair.baseline, pair.treatment, "mixed-factors", pair.mixed, confidence, margin)
        else:
            result = _one(pair.baseline, pair.treatment, dataset, confidence, margin)
        result = result.named(
            **pair.identity, baseline=str(arms[0]), treatment=str(arms[1]), factors=pair.factors, kind=dataset.kind
        )
        results.append(replace(result, cautions=(*result.cautions, *pair.cautions)))
    return Comparisons(dataset.name, dataset.kind, str(arms[0]), str(arms[1]), tuple(results), tuple(notes))


def _check_options(confidence: float, margin: float) -> None:
    if not 0.5 < confidence < 1:
        raise UsageError(f"confidence {confidence} is not between 0.5 and 1", hint="use 0.95")
    if not 0 <= margin < 1:
        raise UsageError(f"margin {margin} is not between 0 and 1", hint="use 0.02 for 2 %")


def _check_measured(arm: Selector, dataset: Dataset) -> None:
    """MissingInput for an environment that is there and whose logs hold no measurement; the notes say why."""
    environment = dict(arm.terms).get("environment", "")
    sources = [run.source for run in dataset.files if run.environment == environment]
    if not environment or not sources or environment in set(dataset.measurements["environment"]):
        return
    said = sorted((note for note in dataset.notes if note.source in sources), key=lambda note: note.code != "sigill")
    why = f" ({said[0].message})" if said else ""
    raise MissingInput(
        f"the {len(sources)} files of the environment {environment!r} in {dataset.name} hold no measurement{why}",
        hint="add benchmark logs of it",
    )


def _one(base: pd.DataFrame, treat: pd.DataFrame, dataset: Dataset, confidence: float, margin: float) -> Comparison:
    refused = [arm for arm in (base, treat) if not arm["informative"].any()]
    if refused:
        reason = str(refused[0]["reason"].iloc[0]) or "the value cannot depend on speed"
        return _refusal(base, treat, "not-informative", reason, confidence, margin)
    base, treat = (arm[arm["informative"]] for arm in (base, treat))
    base, treat, cautions = without_warmup(base, treat, dataset.manifest.warmup)
    level, unknown = level_of(base, treat)
    if unknown:
        text = "nothing says which boot a launch belongs to: launches count as replicates"
        cautions.append(Caution("boots-unknown", text))
    code, text = unfit_boots(base, treat)
    if code:
        return _refusal(base, treat, code, text, confidence, margin)
    bad = _not_positive(base, treat)
    if bad:
        return _refusal(base, treat, "not-positive", bad, confidence, margin)
    cautions += copies(base, treat)
    result = compare_nested(
        _nested(base),
        _nested(treat),
        replicate=level,
        confidence=confidence,
        margin=margin,
        location=dataset.manifest.location,
    )
    return replace(result, cautions=(*result.cautions, *cautions), baseline_n=counts(base), treatment_n=counts(treat))


def _not_positive(base: pd.DataFrame, treat: pd.DataFrame) -> str:
    """Why there is no ratio of these values, or ''."""
    for arm in (base, treat):
        bad = arm[~(arm["value"] > 0)]
        if len(bad):
            row = bad.iloc[0]
            return f"{row['source']}, line {row['line']} has the value {row['value']:g}, and a ratio needs values above 0"
    return ""


def _nested(arm: pd.DataFrame) -> list[list[Any]]:
    """Boots of launches of values, in the order of the data."""
    boots: dict[Any, dict[Any, list[float]]] = {}
    for key, part in arm.groupby(["environment", "boot", "launch"], sort=False):
        boots.setdefault(key[:2], {})[key] = part["value"].to_numpy(dtype=float)
    return [list(launches.values()) for launches in boots.values()]



def _refusal(base: pd.DataFrame, treat: pd.DataFrame, code: str, reason: str, confidence: float, margin: float) -> Comparison:
    return not_comparable(
        code, reason, replicate="launch", baseline_n=counts(base), treatment_n=counts(treat), confidence=confidence, margin=margin
    )
