"""Forms of trace text: recordings of one program with each tool and option, and lines whose columns are read by hand.

The files in ftrace/ were recorded on Linux 6.18.44 (KVM guest, AMD) with tracefs, trace-cmd 3.1.6 and perf 6.1 of Debian 12; lines
of other tasks were taken out or their names replaced, and of each event only the first few are kept. kvm.* is QEMU starting a guest.
"""

# ruff: noqa: E501 (lines of logs stand whole)

import re
import time
from pathlib import Path

import pandas as pd
import pytest

import amxperf as ap
from amxperf.architecture import MSR_NAMES
from amxperf.document import Document
from amxperf.formats import exit_reasons, ftrace, recognise
from amxperf.formats.trace import msr_names

HERE = Path(__file__).parents[1] / "ftrace"
FILES = sorted(HERE.iterdir())


def events(text, **options):
    return ftrace.read(Document("a.trace", text.encode(), ""), options)[0]["events"]


def row(line):
    tables, notes = ftrace.read(Document("a.trace", line.encode() + b"\n", ""), {})
    assert {note.code for note in notes} <= {"function-graph"}
    (found,) = tables["events"].to_dict("records")
    return {name: value for name, value in found.items() if not pd.isna(value)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_line_is_accounted_for(path):
    """Against a count by other expressions, one line at a time."""
    text = path.read_text()
    lines = [line for line in text.splitlines() if not re.match(r"#|cpus=|CPU|$|\s+\S*(?::\d+|\])$|\s+insn: ", line)]
    frames = sum(re.match(r" *=>|\t", line) is not None for line in lines)
    stacks = sum("stack trace" in line for line in lines)
    counts = ftrace.tally(Document("a", text.encode(), ""))
    assert counts == {
        "events": len(lines) - frames - stacks, "stacks": stacks, "frames": frames, "headers": len(text.splitlines()) - len(lines), "left": 0
    }  # fmt: skip
    assert recognise(Document("a", text.encode(), "")) == "ftrace"


def test_a_guest_that_boots():
    """QEMU starting a guest, without exits (that kernel's KVM has no kvm_exit); values as the lines print them."""
    found = ap.read(HERE / "kvm.trace").events
    shown = found.drop_duplicates("kind").set_index("kind")
    assert (shown.loc["kvm_pio", "value"], shown.loc["kvm_pio", "reason"]) == (0x70, "write")
    assert (shown.loc["kvm_msr", "msr"], shown.loc["kvm_msr", "value"]) == (0x4B564D01, 0xE8C21)
    assert shown.loc["kvm_userspace_exit", "reason"] == "KVM_EXIT_IO" and shown.loc["kvm_set_irq", "value"] == 10
    assert (shown.loc["kvm_inj_exception", "interrupt"], shown.loc["kvm_inj_exception", "vector"]) == ("#PF", 14)
    assert (shown.loc["kvm_mmio", "value"], shown.loc["kvm_mmio", "reason"]) == (0xFEE000F0, "read")
    assert shown.loc["kvm_eoi", "vector"] == -1 and shown.loc["kvm_ack_irq", "detail"] == "irqchip PIC master pin 0"
    script = ap.read(HERE / "kvm.script").events
    same = script[script["kind"] == "kvm_msr"].iloc[0]
    assert (same["msr"], same["value"], same["pid"]) == (0x4B564D01, 0xE8C21, shown.loc["kvm_msr", "pid"])


@pytest.mark.parametrize(
    "name", ["tracefs.trace", "trace-cmd.trace", "trace-cmd-l.trace", "perf.script", "latency.trace", "no-irq-info.trace"]
)
def test_the_program_does_the_same_in_every_form(name):
    """What the recorded program did: CPUID, RDMSR 0x10, WRMSR 0x174, a port write, SIGUSR1 to itself, ARCH_REQ_XCOMP_PERM refused."""
    found = ap.read(HERE / name).events
    msr = found[found["kind"] == "kvm_msr"]
    assert msr[["msr", "msr_name", "reason"]].values.tolist()[:2] == [
        [0x10, "IA32_TIME_STAMP_COUNTER", "read"], [0x174, "IA32_SYSENTER_CS", "write"]
    ]  # fmt: skip
    assert set(found.loc[found["kind"] == "kvm_pio", "value"]) == {0x3F8}
    assert next(iter(found.loc[found["kind"] == "signal_generate", "reason"])) == "SIGUSR1"
    asked = found[found["kind"] == "sys_arch_prctl"]
    assert "ARCH_GET_XCOMP_SUPP" in set(asked["reason"])
    if "ARCH_REQ_XCOMP_PERM" in set(asked["reason"]):  # some files end before its return
        refused = found[found["reason"] == "ENOTSUP"]
        assert set(refused["kind"]) <= {"sys_arch_prctl_return"} and set(refused["value"]) <= {(1 << 64) - 95}
    assert set(found["comm"]) == {"amx-test"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("qemu-kvm 1637/1698 [019] 758186.750325123:          1   kvm:kvm_inj_exception: #PF (0x2) [reinjected]",
         {"kind": "kvm_inj_exception", "pid": 1698, "cpu": 19, "timestamp": 758186.750325123, "interrupt": "#PF", "vector": 14, "error_code": 2, "reason": "#PF (0x2) [reinjected]"}),
        ("         swapper     0 [003]   12.500000: irq_vectors:local_timer_entry: vector=236", {"kind": "local_timer_entry", "comm": "swapper", "vector": 236}),
        ("  CPU 0/KVM  77 [003]   12.500000:  kvm:kvm_fpu: load", {"comm": "CPU 0/KVM", "pid": 77, "reason": "load"}),
        ("ls 14587   751.974862:     250000 cycles:u: ", {"kind": "cycles", "pid": 14587}),
        ("ls 14587   751.974862:     250000 cpu-clock: ", {"kind": "cpu-clock"}),
        ("dd 7 [001] 1.500000: syscalls:sys_enter_openat: dfd: 0x1", {"kind": "sys_openat", "comm": "dd"}),
        ("dd 7 [001] 1.500000: raw_syscalls:sys_enter: NR 158 (1023, 12, 0, 0, 0, 0)", {"kind": "sys_enter", "value": 158}),
        ("amx-test-42 [001] 870.311179: (+54)    write_msr:            1c4, value 40000", {"msr_name": "IA32_XFD", "value": 0x40000}),
        ("amx-test-42   1d..2.   870.311125: kvm_fpu:              load", {"cpu": 1, "pid": 42, "timestamp": 870.311125}),
        ("amx-test-42     0dNh2. 11940us!: write_msr: 830, value 1000000fb", {"timestamp": 0.01194, "msr_name": "IA32_X2APIC_ICR"}),
        ("a-1 [001] 1.5: kvm_exit: vcpu 2 reason MSR_WRITE rip 0x0 info1 0x1c4 info2 0x7 intr_info 0x00000000 error_code 0x00000000 requests 0x0000000000000000",
         {"vcpu": 2, "reason": "MSR_WRITE", "rip": 0, "info1": 0x1C4, "info2": 7, "intr_info": 0, "interrupt": ""}),
        ("a-1 [001] 1.5: kvm_exit: vcpu 2 reason EXCEPTION_NMI rip 0x0 info1 0x0 info2 0x0 intr_info 0x80000307 error_code 0x00000000", {"interrupt": "#NM", "vector": 7}),
        ("a-1 [001] 1.5: kvm_exit: vcpu 2 reason 0x4d rip 0x0 info1 0x0 info2 0x0 intr_info 0x00000000 error_code 0x00000000", {"reason": "TDCALL"}),
        ("a-1 [001] 1.5: kvm_exit: vcpu 2 reason npf rip 0x10 info1 0x0 info2 0x0 intr_info 0x00000000 error_code 0x00000000", {"reason": "npf"}),
        ("a-1 [001] 1.5: kvm_entry: vcpu 2, rip 0x1 intr_info 0x800000ec error_code 0x00000000", {"interrupt": "interrupt 236", "vector": 236}),
        ("a-1 [001] 1.5: kvm_vcpu_wakeup: wait time 1500 ns, polling valid", {"reason": "wait", "duration": 1.5e-6}),
        ("a-1 [001] 1.5: kvm_vcpu_wakeup: poll time 1500 ns", {"reason": "poll", "duration": 1.5e-6}),
        ("a-1 [001] 1.5: kvm_halt_poll_ns: vcpu 1: halt_poll_ns 200000 (grow 10000)", {"vcpu": 1, "reason": "grow", "duration": 2e-4}),
        ("a-1 [001] 1.5: kvm_apic_ipi: dst 3 vec 251 (Fixed|physical|assert|edge|dst)", {"value": 3, "vector": 251, "reason": "Fixed|physical|assert|edge|dst"}),
        ("a-1 [001] 1.5: kvm_inj_virq: IRQ 0xec", {"vector": 236, "reason": "IRQ"}),
        ("a-1 [001] 1.5: kvm_tdp_mmu_spte_changed: as id 0 gfn 7ff level 1 old_spte 0 new_spte 86000007ff000bf3",
         {"value": 0x7FF, "level": 1, "old": 0, "new": 0x86000007FF000BF3}),
        ("a-1 [001] 1.5: kvm_hypercall: nr 0xc a0 0x1 a1 0x2 a2 0x3 a3 0x4", {"value": 12}),
        ("a-1 [001] 1.5: kvm_cpuid: func d idx 1 rax f rbx 2a00 rcx 1800 rdx 0, cpuid entry found", {"value": 13}),
        ("a-1 [001] 1.5: sched_waking: comm=CPU 0/KVM pid=77 prio=120 target_cpu=003", {"reason": "CPU 0/KVM", "target_pid": 77, "target_cpu": 3}),
        ("a-1 [001] 1.5: sched_wakeup: CPU 0/KVM:77 [120] CPU:003", {"reason": "CPU 0/KVM", "target_pid": 77, "target_cpu": 3}),
        ("a-1 [001] 1.5: sched_migrate_task: comm=b pid=77 prio=120 orig_cpu=1 dest_cpu=9", {"target_pid": 77, "target_cpu": 9}),
        ("a-1 [001] 1.5: sched_switch: kworker/0:1:7 [120] R ==> kworker/1:2:8 [120]", {"reason": "kworker/1:2", "target_pid": 8}),
        ("a-1 [001] 1.5: signal_generate: sig=4 errno=0 code=1 comm=no perm pid=7 grp=0 res=0", {"reason": "SIGILL", "value": 1, "target_pid": 7}),
        ("a-1 [001] 1.5: signal_generate: sig=10 errno=0 code=-6 comm=x pid=7 grp=0 res=0", {"reason": "SIGUSR1", "value": (1 << 64) - 6}),
        ("a-1 [001] 1.5: page_fault_user: address=0x10 ip=0x20 error_code=0x7", {"value": 16, "rip": 32, "reason": "user write, protection"}),
        ("a-1 [001] 1.5: hrtimer_start: hrtimer=00000000bc88 function=hrtimer_wakeup expires=802462977752 softexpires=1 mode=REL was_armed=0",
         {"reason": "hrtimer_wakeup", "value": 802462977752}),
        ("a-1 [001] 1.5: sys_arch_prctl -> 0xfffffffffffffff2", {"reason": "EFAULT", "value": (1 << 64) - 14}),
        (" 1)   1.234 us    |  kfree();", {"kind": "funcgraph", "reason": "kfree", "duration": 1.234e-6, "cpu": 1}),
        (" 1)               |  do_syscall_64() {", {"kind": "funcgraph_entry", "reason": "do_syscall_64"}),
        (" 0) + 21.500 us   |  } /* kvm_vcpu_ioctl */", {"kind": "funcgraph_exit", "reason": "kvm_vcpu_ioctl", "duration": 2.15e-5}),
        ("   12.500000 |   0)  amx-te-77  |   0.100 us    |  rcu_read_lock();", {"timestamp": 12.5, "comm": "amx-te", "pid": 77, "duration": 1e-7}),
    ],
)  # fmt: skip
def test_lines(line, expected):
    found = row(line)
    assert {name: found.get(name) for name in expected} == expected


