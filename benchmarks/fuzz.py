"""Fuzz the text readers: any bytes give tables or one of the package's own errors, in bounded time, with no line lost.

    python benchmarks/fuzz.py dmesg -max_total_time=300      one reader (libFuzzer's options follow)
    python benchmarks/fuzz.py any -max_total_time=300        the recognition, then whichever reader it chose
    python benchmarks/fuzz.py compiled -max_total_time=300   ftrace text: the compiled scan against the plain reader
    python benchmarks/fuzz.py engine -max_total_time=300     kernel logs: the same
    python benchmarks/fuzz.py dumps -max_total_time=300      register dumps: the same, line by line
    python benchmarks/fuzz.py quoting -max_total_time=300    captures in mails: the marks taken off, then whichever reader it chose
    make fuzz                                                each reader in turn, SECONDS=60 each

Needs atheris (`pip install atheris`), which is not among the pinned packages.
A find is written to `_build/fuzz/READER-<what>.bin` and the run goes on; the same error at the same place is one find.
`python benchmarks/fuzz.py READER FILE` shows what a file does. Finds that were mended stay as tests in tests/corpus/finds.

What is checked of each input:

- nothing is raised but :class:`amxperf.AmxperfError` (of its tree, not the bare base, which stands for a bug of ours);
- the reader takes less than :data:`SECONDS` of processor time and :data:`PER_BYTE` per byte;
- ftrace text: the lines of all kinds together are the lines of the file;
- `compiled`, `engine` (chunks of some bytes, machine code, and every eighth input by way of Parquet files), `dumps`: both readers
  give the same tables and notes;
- `quoting`: as many lines as before, and a text that is quoted is read as the text alone;
- kernel logs: every line of the file is in the table of lines, with a role, and the message of a line fits its role.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amxperf.document import Document

ROOT = Path(__file__).resolve().parents[1]
sys.path[:] = [place for place in sys.path if Path(place).resolve() != ROOT / "benchmarks"]  # numba looks for another coverage.py
FINDS = ROOT / "_build" / "fuzz"
SECONDS = 4.0
"""Processor time that any input may take: far above what a small one needs under instrumentation."""
PER_BYTE = 5e-5
LONGEST = 1 << 16
"""Bytes of the longest input."""
OWN = {
    "dmesg": ["tests/corpus/*.log", "data/notes-2024/**/*.dmesg"],
    "ftrace": ["tests/corpus/trace.log", "data/vm-ftrace/**/no-permission/*.trace"],
    "amx_test": ["data/notes-2024/**/*.log"],
    "onednn": ["data/vm-onednn/vm/amx-2m-00/*.log"],
    "bpftrace": ["data/tdx-perf-2024/**/*.bpftrace.txt"],
    "mmtests": ["data/tdx-perf-2024/*.mmtests.txt"],
    "overheads": ["data/published/overheads.csv"],
    "table": ["data/tdx-perf-2024/*.csv"],
    "probe": ["tests/formats/probe-controls.log"],
}
HOSTILE = [
    b"\0", b"\x1b[2J", b"\xff", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\r", b"\n\n", b"\x85", b"\xe2\x80\xa8", 
    b"\xed\xa0\x80", b"," * 99, b"[" * 99, b"<" * 99, b"(" * 99, b" " * 999, b"9" * 40, b"0x" + b"f" * 40, b"<IRQ>" * 60,
    b"-1", b"1e999", b"nan", b"inf", b"1,5", b'"', b"{", b"}",
    b"\xd9\xa1\xd9\xa2", b"\xc2\xb2", b"\\x1b", b"\xf0\x9f\x90\xa7",
    b"+0x", b"/0x0", b": ", b";", b"]", b"> ", b"\t", b"CPU: ", b"\x0b\x0c\x1c", b"=\n", b"=20", b" [", b"\n[kvm]",
    b"ncfrag=0/9;", b"[ 1.000001] ",
]  # fmt: skip


def seeds(reader: str) -> list[bytes]:
    """Samples of the format, split at their separators, the short ones whole."""
    patterns = [*OWN.get(reader, []), f"tests/formats/samples/{reader}/*"]
    if reader == "compiled":
        patterns = OWN["ftrace"]
    if reader in ("engine", "dumps"):
        patterns = OWN["dmesg"]
    if reader in ("any", "quoting"):
        patterns = [pattern for name, own in OWN.items() for pattern in own if (name, reader) != ("dmesg", "quoting")]
        patterns += ["tests/formats/samples/*/*"]
    texts = [path.read_bytes() for pattern in patterns for path in sorted(ROOT.glob(pattern)) if path.is_file()]
    parts = [part.partition(b"\n")[2] if text.startswith(b"=== ") else part for text in texts for part in text.split(b"\n=== ")]
    parts = [part[: LONGEST // 4] for part in parts if part.strip()]
    if reader == "quoting":
        marks = (b"", b"> ", b">> | ")
        return [b"".join(mark + line for line in part.splitlines(keepends=True)) for part in parts for mark in marks]
    return parts


class Mutator:
    """Mixes lines and words of the samples, and puts hostile bytes among them."""

    def __init__(self, samples: list[bytes]) -> None:
        self.samples = samples
        self.lines = [line for text in samples for line in text.splitlines(keepends=True)]

    def __call__(self, data: bytes, longest: int, seed: int) -> bytes:
        import atheris

        chance = random.Random(seed)
        if not data.strip() or chance.random() < 0.05:
            data = chance.choice(self.samples)
        for _ in range(chance.randint(1, 4)):
            data = self.change(data, chance) if chance.random() < 0.85 else atheris.Mutate(data, longest)
        return data[:longest]

    def change(self, data: bytes, chance: random.Random) -> bytes:
        lines = data.splitlines(keepends=True) or [b"\n"]
        at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        match chance.randrange(10):
            case 0:
                lines.insert(at, chance.choice(self.lines))
            case 1:
                lines.insert(at, lines[other])
            case 2:
                del lines[at : at + chance.randint(1, 3)]
            case 3:
                lines[at], lines[other] = lines[other], lines[at]
            case 4:  # words of two lines in one
                words = lines[at].split(b" ")
                words[chance.randrange(len(words))] = chance.choice(chance.choice(self.lines).split(b" "))
                lines[at] = b" ".join(words)
            case 5:
                cut = chance.randrange(len(lines[at]) + 1)
                lines[at] = lines[at][:cut] + chance.choice(HOSTILE) + lines[at][cut:]
            case 6:
                cut = chance.randrange(len(lines[at]) + 1)
                lines[at] = lines[at][:cut] + lines[other][cut:]
            case 7:  # another number
                digits = {place for place, byte in enumerate(lines[at]) if 48 <= byte < 58 and chance.random() < 0.3}
                lines[at] = bytes(
                    chance.choice(b"0123456789abcdef") if place in digits else byte for place, byte in enumerate(lines[at])
                )
            case 8:
                lines[at] = lines[at].rstrip(b"\n") * chance.randint(2, 40) + b"\n"
            case 9:
                lines[at:at] = chance.choice(self.samples).splitlines(keepends=True)
        return b"".join(lines)


def check(reader: str, data: bytes) -> None:
    """Read `data` and raise AssertionError, or what the reader raised, where a promise is broken."""
    from amxperf.document import Document
    from amxperf.errors import AmxperfError
    from amxperf.formats import read_document

    document = Document("fuzz", data, "")
    if reader in DIFFERENT:
        return DIFFERENT[reader](document)
    began = time.process_time()
    try:
        capture = read_document(document, None if reader == "any" else reader)
    except AmxperfError as error:
        assert type(error) is not AmxperfError and str(error), "a bare error"
        capture = None
    took = time.process_time() - began
    assert took < SECONDS + PER_BYTE * len(data), f"takes {took:.1f} s for {len(data)} bytes"
    if capture is not None and capture.format == "ftrace":
        from amxperf.formats.ftrace import tally

        assert sum(tally(document).values()) == len(document.lines), "lines lost"
    if capture is not None and capture.format == "dmesg":
        from amxperf.formats.kernellog.journalfields import is_structured

        lines = capture.lines
        assert (lines["role"].astype(str) != "").all(), "a line without a role"
        if not is_structured(document.head):  # else a line may hold a field beside the message
            assert sorted(set(lines["line"])) == list(range(1, len(document.lines) + 1)), "lines lost"
        assert set(capture.frames["line"]) <= set(lines["line"]), "a frame of no line"


def traces(document: Document) -> None:
    """Hold the compiled scan of ftrace text against the plain reader."""
    from amxperf.formats import ftrace

    def read(engine: str) -> tuple:
        os.environ["AMXPERF_ENGINE"] = engine
        return ftrace.read(document, {})

    if document.data.strip():  # no large file is empty
        equal(lambda: read("plain"), lambda: read("compiled"))


def kernel_logs(document: Document) -> None:
    """Hold the compiled scan of kernel logs against the plain reader, with chunks that end anywhere."""
    from amxperf.encoding import encoding_of
    from amxperf.formats import dmesg
    from amxperf.formats.kernellog import blocks, engine

    os.environ["AMXPERF_ENGINE"] = "plain"
    if encoding_of(document.data) not in ("utf-8", "utf-8-sig") or engine.left(document):
        return
    chance = random.Random(document.data)
    chunk = chance.choice((1 << 20, 5000, 700, 60))
    with suppress(engine.Unsuited):
        equal(
            lambda: dmesg.read(document, {"side": "host"}),
            lambda: engine.read(document, engine.NAMES, "host", functions=blocks.compiled(), chunk=chunk),
        )
    if chance.random() < 1 / 8:
        stream(document, chunk)


def stream(document: Document, chunk: int) -> None:
    """Hold the files of the streaming reader against the plain reader."""
    import pandas as pd

    from amxperf.errors import AmxperfError
    from amxperf.formats import dmesg
    from amxperf.formats.kernellog import blocks, engine, stream

    seen = stream.Seen()
    with tempfile.TemporaryDirectory() as folder, suppress(engine.Unsuited, AmxperfError):
        path = Path(folder) / "fuzz"
        path.write_bytes(document.data)
        files = stream.write(path, folder, side="host", seen=seen, functions=blocks.compiled(), chunk=chunk)
        tables, notes = dmesg.read(type(document)(str(path), document.data), {"side": "host"})
        for name, file in files.items():
            for column, cells in pd.read_parquet(file).items():
                got, want = (part.astype(object).fillna("-").tolist() for part in (cells, tables[name][column]))
                assert got == want, f"other cells in {name}.{column} of the files"
        assert [note for note in notes if note in seen.notes] == seen.notes, "other notes beside the files"


def dumps(document: Document) -> None:
    """Hold the compiled register dumps against the plain reader of their lines."""
    import numpy as np

    from amxperf.formats.kernellog import blocks, memo
    from amxperf.formats.kernellog.dumps import Dumps
    from amxperf.formats.kernellog.stackframe import parse_registers

    try:
        texts = [line.partition("] ")[2] or line for line in document.lines]
    except Exception:
        return
    known = Dumps(SimpleNamespace(functions=blocks.compiled(), registers=memo._beginnings()[0]))
    data = [text.encode() for text in texts]
    ends = np.cumsum([0, *map(len, data)]).astype(np.int64)
    which, codes, values = known.take(ends, np.frombuffer(b"".join(data) + b"ab:1", np.uint8)[: ends[-1]])
    names = list(known.names)
    got = list(zip(which.tolist(), [names[code] for code in codes.tolist()], values.to_pylist(), strict=True))
    assert got == [(line, *pair) for line, text in enumerate(texts) for pair in parse_registers(text.strip())], "other registers"


def equal(plain: Callable[[], tuple], compiled: Callable[[], tuple]) -> None:
    """Hold the tables and notes, or the error, of one reader against those of the other."""
    from pandas.testing import assert_frame_equal

    from amxperf.errors import AmxperfError

    results = []
    for reader in (plain, compiled):
        try:
            results.append(reader())
        except AmxperfError as error:
            results.append(({}, [str(error)]))
    (tables, said), (others, told) = results
    assert said == told, "other notes"
    assert list(tables) == list(others), "other tables"
    for name in tables:
        assert_frame_equal(tables[name], others[name], obj=name)


def quoting(document: Document) -> None:
    """Take the marks of a mail off, and read what is left."""
    from amxperf.errors import AmxperfError
    from amxperf.formats import read_document
    from amxperf.formats.quoting import unquoted

    began = time.process_time()
    with suppress(AmxperfError):
        plain = unquoted(document)
        if plain is not None and plain.data.strip():
            assert len(plain.lines) == len(document.lines), "another number of lines"
    with suppress(AmxperfError):
        read_document(document)
    took = time.process_time() - began
    assert took < SECONDS + PER_BYTE * len(document.data), f"takes {took:.1f} s for {len(document.data)} bytes"


DIFFERENT = {"compiled": traces, "engine": kernel_logs, "dumps": dumps, "quoting": quoting}
"""Names that are no formats -> what checks an input."""


def lighten() -> None:
    """Make whole tables for one input in eight: they take most of the time, and rows are looked at before they are a table."""
    import pandas as pd

    from amxperf import schema

    real, chance = schema.frame, random.Random(0)

    def frame(table, rows=()):
        rows = list(rows)
        if table == "measurements" or chance.random() < 1 / 8:
            return real(table, rows)
        return pd.DataFrame({name: [row.get(name) for row in rows] for name in ("line", "role")})

    schema.frame = frame


def run(reader: str, options: list[str]) -> None:
    import atheris

    from amxperf.formats.kernellog import blocks
    from amxperf.formats.trace import traceengine

    compiled = [module.__name__ for module in (*traceengine.MODULES, *blocks.MODULES)]  # these stay what the compiler takes
    for name in [name for name in sys.modules if name.partition(".")[0] == "amxperf"]:
        del sys.modules[name]  # to be imported again, with instruments
    with atheris.instrument_imports(include=["amxperf"], exclude=compiled):
        import amxperf.formats

        for name in amxperf.formats.FORMATS:
            amxperf.formats.module(name)
    if reader not in DIFFERENT:
        lighten()
    FINDS.mkdir(parents=True, exist_ok=True)
    known: set[str] = set()

    def one(data: bytes) -> None:
        try:
            check(reader, data)
        except (Exception, RecursionError) as error:
            frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "amxperf" in frame.filename] or [None]
            place = f"{Path(frames[-1].filename).stem}-{frames[-1].lineno}" if frames[-1] else ""
            words = str(error).split(" for ")[0] if isinstance(error, AssertionError) else ""
            words = "takes" if words.startswith("takes") else re.sub(r"\W+", "-", words.partition("values")[0])[:60]
            key = f"{type(error).__name__}-{place}-{words}"
            if key not in known:
                known.add(key)
                name = f"{reader}-{key}-{hashlib.sha256(data).hexdigest()[:6]}.bin"
                (FINDS / name).write_bytes(data)
                print(f"FIND {name}: {error!r}", file=sys.stderr, flush=True)

    samples = seeds(reader)
    store = FINDS / "seeds" / reader
    store.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(samples):
        (store / f"{number:04d}").write_bytes(text)
    limits = [f"-max_len={LONGEST}", "-timeout=120", "-rss_limit_mb=3000", f"-artifact_prefix={FINDS}/"]
    atheris.Setup([sys.argv[0], *limits, *options, str(store)], one, custom_mutator=Mutator(samples))
    atheris.Fuzz()


def main() -> None:
    reader, *options = sys.argv[1:] or ["any"]
    if options and Path(options[0]).is_file():
        check(reader, Path(options[0]).read_bytes())
        print("nothing is wrong")
    else:
        run(reader, options)


if __name__ == "__main__":
    main()
