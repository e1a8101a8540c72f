"""What `amxperf parse` says of a file."""

import io

import pandas as pd
import pytest

from amxperf import read, read_dmesg
from amxperf.formats import columnar
from amxperf.summary import printable, summary


def test_a_kernel_log(pytestconfig):
    text = summary(read_dmesg(pytestconfig.rootpath / "data/notes-2024/vm/boot/host.dmesg")).splitlines()
    # by hand from the file: 104 lines, stamps of the first and the last line, and three of the six traces below __kvm_set_msr,
    # two of them by one way
    assert text[0].endswith("host.dmesg: dmesg: 104 lines, 6 traces, 75 frames, 3 events")
    assert text[1] == "  1 boot, stamps from 153.195759 to 158.517765 s"
    assert text[2] == "  traces:" and text[3].startswith("    2 kvm_set_msr_common < vmx_set_msr < ")
    assert sum(int(line.split()[0]) for line in text[3:8]) == 6
    assert "  events: 3 kvm_set_msr" in text and text[-1].endswith("[vcpu-is-cpu]")


def test_a_benchmark_log(pytestconfig):
    text = summary(read(pytestconfig.rootpath / "data/vm-onednn/vm/amx-4k-00/matmul.log")).splitlines()
    assert text[0].endswith("onednn: 68 measurements") and "    68 matmul exec_time (s)" in text


def test_a_table_of_columns(tmp_path, monkeypatch):
    """Words of a large Parquet file are categories, which do not add up to a text."""
    monkeypatch.setattr(columnar, "WIDE", 1)
    path = tmp_path / "a.parquet"
    row = {"environment": "vm", "launch": "1", "benchmark": "b", "metric": "time", "value": 1.0, "unit": "s"}
    pd.DataFrame([row, {**row, "benchmark": "a"}, row]).to_parquet(path)
    assert "    2 b time (s)\n    1 a time (s)" in summary(read(path))


def test_nothing(pytestconfig):
    text = summary(read(pytestconfig.rootpath / "data/notes-2024/vm/no-permission/amx-test.log"))
    assert "amx_test: nothing\n" in text and "[sigill]" in text


def test_many_kinds_are_counted():
    log = "".join(f"[    1.{n:06d}] Call Trace:\n[    1.{n:06d}]  function_{n}+0x1/0x2\n" for n in range(12))
    text = summary(read_dmesg(io.BytesIO(log.encode())))
    assert "    1 function_0\n" in text and "    4 more kinds" in text and "function_8" not in text


def test_events_of_failures_stand_in_front():
    log = "".join(f"[    1.{n:06d}] x86/fpu: Supporting XSAVE feature 0x{1 << n:x}: 'x'\n" for n in range(5))
    log += "[    2.000000] virt/tdx: module initialized\n[    3.000000] virt/tdx: SEAMCALL (0x25) failed: 0xc000050500000000\n"
    text = summary(read_dmesg(io.BytesIO(log.encode())))
    assert "  events: 1 tdx_seamcall_failed, 5 xstate_feature, 1 tdx_initialized\n" in text + "\n"


def test_a_terminal_is_not_obeyed():
    log = b"[    1.000000] Call Trace:\n[    1.000000]  \x1b]0;pwn\x07f+0x1/0x2\n[    1.000000]  g+0x1/0x2\n"
    text = summary(read_dmesg(io.BytesIO(log), ))
    assert text.replace("\n", "").isprintable()


PRINTED = [("a\tb\n", "a\tb\n"), ("\x1b[2J", "\\x1b[2J"), ("\x9b2J", "\\x9b2J"), ("\u202e", "\\u202e")]


@pytest.mark.parametrize(("text", "shown"), PRINTED)
def test_printable(text, shown):
    assert printable(text) == shown
