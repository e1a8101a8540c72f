"""The Sphinx extension of the book.

===========================================  =======================================================
``{fact}`PAGE.NAME```                        a number from a notebook, its origin on hover
``{capture}`notes-2024/vm/boot/x.dmesg:12``` a link into the published capture
``{claim}`a```                               the place where the book treats a claim
``{amx-figure} NAME``                        a numbered figure that can be cited
``{amx-figures}``                            the list of figures
``{amx-claims}``                             the table of claims
===========================================  =======================================================

Facts, figures and captures are plain files in the stage (store.py); every page notes which it used, so that Sphinx reads
it again when one of them changes. An unknown name is a warning with page and line, and the book is built with warnings as
errors.
"""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

from .. import __version__
from . import captures, claims, figures, links, mathjax, roles


def setup(app: Sphinx) -> dict[str, Any]:
    """Register everything with Sphinx."""
    for part in (links, roles, figures, captures, claims, mathjax):
        part.setup(app)
    return {"version": __version__, "env_version": 1, "parallel_read_safe": True, "parallel_write_safe": True}
