"""How fast kernel logs are read, and with how much memory: each measurement in a process of its own.

    python benchmarks/dmesg_speed.py [MEGABYTES] [SHAPE]

Beside the reader stand a state machine of Python's `re` that makes the same columns, a plain loop over lines, grep and mawk.
Slow readers get a smaller file of the same shape; the rate is per MB. Writes benchmarks/results/dmesg_speed.csv.
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
RESULTS = Path(__file__).parent / "results" / "dmesg_speed.csv"


def reader(path: str, tables: str) -> int:
    from amxperf import read_dmesg

    return len(read_dmesg(path, tables=tables.split(",")).traces)


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
    ("amxperf, plain reader", "plain", reader, "lines,traces,frames"),
    ("re state machine", "small", machine, ""),
    ("Python loop, counting", "", loop, ""),
    ("grep -c", "", command, "grep|-c|Call Trace:"),
    ("mawk, counting", "", command, "mawk|/Call Trace:/{n++} END{print n}"),
)


def child(case: int, path: str) -> None:
    """Measure one case and print it: seconds, seconds of processor, MB of memory."""
    _, _, function, argument = CASES[case]
    start = time.perf_counter()
    function(path, argument)
    wall = time.perf_counter() - start
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(wall, sum(one.ru_utime + one.ru_stime for one in usage), max(one.ru_maxrss for one in usage) / 1024)


def main(megabytes: float, shape: str) -> None:
    from amxperf.formats import native

    start = time.perf_counter()
    native.load()
    print(f"machine code ready after {time.perf_counter() - start:.1f} s")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        large, small = Path(folder) / "large.log", Path(folder) / "small.log"
        sizes = {large: write(shape, megabytes, large), small: write(shape, min(megabytes, SLOW_MB), small)}
        for number, (name, kind, _, _) in enumerate(CASES):
            path = small if kind in ("plain", "small") else large
            engine = kind if kind in ("plain", "compiled") else ""
            run = subprocess.run([sys.executable, __file__, "--case", str(number), str(path)], capture_output=True, text=True,
                                 check=True, env=os.environ | {"AMXPERF_ENGINE": engine})  # fmt: skip
            wall, busy, memory = map(float, run.stdout.split())
            rows.append(
                {"date": datetime.date.today().isoformat(), "machine": f"{platform.machine()}, {os.cpu_count()} processors",
                 "shape": shape, "megabytes": round(sizes[path] / 1e6), "reader": name, "wall_s": round(wall, 2),
                 "processor_s": round(busy, 2), "mb_per_s": round(sizes[path] / 1e6 / wall, 1), "peak_mb": round(memory)}
            )  # fmt: skip
            print(rows[-1])
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--case"]:
        child(int(sys.argv[2]), sys.argv[3])
    else:
        main(float(sys.argv[1]) if len(sys.argv) > 1 else 500, sys.argv[2] if len(sys.argv) > 2 else "varied")
