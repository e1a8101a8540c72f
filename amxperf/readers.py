"""`read_dmesg` and its like: one function per format, for callers who know what they have."""

from __future__ import annotations

import os
from typing import Any

from .capture import Capture
from .formats import read

Path = str | os.PathLike[str]


def read_dmesg(path: Path, **options: Any) -> Capture:
    """Read a kernel log: tables lines, traces, frames, registers, events.

    >>> read_dmesg("data/notes-2024/vm/boot/host.dmesg").counts()
    {'lines': 104, 'traces': 6, 'frames': 75, 'events': 3}
    """
    return read(path, "dmesg", **options)


def read_ftrace(path: Path, **options: Any) -> Capture:
    """Read ftrace text: tables events, and traces and frames where it holds stack traces.

    >>> read_ftrace("data/vm-ftrace/vm/no-permission/guest.trace").events["reason"].iloc[11]
    'SIGILL'
    """
    return read(path, "ftrace", **options)


def read_amx_test(path: Path, **options: Any) -> Capture:
    """Read amx-test output: table measurements, its values (B/s) marked as uninformative.

    >>> read_amx_test("data/notes-2024/tdx/first-use/amx-test.log").measurements[["value", "informative"]].values.tolist()
    [[744.0, False]]
    """
    return read(path, "amx_test", **options)


def read_onednn(path: Path, **options: Any) -> Capture:
    """Read a oneDNN verbose log: table measurements, one row per executed primitive, times in s.

    >>> len(read_onednn("data/vm-onednn/vm/amx-4k-00/matmul.log").measurements)
    68
    """
    return read(path, "onednn", **options)


def read_bpftrace(path: Path, **options: Any) -> Capture:
    """Read bpftrace maps: table measurements, one row per VM-exit reason (with seconds=... also rates in op/s), key or bucket.

    >>> read_bpftrace("data/tdx-perf-2024/tdx/exits/kvmexit.bpftrace.txt").measurements["exit_reason"].tolist()
    ['EPT_VIOLATION', 'TDCALL', 'EXTERNAL_INTERRUPT']
    """
    return read(path, "bpftrace", **options)


def read_mmtests(path: Path, **options: Any) -> Capture:
    """Read an mmtests comparison: table measurements, one row per statistic and environment.

    >>> data = read_mmtests("data/tdx-perf-2024/netperf-udp-rr.mmtests.txt", benchmark="netperf", unit="op/s").measurements
    >>> data.loc[data["metric"] == "Hmean", "value"].tolist()
    [29534.07, 12527.03]
    """
    return read(path, "mmtests", **options)


def read_kvm_stat(path: Path, **options: Any) -> Capture:
    """Read the report of perf kvm stat: table measurements, samples and times per exit reason.

    >>> read_kvm_stat("tests/formats/samples/kvm_stat/ioport.documented.txt").counts()
    {'measurements': 15}
    """
    return read(path, "kvm_stat", **options)


def read_kvm_counters(path: Path, **options: Any) -> Capture:
    """Read KVM's counters (a snapshot of its debugfs, kvm_stat): table measurements, per guest and vCPU.

    >>> read_kvm_counters("tests/formats/samples/kvm_counters/names.txt").measurements["metric"].tolist()[-3:]
    ['pages_1g', 'pages_2m', 'pages_4k']
    """
    return read(path, "kvm_counters", **options)


def read_google_benchmark(path: Path, **options: Any) -> Capture:
    """Read results of google-benchmark: table measurements, one row per metric and repetition; aggregates apart.

    >>> data = read_google_benchmark("tests/formats/samples/google_benchmark/repetitions.json").measurements
    >>> (data["metric"] == "real_time").sum(), (data["metric"] == "real_time mean").sum()
    (np.int64(21), np.int64(7))
    """
    return read(path, "google_benchmark", **options)


def read_hyperfine(path: Path, **options: Any) -> Capture:
    """Read results of hyperfine: table measurements, one row per run (JSON) or statistic (CSV, Markdown); parameters are factors.

    >>> data = read_hyperfine("tests/formats/samples/hyperfine/parameters.json").measurements
    >>> sorted(set(data["isa"]))
    ['amx', 'avx512']
    """
    return read(path, "hyperfine", **options)


def read_llama_bench(path: Path, **options: Any) -> Capture:
    """Read what llama-bench prints: table measurements, times and token rates, one row per sample (JSON) or mean.

    >>> data = read_llama_bench("tests/formats/samples/llama_bench/tests.documented.json").measurements
    >>> sorted(set(data["benchmark"]))
    ['llama-bench-pp512', 'llama-bench-tg128 @ d4096']
    """
    return read(path, "llama_bench", **options)


def read_benchdnn(path: Path, **options: Any) -> Capture:
    """Read benchdnn's output: table measurements; the times of its correctness mode are marked as uninformative.

    >>> read_benchdnn("tests/formats/samples/benchdnn/correctness.documented.txt").measurements["informative"].any()
    np.False_
    """
    return read(path, "benchdnn", **options)


def read_selftest(path: Path, **options: Any) -> Capture:
    """Read the output of the kernel's selftests of AMX: table events, one row per verdict.

    >>> read_selftest("tests/formats/samples/selftest/passed.documented.txt").counts()
    {'events': 15}
    """
    return read(path, "selftest", **options)


def read_perf_stat(path: Path, **options: Any) -> Capture:
    """Read counters of perf stat (text, CSV or JSON): table measurements, one row per event, metric of an event, and time.

    >>> data = read_perf_stat("tests/formats/samples/perf_stat/locale-de.txt").measurements
    >>> data.loc[data["metric"].isin(["context-switches", "elapsed"]), "value"].tolist()
    [3991.0, 2.370488067]
    """
    return read(path, "perf_stat", **options)


def read_overheads(path: Path, **options: Any) -> Capture:
    """Read a CSV of published overheads: table overheads, with time ratios (1: no difference).

    >>> len(read_overheads("data/published/overheads.csv").overheads)
    80
    """
    return read(path, "overheads", **options)


def read_table(path: Path, **options: Any) -> Capture:
    """Read a measurements table (CSV or Parquet): table measurements, values in base SI units.

    >>> columns = {"benchmark": "=benchdnn", "metric": "=time", "value": "seconds", "unit": "=s", "launch": "=1"}
    >>> read_table("data/tdx-perf-2024/benchdnn-matmul-totals.csv", columns=columns).measurements["value"].max()
    np.float64(342.7)
    """
    return read(path, "table", **options)


def read_probe(path: Path, **options: Any) -> Capture:
    """Read a log of `amxperf collect`: table measurements, one row per raw iteration, warm-up included.

    >>> sorted(set(read_probe("tests/formats/probe-controls.log").measurements["benchmark"]))[:4]
    ['ctxsw', 'exit', 'fault', 'first-use']
    """
    return read(path, "probe", **options)
