"""Tables of Markdown, as benchmark programs print them and as people paste them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

_CELL = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(?:[|+]\s*:?-+:?\s*)*\|?\s*")


def cells(line: str) -> list[str]:
    """The cells of a row; none for a line that is no row.

    >>> cells("| `a \\\\| b` | 3.0 ± 0.1 |"), cells("a | b")
    (['`a | b`', '3.0 ± 0.1'], [])
    """
    text = line.strip()
    if len(text) < 3 or text[0] != "|" or text[-1] != "|" or text[-2] == "\\":
        return []
    return [cell.strip().replace("\\|", "|") for cell in _CELL.split(text[1:-1])]


def rows(lines: Iterable[str], heads: Callable[[list[str]], bool] = lambda cells: False) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of all tables, each with its line and by the names in its table's header; a row of another width is empty.

    A table ends at a blank line: other lines between its rows are a program's own. `heads` tells a header that has no rule below.

    >>> list(rows(["text", "| a | b |", "|---|--:|", "| 1 | 2 |", "", "| 3 | 4 |"]))
    [(4, {'a': '1', 'b': '2'})]
    """
    text = list(lines)
    header: list[str] = []
    for number, line in enumerate(text, 1):
        found = cells(line)
        ruled = number < len(text) and bool(found) and _RULE.fullmatch(text[number]) is not None
        if found and (ruled or heads(found)):
            header = found
        elif found and header and not _RULE.fullmatch(line):
            yield number, dict(zip(header, found, strict=True)) if len(found) == len(header) else {}
        elif not line.strip():
            header = []
