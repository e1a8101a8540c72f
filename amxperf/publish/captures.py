"""Every capture as a page of its own, each line with an anchor: captures/DATASET/PATH.html#L12."""

from __future__ import annotations

import html
import shutil
import tomllib
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from sphinx.application import Sphinx
from sphinx.util import logging

from ..document import load
from ..errors import AmxperfError
from ..manifest import NAME
from . import static_page
from .store import Store

LINES = 50_000
"""Most lines that a page shows; a longer capture says that it goes on."""

log = logging.getLogger(__name__)


def setup(app: Sphinx) -> None:
    app.connect("build-finished", publish)


def address(name: str, line: int = 0) -> str:
    """The page of ``DATASET/PATH``, from the book's root.

    >>> address("notes-2024/vm/boot/host.dmesg", 12)
    'captures/notes-2024/vm/boot/host.dmesg.html#L12'
    """
    return f"captures/{quote(name)}.html" + (f"#L{line}" if line else "")


@lru_cache(maxsize=512)
def count_lines(path: Path) -> int:
    """Number of lines of a capture that its page shows; 0 where it is not text."""
    return min(len(_lines(path)), LINES)


def publish(app: Sphinx, exception: Exception | None) -> None:
    """Write the pages of all captures and an index of them."""
    if exception or app.builder.format != "html":
        return
    target = Path(app.outdir) / "captures"
    shutil.rmtree(target, ignore_errors=True)
    sections = []
    for dataset, folder in Store(Path(app.srcdir)).datasets().items():
        files = [path for path in sorted(folder.rglob("*")) if _published(path, folder)]
        rows = []
        for path in files:
            source = path.relative_to(folder).as_posix()
            lines = _lines(path)
            if not lines:
                continue
            page = target / dataset / f"{source}.html"
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(capture_page(dataset, source, lines), encoding="utf-8")
            link = quote(f"{dataset}/{source}.html")
            rows.append(f'<li><a href="{link}">{html.escape(source)}</a>, {len(lines)} lines</li>')
        sections.append(_section(dataset, folder, rows))
    if sections:
        text = static_page.document("Captures", "\n".join(sections), up="../")
        (target / "index.html").write_text(text, encoding="utf-8")


def capture_page(dataset: str, source: str, lines: list[str]) -> str:
    """The page of one capture; `lines` are as recorded."""
    shown = lines[:LINES]
    rows = "".join(
        f'<span class="l" id="L{number}"><a href="#L{number}">{number}</a>{html.escape(line, quote=False)}</span>'
        for number, line in enumerate(shown, 1)
    )
    note = "" if len(shown) == len(lines) else f"<p>The first {LINES} of {len(lines)} lines.</p>"
    up = "../" * (source.count("/") + 2)
    head = f'<p class="faint">A capture of the dataset <a href="{up}captures/index.html#{dataset}">{html.escape(dataset)}</a>, '
    head += f"{len(lines)} lines.</p>"
    return static_page.document(f"{dataset}/{source}", f'{head}{note}\n<pre tabindex="0">{rows}</pre>', up=up)


def _section(dataset: str, folder: Path, rows: list[str]) -> str:
    try:
        manifest = tomllib.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError):
        manifest = {}
    about = html.escape(f"{manifest.get('title', dataset)} ({manifest.get('kind', 'kind not stated')})")
    return f'<h2 id="{html.escape(dataset)}">{html.escape(dataset)}</h2>\n<p>{about}</p>\n<ul>{"".join(rows)}</ul>'


def _published(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return path.is_file() and not hidden and path.resolve().is_relative_to(folder.resolve())


def _lines(path: Path) -> list[str]:
    """The lines of a capture; none where it is empty or no text (a Parquet table, say)."""
    try:
        return load(path).lines
    except AmxperfError as error:
        log.info("%s is not published: %s", path, error)
        return []