def test_stacks_of_perf():
    """The first stack of the file, by hand: lines 2 to 4, of the event in line 1."""
    capture = ap.read(HERE / "perf-g.script")
    first = capture.traces.iloc[0]
    assert (first["line"], first["event"], first["end"], first["pid"], first["complete"]) == (1, 1, 4, 15473, "closed")
    assert first["headline"].startswith("page_fault_user:")
    frames = capture.frames[capture.frames["trace"] == 1]
    assert frames[["symbol", "offset", "module", "context"]].values.tolist() == [
        ["exc_page_fault", 0x2F0, "", ""], ["asm_exc_page_fault", 0x22, "", ""],
        ["_start", 0, "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", "USER"],
    ]  # fmt: skip
    assert len(capture.traces) == len(capture.events)


def test_stacks_of_tracefs():
    """Lines 13 to 25 of the file, by hand: an event, its kernel stack of ten frames, and its user stack of one."""
    capture = ap.read(HERE / "stacks.trace")
    assert capture.traces[["line", "event", "end"]].values.tolist()[:2] == [[14, 13, 24], [25, 13, 26]]
    assert list(capture.frames["context"][:11]) == [""] * 10 + ["USER"]
    assert list(capture.traces["headline"][:2]) == ["page_fault_kernel: address=0x55716cdb2060 ip=elf_load error_code=0x2"] * 2
    offsets = ap.read(HERE / "stacks-offset.trace").frames
    assert offsets[["symbol", "offset", "size"]].values.tolist()[0] == ["trace_event_raw_event_exceptions", 0x5D, 0xA0]
    with_address = ap.read(HERE / "stacks-addr.trace").frames
    assert with_address[["symbol", "offset", "size"]].values.tolist()[0] == ["trace_event_raw_event_exceptions", 0x5D, 0xA0]
    assert ap.read(HERE / "trace-cmd-stacks.trace").frames["symbol"].iloc[0] == "trace_event_raw_event_msr_trace_class"


