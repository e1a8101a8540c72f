"""The new book takes the place of the old one in one step; a book is never half there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

STAMP = "build.json"
"""In the book: the key of what it was built from."""


def stamp(html: Path) -> str:
    """The key of the book in place; '' where there is none."""
    try:
        return json.loads((html / STAMP).read_text(encoding="utf-8")).get("inputs", "")
    except (OSError, ValueError, AttributeError):
        return ""


def swap(made: Path, html: Path, key: str, notebooks: Iterable[Path]) -> None:
    """Copy what Sphinx made, add the notebooks as written and the stamp, and put it in place.

    made, html : the folders of Sphinx and of the book.
    key : of all inputs.
    notebooks : offered for download instead of the pages made from them.
    """
    new, old = html.with_name("html.new"), html.with_name("html.old")
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(made, new, ignore=shutil.ignore_patterns(".buildinfo*", ".doctrees"))
    for path in notebooks:
        if (new / "_sources").is_dir():
            shutil.copyfile(path, new / "_sources" / path.name)
    _prune(new)
    (new / STAMP).write_text(json.dumps({"inputs": key}) + "\n")
    shutil.rmtree(old, ignore_errors=True)
    if html.exists():
        html.rename(old)
    new.rename(html)
    shutil.rmtree(old, ignore_errors=True)


def repair(html: Path) -> None:
    """After an interruption between the two renames, the old book comes back."""
    old = html.with_name("html.old")
    if old.exists() and not html.exists():
        old.rename(html)


def _prune(html: Path) -> None:
    """Drop pictures that no page shows any more."""
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(html.glob("*.html")))
    for path in (html / "_images").glob("*"):
        if path.name not in text:
            path.unlink()
