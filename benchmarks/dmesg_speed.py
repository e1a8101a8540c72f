"""How fast kernel logs are read, and with how much memory: each measurement in a process of its own.

    python benchmarks/dmesg_speed.py [MEGABYTES] [SHAPE ...]
    python benchmarks/dmesg_speed.py parse GIGABYTES

Beside the reader stand a state machine of Python's `re` that makes the same columns, a plain loop over lines, grep and mawk.
Slow readers get a smaller file of the same shape; the rate is per MB. The clock starts when the libraries are imported; the
machine code is on disk. `load` is the load average of the machine at the time. Writes benchmarks/results/dmesg.csv,
where the rows of other shapes stay. All cases are measured with the shape `varied`; with another only those that must cost no
more per MB.

With `parse`, `amxperf parse` reads a file of so many GB (boots of 500 MB one behind another): what it prints, and one table into a
file.
"""

from __future__ import annotations

import csv
import datetime
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from dmesg_files import write

SLOW_MB = 4
start = busy = 0.0
"""When the clocks started."""
RESULTS = Path(__file__).parent / "results" / "dmesg.csv"


def reader(path: str, tables: str) -> int:
    from amxperf import read_dmesg

    return len(read_dmesg(path, tables=tables.split(",")).traces)


def again(path: str, tables: str) -> int:
    """The second of two calls; the first is taken off the times."""
    global start, busy
    reader(path, tables)
    start, busy = time.perf_counter(), time.process_time()
    return reader(path, tables)


def bare(path: str, tables: str) -> int:
    """The first call as a user sees it: the libraries are imported within it."""
    code = f"import amxperf; amxperf.read_dmesg({path!r}, tables={tables.split(',')!r})"
    return subprocess.run([sys.executable, "-c", code], check=True).returncode


def streamed(path: str, tables: str) -> int:
    from amxperf.formats.kernellog import stream

    with tempfile.TemporaryDirectory() as folder:
        return sum(file.stat().st_size for file in stream.write(path, folder, tables.split(",")).values())


def machine(path: str, _: str) -> int:
    """Lines, traces and frames as DataFrames by `re`, one pattern per kind of line."""
    import pandas as pd

    prefix = re.compile(r"\[ *(\d+\.\d+)\] ?(.*)")
    header = re.compile(r"CPU: (\d+) (?:UID: \d+ )?PID: (\d+) Comm: (.*?) (Not tainted|Tainted: [A-Z ]+?) +(\S+)")
    frame = re.compile(r" ?(\? )?([\w.]+)\+0x([0-9a-f]+)/0x([0-9a-f]+)(?: \[(\w+)(?: ([0-9a-f]+))?\])?$")
    lines, traces, frames, task, inside = [], [], [], (), False
    with open(path, errors="replace") as stream:
        for number, line in enumerate(stream, 1):
            stamp, text = prefix.match(line).groups()
            lines.append((number, float(stamp), text))
            if text.startswith("Call Trace:"):
                traces.append((len(traces) + 1, number, *task))
                inside = True
            elif found := header.match(text):
                task = found.groups()
            elif inside and (found := frame.match(text)):
                guess, symbol, offset, size, module, build = found.groups()
                frames.append((len(traces), number, symbol, int(offset, 16), int(size, 16), module, build, guess is None))
            elif text.startswith((" </TASK>", "---[")):
                inside = False
    return sum(map(len, (pd.DataFrame(lines), pd.DataFrame(traces), pd.DataFrame(frames)))) and len(traces)


def loop(path: str, _: str) -> int:
    with open(path, errors="replace") as stream:
        return sum("Call Trace:" in line for line in stream)


def command(path: str, words: str) -> int:
    return int(subprocess.run([*words.split("|"), path], capture_output=True, text=True, check=False).stdout.split()[0])


ALL = "lines,traces,frames"
CASES = (
    ("amxperf: lines, traces, frames", "compiled", reader, ALL),
    ("amxperf: lines, traces, frames, once more", "compiled", again, ALL),
    ("amxperf: traces, frames", "compiled", reader, "traces,frames"),
    ("amxperf: to Parquet", "compiled", streamed, ALL),
    ("amxperf: 1 MB, new process", "1 MB", bare, ALL),
    ("amxperf: 1 MB, first call", "1 MB", reader, ALL),
    ("amxperf: 1 MB, next call", "1 MB", again, ALL),
    ("amxperf, plain reader", "plain", reader, ALL),
    ("re state machine", "small", machine, ""),
    ("Python loop, counting", "", loop, ""),
    ("grep -c", "", command, "grep|-c|Call Trace:"),
    ("mawk, counting", "", command, "mawk|/Call Trace:/{n++} END{print n+0}"),
)
LINEAR = ("amxperf: lines, traces, frames", "amxperf: traces, frames", "re state machine")
"""Cases that are measured with every shape."""
SHAPES = ("varied", "warnings", "cuts", "traces")


