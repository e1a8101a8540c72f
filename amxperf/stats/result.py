"""What a comparison gives back: frozen objects that read themselves out and travel as JSON."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import DataError
from .variances import Variances

SCHEMA = 2
"""Version of the JSON form. It changes when a key changes its name or meaning."""

VERDICTS = ("different", "equivalent", "different and equivalent", "inconclusive", "not comparable")

READABLE = (1, SCHEMA)
"""Versions that can be read back: version 1 had no adjusted p, degrees of freedom, pairs, components and reference."""

_REALS = (
    "ratio", "low", "high", "confidence", "margin", "p", "low90", "high90", "spread_baseline", "spread_treatment", "adjusted", "df",
    "p_equivalence", "adjusted_equivalence",
)  # fmt: skip
_PLURAL = {"boot": "boots", "block": "blocks", "launch": "launches", "value": "values"}


@dataclass(frozen=True)
class Caution:
    """What a reader must know beside the number. `code` is stable (``two-replicates``), `message` is one sentence."""

    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.message} [{self.code}]"


@dataclass(frozen=True)
class Counts:
    """How much was measured in one arm; 0 boots or launches: the caller did not say."""

    boots: int
    launches: int
    iterations: int


@dataclass(frozen=True, repr=False, eq=False)
class Comparison:
    """Treatment against baseline, for one benchmark and metric.

    ratio, low, high
        Treatment over baseline with its interval (no unit); NaN when unknown.
    confidence, margin
        Level of the interval (0.95); the margin of equivalence as a fraction (0.02).
    method, p
        What made the interval; the two-sided p value that agrees with it.
    replicate
        Which level counts as independent: 'boot', 'launch' or 'value'.
    baseline_n, treatment_n
        Boots, launches and iterations of each arm.
    verdict, code, reason
        One of `VERDICTS`; a stable code when not comparable, else ''; one sentence without a full stop.
    settle
        Replicates per arm that would settle an inconclusive one (see `stats.verdict`), or None.
    cautions, within
        Warnings as data; the comparison inside the only replicate of each arm, when there is one.
    low90, high90
        The interval that equivalence used: level 2 * confidence - 1, so 90 % beside 95 %.
    spread_baseline, spread_treatment
        Standard deviation of the log locations of the replicates; NaN with one replicate.

    adjusted, family
        p after Benjamini and Hochberg and the number of comparisons adjusted together; the verdict then stands on it,
        while the interval stays that of this comparison alone. NaN and 0 where nothing was adjusted.
    p_equivalence, adjusted_equivalence
        p of equivalence within the margin (`stats.equivalence`), by itself and after Benjamini and Hochberg; NaN if unknown.
    df, pairs
        Degrees of freedom of the t method, NaN for ranks; pairs of replicates, 0 where the arms are not paired.
    components
        Variance components of baseline and treatment (`stats.variances`), empty where no level repeats in another.
    relative_to, reference_n
        For a ratio of ratios the selector of the reference, and the counts of its two arms.
    halves
        Replicates on the two sides of a ratio of ratios whose blocks hold two of its four arms each; else empty.
        `pairs` are blocks that hold all four. The spreads are those of the log ratio of ratios, or of the ratio of each side.

    Then who is compared: benchmark, metric, unit, better ('lower', 'higher', 'none'), the selectors of both arms, the
    factors held fixed, and the kind of data. Two results are equal when their JSON is.
    """

    ratio: float
    low: float
    high: float
    confidence: float
    margin: float
    method: str
    p: float
    replicate: str
    baseline_n: Counts
    treatment_n: Counts
    verdict: str
    code: str
    reason: str
    settle: int | None
    cautions: tuple[Caution, ...]
    within: Comparison | None
    low90: float
    high90: float
    spread_baseline: float
    spread_treatment: float
    benchmark: str = ""
    metric: str = ""
    unit: str = ""
    better: str = ""
    baseline: str = ""
    treatment: str = ""
    factors: tuple[tuple[str, str], ...] = ()
    kind: str = ""
    adjusted: float = math.nan
    family: int = 0
    df: float = math.nan
    pairs: int = 0
    components: tuple[Variances, ...] = ()
    relative_to: str = ""
    reference_n: tuple[Counts, ...] = ()
    p_equivalence: float = math.nan
    adjusted_equivalence: float = math.nan
    halves: tuple[int, ...] = ()

    def named(self, **identity: Any) -> Comparison:
        """A copy with identity fields set (benchmark, unit, better ...), here and in every `.within`."""
        within = None if self.within is None else self.within.named(**identity)
        return dataclasses.replace(self, within=within, **identity)

    def alone(self) -> str:
        """The verdict of this comparison by itself, not adjusted for the others."""
        from .estimates import UNSURE
        from .verdict import judge

        if self.verdict == "not comparable":
            return self.verdict
        ends = (math.log(end) if end > 0 else -math.inf for end in (self.low, self.high, self.low90, self.high90))
        return judge(*ends, self.margin, unsure=any(caution.code == UNSURE for caution in self.cautions))

    def sentence(self) -> str:
        """The result in one sentence: ratio, interval, method, replicates, verdict."""
        from .sentence import sentence

        return sentence(self)

    def replicates(self) -> tuple[int, int]:
        """Replicates in the baseline and in the treatment."""
        if self.pairs or self.halves:
            return (self.pairs, self.pairs) if self.pairs else self.halves
        return getattr(self.baseline_n, self._counts), getattr(self.treatment_n, self._counts)

    @property
    def _counts(self) -> str:
        return {"boot": "boots", "block": "boots", "launch": "launches", "value": "iterations"}[self.replicate]

    @property
    def least(self) -> int:
        """Replicates of the smallest arm, those of the reference included."""
        beside = () if self.pairs or self.halves else self.reference_n
        return min(*self.replicates(), *(getattr(arm, self._counts) for arm in beside))

    def counted(self) -> str:
        """The replicates in words: '10 against 10 launches'."""
        baseline, treatment = self.replicates()
        if self.pairs and self.relative_to:
            what = {"block": ("block", "blocks"), "boot": ("pair of boots", "pairs of boots")}[self.replicate]
            return f"{self.pairs} {what[self.pairs > 1]} with all four arms"
        if self.pairs:
            return f"{self.pairs} {'pair' if self.pairs == 1 else 'pairs'} of {_PLURAL[self.replicate]}"
        if self.halves:
            return f"{baseline} against {treatment} {_PLURAL[self.replicate]} with two arms each"
        noun = self.replicate if baseline == treatment == 1 else _PLURAL[self.replicate]
        beside = [getattr(arm, self._counts) for arm in self.reference_n]
        reference = f" and {beside[0]} against {beside[1]} of the reference" if beside else ""
        return f"{baseline} against {treatment} {noun}{reference}"

    def to_dict(self) -> dict[str, Any]:
        """Plain types for JSON: NaN becomes None, an unbounded end 'inf', factors an object."""
        data: dict[str, Any] = {"schema": SCHEMA}
        for field in dataclasses.fields(self):
            data[field.name] = getattr(self, field.name)
        for name in _REALS:
            data[name] = _plain(data[name])
        data["baseline_n"] = dataclasses.asdict(self.baseline_n)
        data["treatment_n"] = dataclasses.asdict(self.treatment_n)
        data["cautions"] = [dataclasses.asdict(caution) for caution in self.cautions]
        data["factors"] = dict(self.factors)
        data["components"] = [dataclasses.asdict(part) for part in self.components]
        data["reference_n"] = [dataclasses.asdict(part) for part in self.reference_n]
        data["halves"] = list(self.halves)
        data["within"] = None if self.within is None else self.within.to_dict()
        return data

    def to_json(self, indent: int | None = None) -> str:
        """The same as text; the same result gives the same bytes."""
        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Comparison:
        """Read back what `to_dict` wrote. Unknown keys are left out; anything else that is odd is a DataError."""
        if not isinstance(data, Mapping) or data.get("schema") not in READABLE:
            found = data.get("schema") if isinstance(data, Mapping) else type(data).__name__
            raise DataError(f"not a comparison of schema version {SCHEMA}: found {found!r}")
        known = {field.name: data[field.name] for field in dataclasses.fields(cls) if field.name in data}
        required = {f.name for f in dataclasses.fields(cls) if f.default is dataclasses.MISSING}
        if absent := sorted(required - set(known)):
            raise DataError(f"a comparison lacks the key {absent[0]!r}")
        try:
            for name in _REALS:
                known[name] = math.nan if known.get(name) is None else float(known[name])
            for name in ("baseline_n", "treatment_n"):
                known[name] = Counts(**known[name])
            known["cautions"] = tuple(Caution(**caution) for caution in known["cautions"])
            known["components"] = tuple(_components(part) for part in known.get("components", ()))
            known["reference_n"] = tuple(Counts(**part) for part in known.get("reference_n", ()))
            known["halves"] = tuple(int(n) for n in known.get("halves", ()))
            known["factors"] = tuple((str(k), str(v)) for k, v in dict(known.get("factors", {})).items())
        except (TypeError, ValueError) as error:
            raise DataError(f"a comparison holds a value of the wrong type: {error}") from error
        known["within"] = None if known["within"] is None else cls.from_dict(known["within"])
        return cls(**known)

    @classmethod
    def from_json(cls, text: str) -> Comparison:
        """Read back what `to_json` wrote."""
        try:
            return cls.from_dict(json.loads(text))
        except json.JSONDecodeError as error:
            raise DataError(f"not JSON: {error.msg}", line=error.lineno) from error

    def __eq__(self, other: object) -> bool:
        return self.to_json() == other.to_json() if isinstance(other, Comparison) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.to_json())

    def __repr__(self) -> str:
        level = f"{100 * self.confidence:g} %"
        interval = "no interval" if math.isnan(self.low) else f"{self.low:.4g} to {self.high:.4g} at {level}"
        verdict = f"{self.verdict} [{self.code}]" if self.code else self.verdict
        codes = "".join(f", {caution.code}" for caution in self.cautions)
        return f"<Comparison {self.ratio:.4g} ({interval}), {verdict}; {self.method}, {self.counted()}{codes}>"


def not_comparable(
    code: str,
    reason: str,
    *,
    replicate: str,
    baseline_n: Counts,
    treatment_n: Counts,
    confidence: float = 0.95,
    margin: float = 0.02,
    ratio: float = math.nan,
    spread: tuple[float, float] = (math.nan, math.nan),
    cautions: tuple[Caution, ...] = (),
    within: Comparison | None = None,
    components: tuple[Variances, ...] = (),
    **identity: Any,
) -> Comparison:
    """The answer when there is none: the ratio if known, no interval, a stable code and the reason.

    >>> nothing = Counts(0, 0, 0)
    >>> not_comparable("uninformative", "the value cannot depend on speed", replicate="launch",
    ...                baseline_n=nothing, treatment_n=nothing).sentence()
    'treatment and baseline are not comparable: the value cannot depend on speed.'
    """
    nan = math.nan
    return Comparison(
        ratio, nan, nan, confidence, margin, "ratio only", nan, replicate, baseline_n, treatment_n, "not comparable",
        code, reason, None, cautions, within, nan, nan, *spread, components=components, **identity,
    )  # fmt: skip


def _components(data: Mapping[str, Any]) -> Variances:
    return Variances(tuple(data["levels"]), tuple(float(v) for v in data["variances"]), tuple(data["clamped"]))


def _plain(value: float) -> float | str | None:
    """NaN has no JSON, and an unbounded end none either: null and 'inf' ('-inf')."""
    if math.isnan(value):
        return None
    return float(value) if math.isfinite(value) else str(float(value))
