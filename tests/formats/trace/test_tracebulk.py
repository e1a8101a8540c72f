"""The compiled scan against the plain reader: the same tables, notes and counts, whatever the text and wherever it is cut."""

# ruff: noqa: E501 (lines of logs stand whole)

import random
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import amxperf as ap
from amxperf.document import Document, load
from amxperf.formats import ftrace
from amxperf.formats.trace.tracebulk import Bulk
from amxperf.formats.trace.tracechunk import Chunk
from amxperf.formats.trace.traceline import ENTRIES, HEADER
from amxperf.formats.trace.tracepoints import LAYOUTS
from amxperf.formats.trace.traceprogram import program
from amxperf.formats.trace.tracescan import S_AT, S_STOP
from amxperf.formats.trace.tracetables import tables

HERE = Path(__file__).parents[1]
FILES = sorted([*(HERE / "ftrace").iterdir(), *(HERE.parents[1] / "data" / "vm-ftrace").rglob("*.trace")])
TEXTS = [path.read_bytes() for path in FILES]
LINES = [line for text in TEXTS for line in text.split(b"\n")]

ODD = [  # lines that the scan must leave to the plain reader, or must not trip over
    b"CPU:1 [LOST 17 EVENTS]",
    b"CPU:0 [EVENTS DROPPED]",
    b"# entries-in-buffer/entries-written: 3/9   #P:2",
    b"CPU 1 is empty",
    b" \xc3\xa4-1 [001] d.... 1.500000: kvm_fpu: load",
    b" \xff\xfe-1 [001] d.... 1.500000: kvm_fpu: load",
    b" \x1b[31m-1 [001] d.... 1.500000: kvm_fpu: load",
    b" a\0b-1 [001] d.... 1.500000: kvm_fpu: load",
    b" a-1 [001] d.... 1.500000: kvm_fpu: load\r",
    b" a-99999999999 [001] d.... 1.500000: kvm_fpu: load",
    b" a-1 [99999999] d.... 1.500000: kvm_fpu: load",
    b" a-1 [001] d.... 99999999999999999999.500000: kvm_fpu: load",
    b" a-1 [001] d.... 9007199254.740993: kvm_fpu: load",
    b" a-1 [001] d.... 1.5: write_msr: 1ffffffffffffffff, value 0",
    b" a-1 [001] d.... 1.5: kvm_halt_poll_ns: vcpu 99999999999999999999: halt_poll_ns 1 (grow 0)",
    b" a-1 [001] d.... 1.5: kvm_halt_poll_ns: vcpu 3: halt_poll_ns 18446744073709551615 (grow 0)",
    b" a-1 [001] d.... 1.5: sched_waking: comm=b pid=-5 prio=0 target_cpu=4294967295",
    b" a-1 [001] d.... 1.5: kvm_never_heard_of: vcpu 7: x",
    b" a-1 [001] d.... 1.5: kvm_never_heard_of",
    b" a-1 [001] d.... 1.5: <idle stack>",
    b" a-1 [001] d.... 1.5: sys_openat(dfd: 3)",
    b" a-1 [001] d.... 1.5: sys_openat -> -2",
    b" a-1 [001] d.... 1.5: sys_sched_yield()",
    b" a-1 [001] d.... 1.5: do_syscall_64 <-entry_SYSCALL_64",
    b" a-1 [001] d.... 1.5: sched_switch: kworker/0:1:7 [120] R ==> kworker/1:2:8 [120]",
    b" a-1 [001] d.... 1.5: sched_switch: prev_comm=a prev_pid=1 prev_pid=2 prev_prio=0 prev_state=R ==> next_comm=b next_pid=c next_pid=4 next_prio=5",
    b" - [001] 1.5: x: y",
    b"# amx-test-7   [001] d.... 1.500000: kvm_fpu: load",
    b"  #   amx-test-7   [001] d.... 1.500000: kvm_fpu: load",
    b"  #amx-test-7   [001] d.... 1.500000: kvm_fpu: load",
    b"#amx-test-7   [001] d.... 1.500000: kvm_fpu: load",
    b"Feb  3 04:05:06   dd-7   [001] d.... 1.500000: kvm_fpu: load",
    b"x:    dd-7   [001] d.... 1.500000: kvm_fpu: load",
    b"x\tdd-7   [001] d.... 1.500000: kvm_fpu: load",
    b"sixteen letters.-7   [001] d.... 1.500000: kvm_fpu: load",
    b"fifteen letters-7   [001] d.... 1.500000: kvm_fpu: load",
    b"fifteen letters   7   [001]  1.500000: kvm:kvm_fpu: load",
    b"sixteen letters.   7   [001]  1.500000: kvm:kvm_fpu: load",
    b"x:  dd   7   1.500000: kvm:kvm_fpu: load",
    b"dd   7 d..1. [001]  1.500000: kvm:kvm_fpu: load",
    b" 1) x:  dd-7 |   0.1 us  |  f();",
    b" =>",
    b"  CPU 0/KVM   1 [001]     1.500000:   kvm:kvm_fpu: load",
    b"CPU 0/KVM-1   0d..1.     1.500000: kvm_fpu: load",
    b" => f-1 [001] 1.5: kvm_fpu: load",
    b" dd-1 [001] 1.5: kvm_fpu: load",
    b"   dd   1 [001]     1.500000:   kvm:kvm_fpu: load",
    b"   dd   1/2 [001]     1.500000:          7   kvm:kvm_fpu: load",
    b"   dd   1 [001]     1.500000:  1000 cycles:u: ",
    b"\tffffffff81000000 do_idle+0x1 ([kernel.kallsyms])",
    b"\tffffffff81000000",
    b"\t",
    b" 1)   1.234 us    |  kfree();",
    b" 1)               |  do_syscall_64() {",
    b" 1) ! 121.500 us  |  } /* kvm_vcpu_ioctl */",
    b" 0)   3 us        |  x.part.0(); /* = 0x0 */",
    b"   12.500000 |   0)  amx-te-77  |   0.100 us    |  rcu_read_lock();",
    b"   12.500001 |   0)  kworker/0:1-77  |               |  vmx_vcpu_run [kvm_intel]() {",
    b" 0)| kworker/0:1-77  |               |  vmx_vcpu_run() {",
    b" 0)  3 us | a-7  |  f();",
    b" 0)  amx-te-77  =>  idle-0",
    b" 1)               |  /* kvm_exit: vcpu 0 reason */",
    b" 1)               |  /* kvm_fpu[1] */",
    b" 1) # 1234.1234 us |  }",
    b" 1)   0.0000001 us |  }",
    b" 1) $ 5 us | } [2] */",
    b" 1)  a-1 | 5-7 | 5 us | f();",
    b" 1) a-1 [001] 1.5: kvm_fpu: load",
    b" a-1 [001] 1.5: (+169)   write_msr:            830, value 1000000fb",
    b" a-1 [001] 1.5: (+) write_msr: 830, value 1",
    b" a-1 [001] 1.5: (+16 x: y",
    b" a-1 [001] d.... 1.5: kvm_track_tsc: vcpu_id 0 masterclock 0 offsetmatched 0",
    b" a-1 [001] d.... 1.5: kvm_track_tsc: vcpu: 5 masterclock",
    b" a-1 [001] d.... 1.5: kvm_track_tsc: vcpu 5x",
    b" a-1 [001] d.... 1.5: kvm_track_tsc: vcpu 1234567 x",
    b" a-1 [001] d.... 1.5: kvm_track_tsc: vcpu 7",
    b" a-1 [001] d.... 1.5: kvm_exit: vcpu 7 reason",
    b" a-1 [001] d.... 1.5: kvm_msr: write=1 ecx=174",
    b" a-1 [001] d.... 1.5: write_msr:",
    b" a-1 [001] d.... 1.5: write_msr: what",
    b"   dd   1 [001]     1.500000:   exceptions:page_fault_user: ",
    b"# a-1 [001] d.... 1.5: kvm_fpu: load",
    b"# latency: 12 us, #4/4, CPU#0",
    b"#",
    b"cpus=2",
    b"amx-test-19985   1d..2.   870.311125: sched_switch:         other:19985 [120] R ==> migration/1:21 [0]",
    b"amx-test-19985   0...2.   870.311348: write_msr:            830, value 1000000fb",
    b"a-1   0...2.   870.3: write_msr: 12 1.5: x:",
    b"a-1   0...2.   870: write_msr: 830, value 1000000fb",
    b"amx-test 15473   828.568811:         exceptions:page_fault_user: ",
    b"amx-test 15473/15474   828.568811:   7  exceptions:page_fault_user: address=0x1 ip=0x2 error_code=0x3",
    b"amx test -15473   828.568811:  exceptions:page_fault_user: ",
    b"CPU:0 15473   828.568811:  exceptions:page_fault_user: ",
    b"kvm:kvm_exit: vcpu 0 reason HLT rip 0x1",
    b"kvm_exit: vcpu 0 reason HLT rip 0x1 12 1.5: x:y: z",
    b"x86_fpu_what: fpu",
    b"syscalls:sys_exit_arch_prctl: 0x0",
    b"kernel_stack: <stack trace>",
    b"<stack trace>",
    b"what: ever",
    b"sys_openat(dfd: 3, x2: 4)",
    b"sys_openat(dfd 3 4.5: 4)",
    b"sys_openat -> 0x3",
    b"sys_openat: 0x3",
    b"sys_enter: NR 5 (1, 2)",
    b"sys_enter <-x",
    b"kvm_exit:",
    b"a-1 [001] kvm_exit: vcpu 0 reason HLT rip 0x1",
    b" ------------------------------------------",
    b"prose",
    b" " + b"x" * 5000,
    b" a-1 [001] d.... 1.5: write_msr: 1c4, value 0" + b" " * 2000 + b"z",
]  # fmt: skip


