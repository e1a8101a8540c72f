"""Call traces from message lines: worked examples, by hand."""

# ruff: noqa: E501 (lines of logs stand whole)

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amxperf.formats.kernellog.calltrace import CallTraces
from amxperf.formats.kernellog.roles import ROLES
from amxperf.formats.kernellog.stackframe import parse_frame, parse_header, parse_registers, plain_name

HEADER = "CPU: 1 PID: 7 Comm: cat Not tainted 6.7.0 #61"


def run(*messages, callers=None, stamps=None):
    machine = CallTraces("a")
    for n, text in enumerate(messages):
        machine.feed(n + 1, text, stamps[n] if stamps else float("nan"), callers[n] if callers else "")
    machine.finish()
    return machine


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        ("f", "f"),
        ("vcpu_enter_guest.constprop.0", "vcpu_enter_guest"),
        ("fpu__init_cpu_xstate.part.0", "fpu__init_cpu_xstate"),
        ("f.isra.30", "f"),
        ("f.cold", "f"),
        ("f.constprop.0.isra.0.cold", "f"),
        ("f.llvm.123456789", "f"),
        ("f.part.0.llvm.12", "f"),
        ("f.partial", "f.partial"),
        (".cold", ".cold"),
    ],
)
def test_compiler_suffixes(symbol, name):
    assert plain_name(symbol) == name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kvm_set_cpuid+0x26e/0x2a0 [kvm]", ("kvm_set_cpuid", 0x26E, 0x2A0, "kvm", "", True, False)),
        ("? memdup_user+0x49/0x80", ("memdup_user", 0x49, 0x80, "", "", False, False)),
        (f"f+0x1/0x2 [kvm {'ab' * 20}]", ("f", 1, 2, "kvm", "ab" * 20, True, False)),
        ("[<ffffffff8107f3f1>] ? f+0x1/0x2", ("f", 1, 2, "", "", False, False)),
        ("([<0000000000115f0a>] f+0x1/0x2)", ("f", 1, 2, "", "", True, False)),
        ("[c0000000073a3a50] [c000000000c2d6d4] f+0x1/0x2 (unreliable)", ("f", 1, 2, "", "", False, False)),
        ("f from g+0x1/0x2", ("g", 1, 2, "", "", True, False)),
        ("f+0x1/0x2 (P)", ("f", 1, 2, "", "", True, False)),
        ("f (lib/dump_stack.c:107 (discriminator 1))", ("f", None, None, "", "", True, False)),
        ("[<c0333330>] (f) from [<c031c7a0>] (g+0xa8/0x1c0)", ("g", 0xA8, 0x1C0, "", "", True, False)),
        ("[<c0014c3c>] (f+0x0/0x140) from [<c04a0fb0>] (g+0x20/0x24 [m])", ("g", 0x20, 0x24, "m", "", True, False)),
        ("f [trial] from g+0x1/0x2 [kvm]", ("g", 1, 2, "kvm", "", True, False)),
        ("f from 0xb6f78000", ("0xb6f78000", None, None, "", "", True, False)),
        ("he came from somewhere else", None),
        ("[<ffffffff8107f3f1>]", ("0xffffffff8107f3f1", None, None, "", "", True, False)),
        ("[<0000000000000000>]           (null)", ("(null)", None, None, "", "", True, False)),
        ("[<c000f954>] (f+0x64/0xfc) from [<80208160>] (0x80208160)", ("0x80208160", None, None, "", "", True, False)),
        ("[<000003fffd4a1d92>] 0x3fffd4a1d92", ("0x3fffd4a1d92", None, None, "", "", True, False)),
        ("([<000003ff8086d036>] f+0x36/0x1000 [will_oops])", ("f", 0x36, 0x1000, "will_oops", "", True, False)),
        ("[<      none      >] f+0x4c7/0x500 mm/slub.c:2440", ("f", 0x4C7, 0x500, "", "", True, False)),
        ("[<     inline     >] f mm/slub.c:2440", ("f", None, None, "", "", True, True)),
        ("[c0000000073a3a50] [c000000000c2d6d4] .f+0x1/0x2 [ipr] (unreliable)", (".f", 1, 2, "ipr", "", False, False)),
        ("[000000000045b8a4] f+0x44/0xa0", ("f", 0x44, 0xA0, "", "", True, False)),
        ("f+0x18/0x20 [mod] (PL)", ("f", 0x18, 0x20, "mod", "", True, False)),
        ("f+0x18/0x20 arch/x86/kvm/x86.c:12 [kvm]", ("f", 0x18, 0x20, "kvm", "", True, False)),
        ("f (./include/a.h:12 ./mm/b.c:3 (discriminator 2)) kvm", ("f", None, None, "kvm", "", True, False)),
        ("__pfx_f+0x10/0x10", ("__pfx_f", 0x10, 0x10, "", "", True, False)),
        ("f (arch/x86/kvm/x86.c:12) kvm", ("f", None, None, "kvm", "", True, False)),
        ("f+0x1/0x2 lib/x.c:88", ("f", 1, 2, "", "", True, False)),
        ("f lib/x.c:88 [inline]", ("f", None, None, "", "", True, True)),
        ("? 0xffffffffc0123456", ("0xffffffffc0123456", None, None, "", "", False, False)),
        ("f+0x1/0x2 kvm_intel", ("f", 1, 2, "kvm_intel", "", True, False)),
        ("f+0x1/0x2 Failed", None),
        ("f+0x1/0x2 returned 0 after 3 usecs", None),
        ("fpstate_realloc (4361 CPU 0/KVM) dynamic on-demand allocate fpstate", None),
        ("hello", None),
        ("", None),
    ],
)
def test_frames(text, expected):
    row = parse_frame(text)
    if expected is None:
        assert row is None
    else:
        assert (
            row["symbol"], row.get("offset"), row.get("size"), row.get("module", ""), row.get("build_id", ""), row["reliable"], row["inlined"]
        ) == expected  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CPU: 5 PID: 4371 Comm: CPU 0/KVM Not tainted #61", (5, 4371, "CPU 0/KVM", "Not tainted", "")),
        ("CPU: 5 UID: 0 PID: 4371 Comm: a: b/c Not tainted 6.12.1 #1 PREEMPT", (5, 4371, "a: b/c", "Not tainted", "6.12.1")),
        ("CPU: 0 PID: 1 Comm: x Tainted: G        W  OE     6.1.0-13-amd64 #1 Debian", (0, 1, "x", "G W OE", "6.1.0-13-amd64")),
        ("CPU: 0 PID: 1 Comm: x Kdump: loaded Tainted: G           O       #1", (0, 1, "x", "G O", "")),
        ("CPU: 0 PID: 1 Comm: x", (0, 1, "x", "", "")),
        ("Pid: 12, comm: insmod Not tainted 2.6.32 #1", (None, 12, "insmod", "Not tainted", "2.6.32")),
        ("task:a b state:D stack:0     pid:12   tgid:12 ppid:1", (None, 12, "a b", "", "")),
        ("task:cat             state:D stack:    0 pid:   12 ppid:1", (None, 12, "cat", "", "")),
        ("CPU: 1 PID: 7 at kernel/x.c:3 f+0x1/0x2", None),
    ],
)
def test_headers(text, expected):
    row = parse_header(text)
    if expected is None:
        assert row is None
    else:
        assert (row.get("cpu"), row["pid"], row["comm"], row.get("taint", ""), row.get("kernel", "")) == expected


