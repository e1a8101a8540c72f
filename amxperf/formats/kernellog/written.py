"""A line of a log on its way from how it was written down to how the kernel would have written it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple


class Written(NamedTuple):
    """One line. `text` holds the whole of it, also what stands in later lines; for those `continued` is True.

    `task` is what a maker's caller says of it: cpu, pid, comm; `program` says that not the kernel printed it.
    """

    line: int
    text: str
    continued: bool = False
    task: dict[str, Any] | None = None
    program: bool = False


Pass = Callable[[Iterator[Written]], Iterator[Written]]
