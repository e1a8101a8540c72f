"""Figures in the book: the directive, the list, and a folder for each under figures/NAME/."""

from __future__ import annotations

import html
import shutil
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from . import static_page
from .links import amx_link
from .store import Store

FILES = {
    "svg": "SVG",
    "png": "PNG",
    "pdf": "PDF",
    "csv": "data (CSV)",
    "metadata.json": "metadata",
    "bib": "BibTeX",
    "citation.txt": "citation",
}
"""Files of a figure by their endings, and what a link to each says."""

log = logging.getLogger(__name__)


class amx_figure_list(nodes.General, nodes.Element):
    """Stands for the list of figures until all pages are read."""


def setup(app: Sphinx) -> None:
    app.add_node(amx_figure_list)
    app.add_directive("amx-figure", FigureDirective)
    app.add_directive("amx-figures", FigureListDirective)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
    app.connect("env-updated", _lists)
    app.connect("doctree-resolved", _resolve)
    app.connect("build-finished", publish)


def known(env: Any) -> dict[str, dict[str, str]]:
    """Figures of the pages read so far: name -> docname and id."""
    if not hasattr(env, "amx_figures"):
        env.amx_figures = {}
    return env.amx_figures


class FigureDirective(SphinxDirective):
    """``{amx-figure} NAME``: picture, caption, kind of data and links, under the label ``fig-NAME``."""

    required_arguments = 1
    has_content = False

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0].strip()
        store = Store(Path(self.env.srcdir))
        meta = store.figure(name)
        self.env.note_dependency(store.figure_file(name))
        if meta is None:
            log.warning("unknown figure %s", name, location=self.get_location())
            return [nodes.paragraph("", f"[figure {name}]", classes=["amx-unknown"])]
        other = known(self.env).get(name)
        if other:
            log.warning("figure %s is shown twice, first on %s", name, other["docname"], location=self.get_location())
            return []
        for ending in ("svg", "pdf"):
            self.env.note_dependency(store.figure_file(name).replace("metadata.json", ending))
        figure = nodes.figure(classes=["amx-figure", f"amx-kind-{meta['kind']}"])
        picture = store.figure_file(name).replace("metadata.json", "*")
        figure += nodes.image(uri=f"/{picture}", alt=meta["alt"])
        title = nodes.strong("", meta["title"].rstrip(".") + ".")
        figure += nodes.caption(meta["caption"], "", title, nodes.Text(" "), *_mark(meta), nodes.Text(meta["caption"]))
        legend = nodes.legend("", nodes.paragraph("", data_line(meta), classes=["amx-data"]))
        legend += _only_html(nodes.paragraph("", "", *_links(name, meta), classes=["amx-files"]))
        figure += legend
        self.set_source_info(figure)
        figure["names"].append(f"fig-{name}")
        self.state.document.note_explicit_target(figure, figure)
        known(self.env)[name] = {"docname": self.env.docname, "id": figure["ids"][0]}
        return [figure]


