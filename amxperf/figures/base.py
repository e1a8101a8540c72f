"""A figure that can be cited: picture, data, caption, alternative text and provenance in one object."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..errors import OutputError
from ..provenance import Provenance, address, bibtex, citation
from .theme import SETTINGS, any_script

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure as Canvas

MIME = "application/vnd.amxperf.figure+json"
"""Output type by which the publisher knows a figure in an executed notebook."""

PICTURES = ("svg", "png", "pdf")


@dataclass(frozen=True)
class Figure:
    """A figure.

    name : stable slug, part of its address.
    title : what it shows, one line.
    canvas : the matplotlib figure.
    data : the values that are drawn, one row per mark.
    caption : full sentences that read the figure: what, n, interval, source, kind of data.
    alt : what a reader who cannot see it needs to know.
    """

    name: str
    title: str
    canvas: Canvas = field(repr=False)
    data: pd.DataFrame = field(repr=False)
    caption: str
    alt: str
    origin: Provenance

    @property
    def citation(self) -> str:
        return citation(self.name, self.title, self.origin)

    @property
    def bibtex(self) -> str:
        return bibtex(self.name, self.title, self.origin)

    @property
    def metadata(self) -> dict[str, Any]:
        """What the .metadata.json beside the picture holds."""
        return {
            **self.origin.to_dict(),
            "data_title": self.origin.title,
            "name": self.name,
            "title": self.title,
            "caption": self.caption,
            "alt": self.alt,
            "version": __version__,
            "address": address(self.name),
            "citation": self.citation,
            "files": [self._file(ending) for ending in (*PICTURES, "csv", "bib", "citation.txt", "metadata.json")],
            "columns": list(self.data.columns),
            "rows": len(self.data),
        }

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Write the figure's files to FOLDER/NAME/ and return that folder; the same figure gives the same bytes.

        Raises OutputError where the folder cannot be written.
        """
        place = Path(folder) / self.name
        try:
            place.mkdir(parents=True, exist_ok=True)
            for ending in PICTURES:
                self._picture(place / self._file(ending), ending)
            self.data.to_csv(place / self._file("csv"), index=False, lineterminator="\n", float_format="%.10g")
            (place / self._file("bib")).write_text(self.bibtex, encoding="utf-8")
            (place / self._file("citation.txt")).write_text(self.citation + "\n", encoding="utf-8")
            text = json.dumps(self.metadata, indent=1, sort_keys=True, ensure_ascii=False)
            (place / self._file("metadata.json")).write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise OutputError(f"the figure cannot be written ({error.strerror})", path=place) from error
        return place

    def _file(self, ending: str) -> str:
        return f"{self.name}.{ending}"

    def _picture(self, path: Path, ending: str) -> None:
        import matplotlib

        empty = {
            "svg": {"Date": None, "Creator": None},
            "png": {"Software": None},
            "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
        }
        with matplotlib.rc_context({**SETTINGS, "svg.hashsalt": self.name}), any_script():
            self.canvas.savefig(path, format=ending, metadata=empty[ending], bbox_inches="tight", pad_inches=0.08)

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, Any]:
        import io

        import matplotlib

        stream = io.BytesIO()
        with matplotlib.rc_context(SETTINGS), any_script():
            self.canvas.savefig(stream, format="png", bbox_inches="tight", metadata={"Software": None})
        return {MIME: {"name": self.name}, "image/png": stream.getvalue(), "text/plain": f"{self.title}\n{self.caption}"}
