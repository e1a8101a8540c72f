"""The checkout that holds the book."""

from __future__ import annotations

import os
from pathlib import Path

from .errors import MissingInput

MARKS = ("_config.yml", "book")


def find_root(start: str | os.PathLike[str] = "") -> Path:
    """The nearest folder from `start` (the working folder if empty) upwards that holds _config.yml and book/.

    Raises MissingInput where there is none.
    """
    begin = Path(start).resolve() if os.fspath(start) else Path.cwd()
    for folder in (begin, *begin.parents):
        if all((folder / mark).exists() for mark in MARKS):
            return folder
    raise MissingInput(
        "no checkout of the book here: no folder upwards holds _config.yml and book/",
        path=begin,
        hint="change into the checkout or name it with --root",
    )