def test_registers():
    assert parse_registers("Code: 5b 41 <48> 3d") == [("CODE", "5b 41 <48> 3d")]
    assert parse_registers("RIP: 0010:f+0x1/0x2 [kvm]") == [("RIP", "0010:f+0x1/0x2 [kvm]")]
    assert parse_registers("R13: 00 R14: 01 R15: 02") == [("R13", "00"), ("R14", "01"), ("R15", "02")]
    assert parse_registers("FS:  00007f(0000) GS:ff88(0000) knlGS:00") == [
        ("FS", "00007f(0000)"),
        ("GS", "ff88(0000)"),
        ("knlGS", "00"),
    ]
    assert parse_registers("hello: 1") == []


def test_contexts_nest_and_the_last_mark_closes():
    machine = run("Call Trace:", " <IRQ>", " a+0x1/0x2", " </IRQ>", " <TASK>", " b+0x1/0x2", " </TASK>", "next")
    (trace,) = machine.traces
    assert [(row["function"], row["context"], row["depth"]) for row in machine.frames] == [("a", "IRQ", 0), ("b", "TASK", 1)]
    assert (trace["line"], trace["end"], trace["complete"]) == (1, 7, "closed")


def test_old_marks_stand_on_the_line_of_a_frame():
    machine = run(
        "Call Trace:",
        " <IRQ>  [<ffffffff81000000>] a+0x1/0x2",
        " <EOI>  [<ffffffff81000001>] ? b+0x1/0x2",
        "[<ffffffff81000002>] c+0x1/0x2",
    )
    assert [(row["function"], row["context"]) for row in machine.frames] == [("a", "IRQ"), ("b", ""), ("c", "")]


