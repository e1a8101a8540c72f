"""How fast kernel logs are read, and with how much memory: each measurement in a process of its own.

    python benchmarks/dmesg_speed.py [MEGABYTES] [SHAPE ...]

Beside the reader stand a state machine of Python's `re` that makes the same columns, a plain loop over lines, grep and mawk.
Slow readers get a smaller file of the same shape; the rate is per MB. The clock starts when the libraries are imported; the
machine code is on disk. `load` is the load average of the machine at the time. Writes benchmarks/results/dmesg.csv,
where the rows of other shapes stay.
"""

from __future__ import annotations

import csv
import datetime
import os
import platform
import re
import resource
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


def streamed(path: str, _: str) -> int:
    from amxperf.formats import stream

    with tempfile.TemporaryDirectory() as folder:
        return sum(file.stat().st_size for file in stream.write(path, folder).values())


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


CASES = (
    ("amxperf: lines, traces, frames", "compiled", reader, "lines,traces,frames"),
    ("amxperf: traces, frames", "compiled", reader, "traces,frames"),
    ("amxperf: to Parquet", "compiled", streamed, ""),
    ("amxperf: 1 MB, first call", "1 MB", reader, "lines,traces,frames"),
    ("amxperf: 1 MB, next call", "1 MB", again, "lines,traces,frames"),
    ("amxperf, plain reader", "plain", reader, "lines,traces,frames"),
    ("re state machine", "small", machine, ""),
    ("Python loop, counting", "", loop, ""),
    ("grep -c", "", command, "grep|-c|Call Trace:"),
    ("mawk, counting", "", command, "mawk|/Call Trace:/{n++} END{print n+0}"),
)


def child(case: int, path: str) -> None:
    """Measure one case and print it: seconds, seconds of processor, MB of memory."""
    import pandas  # noqa: F401
    import pyarrow.parquet  # noqa: F401

    import amxperf.formats.stream  # noqa: F401

    global start, busy
    _, _, function, argument = CASES[case]
    start, busy = time.perf_counter(), time.process_time()
    function(path, argument)
    wall, busy = time.perf_counter() - start, time.process_time() - busy
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(wall, busy + usage[1].ru_utime + usage[1].ru_stime, max(one.ru_maxrss for one in usage) / 1024)


def main(megabytes: float, shapes: list[str]) -> None:
    from amxperf.formats import native

    start, ready = time.perf_counter(), native.ready()
    native.load()
    print(f"machine code {'loaded' if ready else 'compiled'} in {time.perf_counter() - start:.1f} s")
    rows = []
    for shape in shapes:
        with tempfile.TemporaryDirectory() as folder:
            rows += measure(Path(folder), megabytes, shape)
    RESULTS.parent.mkdir(exist_ok=True)
    if RESULTS.is_file():
        with RESULTS.open(newline="") as stream:
            rows = [row for row in csv.DictReader(stream) if row["shape"] not in shapes] + rows
    with RESULTS.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def measure(folder: Path, megabytes: float, shape: str) -> list[dict[str, object]]:
    """All cases with one shape of file."""
    sizes = {"": megabytes, "small": min(megabytes, SLOW_MB), "1 MB": 1}
    files = {kind: folder / f"{size}.log" for kind, size in sizes.items()}
    bytes_ = {path: write(shape, sizes[kind], path) for kind, path in files.items()}
    rows = []
    for number, (name, kind, _, _) in enumerate(CASES):
        path = files["small" if kind in ("plain", "small") else "1 MB" if kind == "1 MB" else ""]
        engine = "plain" if kind == "plain" else "compiled"
        run = subprocess.run([sys.executable, __file__, "--case", str(number), str(path)], capture_output=True, text=True,
                             check=True, env=os.environ | {"AMXPERF_ENGINE": engine})  # fmt: skip
        wall, busy, memory = map(float, run.stdout.split())
        size = bytes_[path] / 1e6
        rows.append(
            {"date": datetime.date.today().isoformat(), "machine": f"{platform.machine()}, {os.cpu_count()} processors",
             "load": round(os.getloadavg()[0], 1), "shape": shape, "megabytes": round(size), "reader": name,
             "wall_s": round(wall, 3), "processor_s": round(busy, 3), "mb_per_s": round(size / wall, 1),
             "mb_per_processor_s": round(size / busy, 1), "peak_mb": round(memory)}
        )  # fmt: skip
        print(rows[-1], flush=True)
    return rows


if __name__ == "__main__":
    if sys.argv[1:2] == ["--case"]:
        child(int(sys.argv[2]), sys.argv[3])
    else:
        main(float(sys.argv[1]) if len(sys.argv) > 1 else 500, sys.argv[2:] or ["varied"])
