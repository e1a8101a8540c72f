"""Many comparisons at a time: arrays in, a sequence of frozen results out, each built when it is looked at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, overload

import numpy as np

from . import estimates, many, verdict
from .equivalence import equivalence_ps
from .estimates import DEGREES, Estimates
from .nested import Nested
from .result import Caution, Comparison, Counts, not_comparable
from .variances import Variances, variances
from .wording import ENOUGH, EXTREME, PLURAL, adjusted_away, alone, extreme, few, mixed, reason, unchecked


@dataclass(frozen=True)
class Batch(Sequence[Comparison]):
    """Comparisons as arrays; `batch[i]` is a frozen :class:`Comparison`.

    estimates : log shifts and intervals, NaN where there is none. replicates : (comparisons, 2).
    paired : are the replicates pairs? One answer, or one per comparison.
    codes : '' or why a comparison cannot be made; verdicts : as in `stats.result.VERDICTS`.
    adjusted, alike, family : p of a difference and of equivalence after Benjamini and Hochberg, and how many were adjusted
    together; NaN and 0 where they were not.
    """

    estimates: Estimates
    levels: np.ndarray
    sizes: tuple[np.ndarray, np.ndarray]
    replicates: np.ndarray
    spreads: tuple[np.ndarray, np.ndarray]
    codes: np.ndarray
    confidence: float
    margin: float
    paired: bool | np.ndarray
    arms: tuple[Nested, Nested] | None = field(default=None, repr=False)
    within: Batch | None = field(default=None, repr=False)
    inner: np.ndarray | None = field(default=None, repr=False)
    adjusted: np.ndarray | None = field(default=None, repr=False)
    alike: np.ndarray | None = field(default=None, repr=False)
    family: int = 0

    def __len__(self) -> int:
        return len(self.estimates)

    @property
    def ratio(self) -> np.ndarray:
        """Treatment over baseline."""
        return _exp(self.estimates.shift)

    @property
    def low(self) -> np.ndarray:
        """Lower end of the interval; NaN where there is none."""
        return _exp(self.estimates.low)

    @property
    def high(self) -> np.ndarray:
        """Upper end of the interval."""
        return _exp(self.estimates.high)

    @cached_property
    def verdicts(self) -> np.ndarray:
        """Verdict of each comparison, after adjustment where there is one; array of str."""
        found = verdict.judge_many(self.estimates, self.margin, self.confidence, self.adjusted, self.alike)
        return np.where(self.codes == "", found, "not comparable")

    @cached_property
    def equivalence(self) -> np.ndarray:
        """p of equivalence within the margin of each comparison alone (:mod:`amxperf.stats.equivalence`)."""
        return equivalence_ps(self.estimates, self.margin, self.confidence, self.arms)

    @cached_property
    def _lost(self) -> tuple[np.ndarray, np.ndarray]:
        """Comparisons that are a difference, and that are equivalent, by themselves and no longer after adjustment."""
        alone, verdicts = (words.astype(str) for words in (verdict.judge_many(self.estimates, self.margin), self.verdicts))
        return tuple((np.char.find(alone, word) >= 0) & (np.char.find(verdicts, word) < 0) & (self.codes == "")
                     for word in ("different", "equivalent"))  # fmt: skip

    def adjust(self, use: np.ndarray | None = None) -> Batch:
        """A copy whose verdicts stand after Benjamini and Hochberg; comparisons that cannot be made stay out of the family.

        Differences and equivalences are claims of two kinds: each kind is adjusted by itself, so that of either few are false.
        `use` : mask of the comparisons that belong to the family; all if left out.
        """
        member = (self.codes == "") & ~np.isnan(self.estimates.p)
        member = member if use is None else member & use
        count = int(member.sum())
        if count < 2:
            return self
        claims = (np.array(many.adjusted(np.where(member, p, math.nan))) for p in (self.estimates.p, self.equivalence))
        return replace(self, family=count, **dict(zip(("adjusted", "alike"), claims, strict=True)))

    @overload
    def __getitem__(self, index: int) -> Comparison: ...

    @overload
    def __getitem__(self, index: slice) -> list[Comparison]: ...

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        i = range(len(self))[index]
        level, code = str(self.levels[i]), str(self.codes[i])
        counts = tuple(int(n) for n in self.replicates[i])
        common: dict[str, Any] = {
            "replicate": level, "confidence": self.confidence, "margin": self.margin,
            "baseline_n": Counts(*(int(n) for n in self.sizes[0][i])),
            "treatment_n": Counts(*(int(n) for n in self.sizes[1][i])),
            "pairs": counts[0] if np.broadcast_to(self.paired, len(self))[i] else 0,
        }  # fmt: skip
        spread = float(self.spreads[0][i]), float(self.spreads[1][i])
        estimate = self.estimates.row(i)
        parts = self._components(i, level)
        if code.startswith("one-"):
            within = None
            if self.within is not None and self.inner is not None and self.inner[i] >= 0:
                within = self._inside(self.within[int(self.inner[i])], level)
            return not_comparable(code, alone(*counts, level), ratio=_exp_one(estimate.shift), spread=spread, within=within,
                                  cautions=extreme(estimate.shift), components=parts, **common)  # fmt: skip
        method, said, cautions = self.texts(i)
        if code:
            return not_comparable(code, said, ratio=_exp_one(estimate.shift), spread=spread, cautions=cautions,
                                  components=parts, **common)  # fmt: skip
        adjusted, alike = (math.nan if part is None else float(part[i]) for part in (self.adjusted, self.alike))
        low, high, low90, high90 = (_exp_one(end) for end in (estimate.low, estimate.high, estimate.low90, estimate.high90))
        return Comparison(
            ratio=_exp_one(estimate.shift), low=low, high=high, method=method, p=estimate.p, verdict=str(self.verdicts[i]), code="",
            reason=said, settle=int(self._settles[i]) or None, cautions=cautions, within=None, low90=low90, high90=high90,
            spread_baseline=spread[0], spread_treatment=spread[1],
            adjusted=adjusted, family=0 if math.isnan(adjusted) else self.family, df=estimate.df,
            components=parts, p_equivalence=float(self.equivalence[i]),
            adjusted_equivalence=alike, **common,
        )  # fmt: skip

    def every_text(self) -> list[tuple[str, str, tuple[Caution, ...]]]:
        """`texts` of all comparisons: comparisons that agree in what the texts are made of share them."""
        several = np.max([np.diff(arm.arms) for arm in self.arms], axis=0) > 1 if self.arms else np.zeros(len(self), dtype=bool)
        excludes = (self.estimates.low > 0) | (self.estimates.high < 0)
        told = self._lost[0] | self._lost[1]  # names p itself
        own = np.where(told | (np.abs(self.estimates.shift) > EXTREME), np.arange(len(self)), -1)
        columns = (self.levels, self.codes, *self.replicates.T, several, self.estimates.flags, self.estimates.method, self.verdicts,
                   self._settles, excludes, own)  # fmt: skip
        known: dict[tuple, tuple[str, str, tuple[Caution, ...]]] = {}
        out = []
        for i, key in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
            if key not in known:
                known[key] = self.texts(i)
            out.append(known[key])
        return out

    def texts(self, i: int) -> tuple[str, str, tuple[Caution, ...]]:
        """Method, reason and cautions of a comparison, without building it."""
        level, code, counts = str(self.levels[i]), str(self.codes[i]), [int(n) for n in self.replicates[i]]
        if code.startswith("one-"):
            return "ratio only", alone(*counts, level), extreme(float(self.estimates.shift[i]))
        several = level == "launch" and self._boots(i) > 1
        size = (*few(min(counts), level), *unchecked(min(counts), level), *extreme(float(self.estimates.shift[i])))
        cautions = (*size, *mixed(several), *estimates.read_out(int(self.estimates.flags[i]), *counts))
        if code:
            return "ratio only", cautions[-1].message, cautions
        found, settle = str(self.verdicts[i]), int(self._settles[i])
        lost = tuple(bool(part[i]) for part in self._lost)
        if lost[0]:
            cautions = (*cautions, adjusted_away("excludes 1", self.family, self.estimates.p[i], self.adjusted[i]))
        if lost[1]:
            cautions = (*cautions, adjusted_away("lies inside the margin", self.family, self.equivalence[i], self.alike[i]))
        unsure = bool(self.estimates.flags[i] & DEGREES)
        said = reason(found, self.confidence, self.margin, settle or None, level, lost, unsure)
        return estimates.METHODS[int(self.estimates.method[i])], said, cautions

    @cached_property
    def _settles(self) -> np.ndarray:
        """Replicates that would settle each comparison; 0 where nothing is open or nobody can tell."""
        open_ = (self.verdicts == "inconclusive") & (self.replicates.min(axis=1) >= ENOUGH)
        open_ &= ~self._lost[0] & ~self._lost[1]
        rows = np.flatnonzero(open_)
        out = np.zeros(len(self), dtype=np.int64)
        pairs = np.broadcast_to(self.paired, len(self))[rows]
        noise = (np.where(pairs, self._pair_spreads[rows], self.spreads[0][rows]), np.where(pairs, 0, self.spreads[1][rows]))
        out[rows] = verdict.settle_many(self.estimates.shift[rows], *noise, self.confidence, self.margin,
                                        self.replicates[rows].max(axis=1))  # fmt: skip
        return out

    @cached_property
    def _pair_spreads(self) -> np.ndarray:
        """Standard deviations of the paired log ratios, from the intervals' own numbers."""
        from scipy.special import stdtrit

        n = self.replicates[:, 0]
        half = (self.estimates.high - self.estimates.low) / 2
        return half / stdtrit(np.maximum(n - 1, 1), 0.5 + self.confidence / 2) * np.sqrt(n)

    def _boots(self, i: int) -> int:
        return max(int(arm.arms[i + 1] - arm.arms[i]) for arm in self.arms) if self.arms else 1

    def _components(self, i: int, level: str) -> tuple[Variances, ...]:
        if self.arms is None:
            return ()
        names = ("iteration", "launch", level if level in ("boot", "block") else "boot")
        found = tuple(variances(arm.arm(i), names) for arm in self.arms)
        return found if any(len(part.levels) > 1 for part in found) else ()

    @staticmethod
    def _inside(found: Comparison, level: str) -> Comparison | None:
        """What `.within` shows: the comparison one level down, or two where that level is single too."""
        if found.code in ("one-launch", "one-value"):
            return found.within
        label = Caution(f"within-{level}", f"this speaks for these two {PLURAL[level]} only, not for the systems")
        return replace(found, cautions=(label, *found.cautions))


def _exp(values: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        return np.exp(values)


def _exp_one(value: float) -> float:
    """exp, unbounded where a double ends."""
    return math.exp(value) if value < 709 else math.inf if value == value else math.nan
