"""Look at a built book as a reader's browser would, without one: links, anchors, alternative text, nothing from outside."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from ..errors import MissingInput

RESOURCES = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "iframe": ("src",),
    "source": ("src", "srcset"),
    "video": ("src", "poster"),
    "audio": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "link": ("href",),
}
"""Attributes that a browser follows by itself."""

PASSIVE = {"canonical", "next", "prev", "search", "author", "help", "license", "index", "top", "up"}
"""Relations of <link> that a browser does not follow."""


@dataclass(frozen=True)
class Finding:
    """A fault of a page. `code` is one of link, anchor, alt, outside, resource."""

    page: str
    code: str
    message: str
    line: int = 0

    def __str__(self) -> str:
        where = f"{self.page}:{self.line}" if self.line else self.page
        return f"{where}: {self.message}"


def check(html: str | os.PathLike[str]) -> list[Finding]:
    """All faults of a built book, in order of its pages.

    html : the folder, such as ``_build/html``.

    - `link`: a link of the book leads to a file that is not there; `anchor`: to a place that the page does not have;
    - `alt`: a picture without alternative text;
    - `outside`: a script, style sheet, picture or font from another machine; `resource`: one that is not there.

    Raises MissingInput where there is no book.
    """
    root = Path(html).resolve()
    pages = sorted(root.rglob("*.html"))
    if not pages:
        raise MissingInput("no built book here", path=os.fspath(html), hint="run `amxperf build`")
    found: list[Finding] = []
    for path in pages:
        if "_static" not in path.relative_to(root).parts:
            found += _page(path, root)
    for sheet in sorted(root.rglob("*.css")):
        if "url(http" in (text := sheet.read_text(encoding="utf-8", errors="replace")) or "@import url(//" in text:
            found.append(Finding(sheet.relative_to(root).as_posix(), "outside", "a style sheet asks another machine"))
    return found


class Element(NamedTuple):
    """What the check needs of a tag."""

    tag: str
    attributes: dict[str, str]
    line: int


class Parsed(NamedTuple):
    """What the check needs of a page: its links and resources, and the places that it has."""

    elements: tuple[Element, ...]
    anchors: frozenset[str]


def _page(path: Path, root: Path) -> list[Finding]:
    name = path.relative_to(root).as_posix()
    found: list[Finding] = []
    for element in _parsed(path).elements:
        faults: list[tuple[str, str]] = []
        given = element.attributes
        if element.tag == "img" and not given.get("alt", "").strip():
            faults.append(("alt", f"the picture {given.get('src')} has no alternative text"))
        if element.tag == "a":
            faults += _link(path, root, given["href"])
        elif not (element.tag == "link" and set(given.get("rel", "").split()) & PASSIVE):
            for attribute in RESOURCES[element.tag]:
                for address in _addresses(given.get(attribute), attribute):
                    faults += _resource(path, root, address, element.tag)
        found += [Finding(name, code, message, element.line) for code, message in faults]
    return found


def _link(path: Path, root: Path, address: str) -> list[tuple[str, str]]:
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return []
    target = _target(path, parts.path)
    if not target.is_relative_to(root) or not target.is_file():
        return [("link", f"the link {address} leads nowhere")]
    if parts.fragment and target.suffix == ".html" and unquote(parts.fragment) not in _parsed(target).anchors:
        return [("anchor", f"the link {address} names a place that is not there")]
    return []


def _resource(path: Path, root: Path, address: str, tag: str) -> list[tuple[str, str]]:
    parts = urlsplit(address)
    if parts.scheme == "data":
        return []
    if parts.scheme or parts.netloc:
        return [("outside", f"<{tag}> asks another machine: {address}")]
    target = _target(path, parts.path)
    if not target.is_relative_to(root) or not target.is_file():
        return [("resource", f"<{tag}> needs {address}, which is not there")]
    return []


def _addresses(value: str | None, attribute: str) -> list[str]:
    if not value:
        return []
    return [part.split()[0] for part in value.split(",") if part.split()] if attribute == "srcset" else [value]


def _target(path: Path, link: str) -> Path:
    if not link:
        return path
    target = Path(os.path.normpath(path.parent / unquote(link)))
    return target / "index.html" if target.is_dir() else target


def _parsed(path: Path) -> Parsed:
    return _parse(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4096)
def _parse(path: Path, _changed: int) -> Parsed:
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(path.read_bytes(), "html.parser", from_encoding="utf-8", multi_valued_attributes=None)
    elements, anchors = [], {"", "top"}
    for tag in soup.find_all(True):
        anchors.update(filter(None, (tag.get("id"), tag.get("name") if tag.name == "a" else None)))
        if tag.name in RESOURCES or (tag.name == "a" and tag.get("href") is not None):
            elements.append(Element(tag.name, dict(tag.attrs), tag.sourceline or 0))
    return Parsed(tuple(elements), frozenset(anchors))
