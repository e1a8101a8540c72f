"""Links into the parts of the book that Sphinx does not know: captures/ and figures/."""

from __future__ import annotations

import html
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.osutil import relative_uri


class amx_link(nodes.Inline, nodes.TextElement):
    """Inline text with `target` (a path from the book's root, or ''), `title` (hover text) and classes.

    In HTML an anchor or, without a target, a span; elsewhere its text.
    """


def setup(app: Sphinx) -> None:
    silent = (_pass, _pass)
    app.add_node(amx_link, html=(_open, _close), latex=silent, text=silent, man=silent, texinfo=silent)
    app.connect("doctree-read", unguess)


def unguess(app: Sphinx, doctree: nodes.document) -> None:
    """Take back links that GitHub's Markdown guesses in a notebook's tables: README.md is no address in Moldova."""
    for link in list(doctree.findall(nodes.reference)):
        if link.get("refuri") == f"http://{link.astext()}":
            link.replace_self(link.children)


def _open(writer: Any, node: amx_link) -> None:
    target = node.get("target", "")
    attributes = {"class": " ".join(node["classes"]), "title": node.get("title", "")}
    if target:
        page = writer.builder.get_target_uri(writer.builder.current_docname or "")
        path, mark, fragment = target.partition("#")
        attributes["href"] = relative_uri(page, path) + mark + fragment
    written = "".join(f' {key}="{html.escape(value)}"' for key, value in sorted(attributes.items()) if value)
    writer.body.append(f"<{'a' if target else 'span'}{written}>")


def _close(writer: Any, node: amx_link) -> None:
    writer.body.append("</a>" if node.get("target") else "</span>")


def _pass(writer: Any, node: amx_link) -> None:
    """Nothing but the text."""