def test_registers_stand_inside_the_trace():
    machine = run("Call Trace:", " a+0x1/0x2", "RIP: 0010:b+0x1/0x2", "RAX: 01 RBX: 02", " b+0x1/0x2", "done")
    assert [row["function"] for row in machine.frames] == ["a", "b"]
    assert [(row["name"], row["trace"]) for row in machine.registers] == [("RIP", 1), ("RAX", 1), ("RBX", 1)]


def test_a_warning_gives_its_header_block_to_the_trace():
    machine = run(
        "------------[ cut here ]------------",
        "WARNING: CPU: 1 PID: 7 at arch/x86/kernel/fpu/xstate.c:1 f+0x1/0x2",
        "Modules linked in: kvm_intel kvm",
        HEADER,
        "Hardware name: QEMU",
        "RIP: 0010:f+0x1/0x2",
        "RAX: 01 RBX: 02 RCX: 03",
        "Call Trace:",
        " <TASK>",
        " ? __warn+0x1/0x2",
        " </TASK>",
        "---[ end trace 0000000000000000 ]---",
        "RIP: 0010:f+0x1/0x2",
        "RAX: 01 RBX: 02 RCX: 03",
        "something else",
    )
    (trace,) = machine.traces
    assert trace["headline"].startswith("WARNING: ")
    assert machine.headlines[2] is trace
    assert (trace["hardware"], trace["pid"], trace["kernel"]) == ("QEMU", 7, "6.7.0")
    assert [row.get("trace") for row in machine.registers] == [1] * 4 + [None] * 4


@pytest.mark.parametrize(
    ("messages", "headline"),
    [
        (("hello", HEADER, "Call Trace:", " a+0x1/0x2"), "hello"),
        (("hello", "", HEADER, "Call Trace:", " a+0x1/0x2"), "hello"),
        ((HEADER, "Call Trace:", " a+0x1/0x2"), ""),
        (("hello", "Call Trace:", " a+0x1/0x2"), "hello"),
        (("---[ end trace 0 ]---", HEADER, "Call Trace:", " a+0x1/0x2"), ""),
        (
            ("INFO: task cat:7 blocked", "  Not tainted 6.7", "task:cat state:D stack:0 pid:7 ppid:1", "Call Trace:"),
            "INFO: task cat:7 blocked",
        ),
        (("task:cat state:D stack:0 pid:7 ppid:1", "Call Trace:"), "task:cat state:D stack:0 pid:7 ppid:1"),
    ],
)
def test_headlines(messages, headline):
    assert run(*messages).traces[0]["headline"] == headline


def test_a_headline_is_near_in_time_and_not_used_twice():
    assert run("hello", HEADER, "Call Trace:", stamps=[1.0, 3.0, 3.0]).traces[0]["headline"] == ""
    machine = run("hello", HEADER, "Call Trace:", " a+0x1/0x2", HEADER, "Call Trace:", " b+0x1/0x2")
    assert [trace["headline"] for trace in machine.traces] == ["hello", ""]


@pytest.mark.parametrize(
    ("after", "complete", "end"),
    [
        ((), "end of file", 2),
        ((HEADER,), "next marker", 2),
        (("Call Trace:",), "next marker", 2),
        (("message",), "unrelated line", 2),
        (("message", HEADER), "unrelated line", 2),
        ((" </TASK>",), "closed", 3),
        ((" </IRQ>", "message"), "closed", 3),
        (("---[ end trace 0 ]---",), "closed", 2),
        (("", ""), "end of file", 2),
    ],
)
def test_how_a_trace_ends(after, complete, end):
    inner = " <IRQ> a+0x1/0x2" if after[:1] == (" </IRQ>",) else " a+0x1/0x2"
    trace = run("Call Trace:", inner, *after).traces[0]
    assert (trace["complete"], trace["end"]) == (complete, end)


def test_no_frames():
    assert run("Call Trace:").traces[0]["complete"] == "no frames"
    assert run("Call Trace:", " <TASK>", " </TASK>").traces[0]["complete"] == "no frames"


def test_processors_that_print_at_once_are_told_apart_by_caller():
    pair = [
        ("C0", "Call Trace:"),
        ("C1", "Call Trace:"),
        ("C0", " a+0x1/0x2"),
        ("C1", " x+0x1/0x2"),
        ("T9", "hello"),
        ("C0", " b+0x1/0x2"),
    ]
    machine = run(*[text for _, text in pair], callers=[caller for caller, _ in pair])
    assert [(row["trace"], row["function"], row["depth"]) for row in machine.frames] == [(1, "a", 0), (1, "b", 1), (2, "x", 0)]
    assert not machine.notes