def test_clocks():
    seconds = {
        name: ap.read(HERE / name)
        for name in ("tracefs.trace", "clock-counter.trace", "clock-x86-tsc.trace", "latency.trace", "perf-reltime.script")
    }
    for name in ("clock-counter.trace", "clock-x86-tsc.trace"):
        assert seconds[name].events["timestamp"].isna().all()
        assert [note.code for note in seconds[name].notes if note.code == "clock-not-seconds"]
    assert seconds["latency.trace"].events["timestamp"].between(0, 1).all()
    assert seconds["perf-reltime.script"].events["timestamp"].iloc[0] == 0
    assert seconds["tracefs.trace"].events["timestamp"].is_monotonic_increasing


def test_lost_events_are_numbers():
    """By hand: 17 + 3 on processor 1, an unknown number and 5 on 0, 7 in perf's words, and 414 - 205 overwritten."""
    line = " a-1 [001] 1.5: kvm_fpu: load\n"
    text = (
        f"{line}CPU:1 [LOST 17 EVENTS]\n{line}CPU:1 [LOST 3 EVENTS]\n{line}CPU:0 [EVENTS DROPPED]\n{line}CPU:0 [5 EVENTS DROPPED]\n"
    )
    text += "a 1 [002] 1.5: PERF_RECORD_LOST lost 7\n"
    notes = ftrace.read(Document("a", text.encode(), ""), {})[1]
    assert [(note.code, note.line, note.count) for note in notes] == [
        ("lost-events", 2, 20),
        ("lost-events", 6, 5),
        ("lost-events", 9, 7),
    ]
    assert notes[1].message.startswith("at least 5 events of processor 0")
    overwritten = [note for note in ap.read(HERE / "overwritten.trace").notes if note.code == "lost-events"]
    assert [note.count for note in overwritten] == [209]


