"""Comparisons of two arms, one per benchmark: arrays inside, a frozen result each when it is looked at."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .capture import Note
from .codes import combined, distinct, firsts
from .errors import DataError, UsageError
from .pairing import IDENTITY, Pairing
from .sampling import Samples
from .stats.batch import Batch
from .stats.result import Caution, Comparison, Counts, not_comparable

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = 2
"""Version of the JSON form of several comparisons."""


@dataclass(frozen=True)
class Results(Sequence[Comparison]):
    """The comparisons of a pairing; each is built when it is asked for.

    named : what all of them carry (selectors, kind). environments : cautions on the machines of a pair.
    """

    pairing: Pairing
    samples: Samples
    batch: Batch
    named: dict[str, Any]
    environments: Callable[[int], tuple[Caution, ...]]

    def __len__(self) -> int:
        return len(self.pairing)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        return self._built(range(len(self))[index])

    @property
    def place(self) -> np.ndarray:
        """Row of each comparison in the batch; -1 for a refused one."""
        out = np.full(len(self), -1)
        out[self.samples.which] = np.arange(len(self.samples.which))
        return out

    def _built(self, i: int) -> Comparison:
        refused = self.samples.refused
        sizes = [Counts(*(int(n) for n in side)) for side in self.samples.sizes[i]]
        if refused.codes[i]:
            result = not_comparable(
                str(refused.codes[i]), refused.reasons[i](), replicate="launch", baseline_n=sizes[0], treatment_n=sizes[1],
                confidence=self.batch.confidence, margin=self.batch.margin,
            )  # fmt: skip
        else:
            result = self.batch[int(np.searchsorted(self.samples.which, i))]
            result = replace(result, baseline_n=sizes[0], treatment_n=sizes[1])
        mine = self.samples.cautions.get(i, ()) if not refused.codes[i] else ()
        cautions = (*result.cautions, *mine, *self.environments(i))
        return replace(result.named(**self.pairing.identity(i), factors=self.pairing.factors(i), **self.named), cautions=cautions)

    def frame(self) -> pd.DataFrame:
        """One row per comparison, made from the arrays."""
        import pandas as pd

        pairing, batch, count = self.pairing, self.batch, len(self)
        first, place = pairing.first[:, 0], self.place
        good = place >= 0

        def words(name: str) -> np.ndarray:
            part = pairing.columns[name]
            return np.array(part.words, dtype=object)[part.codes[first]]

        def spread(values: np.ndarray, fill: Any) -> np.ndarray:
            out = np.full(count, fill, dtype=values.dtype if values.dtype.kind != "i" else np.int64)
            out[good] = values[place[good]]
            return out

        data: dict[str, Any] = {name: words(name) for name in IDENTITY}
        data |= {key: np.full(count, self.named[key], dtype=object) for key in ("baseline", "treatment")}
        for name, mask in pairing.fixed.items():
            found = words(name)
            stated = mask & (found != "")
            if stated.any():
                data[name] = np.where(stated, found, np.nan)
        sizes = self.samples.sizes
        texts, unadjusted = self._texts(place), np.full(len(batch), np.nan)
        data |= {
            "ratio": spread(batch.ratio, np.nan), "low": spread(batch.low, np.nan), "high": spread(batch.high, np.nan),
            "confidence": np.full(count, batch.confidence), "p": spread(batch.estimates.p, np.nan),
            "verdict": spread(batch.verdicts.astype(object), "not comparable"),
            "code": np.where(good, spread(batch.codes, ""), self.samples.refused.codes),
            "replicate": spread(batch.levels, "launch"),
            **{f"{arm}_{level}": sizes[:, side, k] for side, arm in enumerate(("baseline", "treatment"))
               for k, level in enumerate(("boots", "launches", "iterations"))},
            "method": [text[0] for text in texts], "reason": [text[1] for text in texts], "cautions": [text[2] for text in texts],
            "adjusted": spread(unadjusted if batch.adjusted is None else batch.adjusted, np.nan),
            "p_equivalence": spread(np.where(batch.codes == "", batch.equivalence, np.nan), np.nan),
            "adjusted_equivalence": spread(unadjusted if batch.alike is None else batch.alike, np.nan),
            "pairs": spread(np.where(batch.paired, batch.replicates[:, 0], 0), 0), "relative_to": np.full(count, "", dtype=object),
        }  # fmt: skip
        return pd.DataFrame(data)

    def _texts(self, place: np.ndarray) -> list[tuple[str, str, str]]:
        """Method, reason and caution codes of each comparison."""
        refused, found, out = self.samples.refused, self.batch.every_text(), []
        for i, row in enumerate(place.tolist()):
            method, reason, cautions = ("ratio only", refused.reasons[i](), ()) if row < 0 else found[row]
            mine = self.samples.cautions.get(i, ()) if row >= 0 else ()
            every = (*cautions, *mine, *self.environments(i))
            out.append((method, reason, " ".join([caution.code for caution in every])))
        return out


@dataclass(frozen=True)
class Comparisons:
    """Several comparisons of the same two arms, one per benchmark, metric and combination of the other factors.

    `notes` say what was left out (groups that only one arm has). `geomeans` put the comparisons of a group together.
    `filter`, `group_by` and `within` are what was asked for, '' where nothing was.
    """

    dataset: str
    kind: str
    baseline: str
    treatment: str
    results: Sequence[Comparison]
    notes: tuple[Note, ...] = ()
    geomeans: tuple[Comparison, ...] = ()
    filter: str = ""
    group_by: str = ""
    within: str = ""

    def __iter__(self) -> Iterator[Comparison]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    def __getitem__(self, index: int) -> Comparison:
        return self.results[index]

    @property
    def title(self) -> str:
        """What is compared, in one line."""
        only = f", only {self.filter}" if self.filter else ""
        return f"{self.dataset} ({self.kind}): {self.arms}{only}"

    @property
    def arms(self) -> str:
        """'tdx over vm', and what a ratio of ratios is relative to."""
        return f"{self.treatment} over {self.baseline}" + (f", relative to {self.within}" if self.within else "")

    def one(self, **wanted: str) -> Comparison:
        """The comparison whose benchmark, metric or factors are as wanted; UsageError unless exactly one is."""
        found = [result for result in self.results if _matches(result, wanted)]
        if len(found) != 1:
            raise UsageError(f"{len(found)} comparisons match {wanted}", hint="name more or fewer factors")
        return found[0]

    def varying(self, result: Comparison) -> list[tuple[str, str]]:
        """The factors of a comparison that tell it from the others of its benchmark and metric."""
        varying = self._varying.get((result.benchmark, result.metric), ())
        return [(key, value) for key, value in result.factors if key in varying]

    @cached_property
    def _varying(self) -> dict[tuple[str, str], set[str]]:
        """Per benchmark and metric the factors in which its comparisons differ; a missing factor is a value of its own."""
        if isinstance(self.results, Results):
            return _varying(self.results.pairing)
        groups: dict[tuple[str, str], list[dict[str, str]]] = {}
        for result in self.results:
            groups.setdefault((result.benchmark, result.metric), []).append(dict(result.factors))
        return {name: {key for one in every for key in one if len({other.get(key, "") for other in every}) > 1}
                for name, every in groups.items()}  # fmt: skip

    def frame(self) -> pd.DataFrame:
        """One row per comparison: benchmark, metric, factors, ratio, low, high, p, verdict, code, counts, method, reference.

        Intervals and p are those of each comparison alone; `adjusted` and `adjusted_equivalence` are p after Benjamini and
        Hochberg, which verdicts use.
        """
        import pandas as pd

        if isinstance(self.results, Results):
            return self.results.frame()
        nothing = not_comparable("", "", replicate="", baseline_n=Counts(0, 0, 0), treatment_n=Counts(0, 0, 0))
        return pd.DataFrame([_row(result) for result in self.results], columns=None if len(self) else list(_row(nothing)))

    def to_dict(self) -> dict[str, Any]:
        """Plain types for JSON, with every comparison and note."""
        return {
            "schema": SCHEMA,
            "dataset": self.dataset,
            "kind": self.kind,
            "baseline": self.baseline,
            "treatment": self.treatment,
            "filter": self.filter,
            "group_by": self.group_by,
            "within": self.within,
            "results": [result.to_dict() for result in self.results],
            "notes": [{"code": note.code, "message": note.message} for note in self.notes],
            "geomeans": [result.to_dict() for result in self.geomeans],
        }

    def to_json(self, indent: int | None = None) -> str:
        """The same as text; the same results give the same bytes."""
        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Comparisons:
        """Read back what `to_dict` wrote, of this version or the one before; anything odd is a DataError."""
        if not isinstance(data, Mapping) or data.get("schema") not in (1, SCHEMA):
            found = data.get("schema") if isinstance(data, Mapping) else type(data).__name__
            raise DataError(f"these are no comparisons of schema version {SCHEMA}: found {found!r}")
        try:
            heads = [str(data[key]) for key in ("dataset", "kind", "baseline", "treatment")]
            notes = tuple(Note(str(note["code"]), str(note["message"])) for note in data["notes"])
            results, geomeans = (tuple(Comparison.from_dict(item) for item in data.get(key, ())) for key in ("results", "geomeans"))
        except (KeyError, TypeError) as error:
            raise DataError(f"comparisons lack or misplace {error}") from error
        return cls(*heads, results, notes, geomeans, *(str(data.get(key, "")) for key in ("filter", "group_by", "within")))

    @classmethod
    def from_json(cls, text: str) -> Comparisons:
        """Read back what `to_json` wrote."""
        try:
            return cls.from_dict(json.loads(text))
        except json.JSONDecodeError as error:
            raise DataError(f"not JSON: {error.msg}", line=error.lineno) from error

    def __repr__(self) -> str:
        counts: dict[str, int] = {}
        for verdict in self.frame()["verdict"] if len(self) else ():
            counts[verdict] = counts.get(verdict, 0) + 1
        said = ", ".join(f"{number} {verdict}" for verdict, number in counts.items()) or "nothing in common"
        return f"<Comparisons of {self.dataset}: {self.arms}; {said}>"

    def __eq__(self, other: object) -> bool:
        return self.to_dict() == other.to_dict() if isinstance(other, Comparisons) else NotImplemented

    __hash__ = None


def _varying(pairing: Pairing) -> dict[tuple[str, str], set[str]]:
    """The same from the arrays of a pairing."""
    first, columns = pairing.first[:, 0], pairing.columns
    name, metric = columns["benchmark"], columns["metric"]
    group, count = combined([(part.codes[first], len(part.words)) for part in (name, metric)])
    heads = first[firsts(group, count)]
    out = {(name.word(head), metric.word(head)): set() for head in heads.tolist()}
    for key, mask in pairing.fixed.items():
        part = columns[key]
        several = distinct(group, np.where(mask, part.codes[first] + 1, 0), count, len(part.words) + 1) > 1
        for head in heads[several].tolist():
            out[name.word(head), metric.word(head)].add(key)
    return out


def _matches(result: Comparison, wanted: dict[str, str]) -> bool:
    have = {"benchmark": result.benchmark, "metric": result.metric, **dict(result.factors)}
    return all(have.get(key) == value for key, value in wanted.items())


def _row(result: Comparison) -> dict[str, Any]:
    return {
        "benchmark": result.benchmark, "metric": result.metric, "unit": result.unit, "better": result.better,
        "baseline": result.baseline, "treatment": result.treatment, **dict(result.factors),
        "ratio": result.ratio, "low": result.low, "high": result.high, "confidence": result.confidence, "p": result.p,
        "verdict": result.verdict, "code": result.code, "replicate": result.replicate,
        **{f"{arm}_{level}": getattr(getattr(result, f"{arm}_n"), level) for arm in ("baseline", "treatment")
           for level in ("boots", "launches", "iterations")},
        "method": result.method, "reason": result.reason,
        "cautions": " ".join(caution.code for caution in result.cautions), "adjusted": result.adjusted,
        "p_equivalence": result.p_equivalence, "adjusted_equivalence": result.adjusted_equivalence,
        "pairs": result.pairs, "relative_to": result.relative_to,
    }  # fmt: skip