def test_without_callers_a_trace_survives_few_lines_and_says_so():
    machine = run("Call Trace:", " a+0x1/0x2", "hello", " b+0x1/0x2", "1", "2", "3", "4", " c+0x1/0x2")
    assert [(row["function"], row["trace"]) for row in machine.frames] == [("a", 1), ("b", 1), ("c", 2)]
    assert [(note.code, note.line) for note in machine.notes] == [("interleaved", 4)]
    first, rest = machine.traces
    assert (first["end"], first["complete"]) == (4, "unrelated line")
    assert (rest["line"], rest["complete"], rest["headline"]) == (9, "head cut", "")


OTHER = "CPU: 5 PID: 1800 Comm: dog Not tainted 6.7.0 #61"
AT_ONCE = ["WARNING: x", "WARNING: y", HEADER, OTHER, "RAX: 01", "Call Trace:", " a+0x1/0x2", " </TASK>", "Call Trace:", " b+0x1/0x2"]


def test_two_headers_before_one_trace_name_no_task():
    machine = run(*AT_ONCE, "</TASK>", HEADER, "Call Trace:", stamps=[1.0] * 10 + [1.0, 9.0, 9.0])
    first, second, later = machine.traces
    for trace in (first, second):
        assert [trace.get(name) for name in ("cpu", "pid", "comm")] == [None] * 3 and trace["headline"] == ""
    assert first["kernel"] == "6.7.0" and "trace" not in machine.registers[0]
    assert (later["cpu"], later["pid"], later["comm"]) == (1, 7, "cat")
    assert [(note.code, note.line) for note in machine.notes] == [("interleaved", 6), ("interleaved", 9)]


@pytest.mark.parametrize(
    ("lines", "changes"),
    [
        ([HEADER, HEADER, "Call Trace:"], {}),  # one task that prints its header twice
        ([OTHER, HEADER, "Call Trace:"], {"stamps": [1.0, 3.0, 3.0]}),  # long before
        ([OTHER, HEADER, "Call Trace:"], {"callers": ["T7"] * 3}),  # one caller does not interrupt itself
        ([OTHER, "RIP: 0033:0x7f0d3a8c1b55", HEADER, "Call Trace:"], {}),  # a program's registers have no trace
        (["task:x state:D stack:0 pid:1", HEADER, "Call Trace:"], {}),
    ],
)
def test_a_header_above_that_is_over_does_not_matter(lines, changes):
    machine = run(*lines, **changes)
    assert (machine.traces[0]["cpu"], machine.traces[0]["pid"], machine.traces[0]["comm"]) == (1, 7, "cat")
    assert not machine.notes


def test_the_caller_names_the_task_where_no_header_does():
    assert run("Call Trace:", " a+0x1/0x2", callers=["T42", "T42"]).traces[0]["pid"] == 42


PIECES = st.sampled_from(
    ["Call Trace:", HEADER, " <TASK>", " </TASK>", " <IRQ>", " </IRQ>", " <EOI>", " a+0x1/0x2", " ? b.cold+0x1/0x2 [kvm]", "RIP: 0010:f", "RAX: 01",
     "Code: 5b", "---[ end trace 0 ]---", "WARNING: x", "task:x state:D stack:0 pid:1", "", "hello", "Modules linked in: x", "Hardware name: y"]
)  # fmt: skip


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(PIECES, st.sampled_from(["", "T1", "C0"])), max_size=40))
def test_any_order_of_lines_gives_a_consistent_table(lines):
    machine = run(*[text for text, _ in lines], callers=[caller for _, caller in lines])
    assert [row["trace"] for row in machine.traces] == list(range(1, len(machine.traces) + 1))
    opened = [trace["line"] for trace in machine.traces if lines[trace["line"] - 1][0] == "Call Trace:"]
    assert len(opened) == sum(text == "Call Trace:" for text, _ in lines)
    assert len(machine.frames) == sum("+0x1/0x2" in text for text, _ in lines)
    for trace in machine.traces:
        depths = [row["depth"] for row in machine.frames if row["trace"] == trace["trace"]]
        assert depths == list(range(len(depths)))
        first = lines[trace["line"] - 1][0]
        assert trace["line"] in opened or trace["complete"] == "head cut" or first == "WARNING: x" or "+0x1" in first
        assert (trace["complete"] == "no frames") == (not depths)
        assert trace["line"] <= trace["end"] <= len(lines)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.text(), max_size=20))
def test_random_text_never_raises(lines):
    run("Call Trace:", *lines)


