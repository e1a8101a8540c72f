"""Roles: a fact in a sentence, a link to a line of a capture."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

from .captures import address, count_lines
from .links import amx_link
from .store import Store

log = logging.getLogger(__name__)


def setup(app: Sphinx) -> None:
    app.add_role("fact", FactRole())
    app.add_role("capture", CaptureRole())


class FactRole(SphinxRole):
    """``{fact}`PAGE.NAME```, or ``{fact}`NAME``` on the page PAGE itself."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        page, _, name = self.text.strip().rpartition(".")
        page = page or PurePosixPath(self.env.docname).name
        store = Store(Path(self.env.srcdir))
        self.env.note_dependency(store.fact_file(page))
        facts = store.facts(page)
        if facts is None or name not in facts:
            why = f"the page has no facts; known here: {', '.join(sorted(facts))}" if facts else "its page has none"
            log.warning("unknown fact %s.%s (%s)", page, name, why, location=self.get_location())
            return [nodes.inline("", f"[{self.text}]", classes=["amx-unknown"])], []
        fact = facts[name]
        classes = ["amx-fact", f"amx-kind-{fact['kind']}"]
        target = ""
        if fact["source"] and store.capture(f"{fact['dataset']}/{fact['source']}"):
            target = address(f"{fact['dataset']}/{fact['source']}", fact["line"])
        return [amx_link("", fact["text"], target=target, title=hover(fact), classes=classes)], []


def hover(fact: dict[str, Any]) -> str:
    """What a reader sees who points at a fact; one whose note begins with `formula:` comes from no data and names none.

    >>> hover({"dataset": "d", "kind": "recorded", "sha256": "ab" * 32, "source": "a.log", "line": 3, "note": "",
    ...        "value": 0.3051, "text": "0.305", "unit": ""})
    'value 0.3051; dataset d (recorded), a.log:3, sha256 abababababab'
    """
    where = f", {fact['source']}" if fact["source"] else ""
    if where and fact["line"]:
        where += f":{fact['line']}"
    parts = [fact["note"]] if fact["note"] else []
    if str(fact["value"]) not in (fact["text"], "None"):
        parts.append(f"value {fact['value']}" + (f" {fact['unit']}" if fact["unit"] else ""))
    if not fact["note"].startswith("formula:"):
        parts.append(f"dataset {fact['dataset']} ({fact['kind']}){where}, sha256 {fact['sha256'][:12]}")
    return "; ".join(parts)


class CaptureRole(SphinxRole):
    """``{capture}`DATASET/PATH``, with ``:LINE`` and as ``TEXT <DATASET/PATH:LINE>`` where wanted."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        titled = re.fullmatch(r"(?s)(.+?)\s*<([^<>]+)>", self.text.strip())
        title, target = (titled[1], titled[2]) if titled else ("", self.text.strip())
        found = re.fullmatch(r"(.+?)(?::(\d+))?", target)
        name, line = found[1], int(found[2] or 0)
        path = Store(Path(self.env.srcdir)).capture(name)
        if path is None:
            log.warning("unknown capture %s", name, location=self.get_location())
        else:
            self.env.note_dependency(str(path))
            if line > count_lines(path):
                log.warning("%s has no line %d", name, line, location=self.get_location())
        text = nodes.Text(title) if title else nodes.literal("", target)
        link = amx_link("", "", text, target=address(name, line) if path else "", classes=["amx-capture"])
        return [link], []
