"""Text of strangers on a terminal: what it would obey is shown, not done."""

from __future__ import annotations

from typing import TextIO


def printable(text: str) -> str:
    """The text with control characters, which a terminal would obey, as escapes; line ends and tabs stay.

    Marks that turn the direction of writing, and bytes of a file name that are no text, are escapes too.

    >>> printable("comm \\x1b[31mred\\x07 \\u202e \\udcff")
    'comm \\\\x1b[31mred\\\\x07 \\\\u202e \\\\udcff'
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in "\n\t" else char.encode("unicode_escape").decode() for char in text)


def shown(text: str, stream: TextIO) -> str:
    """The text as it is, for a file or a program; :func:`printable` where the stream is a terminal."""
    return printable(text) if stream.isatty() else text
