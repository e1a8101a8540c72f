"""What a reader gives back: the tables of one file, and what it noticed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import schema

if TYPE_CHECKING:
    import pandas as pd

    from .digest import Digest


@dataclass(frozen=True)
class Note:
    """Something a reader noticed and a person should know: data, not text on a terminal.

    `code` is stable and short (``boots-unknown``), `message` is one sentence, `source` and `line` say where (line 0: the file).
    `count` is the number of what the note counts (lost events, lines not understood), 0 where it counts nothing.
    """

    code: str
    message: str
    source: str = ""
    line: int = 0
    count: int = 0

    def __str__(self) -> str:
        where = f"{self.source}:{self.line}: " if self.line else f"{self.source}: " if self.source else ""
        return f"{where}{self.message} [{self.code}]"


@dataclass(frozen=True)
class Capture:
    """One file, read.

    The tables of the schema are attributes (`.lines`, `.traces`, `.frames`, `.registers`, `.events`, `.measurements`,
    `.overheads`); one that the format does not fill is empty, with its columns.
    `.sha256` is the hash of the file; of a large one it is taken when first asked for, and FormatError says if the file was
    changed since it was read.
    """

    source: str
    format: str
    digest: str | Digest
    tables: Mapping[str, pd.DataFrame] = field(repr=False)
    notes: tuple[Note, ...] = ()

    @property
    def sha256(self) -> str:
        return str(self.digest)

    def table(self, name: str) -> pd.DataFrame:
        """The table of that name, empty where this file fills none."""
        return self.tables[name] if name in self.tables else schema.frame(name)

    @property
    def measurements(self) -> pd.DataFrame:
        return self.table("measurements")

    @property
    def lines(self) -> pd.DataFrame:
        return self.table("lines")

    @property
    def traces(self) -> pd.DataFrame:
        return self.table("traces")

    @property
    def frames(self) -> pd.DataFrame:
        return self.table("frames")

    @property
    def registers(self) -> pd.DataFrame:
        return self.table("registers")

    @property
    def events(self) -> pd.DataFrame:
        return self.table("events")

    @property
    def overheads(self) -> pd.DataFrame:
        return self.table("overheads")

    def counts(self) -> dict[str, int]:
        """Rows per table, for the tables that hold any."""
        return {name: len(data) for name, data in self.tables.items() if len(data)}
