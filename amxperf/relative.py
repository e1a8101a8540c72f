"""The ratio of two ratios: what the step from baseline to treatment costs one thing, relative to what it costs another.

AMX in a TDX guest against AMX in a VM, relative to AVX-512 in both, separates what TDX costs AMX from what it costs
everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .blocking import Matched, cells_of, matched, unused
from .capture import Note
from .dataset import Dataset
from .diagnosis import Sample, findings
from .errors import MissingInput, UsageError
from .pairing import IDENTITY, PLACE, Pairing, paired
from .residue import residues_of
from .sampling import Samples, samples
from .selector import Selector
from .stats.batch import Batch
from .stats.diagnostics import applied
from .stats.engine import relative_arms
from .stats.result import Caution, Comparison, Counts
from .stats.wording import PLURAL

Told = Callable[[int], tuple[Caution, ...]]
"""Cautions on a pair of a pairing."""
Settling = Callable[[Pairing], Told]


def relative(
    dataset: Dataset,
    arms: tuple[Selector, Selector],
    within: Selector,
    only: Selector | None,
    confidence: float,
    margin: float,
    differs: Sequence[str] = (),
    diagnose: bool = False,
    settling: Settling | None = None,
) -> tuple[list[Comparison], list[Note]]:
    """The ratios of ratios of a dataset, and notes on what has no partner.

    Each arm is split into the rows that `within` selects (the reference) and the others; where an arm pins a column that
    `within` names, the reference is the arm with that column as `within` has it.
    A comparison needs all four samples at one level; else it is left out with a note (`no-reference`).
    Where dataset.toml names a `block`, blocks pair the four arms (:func:`amxperf.blocking.matched`): a block that holds all four
    gives one log ratio of ratios (paired t); where blocks hold two of them, the log ratio of those two is the replicate of its
    side (Welch's t). Blocks of one boot are one replicate where the treatment was assigned to boots. Blocks that hold less are
    left out, with the caution `unpaired-blocks`; where none will do the comparison is left out with the note `no-common-block`.
    What else differs between the arms is a caution, but for the columns and machine keys `differs`. Where some of the four
    samples ran in the same replicates (caution `shared-replicates`), the formula, which takes them as independent, errs.
    settling : what each pair of a pairing left out as warm-up, as cautions.
    diagnose : look at the four samples of each (:mod:`amxperf.diagnosis`); what is found bears on the ratio of ratios.
    """
    data, keys = dataset.measurements, {term.key for term in within.conditions}
    chosen = only.mask(data, dataset.name) if only else np.ones(len(data), dtype=bool)
    inside = within.mask(data, dataset.name)
    sides, references = [], []
    for arm in arms:
        bare = arm.without(keys)
        whole = bare.mask(data, dataset.name) if bare.conditions else np.ones(len(data), dtype=bool)
        references.append(whole & inside & chosen)
        sides.append(arm.mask(data, dataset.name) & ~inside & chosen)
    for name, parts in (("", sides), (f" with {within}", references)):
        for arm, part in zip(arms, parts, strict=True):
            if not part.any():
                raise MissingInput(f"no measurement of {arm}{name} is left beside the reference {within}",
                                   hint="name a reference that both arms have, and something else in both arms")  # fmt: skip
        if (parts[0] & parts[1]).any():
            raise UsageError(f"baseline {arms[0]} and treatment {arms[1]} share measurements{name}",
                             hint="pin a column in which they differ, besides those of the reference")  # fmt: skip
    block = {dataset.manifest.block} - {""}
    mains, refs = (
        paired(data[parts[0] | parts[1]], parts[1][parts[0] | parts[1]], arms, block | skip)
        for parts, skip in ((sides, set()), (references, keys))
    )
    four = _Four(dataset, mains, refs, samples(mains, dataset.manifest, match=False), samples(refs, dataset.manifest, match=False))
    rows, others, notes = four.places(keys, within)
    blocks = four.matched(rows, others) if four.main.block else []
    if blocks and not any(blocks) and len(four.main.block) > 1:  # a launch or a boot holds one arm by nature
        notes.append(Note("block-unused", unused(dataset.manifest.block)))
        manifest, blocks = dataset.manifest.without("block"), []
        four = replace(four, main=samples(mains, manifest, match=False), ref=samples(refs, manifest, match=False))
        rows, others, more = four.places(keys, within)
        notes = [*more, notes[-1]]
    text = "no block has measurements of all four arms, or of two that make a ratio: not compared"
    for at, _ in ((at, one) for at, one in zip(rows, blocks, strict=False) if one is None):
        notes.append(Note("no-common-block", f"{_words(mains, int(four.main.which[at]))}: {text}"))
    if blocks:
        rows, others, blocks = ([part[k] for k in range(len(part)) if blocks[k]] for part in (rows, others, blocks))
    if not rows:
        return [], notes
    residues = [residues_of(dataset.manifest, pairing, differs) for pairing in (mains, refs)]
    left_out = [settling(pairing) for pairing in (mains, refs)] if settling else []
    found = four.compared(rows, others, blocks, arms, within, confidence, margin, [*left_out, *residues])
    if diagnose:
        parts = Sample(mains, four.main, dataset.manifest), Sample(refs, four.ref, dataset.manifest)
        ratios = [block.sides for block in blocks] or [()] * len(rows)
        found = [applied(result, findings(result, list(zip(parts, places, strict=True)), sides))
                 for result, sides, *places in zip(found, ratios, rows, others, strict=True)]  # fmt: skip
    return found, notes


@dataclass(frozen=True)
class _Four:
    """The arms of ratios of ratios: pairings and samples of the rest (`mains`) and of the reference (`refs`)."""

    dataset: Dataset
    mains: Pairing
    refs: Pairing
    main: Samples
    ref: Samples

    def places(self, keys: set[str], within: Selector) -> tuple[list[int], list[int], list[Note]]:
        """Comparisons and their references, by place in the samples, and notes on those without."""
        apart = keys | _apart(self.mains, self.refs)
        place: dict[tuple, list[int]] = {}
        for at, i in enumerate(self.ref.which.tolist()):
            place.setdefault(_key(self.refs, i, apart), []).append(at)
        rows, others, notes = [], [], []
        for at, i in enumerate(self.main.which.tolist()):
            found = place.get(_key(self.mains, i, apart), [])
            if len(found) == 1 and self.main.levels[at] == self.ref.levels[found[0]]:
                rows.append(at)
                others.append(found[0])
                continue
            why = "counts replicates at another level than its" if len(found) == 1 else f"has {len(found) or 'no'}"
            notes.append(Note("no-reference", f"{_words(self.mains, i)} {why} reference {within}: not compared"))
        for pairing, found in ((self.mains, self.main), (self.refs, self.ref)):
            for i in np.flatnonzero(found.refused.codes != "").tolist():
                notes.append(Note(str(found.refused.codes[i]), f"{_words(pairing, i)}: {found.refused.reasons[i]()}"))
        return rows, others, notes

    def matched(self, rows: Sequence[int], others: Sequence[int], boots: bool = True) -> list[Matched | None]:
        """The four arms of each comparison matched by their blocks; `boots`: those of one boot may have to be one replicate."""
        location = self.dataset.manifest.location
        sides, beside = cells_of(self.mains, self.main, location), cells_of(self.refs, self.ref, location)
        return [matched((*sides[at], *beside[other]), boots and bool(self.main.apart[at] or self.ref.apart[other]))
                for at, other in zip(rows, others, strict=True)]  # fmt: skip

    def compared(self, rows: Sequence[int], others: Sequence[int], blocks: Sequence[Matched], arms: tuple[Selector, Selector],
                 within: Selector, confidence: float, margin: float, more: Sequence[Told]) -> list[Comparison]:  # fmt: skip
        """The ratios of ratios; `more` are cautions on the pairs of the rest and of the reference, in turn."""
        levels = np.array([block.level for block in blocks] or self.main.levels[rows], dtype=object)
        batch = self._batch(rows, others, levels, blocks, confidence, margin).adjust()
        inside = self._inside(batch, rows, others, blocks, confidence, margin)
        out = []
        for k, (at, other) in enumerate(zip(rows, others, strict=True)):
            i, j = int(self.main.which[at]), int(self.ref.which[other])
            counts = [Counts(*(int(n) for n in side)) for side in (*self.main.sizes[i], *self.ref.sizes[j])]
            told = [*self.main.cautions.get(i, ()), *self.ref.cautions.get(j, ())]
            told += blocks[k].cautions() if blocks else self._shared(at, other)
            told += [caution for n, said in enumerate(more) for caution in said(j if n % 2 else i)]
            identity = {"baseline": str(arms[0]), "treatment": str(arms[1]), "kind": self.dataset.kind, "relative_to": str(within),
                        "factors": self.mains.factors(i), "baseline_n": counts[0], "treatment_n": counts[1],
                        "reference_n": tuple(counts[2:]), **self.mains.identity(i)}  # fmt: skip
            found = replace(batch[k], halves=_halves(blocks[k] if blocks else None), within=inside.get(k))
            out.append(replace(found.named(**identity), cautions=tuple(dict.fromkeys((*found.cautions, *told)))))
        return out

    def _batch(self, rows: Sequence[int], others: Sequence[int], levels: np.ndarray, blocks: Sequence[Matched], confidence: float,
               margin: float) -> Batch:  # fmt: skip
        return relative_arms(self.main.arms, self.ref.arms, np.array(rows), np.array(others), levels, confidence=confidence,
                             margin=margin, location=self.dataset.manifest.location,
                             sides=[block.sides for block in blocks])  # fmt: skip

    def _inside(self, batch: Batch, rows: Sequence[int], others: Sequence[int], blocks: Sequence[Matched], confidence: float,
                margin: float) -> dict[int, Comparison]:  # fmt: skip
        """By number, what the launches (or blocks) inside the only boots say where there is one: labelled as of these boots."""
        lone = [k for k in range(len(rows)) if batch.codes[k] == "one-boot"]
        if not lone:
            return {}
        own, beside = [rows[k] for k in lone], [others[k] for k in lone]
        within = self.matched(own, beside, boots=False) if blocks else []
        levels = np.full(len(lone), "block" if blocks else "launch", dtype=object)
        found = self._batch(own, beside, levels, within, confidence, margin)
        label = Caution("within-boot", "this speaks for these boots only, not for the systems")
        return {k: replace(found[n], cautions=(label, *found[n].cautions), halves=_halves(within[n] if within else None))
                for n, k in enumerate(lone)}  # fmt: skip

    def _shared(self, at: int, other: int) -> tuple[Caution, ...]:
        """The caution on four samples that share replicates, if they do."""
        level = str(self.main.levels[at])
        cells = [*_replicates(self.mains, self.main, at, level), *_replicates(self.refs, self.ref, other, level)]
        if sum(map(len, cells)) == len(set().union(*cells)):
            return ()
        text = (f"some of the four samples ran in the same {PLURAL[level]}, which the interval takes as independent: what such a "
                f'{level} does to both sides of a ratio cancels, so the interval is likely too wide; block = "{level}" in '
                "dataset.toml pairs them")  # fmt: skip
        return (Caution("shared-replicates", text),)


def _halves(block: Matched | None) -> tuple[int, ...]:
    """Replicates of the two sides of a ratio of ratios whose blocks hold two arms each."""
    return tuple(map(len, block.sides)) if block and len(block.sides) == 2 else ()


def _replicates(pairing: Pairing, found: Samples, at: int, level: str) -> Iterator[set[tuple[str, ...]]]:
    """The replicates of both arms of a comparison, by name: codes of two pairings mean different things."""
    words = [pairing.columns[name].words for name in PLACE]
    for arm, boots, launches in zip(found.arms, found.boots, found.launches, strict=True):
        if level == "launch":
            codes, axes = launches[arm.by_launch[at] : arm.by_launch[at + 1]], words
        else:
            codes, axes = boots[arm.arms[at] : arm.arms[at + 1]], words[:2]
        places = np.unravel_index(codes, [len(axis) for axis in axes])
        yield {tuple(axis[k] for axis, k in zip(axes, place, strict=True)) for place in zip(*places, strict=True)}


def _key(pairing: Pairing, i: int, keys: set[str]) -> tuple:
    """What a comparison and its reference share."""
    return (*pairing.identity(i).values(), *sorted(item for item in pairing.factors(i) if item[0] not in keys))


def _apart(mains: Pairing, refs: Pairing) -> set[str]:
    """Factors in which the rest and the reference have no value in common: they go with what `within` names."""
    values = []
    for pairing in (mains, refs):
        every: dict[str, set[str]] = {}
        for i in range(len(pairing)):
            for name, word in pairing.factors(i):
                every.setdefault(name, set()).add(word)
        values.append(every)
    return {name for name in (*values[0], *values[1]) if not values[0].get(name, set()) & values[1].get(name, set())}


def _words(pairing: Pairing, i: int) -> str:
    identity = pairing.identity(i)
    return " ".join([identity[IDENTITY[0]], identity[IDENTITY[1]], *(f"{k}={v}" for k, v in pairing.factors(i))])