def test_names_of_registers_agree():
    assert {number: msr_names.name(number) for number in MSR_NAMES} == MSR_NAMES


def test_vocabularies_of_exit_reasons():
    assert exit_reasons.named("0x4d") == "TDCALL" and exit_reasons.named("HLT") == "HLT"
    assert exit_reasons.SVM_EXIT_REASONS[0x400] == "npf" and exit_reasons.SVM_EXIT_REASONS[0x47] == "NM excp"
    assert exit_reasons.named("0xffff FAILED_VMENTRY") == "0xffff FAILED_VMENTRY"


@pytest.mark.parametrize(
    "text",
    [
        " " * 300_000 + "a",
        "a" * 300_000,
        "a-1 [001] 1.5: write_msr: " + "1" * 300_000,
        "a-1 [001] 1.5: sched_switch: " + "prev_comm= prev_pid=1 prev_prio=1 prev_state= " * 8_000,
        "\t" + "f " * 150_000,
        " 1) " + "| " * 150_000,
        "a-1 [" + "0" * 300_000 + "] 1.5: x: y",
        "a-1 [001] " + "9" * 300_000 + ".5: x: y",
        "a 1 [001] 1.5: " + "a:" * 150_000,
        "=> " + "(" * 300_000,
    ],
    ids=range(10),
)  # fmt: skip
def test_hostile_lines_cost_no_more_than_their_length(text):
    started = time.process_time()
    counts = ftrace.tally(Document("a", (text + "\na-1 [001] 1.5: kvm_fpu: load\n").encode(), ""))
    assert counts["events"] >= 1 and sum(counts.values()) == 2
    assert time.process_time() - started < 30  # quadratic work on 300,000 characters would take hours


