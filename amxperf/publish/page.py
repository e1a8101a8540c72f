"""What a notebook hands to the book: facts (numbers in sentences) and figures, written as plain files.

A notebook's first cells read::

    dataset: str = "vm-onednn"  # dataset: a name in data/, or a path
    out: str = ""  # folder for facts and figures; empty: show only

    page = ap.open_page("matmul", dataset, out)
    page.fact("launches", 40)

Without a folder nothing is written, so that the same cells serve in Jupyter.
"""

from __future__ import annotations

import html
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import MissingInput, OutputError, UsageError
from .tableview import TableView
from .values import dump, plain, show

if TYPE_CHECKING:
    from ..dataset import Dataset

FACT_MIME = "application/vnd.amxperf.fact+json"
"""Output type of a fact that ends a cell: Jupyter shows it, the book leaves it out."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True)
class Fact:
    """A number or word that a sentence shows, and where it comes from.

    `source` and `line` name the bytes of a capture (relative to the dataset), where one line says it.

    >>> print(Fact("matmul", "ratio", 0.30512, "0.305"))
    0.305
    """

    page: str
    name: str
    value: Any
    text: str
    unit: str = ""
    source: str = ""
    line: int = 0
    note: str = ""
    dataset: str = ""
    kind: str = ""
    sha256: str = ""

    def __str__(self) -> str:
        return self.text

    def to_dict(self) -> dict[str, Any]:
        """All fields but page and name, as JSON can hold them."""
        data = {key: getattr(self, key) for key in self.__dataclass_fields__ if key not in ("page", "name")}
        return {**data, "value": plain(self.value)}

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        text = f"{self.page}.{self.name} = {self.text}"
        return {FACT_MIME: {"name": f"{self.page}.{self.name}"}, "text/plain": text}


@dataclass(frozen=True)
class Missing:
    """A visible notice that the data at hand does not show something."""

    what: str
    run: str

    @property
    def sentence(self) -> str:
        return f"This data does not show {self.what}. To see it: {self.run}."

    def __str__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        return (
            '<div class="admonition note amx-missing"><p class="admonition-title">Not shown by this data</p>'
            f"<p>This data does not show {_code(self.what)}. To see it: {_code(self.run)}.</p></div>"
        )

    def _repr_markdown_(self) -> str:
        return f"> **Not shown by this data.** {self.sentence}"


@dataclass
class Page:
    """One page of the book, seen from its notebook. Made by :func:`open_page`; displays nothing by itself."""

    name: str
    dataset: Dataset
    out: Path | None = None
    facts: dict[str, Fact] = field(default_factory=dict, repr=False)

    @property
    def links(self) -> str:
        """Prefix of links to the published captures in a build; '' elsewhere."""
        return f"captures/{self.dataset.name}/" if self.out else ""

    def fact(
        self,
        name: str,
        value: Any,
        text: str | None = None,
        *,
        unit: str = "",
        source: str = "",
        line: int = 0,
        note: str = "",
        dataset: Dataset | None = None,
    ) -> Fact:
        """Record a fact; a page shows it as ``{fact}`PAGE.NAME```.

        Parameters
        ----------
        name : lower-case letters, digits, `-` and `_`.
        value : number, word or truth value; NaN becomes null on file.
        text : what the sentence shows; 3 significant digits (or the word) and the unit if left out.
        unit : unit of `value`.
        source, line : the capture and its line, where one line says it.
        note : how it was worked out, for the hover text.
        dataset : the dataset it comes from, where that is not the page's.

        Raises
        ------
        UsageError for a bad name, or (in a build) for a second, different fact of one name.
        """
        if not _NAME.fullmatch(name):
            raise UsageError(f"{name!r} cannot name a fact", hint="use lower-case letters, digits, - and _")
        origin = dataset or self.dataset
        if text is None:
            text = show(value, unit)
        fact = Fact(
            self.name, name, value, text, unit, source, int(line), note, origin.name, origin.kind, origin.sha256
        )
        old = self.facts.get(name)
        if self.out and old and old.to_dict() != fact.to_dict():
            raise UsageError(f"the fact {name!r} is set twice, to {old.text} and {fact.text}", hint="rename one of them")
        self.facts[name] = fact
        self._write()
        return fact

    def figure(self, figure: Any) -> Any:
        """Save a figure to OUT/figures/NAME/ and return it, so that it can end a cell."""
        if self.out:
            figure.save(self.out / "figures")
        return figure

    def draw(self, function: Any, *args: Any, **options: Any) -> Any:
        """Call a figure function and take up its figure; a notice where the data lack what it draws.

        Parameters
        ----------
        function : one of :mod:`amxperf.figures`; `args` and `options` are passed on.
        """
        try:
            return self.figure(function(*args, **options))
        except MissingInput as error:
            what = options.get("title") or function.__name__
            return self.missing(f"the figure “{what}” ({error.message})", error.hint or "open another dataset")

    def table(self, data: Any, caption: str = "") -> TableView:
        """A DataFrame as a table of the page: Markdown in the book, the same in Jupyter."""
        return TableView(data, caption)

    def show(self, obj: Any, dataset: Dataset | None = None) -> Any:
        """`obj` with its links leading into the published captures; as it is where it has none.

        Anything with a method `linked(prefix)` takes part. `dataset` is the one that it shows, where that is not the page's.
        """
        links = f"captures/{dataset.name}/" if self.links and dataset else self.links
        return obj.linked(links) if links and hasattr(obj, "linked") else obj

    def missing(self, what: str, run: str) -> Missing:
        """A notice for data that cannot show something, and what to run to see it.

        >>> print(Missing("VM exits", "`amxperf collect`"))
        This data does not show VM exits. To see it: `amxperf collect`.
        """
        return Missing(what, run)

    def _write(self) -> None:
        if not self.out:
            return
        record = {
            "page": self.name,
            "dataset": self.dataset.name,
            "kind": self.dataset.kind,
            "title": self.dataset.title,
            "sha256": self.dataset.sha256,
            "facts": {name: fact.to_dict() for name, fact in self.facts.items()},
        }
        target = self.out / "facts" / f"{self.name}.json"
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(dump(record), encoding="utf-8")
        except OSError as error:
            raise OutputError(f"the facts cannot be written ({error.strerror})", path=target) from error


def open_page(
    name: str, dataset: str | os.PathLike[str] | Dataset, out: str | os.PathLike[str] = "", filter: str = ""
) -> Page:
    """Open the page `name` on a dataset (a name in data/, a path, or an open Dataset).

    `out` is the folder for facts and figures; empty writes nothing. `filter` selects the measurements that all of the page sees
    (:mod:`amxperf.selector`).
    Raises UsageError for a name that cannot be one, MissingInput and DataError for the dataset.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} cannot name a page", hint="use lower-case letters, digits, - and _")
    if isinstance(dataset, (str, os.PathLike)):
        from ..dataset import open_dataset

        if not os.fspath(dataset):
            raise MissingInput("no dataset is named", hint="give the name of a folder in data/, or a path")
        dataset = open_dataset(dataset)
    return Page(name, dataset.where(filter) if filter else dataset, Path(out) if out else None)


def _code(text: str) -> str:
    """Escape for HTML; what stands between backticks becomes code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))