@pytest.mark.parametrize(
    "line",
    ["<A>" * 60_000, "f (" + "(" * 200_000, "RAX: " + "A:" * 100_000, "CPU: 1 PID: 1 Comm: " + "x " * 100_000, "? " * 100_000],
)
def test_long_lines_take_linear_time(line):
    began = time.perf_counter()
    run("Call Trace:", line, " a+0x1/0x2")
    assert time.perf_counter() - began < 1.0  # quadratic time would be minutes


def traces_of(machine):
    """Per trace: headline, cpu, pid, comm, end reason and its functions."""
    return [
        (
            trace["headline"], trace.get("cpu"), trace.get("pid"), trace.get("comm"), trace["complete"],
            [row["function"] for row in machine.frames if row["trace"] == trace["trace"]],
        )
        for trace in machine.traces
    ]  # fmt: skip


def test_the_stacks_of_a_kasan_report_are_traces_of_their_own():
    machine = run(
        "BUG: KASAN: slab-use-after-free in f+0x1/0x2", "Read of size 8 at addr ffff8881003d5000 by task cat/7", "", HEADER, "Call Trace:",
        " <TASK>", " dump_stack_lvl+0x1/0x2", " </TASK>", "", "Allocated by task 5:", " kasan_save_stack+0x1/0x2", " a+0x1/0x2", "",
        "Freed by task 6 on cpu 3 at 12.345678s:", " b+0x1/0x2", "", "Last potentially related work creation:", "(stack is not available)",
        "The buggy address belongs to the object at ffff8881003d5000", ">ffff8881003d5000: fa fb fb fb fb fb fb fb",
    )  # fmt: skip
    assert traces_of(machine) == [
        ("BUG: KASAN: slab-use-after-free in f+0x1/0x2", 1, 7, "cat", "closed", ["dump_stack_lvl"]),
        ("Allocated by task 5:", None, 5, None, "closed", ["kasan_save_stack", "a"]),
        ("Freed by task 6 on cpu 3 at 12.345678s:", 3, 6, None, "closed", ["b"]),
    ]
    assert [trace["line"] for trace in machine.traces] == [5, 10, 14]


def test_stacks_before_the_header_of_their_report_and_inlined_first_frames():
    machine = run(
        "BUG: KMSAN: uninit-value in f net/x.c:1 [inline]", "BUG: KMSAN: uninit-value in g+0x1/0x2 net/x.c:9", " f net/x.c:1 [inline]",
        " g+0x1/0x2 net/x.c:9", "", "Uninit was created at:", " slab_alloc mm/slub.c:5 [inline]", " h+0x1/0x2 mm/slub.c:7", "", HEADER,
    )  # fmt: skip
    assert traces_of(machine) == [
        ("BUG: KMSAN: uninit-value in f net/x.c:1 [inline]", 1, 7, "cat", "closed", ["f", "g"]),
        ("Uninit was created at:", None, None, None, "next marker", ["slab_alloc", "h"]),
    ]


def test_kmemleak_names_the_task_above_its_dump():
    leak = 'unreferenced object 0xffff888101ad8900 (size 32):', '  comm "a b", pid 12, jiffies 4294942797', "  hex dump (first 8 bytes):"
    machine = run(*leak, "    01 00 00 00 00 00 00 00  ........", "  backtrace (crc 45b79b1):", "    a+0x1/0x2", *leak, "  backtrace:", "    b+0x1/0x2")
    assert [row[:4] for row in traces_of(machine)] == [(leak[0], None, 12, "a b")] * 2


def test_lockdep_gives_the_chain_and_its_own_trace():
    machine = run(
        "WARNING: possible circular locking dependency detected", "6.6.0 #1 Not tainted", "cat/7 is trying to acquire lock:",
        "ffffffffc0a0f0a8 (b){+.+.}-{3:3}, at: f+0x3f/0x80", "-> #1 (a){+.+.}-{3:3}:", "       lock_acquire+0x1/0x2", "",
        "-> #0 (b){+.+.}-{3:3}:", "       f+0x1/0x2", "", *["other info"] * 20, "stack backtrace:", HEADER, "Call Trace:", " g+0x1/0x2",
    )  # fmt: skip
    assert [row[0] for row in traces_of(machine)] == [
        "-> #1 (a){+.+.}-{3:3}:", "-> #0 (b){+.+.}-{3:3}:", "WARNING: possible circular locking dependency detected",
    ]  # fmt: skip
    assert [row[2] for row in traces_of(machine)] == [None, None, 7]