def same(text: bytes, chunk: int = 1 << 20) -> None:
    document = Document("a.trace", text, "")
    plain = ftrace.Reading(document.source, "guest")
    for number, line in enumerate(document.lines, 1):
        plain.take(number, ftrace.traceline.parse(line))
    expected = plain.tables()
    reading = ftrace.Reading(document.source, "guest")
    with Bulk(document, reading, chunk) as bulk:
        found = tables(bulk)
    for name, table in expected.items():
        pd.testing.assert_frame_equal(found[name], table)
    assert (reading.counts, reading.notes) == (plain.counts, plain.notes)
    assert sum(plain.counts.values()) == len(document.lines)


@pytest.mark.parametrize("path", FILES, ids=lambda path: "-".join(path.parts[-2:]))
def test_captures(path):
    same(path.read_bytes())


@pytest.mark.parametrize("chunk", [1, 97, 4096])
def test_chunks_end_anywhere(chunk):
    mixed = b"".join(text[: len(text) // 6] for text in TEXTS[:: 3 if chunk == 1 else 1])
    same(mixed, chunk)


def test_odd_lines():
    same(b"\n".join(ODD))
    same(b"\r\n".join(ODD))
    for line in ODD:
        same(line + b"\n a-1 [001] d.... 1.5: kvm_fpu: load")


def test_recorded_lines_are_left_to_the_scan(monkeypatch):
    """Only what the tools say around the events, records of perf and the verbose latency format go to the plain reader.

    So do samples of perf with left out fields, and of events whose names have a dash.
    """
    odd, left = Chunk._odd, []

    def count(chunk, line, known):
        left.append((chunk._line(int(chunk.state[S_AT]), int(chunk.state[S_STOP])), line))
        odd(chunk, line, known)

    monkeypatch.setattr(Chunk, "_odd", count)
    for path, text in zip(FILES, TEXTS, strict=True):
        samples = ("perf-F-no", "perf-srcline", "perf-insn", "perf-mmap", "perf-ip-on-line")
        if path.stem not in ("verbose", "latency") and not path.stem.startswith(samples):
            with Bulk(Document("a.trace", text, ""), ftrace.Reading("a", "")):
                pass
    said = [text for text, line in left if line.what not in (HEADER, ENTRIES) and "PERF_RECORD_" not in text]
    assert said == [] and len(left) > 20


@settings(deadline=None, max_examples=12)
@given(st.lists(st.sampled_from(LINES) | st.sampled_from(ODD), min_size=1, max_size=80), st.integers(1, 3000))
def test_mixtures(lines, chunk):
    if b"".join(lines).strip():
        same(b"\n".join(lines), chunk)


@settings(deadline=None, max_examples=12)
@given(st.integers(0, 1 << 32))
def test_lines_with_a_flaw(seed):
    """A byte changed, a piece cut out, a piece doubled: both readers say the same."""
    draw = random.Random(seed)
    flawed = []
    for _ in range(60):
        line = draw.choice([line for line in LINES if len(line) > 40])
        low = draw.randrange(len(line))
        high = draw.randint(low, min(len(line), low + 12))
        new = draw.choice([b"", b" ", b":", b"-", b"0", b"x", b"[", b"\t", b"\x7f", line[low:high] * 2])
        flawed += [line[:low] + new + line[high:], line]
    same(b"\n".join(flawed))


def test_large_files_take_the_compiled_scan(tmp_path, monkeypatch):
    monkeypatch.setenv("AMXPERF_ENGINE", "compiled")
    path = tmp_path / "a.trace"
    path.write_bytes(TEXTS[-1])
    calls = []
    run = Bulk.__enter__
    monkeypatch.setattr(Bulk, "__enter__", lambda bulk: calls.append(1) or run(bulk))
    fast = ap.read(path, side="guest")
    monkeypatch.setenv("AMXPERF_ENGINE", "plain")
    slow = ap.read(path, side="guest")
    assert calls and fast.notes == slow.notes
    for name in slow.tables:
        pd.testing.assert_frame_equal(fast.table(name), slow.table(name))


def test_a_mapped_file_is_read_like_bytes(tmp_path, monkeypatch):
    path = tmp_path / "a.trace"
    path.write_bytes(TEXTS[0] * 3)
    monkeypatch.setattr("amxperf.document.LARGE", 100)
    document = load(path)
    assert "data" not in document.__dict__
    with Bulk(document, ftrace.Reading(document.source, "")) as bulk:
        assert len(tables(bulk)["events"]) == 3 * ftrace.tally(Document("a", TEXTS[0], ""))["events"]
        assert "data" not in document.__dict__


def test_every_event_is_in_the_program():
    events = program().events
    assert all(event in events for event in LAYOUTS)
