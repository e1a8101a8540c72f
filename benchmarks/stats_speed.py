"""How fast comparisons are: 1,000 at a time, and a table of 20 million rows. Not part of the tests.

    make bench-stats        # writes benchmarks/results/stats.csv

`test_flat`: 1,000 comparisons of 30 against 30 independent values. `test_flat_rounded`: the same values with three decimals,
so that about one in four has an equal. `test_flat_faster`: those with the treatment 8 % faster. `test_hierarchical`: 1,000 of
10 launches of 30 iterations each. `test_bootstrap`: scipy.stats.bootstrap on 20 of the same flat comparisons, 9,999 resamples
each, as its default has it. Medians of the rounds; one core (numpy and scipy use no threads here).
`python benchmarks/stats_speed.py table` makes a Parquet table of 100,000 benchmarks in 2 environments, 10 launches of 10
iterations, in a folder of its own, reads and compares it in three fresh processes, and writes the seconds (of the clock and of
the processor), the peak memory and the load of the machine of each into benchmarks/results/stats-table.csv.
"""

from __future__ import annotations

import csv
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

from amxperf.stats import compare_many

COUNT = 1000
BOOTSTRAPS = 20
COLUMNS = ("name", "comparisons", "median_ms", "minimum_ms", "rounds")


def arms(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Two arms of lognormal values, the second 1 % higher; fixed seed."""
    rng = np.random.default_rng(20261124)
    return rng.lognormal(0, 0.05, shape), rng.lognormal(0.01, 0.05, shape)


@pytest.mark.benchmark(min_rounds=60, warmup=True)
def test_flat(benchmark):
    found = benchmark(compare_many, *arms((COUNT, 30)))
    assert len(found) == COUNT


@pytest.mark.benchmark(min_rounds=60, warmup=True)
def test_flat_rounded(benchmark):
    found = benchmark(compare_many, *(arm.round(3) for arm in arms((COUNT, 30))))
    assert len(found) == COUNT


def test_flat_faster(benchmark):
    baseline, treatment = arms((COUNT, 30))
    found = benchmark(compare_many, baseline.round(3), (treatment / 1.08).round(3))
    assert len(found) == COUNT


def test_hierarchical(benchmark):
    found = benchmark(compare_many, *arms((COUNT, 10, 30)))
    assert len(found) == COUNT


def test_bootstrap(benchmark):
    from scipy.stats import bootstrap

    baseline, treatment = arms((COUNT, 30))

    def run() -> None:
        for b, t in zip(np.log(baseline[:BOOTSTRAPS]), np.log(treatment[:BOOTSTRAPS]), strict=True):
            bootstrap((t, b), lambda x, y, axis: x.mean(axis=axis) - y.mean(axis=axis), vectorized=True, rng=1)

    benchmark.pedantic(run, rounds=3)


def summary(source: Path, target: Path) -> None:
    """The medians of pytest-benchmark's JSON as a small CSV."""
    import json

    with target.open("w", newline="") as stream:
        out = csv.writer(stream, lineterminator="\n")
        out.writerow(COLUMNS)
        for item in json.loads(source.read_text())["benchmarks"]:
            count = BOOTSTRAPS if item["name"] == "test_bootstrap" else COUNT
            stats = item["stats"]
            times = [f"{1000 * stats[key]:.2f}" for key in ("median", "min")]
            out.writerow([item["name"].removeprefix("test_"), count, *times, stats["rounds"]])


def make(root: Path, benchmarks: int = 100_000, launches: int = 10, iterations: int = 10) -> None:
    """Write the large table: launches scatter by 1 %, iterations by 2 %, both environments alike."""
    import pyarrow as pa
    import pyarrow.parquet

    rng = np.random.default_rng(1)
    shape = benchmarks, 2, launches, iterations
    values = np.exp(rng.normal(0, 0.01, (*shape[:3], 1)) + rng.normal(0, 0.02, shape)).ravel()
    row = np.arange(values.size)

    def words(codes: np.ndarray, names: list[str]) -> pa.DictionaryArray:
        return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(names))

    per = launches * iterations
    columns = {
        "environment": words(row // per % 2, ["vm", "tdx"]),
        "launch": words(row // iterations % launches, [str(k) for k in range(launches)]),
        "iteration": pa.array((row % iterations).astype(np.int32)),
        "benchmark": words(row // (2 * per), [f"bench-{k:06d}" for k in range(benchmarks)]),
        **{name: words(row * 0, [text]) for name, text in (("metric", "time"), ("unit", "s"), ("better", "lower"))},
        "value": pa.array(values),
    }
    (root / "dataset.toml").write_text('kind = "synthetic"\ntitle = "speed"\n')
    pyarrow.parquet.write_table(pa.table(columns), root / "all.parquet")


TABLE = Path(__file__).parent / "results" / "stats-table.csv"
TABLE_COLUMNS = "comparisons", "values", "seconds", "processor_seconds", "peak_gib", "load"


def run(root: str) -> None:
    """Read and compare it in this process, and print what that took as a line of the CSV."""
    start, used = time.perf_counter(), time.process_time()
    from amxperf import compare

    table = compare(root, "vm", "tdx").frame()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    took = time.perf_counter() - start, time.process_time() - used
    values = int(table["baseline_iterations"].sum() + table["treatment_iterations"].sum())
    print(f"{len(table)},{values},{took[0]:.1f},{took[1]:.1f},{peak:.2f},{os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    if sys.argv[1] == "table":
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder))
            lines = [subprocess.run([sys.executable, __file__, "run", folder], check=True, capture_output=True, text=True).stdout
                     for _ in range(3)]  # fmt: skip
            TABLE.write_text(",".join(TABLE_COLUMNS) + "\n" + "".join(lines))
            print(TABLE.read_text(), end="")
    elif sys.argv[1] == "run":
        run(sys.argv[2])
    else:
        summary(Path(sys.argv[1]), Path(sys.argv[2]))
