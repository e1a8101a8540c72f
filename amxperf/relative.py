"""The ratio of two ratios: what the step from baseline to treatment costs one thing, relative to what it costs another.

AMX in a TDX guest against AMX in a VM, relative to AVX-512 in both, separates what TDX costs AMX from what it costs
everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

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
"""Cautions on a comparison and its reference, by its number."""


def relative(
    dataset: Dataset,
    arms: tuple[Selector, Selector],
    within: Selector,
    only: Selector | None,
    confidence: float,
    margin: float,
    differs: Sequence[str] = (),
    diagnose: bool = False,
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
    return _answers(dataset, arms, within, keys, mains, refs, confidence, margin, differs, diagnose)


def _answers(dataset: Dataset, arms: tuple[Selector, Selector], within: Selector, keys: set[str], mains: Pairing, refs: Pairing,
             confidence: float, margin: float, differs: Sequence[str], diagnose: bool
             ) -> tuple[list[Comparison], list[Note]]:  # fmt: skip
    main, ref = samples(mains, dataset.manifest, match=False), samples(refs, dataset.manifest, match=False)
    apart = keys | _apart(mains, refs)
    place: dict[tuple, list[int]] = {}
    for at, i in enumerate(ref.which.tolist()):
        place.setdefault(_key(refs, i, apart), []).append(at)
    rows, others, notes = [], [], []
    for at, i in enumerate(main.which.tolist()):
        found = place.get(_key(mains, i, apart), [])
        if len(found) == 1 and main.levels[at] == ref.levels[found[0]]:
            rows.append(at)
            others.append(found[0])
            continue
        why = "counts replicates at another level than its" if len(found) == 1 else f"has {len(found) or 'no'}"
        notes.append(Note("no-reference", f"{_words(mains, i)} {why} reference {within}: not compared"))
    for pairing, found in ((mains, main), (refs, ref)):
        for i in np.flatnonzero(found.refused.codes != "").tolist():
            notes.append(Note(str(found.refused.codes[i]), f"{_words(pairing, i)}: {found.refused.reasons[i]()}"))
    blocks = _matched(mains, main, rows, refs, ref, others, dataset) if main.block else []
    if blocks and not any(blocks) and len(main.block) > 1:
        plain = replace(dataset, manifest=dataset.manifest.without("block"))
        found, notes = _answers(plain, arms, within, keys, mains, refs, confidence, margin, differs, diagnose)
        return found, [*notes, Note("block-unused", unused(dataset.manifest.block))]
    text = "no block has measurements of all four arms, or of two that make a ratio: not compared"
    for at, _ in ((at, block) for at, block in zip(rows, blocks, strict=False) if block is None):
        notes.append(Note("no-common-block", f"{_words(mains, int(main.which[at]))}: {text}"))
    if blocks:
        rows, others, blocks = ([part[k] for k in range(len(part)) if blocks[k]] for part in (rows, others, blocks))
    if not rows:
        return [], notes
    levels = np.array([block.level for block in blocks] or main.levels[rows], dtype=object)
    batch = relative_arms(main.arms, ref.arms, np.array(rows), np.array(others), levels, confidence=confidence, margin=margin,
                          location=dataset.manifest.location, sides=[block.sides for block in blocks]).adjust()  # fmt: skip
    residues = [residues_of(dataset.manifest, pairing, differs) for pairing in (mains, refs)]

    def told(k: int) -> tuple[Caution, ...]:
        """Cautions on the replicates of a comparison and its reference, and on what else differs."""
        at, other = rows[k], others[k]
        mine = blocks[k].cautions() if blocks else _shared(mains, main, at, refs, ref, other)
        return (*mine, *residues[0](int(main.which[at])), *residues[1](int(ref.which[other])))

    found = [_one(batch, k, mains, main, ref, rows, others, arms, within, dataset, told, blocks[k] if blocks else None)
             for k in range(len(rows))]  # fmt: skip
    if diagnose:
        parts = Sample(mains, main, dataset.manifest), Sample(refs, ref, dataset.manifest)
        found = [applied(result, findings(result, list(zip(parts, places, strict=True))))
                 for result, *places in zip(found, rows, others, strict=True)]  # fmt: skip
    return found, notes


def _matched(mains: Pairing, main: Samples, rows: Sequence[int], refs: Pairing, ref: Samples, others: Sequence[int],
             dataset: Dataset) -> list[Matched | None]:  # fmt: skip
    """The four arms of each comparison, matched by their blocks."""
    location = dataset.manifest.location
    sides, beside = cells_of(mains, main, location), cells_of(refs, ref, location)
    return [matched((*sides[at], *beside[other]), bool(main.apart[at] or ref.apart[other]))
            for at, other in zip(rows, others, strict=True)]  # fmt: skip


def _shared(mains: Pairing, main: Samples, at: int, refs: Pairing, ref: Samples, other: int) -> tuple[Caution, ...]:
    """The caution on four samples that share replicates, if they do."""
    level = str(main.levels[at])
    cells = [*_replicates(mains, main, at, level), *_replicates(refs, ref, other, level)]
    if sum(map(len, cells)) == len(set().union(*cells)):
        return ()
    text = (f"some of the four samples ran in the same {PLURAL[level]}, which the interval takes as independent: what such a "
            f"{level} does to both sides of a ratio cancels, so the interval is likely too wide; a block in dataset.toml "
            "pairs them")  # fmt: skip
    return (Caution("shared-replicates", text),)


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


def _one(batch: Batch, k: int, mains: Pairing, main: Samples, ref: Samples, rows: Sequence[int], others: Sequence[int],
         arms: tuple[Selector, Selector], within: Selector, dataset: Dataset, told: Told,
         block: Matched | None) -> Comparison:  # fmt: skip
    i, j = int(main.which[rows[k]]), int(ref.which[others[k]])
    counts = [Counts(*(int(n) for n in side)) for side in (*main.sizes[i], *ref.sizes[j])]
    found = batch[k]
    cautions = dict.fromkeys((*found.cautions, *main.cautions.get(i, ()), *ref.cautions.get(j, ()), *told(k)))
    identity = {**mains.identity(i), "baseline": str(arms[0]), "treatment": str(arms[1]), "kind": dataset.kind}
    halves = tuple(map(len, block.sides)) if block and len(block.sides) == 2 else ()
    return replace(found, cautions=tuple(cautions), baseline_n=counts[0], treatment_n=counts[1], reference_n=tuple(counts[2:]),
                   halves=halves, relative_to=str(within), factors=mains.factors(i), **identity)  # fmt: skip


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

