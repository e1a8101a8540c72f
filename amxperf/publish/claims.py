"""Claims: the places that treat them, and the table of them, from book/claims.csv."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from .figures import table

FILE = "claims.csv"
COLUMNS = ("id", "kind", "claim", "status", "finding", "source", "chapter")

log = logging.getLogger(__name__)


class amx_claim(nodes.Inline, nodes.TextElement):
    """Link from a claim's row to its chapter, until all pages are read."""


class amx_back(nodes.Inline, nodes.TextElement):
    """Where the text treats the claim `claim`: becomes a link to its row."""


def setup(app: Sphinx) -> None:
    app.add_node(amx_claim)
    app.add_role("claim", ClaimRole())
    app.add_directive("amx-claims", ClaimsDirective)
    app.connect("env-purge-doc", _purge)
    app.connect("env-merge-info", _merge)
    app.connect("env-check-consistency", _check)
    app.connect("doctree-resolved", _resolve)


def anchors(env: Any) -> set[tuple[str, str]]:
    """Anchors set so far: (docname, claim)."""
    if not hasattr(env, "amx_anchors"):
        env.amx_anchors = set()
    return env.amx_anchors


def rows(env: Any) -> list[tuple[str, int, str, str]]:
    """Rows of tables of claims so far: (docname, line, claim, chapter)."""
    if not hasattr(env, "amx_rows"):
        env.amx_rows = []
    return env.amx_rows


class ClaimRole(SphinxRole):
    """``{claim}`a```: an anchor `claim-a` where the text treats the claim, and a small link to its row in the table."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        found: list[nodes.Node] = []
        for claim in self.text.replace(",", " ").split():
            if (self.env.docname, claim) in anchors(self.env):
                log.warning("claim %s has two anchors on this page", claim, location=self.get_location())
                continue
            anchors(self.env).add((self.env.docname, claim))
            found += [nodes.target("", "", ids=[f"claim-{claim}"]), amx_back("", claim=claim)]
        return found, []


class ClaimsDirective(SphinxDirective):
    """``{amx-claims}``: the table; with an argument, only the rows of that kind."""

    optional_arguments = 1
    has_content = False

    def run(self) -> list[nodes.Node]:
        path = Path(self.env.srcdir) / FILE
        self.env.note_dependency(FILE)
        claims = self._read(path)
        wanted = self.arguments[0].strip() if self.arguments else ""
        cells, ids = [], []
        for claim in claims:
            if wanted and claim["kind"] != wanted:
                continue
            rows(self.env).append((self.env.docname, self.lineno, claim["id"], claim["chapter"]))
            link = amx_claim("", claim["id"], claim=claim["id"], chapter=claim["chapter"])
            texts = [self._inline(claim[key]) for key in ("claim", "status", "finding", "source")]
            cells.append([[link], *texts])
            ids.append(f"row-{claim['id']}")
        made = table(["Id", "Claim", "Status", "Finding", "Source"], cells, [6, 29, 13, 32, 20])
        for row, name in zip(made[0][-1], ids, strict=True):
            row["ids"].append(name)
        return [made]

    def _read(self, path: Path) -> list[dict[str, str]]:
        try:
            with path.open(encoding="utf-8", newline="") as stream:
                reader = csv.DictReader(stream)
                found = list(reader)
                missing = [column for column in COLUMNS if column not in (reader.fieldnames or [])]
        except OSError:
            log.warning("%s is not there", FILE, location=self.get_location())
            return []
        if missing:
            log.warning("%s has no column %s", FILE, ", ".join(missing), location=self.get_location())
            return []
        for number, row in enumerate(found, 2):
            if None in row.values() or None in row:
                log.warning("%s: row %d has not %d fields", FILE, number, len(COLUMNS), location=self.get_location())
                return []
        return found

    def _inline(self, text: str) -> list[nodes.Node]:
        """A cell may use inline markup: code, links, citations, facts."""
        found, messages = self.state.inline_text(text, self.lineno)
        return found + messages


def _purge(app: Sphinx, env: Any, docname: str) -> None:
    env.amx_anchors = {item for item in anchors(env) if item[0] != docname}
    env.amx_rows = [item for item in rows(env) if item[0] != docname]


def _merge(app: Sphinx, env: Any, docnames: list[str], other: Any) -> None:
    anchors(env).update(item for item in anchors(other) if item[0] in docnames)
    rows(env).extend(item for item in rows(other) if item[0] in docnames)


def _check(app: Sphinx, env: Any) -> None:
    for docname, line, claim, chapter in rows(env):
        if (chapter, claim) not in anchors(env):
            there = "has no anchor for it" if chapter in env.found_docs else "is no page of the book"
            log.warning("claim %s: %s %s", claim, chapter or "(no chapter)", there, location=(docname, line))
    listed = {claim for _, _, claim, _ in rows(env)}
    if listed:
        for docname, claim in sorted(anchors(env)):
            if claim not in listed:
                log.warning("claim %s is not in %s", claim, FILE, location=docname)


def _back(app: Sphinx, claim: str, docname: str) -> list[nodes.Node]:
    """The small link to a claim's row; nothing where no page shows the row."""
    pages = [page for page, _, name, _ in rows(app.env) if name == claim]
    if not pages:
        return []
    uri = app.builder.get_relative_uri(docname, pages[0]) + f"#row-{claim}"
    words = f"claim {claim}" if len(claim) < 3 else "claim"
    link = nodes.reference("", words, refuri=uri, internal=True, reftitle=f"what was found: row {claim} of the table of claims")
    return [nodes.superscript("", "", link, classes=["amx-claim"])]


def _resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for node in list(doctree.findall(amx_back)):
        node.replace_self(_back(app, node["claim"], docname))
    for node in list(doctree.findall(amx_claim)):
        claim, chapter = node["claim"], node["chapter"]
        if chapter not in app.env.found_docs:
            node.replace_self(nodes.Text(claim))
            continue
        uri = app.builder.get_relative_uri(docname, chapter) + f"#claim-{claim}"
        title = app.env.titles[chapter].astext()
        node.replace_self(nodes.reference("", claim, refuri=uri, internal=True, reftitle=title))
