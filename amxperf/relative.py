"""The ratio of two ratios: what the step from baseline to treatment costs one thing, relative to what it costs another.

AMX in a TDX guest against AMX in a VM, relative to AVX-512 in both, separates what TDX costs AMX from what it costs
everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .capture import Note
from .dataset import Dataset
from .errors import MissingInput, UsageError
from .pairing import IDENTITY, Pairing, paired
from .sampling import Samples, samples
from .selector import Selector
from .stats.batch import Batch
from .stats.engine import relative_arms
from .stats.result import Comparison, Counts


def relative(
    dataset: Dataset,
    arms: tuple[Selector, Selector],
    within: Selector,
    only: Selector | None,
    confidence: float,
    margin: float,
) -> tuple[list[Comparison], list[Note]]:
    """The ratios of ratios of a dataset, without residues, and notes on what has no partner.

    Each arm is split into the rows that `within` selects (the reference) and the others; where an arm pins a column that
    `within` names, the reference is the arm with that column as `within` has it.
    A comparison needs all four samples at one level; else it is left out with a note (`no-reference`).
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
    return _answers(dataset, arms, within, keys, mains, refs, confidence, margin)


def _answers(dataset: Dataset, arms: tuple[Selector, Selector], within: Selector, keys: set[str], mains: Pairing, refs: Pairing,
             confidence: float, margin: float) -> tuple[list[Comparison], list[Note]]:  # fmt: skip
    main, ref = samples(mains, dataset.manifest), samples(refs, dataset.manifest)
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
    if not rows:
        return [], notes
    batch = relative_arms(main.arms, ref.arms, np.array(rows), np.array(others), main.levels, confidence=confidence, margin=margin,
                          location=dataset.manifest.location).adjust()  # fmt: skip
    return [_one(batch, k, mains, main, ref, rows, others, arms, within, dataset) for k in range(len(rows))], notes


def _one(batch: Batch, k: int, mains: Pairing, main: Samples, ref: Samples, rows: Sequence[int], others: Sequence[int],
         arms: tuple[Selector, Selector], within: Selector, dataset: Dataset) -> Comparison:  # fmt: skip
    i, j = int(main.which[rows[k]]), int(ref.which[others[k]])
    counts = [Counts(*(int(n) for n in side)) for side in (*main.sizes[i], *ref.sizes[j])]
    found = batch[k]
    cautions = dict.fromkeys((*found.cautions, *main.cautions.get(i, ()), *ref.cautions.get(j, ())))
    identity = {**mains.identity(i), "baseline": str(arms[0]), "treatment": str(arms[1]), "kind": dataset.kind}
    return replace(found, cautions=tuple(cautions), baseline_n=counts[0], treatment_n=counts[1], reference_n=tuple(counts[2:]),
                   relative_to=str(within), factors=mains.factors(i), **identity)  # fmt: skip


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

