"""What a figure shows of a dataset: the filter and the groups of :mod:`amxperf.selector`, as `compare` takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import MissingInput, UsageError
from ..schema import factors
from ..selector import FIXED, parse, parse_keys

if TYPE_CHECKING:
    from ..dataset import Dataset


def rows(dataset: Dataset, filter: str) -> Dataset:
    """The dataset with the measurements that a filter selects, which its credit then says; the whole for ''.

    Raises UsageError for a filter that cannot be read, MissingInput where the data lack a column or a value that it names.

    >>> from amxperf import open_dataset
    >>> part = rows(open_dataset("vm-onednn"), "isa=amx,pages!=2m")
    >>> part.credit, sorted(set(part.measurements["isa"] + part.measurements["pages"]))
    ('vm-onednn (recorded, 2026-11-23), only isa=amx,pages!=2m', ['amx4k'])
    """
    if not filter:
        return dataset
    for term in parse(filter).conditions:
        column(dataset, term.key)
    return dataset.where(filter)


def groups(dataset: Dataset, by: str | Sequence[str]) -> tuple[str, ...]:
    """The columns of a group: names joined by commas, all of which the data must have, or one by one, which they may lack.

    Raises MissingInput for a column of the first form that the data do not have.

    >>> from amxperf import open_dataset
    >>> groups(open_dataset("vm-onednn"), "isa, pages"), groups(open_dataset("vm-onednn"), ("isa",))
    (('isa', 'pages'), ('isa',))
    """
    if not isinstance(by, str):
        return tuple(by)
    try:
        return parse_keys(by, dataset.measurements)
    except UsageError as error:  # a page shows a notice, as for any other thing that the data lack
        raise MissingInput(f"{error.message} in {dataset.name}", hint=error.hint) from error


def column(dataset: Dataset, name: str) -> str:
    """The name of a column that the measurements have; MissingInput for another."""
    data = dataset.measurements
    known = [*FIXED, *factors(data)] if len(data) else []
    if name not in known:
        raise MissingInput(f"the measurements of {dataset.name} have no column {name!r}", hint="name another factor")
    return name
