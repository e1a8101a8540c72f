"""MathJax from the package sphinx-mathjax-offline, one file, so that formulas need no network."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util import logging

PACKAGE = "sphinx-mathjax-offline"
FILE = "mathjax/tex-svg.js"
"""Path in _static; `mathjax_path` in _config.yml names it."""

log = logging.getLogger(__name__)


def setup(app: Sphinx) -> None:
    app.connect("builder-inited", copy)


def copy(app: Sphinx) -> None:
    """Copy the file to the book's _static before any page is written."""
    if app.builder.format != "html" or getattr(app.config, "mathjax_path", "") != FILE:
        return
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        log.warning("the package %s is not installed; formulas would not show", PACKAGE)
        return
    target = Path(app.outdir) / "_static" / FILE
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(Path(spec.origin).parent / "static" / FILE, target)