def test_the_columns_of_a_lock_report_are_no_processor():
    machine = run(
        "WARNING: inconsistent lock state", "cat/7 [HC0[0]:SC1[1]:HE1:SE0] takes:", "       CPU0", "       ----", "  lock(a);",
        *["other info"] * 20, "stack backtrace:", HEADER, "Call Trace:", " g+0x1/0x2",
    )  # fmt: skip
    (row,) = traces_of(machine)
    assert row[:4] == ("WARNING: inconsistent lock state", 1, 7, "cat") and machine.registers == []


def test_lines_that_a_mailer_broke_end_neither_header_nor_trace():
    machine = run(
        "BUG: bad news", HEADER, "RAX: 0000000000000000 RBX: 00007f1122334455 RCX:", "dead000000000100", "RDX: 0000000000000001 RSI:",
        "ffe7c11111111111", "Code: 00 48 c1 e8 ff", "ff 31 c0 5d e9 <0f> 0b", "R10: 0000000000000001 R11:", "00000000000000aa",
        "R12: 0000000000000001 R13:", "00000000000000bb", "Call Trace:", " <IRQ>", " f+0x1/0x2", " </IRQ>", "RIP: 0010:g+0x1/0x2",
        *["RAX: 0000000000000000 RBX:", "0000000000000000"] * 5, " h+0x3/0x4",
    )  # fmt: skip
    (row,) = traces_of(machine)
    assert row[:4] == ("BUG: bad news", 1, 7, "cat") and row[5] == ["f", "h"]
    (row,) = traces_of(run(HEADER, "Call Trace:", *["[c000000001234560] [c000000000123450]", "f+0x1/0x2"] * 5))
    assert row[5] == ["f"] * 5
    assert run("Call Trace:", " f+0x1/0x2", "---- interrupt: 3000 at 0x7f1122", "NIP:  0000000000001122 LR: 00").traces[0]["end"] == 4


def test_arm_prints_frames_below_header_and_registers_without_a_marker():
    machine = run(
        "Unable to handle kernel NULL pointer dereference at virtual address 00000009", "Internal error: Oops: 805 [#1] SMP ARM", HEADER,
        "PC is at f+0x584/0x72c", "pc : [<c0333330>]    lr : [<c0333200>]    psr: 80070113", "Stack: (0xe8a59dd8 to 0xe8a5a000)",
        "9de0: e89fa29c 00000001 00000000 00000000 000000d0 00000000 c0aba922 00000009",
        "[<c0333330>] (f) from [<c031c7a0>] (g+0xa8/0x1c0)", "[<c031c7a0>] (g) from [<c031e698>] (h+0x1/0x2)", "Code: ea000005 (e5823000)",
    )  # fmt: skip
    (row,) = traces_of(machine)
    assert row[1:4] == (1, 7, "cat") and row[5] == ["g", "h"]
    assert {register["trace"] for register in machine.registers} == {1}


@pytest.mark.parametrize(
    ("lines", "cpu", "pid", "comm"),
    [
        (["WARNING: arch/x86/kvm/x86.c:9 at f+0x1/0x2 [kvm], CPU#3: CPU 0/KVM/4371", "Call Trace:"], 3, 4371, "CPU 0/KVM"),
        (["WARNING: CPU: 2 PID: 9 at a.c:1 f+0x1/0x2", "Call Trace:"], 2, 9, None),
        (["watchdog: BUG: soft lockup - CPU#2 stuck for 22s! [a/b:c:12]", "Call Trace:"], 2, 12, "a/b:c"),
        (["CPU 1 ", "Modules linked in: x", "Pid: 12, comm: cat Not tainted 2.6.32 #1", "Call Trace:"], 1, 12, "cat"),
        (["CPU: 0    Not tainted  (2.6.35.7 #1)", "Process cat (pid: 12, stack limit = 0xe8)", "Call Trace:"], 0, 12, "cat"),
        (["Pid: 598, comm: x Tainted: P O 3.6.1 #1 HP", "EIP: 0060:[<f8e40765>] EFLAGS: 00210246 CPU: 1", "Call Trace:"], 1, 598, "x"),
        (["CPU: 1 PID: 1", "88243 Comm: x Not tainted 5.3.6 #1", "Call Trace:"], 1, 188243, "x"),
        (["kworker/0:1     D 0000000000000000     0   123      2 0x00000000", "Call Trace:"], None, 123, "kworker/0:1"),
        (["a b             R  running task    26288   123      2 0x80004000", "Call Trace:"], None, 123, "a b"),
        (["x   R running task on cpu   1     0 315571 315308 0x0000000e 3375506638533", "Call Trace:"], 1, 315571, "x"),
        (["task:a b             state:R  running task     stack:26288 pid:  123 ppid:     2 flags:0x1", "Call Trace:"], None, 123, "a b"),
        (["rcu_preempt     I29040    10      2 0x80004000", "Call Trace:"], None, 10, "rcu_preempt"),
        (["task:a", "b state:D stack:25960 pid:18088 tgid:18087 ppid:15126", "Call Trace:"], None, 18088, "a\\x0ab"),
        (["CPU 2/KVM       S    0   914      1 0x00000000", "Call Trace:"], None, 914, "CPU 2/KVM"),
        (["task:a b    state:D stack:    0 pid:  914 ppid:  6 flags:0x1", "Backtrace: "], None, 914, "a b"),  # Arm
    ],
)  # fmt: skip
def test_where_the_task_stands(lines, cpu, pid, comm):
    (trace,) = run(*lines, " a+0x1/0x2").traces
    assert (trace.get("cpu"), trace.get("pid"), trace.get("comm")) == (cpu, pid, comm)


