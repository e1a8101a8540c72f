"""Tables of Markdown, as benchmark programs print them and as people paste them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

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


def rows(lines: Iterable[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of all tables, each with its line and by the names in its table's header; a row of another width is empty.

    >>> list(rows(["text", "| a | b |", "|---|--:|", "| 1 | 2 |", "", "| 3 | 4 |"]))
    [(4, {'a': '1', 'b': '2'})]
    """
    header: list[str] = []
    last: list[str] = []
    for number, line in enumerate(lines, 1):
        found = cells(line)
        if found and _RULE.fullmatch(line):
            header = last
        elif found and header:
            yield number, dict(zip(header, found, strict=True)) if len(found) == len(header) else {}
        elif not found:
            header = []
        last = found