def test_control_characters_in_a_name_stay_data():
    found = events("\x1b[31mred-1 [001] 1.5: kvm_fpu: load\n a\u202eb-2 [001] 1.4: kvm_fpu: load\n")
    assert list(found["comm"]) == ["\x1b[31mred", "a\u202eb"] and list(found["timestamp"]) == [1.5, 1.4]


def test_numbers_that_overflow_leave_the_column_empty():
    found = events(
        "a-1 [001] 1.5: write_msr: 1ffffffffffffffff, value 0\na-1 [001] 1.5: sched_waking: comm=b pid=9999999999 prio=0 target_cpu=1\n"
    )
    assert found["msr"].isna().all() and found["target_pid"].isna().all()
    assert list(found["detail"]) == ["1ffffffffffffffff, value 0", "comm=b pid=9999999999 prio=0 target_cpu=1"]


JAVA = """\
java  3251   156.826606:    3385163 cycles:
\t    7f75a0f1a8f0 Unsafe_AllocateMemory0+0x40 (/usr/lib/jvm/lib/server/libjvm.so)
\t    7f758df97a58 Lorg/example/Leak;::main(Leak.java:24)
\t    ->Lorg/example/Leak;::allocate1(Leak.java:46)
\t    ->Lorg/example/Leak;::allocate2(Leak.java:50)

java    1084    33.086790: DEFERRED CALLCHAIN [cookie: 2000001f9]
             3ff983f071c java.lang.String Bench.crypt(java.lang.String)+0x89c (/tmp/perf-1082.map)
             3ff97e37900 StubRoutines (initial stubs)+0x80 (/tmp/perf-1082.map)
"""


def test_frames_of_java():
    """Written by the forms of perf-map-agent (unfolding what was inlined) and of perf's deferred call chains."""
    tables, notes = ftrace.read(Document("a.script", JAVA.encode(), ""), {})
    assert tables["frames"]["function"].tolist() == [
        "Unsafe_AllocateMemory0", "Lorg/example/Leak;::main", "Lorg/example/Leak;::allocate1", "Lorg/example/Leak;::allocate2",
        "java.lang.String Bench.crypt(java.lang.String)", "StubRoutines (initial stubs)",
    ]  # fmt: skip
    assert tables["frames"]["inlined"].fillna(False).tolist() == [False, False, True, True, False, False]
    assert tables["events"]["kind"].tolist() == ["cycles", "DEFERRED CALLCHAIN"] and not notes


@pytest.mark.parametrize(
    ("name", "events", "frames", "first"),
    [  # perf record -e cpu-clock -g -a (or -e sched:sched_switch,msr:*,page-faults), then perf script with
        ("perf-srcline", 8, 21, ("python", 2266, "cpu-clock")),  # -F +srcline: a line below each frame
        ("perf-insn", 14, 33, ("python", 2266, "cpu-clock")),  # -F +insn
        ("perf-F-no-event", 6, 11, ("python", 2266, "sample")),  # -F comm,tid,time,ip,sym
        ("perf-F-no-comm", 6, 11, ("", 2266, "cpu-clock")),  # -F pid,time,event,ip,sym
        ("perf-F-no-comm-cpu", 12, 0, ("", 2286, "sched_switch")),  # -F -comm
        ("perf-mmap", 12, 21, ("swapper", 0, "PERF_RECORD_MMAP")),  # --show-mmap-events --show-task-events
        ("perf-ip-on-line", 6, 0, ("python", 2266, "cpu-clock")),  # -G -F comm,tid,cpu,time,event,ip,sym
    ],
)
def test_fields_of_perf_script(name, events, frames, first):
    """Numbers of events and frames by grep -cE 'cpu-clock: *$|RECORD|sched|msr' and grep -cP '^\\t *[0-9a-f]+ ' of the file."""
    capture = ap.read(HERE / f"{name}.script")
    assert (len(capture.events), len(capture.frames)) == (events, frames) and not capture.notes
    assert tuple(capture.events[["comm", "pid", "kind"]].iloc[0]) == first


def test_perf_samples_of_a_task_without_name():
    assert row("           <...>  7 .N.. [017] 15504452.408994: kvm:kvm_entry: vcpu 20")["comm"] == ""
