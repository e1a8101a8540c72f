"""One look for all figures: white ground, legible in print and in dark mode, colours that colour-blind readers tell apart."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..provenance import Provenance

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

COLOURS = {
    "amx": "#0072B2",
    "avx512": "#D55E00",
    "vm": "#0072B2",
    "tdx": "#D55E00",
    "bare-metal": "#009E73",
    "4k": "#CC79A7",
    "2m": "#009E73",
    "plain": "#444444",
    "accent": "#0072B2",
    "muted": "#999999",
}
"""Okabe and Ito's palette, by meaning."""

MARKERS = {"amx": "o", "avx512": "s", "vm": "o", "tdx": "s", "4k": "o", "2m": "D"}

SETTINGS = {
    "figure.dpi": 100,
    "savefig.dpi": 160,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "axes.titlesize": 10,
    "axes.labelsize": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.7,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "axes.formatter.use_mathtext": True,
}


@contextmanager
def drawing(width: float = 7.0, height: float = 3.6, columns: int = 1, rows: int = 1, **subplots: Any) -> Iterator[tuple]:
    """A canvas and its axes under the common settings; `width` and `height` in inches. No global state is touched."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(SETTINGS):
        canvas = Figure(figsize=(width, height), layout="constrained")
        yield canvas, canvas.subplots(rows, columns, **subplots)
        with any_script():
            canvas.draw_without_rendering()
        canvas.set_layout_engine("none")  # settled once: otherwise each saving moves it a little, and the bytes with it


@contextmanager
def any_script() -> Iterator[None]:
    """Draw text of every script without a warning: a sign that the font lacks shows as a box, and is whole in the data."""
    with warnings.catch_warnings():
        for message in (r"(?s)Glyph .* missing from font", r"Matplotlib currently does not support .* natively"):
            warnings.filterwarnings("ignore", message, UserWarning)
        yield


def sign(canvas: Canvas, origin: Provenance) -> None:
    """Write into the pixels what the data are, so that a copied picture still says so; watermark synthetic data."""
    name = ", ".join(origin.datasets) or origin.title
    note = f"data: {name} ({origin.kind}), sha256 {origin.data[:8]} · amxperf"
    canvas.supxlabel(note, fontsize=6.5, color="#666666", x=0.995, ha="right")
    if origin.kind == "synthetic":
        canvas.text(
            0.5, 0.5, "SYNTHETIC DATA", fontsize=34, color="#bbbbbb", alpha=0.45, rotation=20, ha="center", va="center", zorder=10
        )


def ratio_axis(axes: Axes, label: str) -> None:
    """A logarithmic axis of ratios with plain numbers and a line at 1; call it when everything is drawn."""
    from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, NullLocator, StrMethodFormatter

    axes.set_xscale("log")
    axes.axvline(1, color="#444444", linewidth=1, zorder=1)
    low, high = axes.get_xlim()
    narrow = high / low < 3
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=(1, 2, 5, 10)) if narrow else LogLocator(base=10, subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(label)


def colour(word: str) -> str:
    """The colour of an environment, ISA or page size; the plain colour for others."""
    return COLOURS.get(word, COLOURS["plain"])
