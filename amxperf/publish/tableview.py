"""A small table of a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TableView:
    """A small table of a page, with a caption above it."""

    data: Any
    caption: str = ""

    def _repr_markdown_(self) -> str:
        head = [str(column) for column in self.data.columns]
        rows = [[_cell(value) for value in row] for row in self.data.itertuples(index=False)]
        lines = [head, ["---"] * len(head), *rows]
        body = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        return f"**{self.caption}**\n\n{body}\n" if self.caption else body + "\n"

    def __str__(self) -> str:
        return self.data.to_string(index=False)


def _cell(value: Any) -> str:
    """A cell as Markdown: numbers to four digits, no bars or line breaks that would end the cell."""
    if isinstance(value, float):
        return "" if value != value else f"{value:.4g}"
    return str(value).replace("|", "\\|").replace("\n", " ")
