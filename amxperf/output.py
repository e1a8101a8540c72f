"""Results as text and bytes: what the command line prints."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Sequence
from errno import EISDIR
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from .errors import MissingInput, OutputError, UsageError
from .schema import exported, joined
from .terminal import printable, shown

if TYPE_CHECKING:
    import pandas as pd

    from .capture import Note
    from .catalogue import Entry
    from .comparison import Comparisons
    from .dataset import Dataset
    from .gate import Gate
    from .planning import Plans


MOST = 3
"""Messages of one code that are printed; more are counted."""


def wrapped(text: str, stream: TextIO) -> str:
    """The text with its long lines broken between words where the stream is a terminal; each goes on two columns further in."""
    if not stream.isatty():
        return text
    return "\n".join(_broken(line, shutil.get_terminal_size().columns) for line in text.split("\n"))


def _broken(line: str, width: int) -> str:
    """
    >>> print(_broken("  one two three", 9))
      one two
        three
    """
    if len(line) <= width or "\x1b" in line:  # a table has its width already
        return line
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.fill(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def notes(found: Sequence[Note]) -> str:
    """Notes, one line per message, with the number of files that share it; of many messages of one code the first few."""
    groups: dict[str, list[Note]] = {}
    for note in found:
        groups.setdefault(f"{note.message} [{note.code}]", []).append(note)
    lines, more = [], Counter()
    for text, group in groups.items():
        code = group[0].code
        more[code] += 1
        if more[code] <= MOST:
            lines.append(str(group[0]) if len(group) == 1 else f"{len(group)} files: {text}")
    rest = {code: count - MOST for code, count in more.items() if count > MOST}
    lines += [f"{count} more of this kind [{code}]; `amxperf parse FILE` names them" for code, count in rest.items()]
    return "".join(f"{printable(line)}\n" for line in lines)


FORMS = ("csv", "json", "jsonl", "parquet")


TEXTS = ("", "txt", "log")
"""Endings of files that hold any text."""


def form(asked: str | None, out: Path | None, *, table: bool = True) -> str:
    """How a table is written: as asked, else by the ending of the file, else as csv.

    UsageError for an ending that says another form, and for a table's ending where there is no table.

    >>> form(None, Path("frames.parquet")), form("json", Path("frames.parquet")), form(None, None)
    ('parquet', 'json', 'csv')
    """
    ending = out.suffix[1:].lower() if out else ""
    if not table and ending in FORMS:
        raise UsageError(f"{out} is to hold a table, and none is named", hint="add --table frames or another")
    if table and not asked and ending not in (*FORMS, *TEXTS):
        raise UsageError(f"no form of a table is called {ending!r}", hint=f"end {out} in .{', .'.join(FORMS)}, or add --format")
    return asked or (ending if ending in FORMS else "csv")


def check(out: Path | None, form: str, inputs: Sequence[str] = ()) -> None:
    """Look before anything is read whether the result can go there.

    Raises UsageError for Parquet on a terminal and for a file that is read, OutputError for a folder that is not there.
    """
    if out is None:
        if form == "parquet" and sys.stdout.isatty():
            raise UsageError("Parquet is binary and would garble the terminal", hint="add --out FILE")
        return
    if not out.resolve().parent.is_dir():
        raise OutputError("cannot be written (there is no such folder)", path=out, hint="make it, or name another file")
    if out.is_file() and any(os.path.exists(name) and os.path.samefile(name, out) for name in inputs):
        raise UsageError(f"{out} is one of the files to read, and would be lost", hint="name another file")


def serialise(table: str, parts: Sequence[pd.DataFrame], format: str) -> bytes:
    """One table over several files as csv, json, jsonl or parquet; 64-bit words are '0x...' except in Parquet."""
    data = joined(table, parts)
    if format == "parquet":
        stream = io.BytesIO()
        data.to_parquet(stream, index=False)
        return stream.getvalue()
    data = exported(table, data)
    if format == "csv":
        return data.to_csv(index=False, lineterminator="\n").encode()
    rows = data.astype(object).where(data.notna(), None).to_dict("records")
    texts = [json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows]  # every digit; pandas would keep 15 decimals
    if format == "jsonl":
        return "".join(f"{text}\n" for text in texts).encode()
    return ("[" + ",\n ".join(texts) + "]\n").encode()


def write(data: bytes, out: Path | None, format: str = "text") -> None:
    """Write to a file (whole or not at all) or to standard output; Parquet never to a terminal."""
    if out is None:
        check(out, format)
        sys.stdout.buffer.write(data if format == "parquet" else shown(data.decode(), sys.stdout).encode())
        sys.stdout.buffer.flush()
        return
    try:
        target = out.resolve()  # a link stays a link
        if target.is_dir():
            raise IsADirectoryError(EISDIR, "this is a folder")
        if target.exists() and not target.is_file():
            target.write_bytes(data)  # /dev/null and its like cannot be replaced
            return
        draft = target.with_name(f".{target.name[:200]}.{os.getpid()}")
        try:
            draft.write_bytes(data)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"cannot be written ({error.strerror})", path=out, hint="name another file") from error


def verdict_code(results: Comparisons) -> int:
    """0: every question is answered; 2: one or more are inconclusive or refused; 3: nothing is comparable."""
    verdicts = set(results.frame()["verdict"]) if len(results) else set()
    if not verdicts - {"not comparable"}:
        return 3
    return 2 if verdicts & {"inconclusive", "not comparable"} else 0


def comparisons(results: Comparisons, format: str, gate: Gate | None = None) -> str:
    """A comparison as sentences, under a table where a terminal shows them, as csv, or as json.

    A gate ends the sentences, and is a key of the json.
    """
    from .report import report

    if format == "json":
        data = results.to_dict() | ({"gate": gate.to_dict()} if gate else {})
        return shown(json.dumps(data, indent=1, ensure_ascii=False) + "\n", sys.stdout)
    if format == "csv":
        return shown(results.frame().to_csv(index=False, lineterminator="\n"), sys.stdout)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    return wrapped(report(results, width) + (f"\n{gate.report()}" if gate else ""), sys.stdout)


def drawn(dataset: Dataset, results: Comparisons, folder: Path) -> str:
    """Draw the ratios of a comparison into a folder of their own in `folder`; where that is, or why there is nothing to draw."""
    from .figures import ratios

    arms = re.sub(r"[^a-z0-9]+", "-", results.arms.lower()).strip("-")
    try:
        figure = ratios(dataset, results, name=arms or "ratios", title=results.arms)
    except MissingInput as error:
        return f"No figure: {error.message}"
    return f"The figure is in {figure.save(folder)}"


def plans(found: Plans, format: str) -> str:
    """Plans as sentences, as csv, or as json."""
    if format == "json":
        return json.dumps(found.to_dict(), indent=1, ensure_ascii=False) + "\n"
    if format == "csv":
        return found.frame().to_csv(index=False, lineterminator="\n")
    lines = [item.sentence(found.varying) for item in found]
    if len(found) > 1 and found.worst:
        careful = max((item for item in found if item.plan and item.plan.careful), key=lambda item: item.plan.careful, default=None)
        text = f"For all of them: {found.worst.plan.counted()}, as {found.worst.title(found.varying)} needs"
        if careful and careful.plan.careful > found.worst.plan.replicates:
            text += f", and {careful.plan.careful} with care"
            text += f", as {careful.title(found.varying)} may need" if careful is not found.worst else ""
        lines.append(text + ".")
    cautions = dict.fromkeys(str(caution) for item in found if item.plan for caution in item.plan.cautions)
    text = "\n".join(lines + (["", "Mind:", *(f"  {text}" for text in cautions)] if cautions else [])) + "\n"
    return wrapped(printable(text), sys.stdout)


def figures(entries: Sequence[Entry], format: str) -> str:
    """The list of figures."""
    if format == "json":
        return json.dumps([entry.metadata for entry in entries], indent=1, ensure_ascii=False) + "\n"
    if format != "table":
        raise UsageError(f"no output format is called {format!r}", hint="use table or json")
    width = max(len(entry.name) for entry in entries)
    return "".join(f"{entry.name:{width}}  {entry.kind:11}  {entry.title}\n" for entry in entries)
