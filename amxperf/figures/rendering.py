"""Something shown as text with links into the captures: HTML for the page, plain text for terminals and PDF."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from typing import Any

Linker = Callable[[str, int], str]
"""Source and line -> address of that line in the published captures; '' where they are not published."""


def unlinked(source: str, line: int) -> str:
    """No address: captures are not published here."""
    return ""


@dataclass(frozen=True)
class Rendering:
    """`html` builds the page's form with a linker; `text` is the plain form, complete in itself."""

    html: Callable[[Linker], str] = field(repr=False)
    text: str
    linker: Linker = field(default=unlinked, repr=False)

    def linked(self, prefix: str) -> Rendering:
        """The same with addresses below `prefix`, which ends in '/', as in ``captures/notes-2024/``; '' for none."""
        if not prefix:
            return self
        return Rendering(self.html, self.text, lambda source, line: f"{prefix}{source}.html#L{line}")

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, Any]:
        return {"text/html": self.html(self.linker), "text/plain": self.text}

    def __str__(self) -> str:
        return self.text


def notice(message: str) -> Rendering:
    """A visible sentence instead of something that the data do not show."""
    return Rendering(lambda link: f'<p class="amx-notice">{escape(message)}</p>', message)


def anchor(link: Linker, source: str, line: int, text: str) -> str:
    """`text` (already HTML) as a link to a line of a capture, or bare where there is none."""
    address = link(source, line)
    if not address:
        return text
    return f'<a class="amx-line" href="{escape(address)}" title="{escape(source)}, line {line}">{text}</a>'


def html_table(headers: list[str], rows: list[list[str]], caption: str = "") -> str:
    """A table in a box of its own that scrolls sideways; cells are HTML already."""
    head = "".join(f'<th scope="col">{escape(header)}</th>' for header in headers)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return (
        f'<div class="amx-scroll" tabindex="0" role="region" aria-label="{escape(caption or "table")}">'
        f'<table class="amx-table">{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def text_table(headers: list[str], rows: list[list[str]]) -> str:
    """The same as aligned text."""
    widths = [max(len(row[i]) for row in [headers, *rows]) for i in range(len(headers))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in [headers, *rows]
    )