def child(case: int, path: str) -> None:
    """Measure one case and print it: seconds, seconds of processor, MB of memory."""
    import pandas  # noqa: F401
    import pyarrow.parquet  # noqa: F401

    import amxperf.formats.kernellog.stream  # noqa: F401

    global start, busy
    _, _, function, argument = CASES[case]
    start, busy = time.perf_counter(), time.process_time()
    function(path, argument)
    wall, busy = time.perf_counter() - start, time.process_time() - busy
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(wall, busy + usage[1].ru_utime + usage[1].ru_stime, max(one.ru_maxrss for one in usage) / 1024)


def main(megabytes: float, shapes: list[str]) -> None:
    from amxperf.formats.compiled import native
    from amxperf.formats.kernellog import blocks

    start, ready = time.perf_counter(), native.ready(blocks.MODULES)
    native.load(blocks.MODULES)
    print(f"machine code {'loaded' if ready else 'compiled'} in {time.perf_counter() - start:.1f} s")
    for shape in shapes:
        with tempfile.TemporaryDirectory() as folder:
            keep(measure(Path(folder), megabytes, shape), shape)


def keep(rows: list[dict[str, object]], shape: str) -> None:
    """Write the rows of a shape to the results, in the place of its older ones."""
    RESULTS.parent.mkdir(exist_ok=True)
    if RESULTS.is_file():
        with RESULTS.open(newline="") as stream:
            rows = [row for row in csv.DictReader(stream) if row["shape"] != shape] + rows
    with RESULTS.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def row(shape: str, name: str, size: float, wall: float, busy: float, memory: float) -> dict[str, object]:
    """One row of the results: MB, seconds, seconds of processor, MB."""
    found = {
        "date": datetime.date.today().isoformat(), "machine": f"{platform.machine()}, {os.cpu_count()} processors",
        "load": round(os.getloadavg()[0], 1), "shape": shape, "megabytes": round(size), "reader": name,
        "wall_s": round(wall, 3), "processor_s": round(busy, 3), "mb_per_s": round(size / wall, 1),
        "mb_per_processor_s": round(size / busy, 1), "peak_mb": round(memory),
    }  # fmt: skip
    print(found, flush=True)
    return found


def parse(gigabytes: float) -> None:
    """`amxperf parse` with a file that is larger than memory should have to be."""
    script = Path(sys.executable).with_name("amxperf")
    with tempfile.TemporaryDirectory() as folder:
        part, whole = Path(folder) / "part.log", Path(folder) / "whole.log"
        size = write("varied", 500, part)
        with whole.open("wb") as stream:
            for _ in range(max(1, round(gigabytes * 1e9 / size))):
                with part.open("rb") as source:
                    shutil.copyfileobj(source, stream, 1 << 20)
        part.unlink()
        rows, size = [], whole.stat().st_size / 1e6
        for name, words in (("a summary", []), ("frames to Parquet", ["--table", "frames", "--out", f"{folder}/frames.parquet"])):
            start = time.perf_counter()
            process = subprocess.Popen([script, "parse", whole, *words], stdout=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
            if status:
                raise SystemExit(f"amxperf parse ended with status {status}")
            wall, busy = time.perf_counter() - start, usage.ru_utime + usage.ru_stime
            rows.append(row("large", f"amxperf parse: {name}", size, wall, busy, usage.ru_maxrss / 1024))
    keep(rows, "large")


def measure(folder: Path, megabytes: float, shape: str) -> list[dict[str, object]]:
    """All cases with one shape of file."""
    sizes = {"": megabytes, "small": min(megabytes, SLOW_MB), "1 MB": 1}
    files = {kind: folder / f"{size}.log" for kind, size in sizes.items()}
    bytes_ = {path: write(shape, sizes[kind], path) for kind, path in files.items()}
    rows = []
    for number, (name, kind, _, _) in enumerate(CASES):
        if shape != "varied" and name not in LINEAR:
            continue
        path = files["small" if kind in ("plain", "small") else "1 MB" if kind == "1 MB" else ""]
        engine = "plain" if kind == "plain" else "compiled"
        run = subprocess.run([sys.executable, __file__, "--case", str(number), str(path)], capture_output=True, text=True,
                             check=True, env=os.environ | {"AMXPERF_ENGINE": engine})  # fmt: skip
        rows.append(row(shape, name, bytes_[path] / 1e6, *map(float, run.stdout.split())))
    return rows


if __name__ == "__main__":
    if sys.argv[1:2] == ["--case"]:
        child(int(sys.argv[2]), sys.argv[3])
    elif sys.argv[1:2] == ["parse"]:
        parse(float(sys.argv[2]))
    else:
        main(float(sys.argv[1]) if len(sys.argv) > 1 else 500, sys.argv[2:] or list(SHAPES))
