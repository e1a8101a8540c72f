"""Where a figure or a number comes from, and how to cite it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import RELEASED, __version__
from .manifest import KINDS

if TYPE_CHECKING:
    from .dataset import Dataset

BOOK = "AMX in virtual machines and TDX guests"
AUTHORS = "The amxperf contributors"
SITE = "AMXPERF_SITE"
"""Environment variable with the address that the book is published at; `amxperf build` sets it from _config.yml."""

PROCESSING = ("parsed", "aggregated", "modelled")
"""How much lies between source and figure: values as read; summarised or compared; computed from a model."""


@dataclass(frozen=True)
class Provenance:
    """What stands behind a figure.

    `kind` is the weakest kind of the data; `data` hashes all of it; `code` hashes the package's modules.
    `owned` is False where a dataset is not the project's own: a figure of a reader's data.
    `boots` and `launches` count what the figure shows; None where the notion does not apply.
    """

    datasets: tuple[str, ...]
    kind: str
    title: str
    date: str
    source: str
    data: str
    code: str
    processing: str
    sources: tuple[str, ...] = ()
    boots: int | None = None
    launches: int | None = None
    owned: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Plain types for JSON."""
        return asdict(self)


def provenance(
    datasets: Dataset | Sequence[Dataset],
    processing: str,
    *,
    sources: Sequence[str] = (),
    boots: int | None = None,
    launches: int | None = None,
) -> Provenance:
    """The provenance of something drawn from one or several datasets; its kind is the weakest of theirs."""
    several = list(datasets) if isinstance(datasets, Sequence) else [datasets]
    digest = hashlib.sha256("".join(dataset.sha256 for dataset in several).encode()).hexdigest()
    return Provenance(
        datasets=tuple(dataset.name for dataset in several),
        kind=weakest(dataset.kind for dataset in several),
        title="; ".join(dataset.title for dataset in several),
        date="; ".join(dataset.manifest.date for dataset in several),
        source="; ".join(dict.fromkeys(dataset.manifest.raw.get("source", "") for dataset in several)).strip("; "),
        data=several[0].sha256 if len(several) == 1 else digest,
        code=code_sha256(),
        processing=processing,
        sources=tuple(sources),
        boots=boots,
        launches=launches,
        owned=all(dataset.owned for dataset in several),
    )


def architectural(source: str, values: Sequence[object]) -> Provenance:
    """The provenance of a drawing of architectural constants: kind `published`, hash over the constants."""
    digest = hashlib.sha256(repr(list(values)).encode()).hexdigest()
    return Provenance((), "published", "architectural constants", "", source, digest, code_sha256(), "parsed")


def weakest(kinds: Iterable[str]) -> str:
    """The weakest of several kinds of data.

    >>> weakest(["recorded", "published"])
    'published'
    """
    return max(kinds, key=KINDS.index)


@cache
def code_sha256() -> str:
    """Hash over the package's own modules: what processed the data."""
    root = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def address(name: str) -> str:
    """The published address of a figure; '' where the site's address is not set."""
    site = os.environ.get(SITE, "").rstrip("/")
    return f"{site}/figures/{name}/" if site else ""


def citation(name: str, title: str, origin: Provenance) -> str:
    """One sentence for a list of references."""
    data = ", ".join(origin.datasets) or origin.title
    if origin.owned:
        head = [f"{AUTHORS} ({RELEASED[:4]}).", f"“{title}” [figure {name}].", f"In: {BOOK}, version {__version__}."]
    else:  # a reader's data: neither the data nor the page are the contributors'
        head = [f"“{title}” [figure {name}], drawn from “{origin.title}”."]
    parts = [
        *head,
        f"Data: {data} ({origin.kind}{', ' + origin.date if origin.date else ''}; sha256 {origin.data[:12]}),",
        f"{origin.processing} by amxperf {__version__} (code sha256 {origin.code[:12]}).",
    ]
    if origin.source and origin.kind in ("published", "transcribed"):
        parts.append(f"Source of the data: {origin.source}.")
    if address(name):
        parts.append(address(name))
    return " ".join(parts)


def bibtex(name: str, title: str, origin: Provenance) -> str:
    """The same as a BibTeX entry."""
    data = _escaped(", ".join(origin.datasets) or origin.title)
    if not origin.owned:
        data += f", “{_escaped(origin.title)}”"
    fields = {
        "author": "{" + AUTHORS + "}",
        "title": "{" + _escaped(title) + "}",
        "booktitle": BOOK,
        "year": RELEASED[:4],
        "edition": f"version {__version__}",
        "note": f"Figure {_escaped(name)}. Data: {data} ({origin.kind}), sha256 {origin.data[:12]}. Code sha256 {origin.code[:12]}",
    }
    kind = "incollection"
    if not origin.owned:
        kind, _, _ = "misc", fields.pop("author"), fields.pop("booktitle")
    if address(name):
        fields["url"] = address(name)
    body = ",\n".join(f"  {key} = {{{value}}}" for key, value in fields.items())
    return f"@{kind}{{amxperf-{name},\n{body}\n}}\n"


def _escaped(text: str) -> str:
    """Text as BibTeX and LaTeX print it; the outer braces of a title keep AMX from becoming amx."""
    words = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    return "".join(words.get(sign, f"\\{sign}" if sign in "&%_#${}" else sign) for sign in text)