def test_an_address_that_is_no_trace():
    machine = run("BUG: scheduling while atomic: x/7/0x2", "Preemption disabled at:", "[<ffffffffc0a5d02f>] f+0xf/0x30", HEADER, "Call Trace:",
                  " a+0x1/0x2", "Last Breaking-Event-Address:", " [<00000000001efa22>] printk+0x6a/0x78")  # fmt: skip
    assert [row["function"] for row in machine.frames] == ["a"]


def test_lost_messages_do_not_end_a_trace_and_are_said():
    machine = run("Call Trace:", " a+0x1/0x2", "** 12 printk messages dropped **", " b+0x1/0x2", " </TASK>", callers=["T1"] * 5)
    assert traces_of(machine)[0][4:] == ("lost messages", ["a", "b"])


def test_a_processor_that_was_skipped_has_no_trace():
    machine = run("Sending NMI from CPU 0 to CPUs 1-2:", "NMI backtrace for cpu 1 skipped: idling at a+0x1/0x2", "NMI backtrace for cpu 2",
                  HEADER, "Call Trace:", " a+0x1/0x2")  # fmt: skip
    assert [trace["headline"] for trace in machine.traces] == ["NMI backtrace for cpu 2"]


def test_several_frames_on_a_line():
    machine = run("Call Trace: [<00002aee>] a+0x0/0x2 [<00002af0>] b+0x1/0x2")
    assert [row["function"] for row in machine.frames] == ["a", "b"]


def test_a_slab_report_names_its_cache_before_the_colon_and_has_stacks():
    fault = "BUG kmalloc-64 (Tainted: G W ): Poison overwritten"
    machine = run(
        fault, "INFO: 0xffff880146498250-0xffff880146498250. First byte 0x6a", "INFO: Allocated in f+0x1/0x9 age=4 cpu=6 pid=32", " a+0x1/0x2",
        "INFO: Freed in g+0x1/0x9 age=4 cpu=5 pid=33", " b+0x1/0x2", "INFO: Slab 0xffffea0005192600 objects=27 used=27", HEADER,
        "Call Trace:", " c+0x1/0x2",
    )  # fmt: skip
    assert [row[:3] for row in traces_of(machine)] == [
        ("INFO: Allocated in f+0x1/0x9 age=4 cpu=6 pid=32", 6, 32), ("INFO: Freed in g+0x1/0x9 age=4 cpu=5 pid=33", 5, 33), (fault, 1, 7),
    ]  # fmt: skip


def test_a_fault_that_cuts_in_takes_no_frames_that_are_not_its_own():
    machine = run(
        "FAULT_INJECTION: forcing a failure", HEADER, "Call Trace:", " a+0x1/0x2", "general protection fault: 0000 [#1] SMP", " b+0x1/0x2",
        "Modules linked in:", " c+0x1/0x2", "CPU: 0 PID: 9 Comm: dd Not tainted 4.15.0 #2", " d+0x1/0x2",
        "RIP: 0010:x+0x1/0x2", " e+0x1/0x2", "Call Trace:", " f+0x1/0x2", " g+0x1/0x2",
    )  # fmt: skip
    first, second, third = traces_of(machine)
    assert first[1:4] == (1, 7, "cat") and first[5] == ["a", "b", "c"]
    assert second[:4] == third[:4] == ("", None, None, None) and second[5] + third[5] == ["d", "e", "f", "g"]
    assert [note.code for note in machine.notes].count("interleaved") >= 2


def test_a_headline_broken_before_its_function_opens_no_trace():
    (row,) = traces_of(run("WARNING: CPU: 1 PID: 7 at mm/gup.c:144", "f+0x7d/0xa0", "Modules linked in: a", HEADER, "Call Trace:", " g+0x1/0x2"))
    assert row[1:4] == (1, 7, "cat") and row[5] == ["g"]