class FigureListDirective(SphinxDirective):
    """``{amx-figures}``: every figure of the book, in order."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        self.env.metadata[self.env.docname]["amx-figures"] = True
        return [amx_figure_list()]


def data_line(meta: dict[str, Any]) -> str:
    """The line that ends a caption.

    >>> data_line({"kind": "recorded", "datasets": ["vm-onednn"], "date": "2025", "boots": 1, "launches": 40,
    ...            "processing": "aggregated", "data": "ab" * 32})
    'Kind of data: recorded. Dataset vm-onednn (2025); 1 boot, 40 launches; aggregated; sha256 abababababab.'
    """
    names = list(meta.get("datasets") or [])
    parts = []
    if names:
        date = f" ({meta['date']})" if meta.get("date") else ""
        parts.append(f"{'Dataset' if len(names) == 1 else 'Datasets'} {', '.join(names)}{date}")
    counts = [_count(meta.get(key), word) for key, word in (("boots", "boot"), ("launches", "launch"))]
    if any(counts):
        parts.append(", ".join(filter(None, counts)))
    if meta.get("processing"):
        parts.append(meta["processing"])
    if meta.get("data"):
        parts.append(f"sha256 {meta['data'][:12]}")
    return f"Kind of data: {meta['kind']}." + (f" {'; '.join(parts)}." if parts else "")


def _count(number: int | None, word: str) -> str:
    if number is None:
        return ""
    return f"{number} {word}" if number == 1 else f"{number} {word}{'es' if word.endswith('ch') else 's'}"


def _mark(meta: dict[str, Any]) -> list[nodes.Node]:
    if meta["kind"] != "synthetic":
        return []
    return [nodes.strong("", "Synthetic data.", classes=["amx-synthetic"]), nodes.Text(" ")]


def _links(name: str, meta: dict[str, Any]) -> list[nodes.Node]:
    found: list[nodes.Node] = [amx_link("", "figure page", target=f"figures/{name}/index.html")]
    for ending, text in FILES.items():
        found += [nodes.Text(" · "), amx_link("", text, target=f"figures/{name}/{name}.{ending}")]
    return found


def _only_html(node: nodes.Node) -> nodes.Node:
    return addnodes.only("", node, expr="html")


def _purge(app: Sphinx, env: Any, docname: str) -> None:
    env.amx_figures = {name: place for name, place in known(env).items() if place["docname"] != docname}


def _merge(app: Sphinx, env: Any, docnames: list[str], other: Any) -> None:
    known(env).update({name: place for name, place in known(other).items() if place["docname"] in docnames})


def _lists(app: Sphinx, env: Any) -> list[str]:
    """Pages with a list of figures are written anew whenever any page was."""
    return [docname for docname, data in env.metadata.items() if "amx-figures" in data]


def _resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for node in list(doctree.findall(amx_figure_list)):
        rows = []
        for name, place in sorted(known(app.env).items(), key=lambda item: _order(app, item)):
            meta = Store(Path(app.srcdir)).figure(name)
            number = ".".join(map(str, _number(app, place))) or name
            uri = app.builder.get_relative_uri(docname, place["docname"]) + f"#{place['id']}"
            link = nodes.reference("", f"Fig. {number}", refuri=uri, internal=True)
            files = _only_links(app, name, meta)
            rows.append([[link], [nodes.literal("", name)], [nodes.Text(meta["title"])], [nodes.Text(meta["kind"])], files])
        node.replace_self(table(["Figure", "Name", "What it shows", "Kind of data", "Files"], rows, [10, 17, 38, 12, 23]))


def _only_links(app: Sphinx, name: str, meta: dict[str, Any]) -> list[nodes.Node]:
    return _links(name, meta) if app.builder.format == "html" else [nodes.literal("", name)]


def _number(app: Sphinx, place: dict[str, str]) -> tuple[int, ...]:
    return app.env.toc_fignumbers.get(place["docname"], {}).get("figure", {}).get(place["id"], ())


def _order(app: Sphinx, item: tuple[str, dict[str, str]]) -> tuple:
    number = _number(app, item[1])
    return (not number, number, item[0])


def table(head: list[str], rows: list[list[list[nodes.Node]]], widths: list[int]) -> nodes.table:
    """A docutils table; each cell is a list of inline nodes. Row ids are set by the caller on `table[0][-1]`."""
    group = nodes.tgroup("", *(nodes.colspec(colwidth=width) for width in widths), cols=len(head))
    title = nodes.row("", *(nodes.entry("", nodes.paragraph("", text)) for text in head))
    group += nodes.thead("", title)
    body = nodes.tbody()
    for row in rows:
        body += nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *cell)) for cell in row))
    group += body
    return nodes.table("", group, classes=["amx-list", "colwidths-given"])


def publish(app: Sphinx, exception: Exception | None) -> None:
    """Copy every figure's files to figures/NAME/ and write a page beside them."""
    if exception or app.builder.format != "html":
        return
    store = Store(Path(app.srcdir))
    target = Path(app.outdir) / "figures"
    shutil.rmtree(target, ignore_errors=True)
    for name in store.figures():
        folder = target / name
        folder.mkdir(parents=True)
        for path in sorted(store.figure_folder(name).iterdir()):
            shutil.copyfile(path, folder / path.name)
        text = figure_page(name, store.figure(name), store.figure_folder(name), *_chapter(app, name))
        (folder / "index.html").write_text(text, encoding="utf-8")


def _chapter(app: Sphinx, name: str) -> tuple[str, str]:
    place = known(app.env).get(name)
    if place is None:
        return "index.html", "the book"
    title = app.env.titles[place["docname"]].astext()
    return f"{app.builder.get_target_uri(place['docname'])}#{place['id']}", f"“{title}”"


def figure_page(name: str, meta: dict[str, Any], folder: Path, back: str, back_text: str) -> str:
    """The page figures/NAME/index.html: picture, caption, kind, citation, files, way back to the chapter."""
    mark = "<p><strong>Synthetic data.</strong></p>" if meta["kind"] == "synthetic" else ""
    files = "".join(
        f'<li><a href="{name}.{ending}">{text}</a></li>'
        for ending, text in FILES.items()
        if (folder / f"{name}.{ending}").exists()
    )
    citation, bibtex = (
        html.escape(path.read_text(encoding="utf-8"), quote=False) if path.exists() else ""
        for path in (folder / f"{name}.citation.txt", folder / f"{name}.bib")
    )
    body = (
        f'<p><img src="{name}.svg" alt="{html.escape(meta["alt"])}"></p>{mark}'
        f"<p>{html.escape(meta['caption'])}</p><p class=\"faint\">{html.escape(data_line(meta))}</p>"
        f"<h2>How to cite it</h2><p>{citation}</p><pre tabindex=\"0\">{bibtex}</pre><h2>Files</h2><ul>{files}</ul>"
    )
    return static_page.document(meta["title"], body, up="../../", back=back, back_text=back_text)


__all__ = ["FILES", "FigureDirective", "data_line", "figure_page", "table"]
