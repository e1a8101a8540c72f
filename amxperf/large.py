"""Large kernel logs: written to Parquet piece by piece, and from there to what was asked for, so that memory stays bounded.

A file that is read this way shows a bar on a terminal. The Parquet files lie in a folder of their own beside the result until it
is whole; whatever ends the call takes that folder away.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from .document import load
from .errors import OutputError
from .output import serialise
from .summary import MOST, Contents, told
from .terminal import printable

if TYPE_CHECKING:
    import pandas as pd

    from .formats.kernellog.stream import Seen

SIZE = 256 << 20
"""Bytes from which on a kernel log is read this way."""


def streams(path: str, reader: str | None, table: str | None) -> bool:
    """Whether this is a large kernel log, and the table one that can be written piece by piece (or none, for a summary)."""
    if path == "-" or not os.path.isfile(path) or os.path.getsize(path) < SIZE or (reader or "dmesg") != "dmesg":
        return False
    from .formats import recognise
    from .formats.kernellog import engine, stream

    document = load(path)
    return (table is None or table in stream.STREAMED) and recognise(document) == "dmesg" and engine.wanted(document)


def export(path: str, table: str, form: str, out: Path | None) -> None:
    """Write one table of a large log to a file, whole or not at all, or to standard output.

    Raises OutputError where the file cannot be written.
    """
    target = out.resolve() if out else None
    special = target is not None and target.exists() and not target.is_file()  # /dev/null and its like cannot be replaced
    with _folder(target.parent if target and not special else None) as place:
        file = _written(path, place, (table,))[table]
        if target and not special:
            draft = file if form == "parquet" else place / f"result.{form}"
            if form != "parquet":
                with draft.open("wb") as stream:
                    _print(table, file, form, stream)
            draft.replace(target)
        elif target:
            with target.open("wb") as stream:
                _print(table, file, form, stream)
        else:
            _print(table, file, form, sys.stdout.buffer, shown=sys.stdout.isatty())


def summary(path: str) -> str:
    """What :func:`amxperf.summary.summary` says of a log, without holding its tables."""
    from .formats.kernellog import stream

    with _folder(None) as place:
        seen = stream.Seen()
        files = _written(path, place, ("traces", "frames", "events"), seen)
        kinds: Counter[str] = Counter()
        for part in _parts(files["events"]):
            kinds.update(part["kind"].astype(object).tolist())
        counts = {name: _rows(files[name]) for name in ("traces", "frames", "events")}
        counts["registers"] = seen.registers
        held = {"lines": seen.lines} | {name: counts[name] for name in ("traces", "frames", "registers", "events")}
        signatures, different = _signatures(files["frames"], counts["traces"]) if counts["traces"] else ({}, 0)
        contents = Contents(
            path, "dmesg", {name: count for name, count in held.items() if count},
            boots=seen.boots, span=(seen.low, seen.high) if seen.low <= seen.high else None,
            traces=signatures, kinds=different, events=kinds, lines=seen.lines, left=seen.left,
            notes=seen.notes, more=seen.more,
        )  # fmt: skip
    return told(contents)


def _signatures(frames: Path, traces: int) -> tuple[dict[str, int], int]:
    """The most frequent signatures, and how many there are; `traces` is the number of traces, numbered from 1."""
    from .formats.kernellog.kinds import Kinds

    found = Kinds()
    for part in _parts(frames, ["source", "trace", "function", "reliable"]):
        found.add(part)
    return found.most(MOST, traces, lambda number: next(_parts(frames, numbers=[number])))


@contextmanager
def _folder(parent: Path | None) -> Iterator[Path]:
    try:
        with _stoppable(), tempfile.TemporaryDirectory(prefix=".amxperf-", dir=parent) as place:
            yield Path(place)
    except BrokenPipeError:  # whoever read has gone
        raise
    except OSError as error:
        raise OutputError(f"cannot be written ({error.strerror})", path=parent, hint="name another file") from error


@contextmanager
def _stoppable() -> Iterator[None]:
    """Let a request to end the process do as Ctrl-C does, which takes the folder away."""
    heard = (signal.SIGTERM, signal.SIGHUP) if threading.current_thread() is threading.main_thread() else ()
    mine = [each for each in heard if signal.getsignal(each) is signal.SIG_DFL]
    for each in mine:
        signal.signal(each, signal.default_int_handler)
    try:
        yield
    finally:
        for each in mine:
            signal.signal(each, signal.SIG_DFL)


def _written(path: str, place: Path, tables: tuple[str, ...], seen: Seen | None = None) -> dict[str, Path]:
    """The tables in files, piece by piece, or at once where only the plain reader can read the log."""
    from .formats.kernellog import stream
    from .formats.kernellog.engine import Unsuited

    _compile()
    try:
        with _bar(path) as tick:
            return stream.write(path, place, tables, seen=seen, progress=tick)
    except Unsuited:
        return stream.whole(path, place, tables, seen)


def _compile() -> None:
    """Compile the passes where that was not done yet, and say so on a terminal."""
    from .formats.compiled import native
    from .formats.kernellog import blocks

    if native.ready(blocks.MODULES):
        return
    from rich.console import Console

    console = Console(stderr=True)
    text = "compiling the reader of large logs: half a minute, once on this machine"
    with console.status(text) if console.is_terminal else nullcontext():
        blocks.compiled()


@contextmanager
def _bar(path: str) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error, where that is a terminal."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(escape(printable(os.path.basename(path))), total=os.path.getsize(path))
        yield lambda count: bar.advance(task, count)


def _parts(file: Path, columns: list[str] | None = None, numbers: list[int] | None = None) -> Iterator[pd.DataFrame]:
    """The pieces of a Parquet file; each trace is whole in one of them. With `numbers` these pieces only."""
    import pandas as pd
    import pyarrow
    from pyarrow import parquet

    whole = {pyarrow.int32(): pd.Int32Dtype(), pyarrow.int64(): pd.Int64Dtype(), pyarrow.uint64(): pd.UInt64Dtype()}
    with parquet.ParquetFile(file) as pieces:
        for number in range(pieces.num_row_groups) if numbers is None else numbers:
            yield pieces.read_row_group(number, columns, use_threads=False).to_pandas(types_mapper=whole.get)


def _rows(file: Path) -> int:
    """Rows of a Parquet file."""
    from pyarrow import parquet

    return parquet.read_metadata(file).num_rows


def _texts(table: str, file: Path, form: str) -> Iterator[bytes]:
    """The pieces as csv, json or jsonl that read as one."""
    first = True
    for part in _parts(file):
        if not len(part) and not (first and form == "csv"):
            continue
        text = serialise(table, [part], form)
        if form == "csv":
            yield text if first else text.partition(b"\n")[2]
        elif form == "json":
            yield (b"[" if first else b",\n ") + text[1:-2]
        else:
            yield text
        first = False
    if form == "json":
        yield b"[]\n" if first else b"]\n"


def _print(table: str, file: Path, form: str, stream: BinaryIO, *, shown: bool = False) -> None:
    """Write a Parquet file to a stream, as it is or as text; on a terminal with what that would obey as escapes."""
    if form == "parquet":
        with file.open("rb") as source:
            shutil.copyfileobj(source, stream)
    else:
        for part in _texts(table, file, form):
            stream.write(printable(part.decode()).encode() if shown else part)
    stream.flush()
