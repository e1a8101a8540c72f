"""Compare two arms of a dataset, benchmark by benchmark.

This module finds the arms; :mod:`amxperf.pairing` pairs their rows, :mod:`amxperf.sampling` finds the replicates,
the arithmetic is in :mod:`amxperf.stats`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

from .blocking import check_block
from .comparisons import Comparisons, Results
from .dataset import Dataset, open_dataset
from .diagnosis import diagnosed
from .errors import MissingInput, UsageError
from .geomean import geomeans
from .layout import HOST_PART
from .pairing import Pairing, paired
from .relative import relative
from .residue import check_declared, residues_of
from .sampling import Samples, samples
from .selector import Selector, parse, parse_keys
from .settling import settled
from .stats import checks
from .stats.batch import Batch
from .stats.engine import compare_arms

__all__ = ["Comparisons", "compare"]


def compare(
    dataset: Dataset | str | os.PathLike[str],
    baseline: str,
    treatment: str,
    *,
    confidence: float = 0.95,
    margin: float = 0.02,
    within: str = "",
    filter: str = "",
    group_by: str = "",
    differs: Sequence[str] = (),
    steady: bool | None = None,
    diagnose: bool = False,
) -> Comparisons:
    """Compare two arms of a dataset.

    One location per replicate, then Welch's t on the logs; where every replicate is a single value and there are five or more,
    the exact Mann-Whitney interval joined with Brunner and Munzel's.
    The replicate is the highest level at which the treatment was assigned:
    boots where the arms share none, launches where they share boots or where nothing says which boot a launch belongs to.
    Where dataset.toml names a `block`, blocks that hold both arms are pairs: paired t on their log ratios. Where the arms share no
    boot, the blocks of one boot are one replicate.
    Of several comparisons the verdicts stand after Benjamini and Hochberg, differences and equivalences each by themselves;
    intervals and p are those of each alone.
    A benchmark whose printed value cannot depend on speed is refused.

    Parameters
    ----------
    dataset : an open dataset, a name or a path.
    baseline, treatment : selectors, such as ``vm`` and ``tdx``, or ``isa=avx512`` and ``isa=amx``.
    confidence : of the interval, between 0 and 1.
    margin : what counts as negligible, as a fraction (0.02: 2 %).
    within : a selector of the reference, such as ``isa=avx512``: the results are then ratios of ratios, what the step from
        baseline to treatment costs the rest relative to what it costs the reference (see :mod:`amxperf.relative`).
    filter : a selector of rows in both arms, such as ``benchmark=matmul*,size>=512`` (see :mod:`amxperf.selector`).
    group_by : columns, such as ``isa,pages``: one geometric mean per group (`.geomeans`), else one over all comparisons
        of a metric (see :mod:`amxperf.geomean`). Not together with `within`.
    differs : columns and machine keys that the arms are meant to differ in: no warning names them.
    steady : leave out the warm-up that change points find in each launch, in place of the manifest's number;
        None: as dataset.toml says.
    diagnose : look for order, drift, series, two states, launches apart and a coarse clock (:mod:`amxperf.stats.diagnostics`);
        what is found adds cautions and can take a verdict back.

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
    shapes = settled(dataset) if (dataset.manifest.steady if steady is None else steady) else None
    dataset = _guests(shapes.dataset if shapes else dataset)
    arms = parse(baseline), parse(treatment)
    data = dataset.measurements
    if not len(data):
        raise UsageError(f"the dataset {dataset.name} holds no measurements", hint="compare needs benchmark logs")
    for arm in arms:
        _check_measured(arm, dataset)
    check_declared(differs, dataset.manifest, data.columns)
    check_block(dataset.manifest, data)
    only = parse(filter) if filter else None
    told = ",".join(part for part in (dataset.filter, filter) if part)
    groups = parse_keys(group_by, data) if group_by else ()
    if within and groups:
        raise UsageError("geometric means are of two arms, not of ratios of ratios", hint="leave out group_by, or within")
    if within:
        answers, notes = relative(dataset, arms, parse(within), only, confidence, margin, differs, diagnose,
                                  shapes.cautions if shapes else None)  # fmt: skip
        return Comparisons(dataset.name, dataset.kind, str(arms[0]), str(arms[1]), tuple(answers), tuple(notes), (), told,
                           within=str(parse(within)))  # fmt: skip
    pairing = _paired(dataset, arms, only)
    found = samples(pairing, dataset.manifest)
    batch = _compared(found, dataset, confidence, margin).adjust()
    named = {"baseline": str(arms[0]), "treatment": str(arms[1]), "kind": dataset.kind}
    residues = residues_of(dataset.manifest, pairing, differs)
    if shapes:
        settling = shapes.cautions(pairing)
    results: Sequence = Results(pairing, found, batch, named, (lambda i: (*settling(i), *residues(i))) if shapes else residues)
    if diagnose:
        results = diagnosed(results, dataset.manifest)
    means = geomeans(pairing, found, batch, groups, dataset.manifest.location, named)
    return Comparisons(dataset.name, dataset.kind, str(arms[0]), str(arms[1]), results, pairing.notes, means, told, group_by)


def _guests(dataset: Dataset) -> Dataset:
    """The dataset without what the hosts of guests recorded, which is nobody's speed."""
    hosts = [run.source for run in dataset.files if run.boot.startswith(HOST_PART)]
    if not hosts:
        return dataset
    data, copy = dataset.measurements, replace(dataset)
    copy.__dict__["measurements"] = data[~data["source"].isin(hosts)].reset_index(drop=True)  # the cached property of the copy
    return copy


def _paired(dataset: Dataset, arms: tuple[Selector, Selector], only: Selector | None) -> Pairing:
    """Both arms of the dataset, paired."""
    data = dataset.measurements
    block = dataset.manifest.block
    sides = [arm.mask(data, dataset.name) for arm in arms]
    if only:
        chosen = only.mask(data, dataset.name)
        sides = [side & chosen for side in sides]
        for arm, side in zip(arms, sides, strict=True):
            if not side.any():
                raise MissingInput(f"no measurement of {arm} passes the filter {only}", hint="filter less")
    shared = int((sides[0] & sides[1]).sum())
    if shared:
        what = "are equal" if (sides[0] == sides[1]).all() else f"share {shared} measurements"
        raise UsageError(f"baseline {arms[0]} and treatment {arms[1]} {what}", hint="pin a column in which they differ")
    either = sides[0] | sides[1]
    rows, right = (data, sides[1]) if either.all() else (data[either], sides[1][either])
    return paired(rows, right, arms, {block} if block else ())


def _compared(found: Samples, dataset: Dataset, confidence: float, margin: float) -> Batch:
    """The arithmetic for all pairs that are not refused."""
    return compare_arms(*found.arms, found.levels, confidence=confidence, margin=margin, location=dataset.manifest.location,
                        paired=bool(found.block), groups=found.groups)  # fmt: skip


def _check_options(confidence: float, margin: float) -> None:
    if not 0.5 < checks.number("confidence", confidence) < 1:
        raise UsageError(f"confidence {confidence} is not between 0.5 and 1", hint="use 0.95")
    checks.confidence(confidence)
    if not 0 <= checks.number("margin", margin) < 1:
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