def test_arm_traces_that_follow_each_other_are_two():
    frames = ["[<c0014bd0>] (unwind_backtrace+0x0/0xf4) from [<c005f9c0>] (f+0x1/0x2)", "[<c005f9c0>] (f+0x1/0x2) from [<c005fea0>] (g+0x3/0x4)"]
    machine = run("[ INFO: one ]", "stack backtrace:", *frames, "BUG: two", " lock: c398cb2c", *frames)
    assert [(row[0], row[5]) for row in traces_of(machine)] == [("[ INFO: one ]", ["f", "g"]), ("BUG: two", ["f", "g"])]


def test_what_a_mailer_broke_off_a_slab_stack_or_an_arm_frame():
    (row,) = traces_of(run("INFO: Allocated in f+0x1/0x9 age=4", "cpu=6 pid=32", " a+0x1/0x2"))
    assert row[:3] == ("INFO: Allocated in f+0x1/0x9 age=4", 6, 32)
    (row,) = traces_of(run(HEADER, "[<c08a3a10>] (f) from [<c08a3d84>] (g+0x1/0x2)", "[<c08a3d84>] (g) from [<c08a6708>]", "+(h+0x3/0x4)"))
    assert row[5] == ["g", "h"]


def test_dots_for_what_was_left_out_end_nothing():
    (row,) = traces_of(run("BUG: x", HEADER, "Call Trace:", " f+0x1/0x2", "...", " [...]", " g+0x1/0x2", callers=["T7"] * 7))
    assert row[5] == ["f", "g"]
    machine = run("WARNING: x", "... which became unsafe at:", "...", " f+0x1/0x2")
    assert traces_of(machine)[0][0] == "... which became unsafe at:"


def test_roles():
    lines = {
        "BUG: kernel NULL pointer dereference": "report", "#PF: supervisor read access in kernel mode": "detail", HEADER: "header",
        "Hardware name: x": "detail", "RIP: 0010:f+0x1/0x2": "register", "Code: 5b 41": "register", "Call Trace:": "marker",
        " <TASK>": "context", " a+0x1/0x2": "frame", " </TASK>": "context", "Modules linked in: x": "detail", "CR2: 0000000000000008": "register",
        "---[ end trace 0 ]---": "report", "usb 1-1: new device": "other", "": "blank", "** 3 printk messages dropped **": "lost",
    }  # fmt: skip
    machine = CallTraces()
    found = [machine.feed(n, text) for n, text in enumerate(lines, 1)]
    assert found == list(lines.values())
    assert set(found) <= set(ROLES)


def test_a_stamp_that_only_one_form_has_changes_nothing():
    text = ["BUG: x", *["word"] * 10, HEADER, "Call Trace:", " a+0x1/0x2"]
    near = run(*text).traces[0]
    machine = CallTraces("a")
    for n, line in enumerate(text):
        machine.feed(1 + 100 * n, line)  # the lines of a JSON document are far apart
    machine.finish()
    assert machine.traces[0]["headline"] == near["headline"] == "BUG: x"


@pytest.mark.parametrize(
    ("line", "cpu", "pid", "comm"),
    [
        ("read to 0xffff888103566064 of 4 bytes by interrupt on cpu 0:", 0, None, None),
        ("write (marked) to 0xffff8881f257b5e0 of 8 bytes by task 123 on cpu 2:", 2, 123, None),
        ("race at unknown origin, with read to 0xffff8881 of 1 bytes by task 5 on cpu 1:", 1, 5, None),
        ("allocated by task 1002 on cpu 0 at 499.987654s (0.5s ago):", 0, 1002, None),
        ("page last free pid 4548 tgid 4548 stack trace:", None, 4548, None),
        ("page last allocated via order 0, gfp_mask 0xcc0, pid 610, tgid 611 (a b), ts 36990112233, free_ts 0", None, 610, "a b"),
        ("INFO: Allocated in kvm_x+0x1/0x2 age=3 cpu=1 pid=12", 1, 12, None),
        ("{SOFTIRQ-ON-W} state was registered at:", None, None, None),
        ("ref_tracker: eth%d@ffff8881 has 1/2 users at", None, None, None),
    ],
)  # fmt: skip
def test_what_the_line_above_a_stack_names(line, cpu, pid, comm):
    (trace,) = run("hello", line, "\ta+0x1/0x2").traces
    assert (trace["line"], trace["headline"]) == (2, line)
    assert (trace.get("cpu"), trace.get("pid"), trace.get("comm")) == (cpu, pid, comm)
