"""ftrace text: counts on the recordings against a second count, eras of the formats, and what must hold for any input."""

# ruff: noqa: E501 (lines of logs stand whole)

import re
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import amxperf as ap
from amxperf.document import Document
from amxperf.formats import ftrace, recognise
from amxperf.formats.trace.tracepoints import LAYOUTS, decode

ROOT = Path(__file__).parents[2] / "data" / "vm-ftrace"
FILES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.trace"))

# By a second reader, in each file f of data/vm-ftrace:
#   grep -E '\[00[01]\]' f | sed -E 's/^.*\[00[01]\] +[^ ]+ +[0-9.]+: //' \
#     | sed -E 's/^(sys_[a-z_]+) -> .*/\1_return/; s/^(<stack trace>|[a-z0-9_]+).*/\1/' | sort | uniq -c
COUNTED = {
    "vm/first-use/guest.trace": {
        "read_msr": 1, "sched_switch": 9, "sys_arch_prctl": 3, "sys_arch_prctl_return": 3, "write_msr": 66, "x86_fpu_dropped": 1,
        "x86_fpu_regs_activated": 1, "x86_fpu_regs_deactivated": 1,
    },
    "vm/first-use-stacks/guest.trace": {
        "read_msr": 1, "sched_switch": 1, "sys_arch_prctl": 3, "sys_arch_prctl_return": 3, "write_msr": 73, "x86_fpu_dropped": 1,
        "x86_fpu_regs_activated": 1, "x86_fpu_regs_deactivated": 1,
    },
    "vm/no-permission/guest.trace": {
        "read_msr": 1, "sched_switch": 1, "signal_generate": 1, "sys_arch_prctl": 3, "sys_arch_prctl_return": 3, "write_msr": 4,
        "x86_fpu_dropped": 1, "x86_fpu_regs_activated": 1, "x86_fpu_regs_deactivated": 1,
    },
    "vm/pingpong-amx/guest.trace": {
        "read_msr": 2, "sched_switch": 82, "signal_generate": 1, "sys_arch_prctl": 2, "sys_arch_prctl_return": 2, "write_msr": 8,
        "x86_fpu_copy_dst": 1, "x86_fpu_dropped": 2, "x86_fpu_regs_activated": 83, "x86_fpu_regs_deactivated": 82,
    },
    "vm/pingpong-noamx/guest.trace": {
        "sched_switch": 83, "signal_generate": 1, "sys_arch_prctl": 2, "sys_arch_prctl_return": 2, "write_msr": 1,
        "x86_fpu_copy_dst": 1, "x86_fpu_dropped": 2, "x86_fpu_regs_activated": 83, "x86_fpu_regs_deactivated": 84,
    },
}  # fmt: skip
# grep -c 'stack trace>' f; grep -c '^ => ' f
STACKS = {name: (0, 0) for name in COUNTED} | {"vm/first-use-stacks/guest.trace": (85, 690)}


def document(text, source="a.trace"):
    return Document(source, text.encode(), "")


def parse(text, **options):
    return ftrace.read(document(text), options)


def event(payload, task="amx-test-13045"):
    """The one event of a line with that payload, as a dict without missing values."""
    tables, notes = parse(f" {task}   [001] d....  2254.520740: {payload}\n")
    assert not notes
    (row,) = tables["events"].to_dict("records")
    return {name: value for name, value in row.items() if not pd.isna(value)}


def test_every_recording_is_counted():
    assert sorted(COUNTED) == FILES


@pytest.mark.parametrize("name", FILES)
def test_counts(name):
    capture = ap.read(ROOT / name)
    assert capture.format == "ftrace"
    assert Counter(capture.events["kind"]) == COUNTED[name]
    assert (len(capture.traces), len(capture.frames)) == STACKS[name]


@pytest.mark.parametrize("name", FILES)
def test_columns_against_a_second_parser(name):
    """Stamp, cpu, pid and comm of every event, by splitting at fixed marks."""
    expected = []
    for number, line in enumerate((ROOT / name).read_text().splitlines(), 1):
        if "[00" in line and "stack trace>" not in line:
            task, rest = line.split("[", 1)
            comm, pid = task.strip().rsplit("-", 1)
            expected.append((number, float(rest.split(None, 3)[2].rstrip(":")), int(rest[:3]), int(pid), comm))
    rows = ap.read_ftrace(ROOT / name).events[["line", "timestamp", "cpu", "pid", "comm"]]
    assert [tuple(row) for row in rows.values.tolist()] == expected


@pytest.mark.parametrize("name", FILES)
def test_the_header_counts_one_entry_more_than_the_file_holds(name):
    # data/README.md: lines of unrelated tasks were removed after the recording
    notes = ap.read_ftrace(ROOT / name).notes
    assert [(note.code, note.line) for note in notes] == [("missing-entries", 3)]


def test_first_use():
    """The order of a first use, read by hand off lines 18 to 22 and 95 of the file."""
    events = ap.read_ftrace(ROOT / "vm/first-use/guest.trace", side="guest").events
    own = events[(events["comm"] == "amx-test-ok") & (events["pid"] == 25370)]
    assert set(own["side"]) == {"guest"}
    prctl = own[own["kind"].str.startswith("sys_arch_prctl")]
    assert [hex(value) for value in prctl["value"]] == ["0x1002", "0x0", "0x1021", "0x0", "0x1023", "0x0"]
    assert prctl.iloc[4]["detail"] == "option: 0x1023, arg2: 0x12"
    msr = own[own["msr"].isin([0x1C4, 0x1C5])]
    assert [(row.line, row.kind, row.msr, row.value) for row in msr.itertuples()] == [
        (20, "read_msr", 0x1C5, 0x40000), (21, "write_msr", 0x1C5, 0), (22, "write_msr", 0x1C4, 0)
    ]  # fmt: skip
    fpu = own[own["kind"].str.startswith("x86_fpu_")]
    assert [hex(value) for value in fpu["xcomp_bv"]] == ["0x80000000000200e7", "0x80000000000600e7", "0x80000000000600e7"]
    assert [hex(value) for value in fpu["xfeatures"]] == ["0x0", "0x600a2", "0x600a2"]
    assert list(own[own["kind"] == "sched_switch"]["reason"])[:2] == ["rcu_preempt", "ksoftirqd/1"]


def test_refusal():
    events = ap.read_ftrace(ROOT / "vm/no-permission/guest.trace").events
    signal = events[events["kind"] == "signal_generate"]
    assert list(signal["reason"]) == ["SIGILL"]
    assert list(events[events["kind"] == "sys_arch_prctl_return"]["value"]) == [0, 0, 0xFFFFFFFFFFFFFFF2]
    assert not ((events["msr"] == 0x1C4).fillna(False)).any()


def test_stacks():
    capture = ap.read_ftrace(ROOT / "vm/first-use-stacks/guest.trace")
    # the stack of the read of XFD_ERR, lines 55 to 61 of the file, by hand
    (number,) = capture.traces[capture.traces["headline"] == "read_msr: 1c5, value 40000"]["trace"]
    trace = capture.traces[capture.traces["trace"] == number].iloc[0]
    assert (trace["line"], trace["end"], trace["pid"], trace["complete"]) == (56, 61, 25373, "closed")
    assert list(capture.frames[capture.frames["trace"] == number]["function"]) == [
        "trace_event_raw_event_msr_trace_class", "do_trace_read_msr", "native_read_msr", "exc_device_not_available",
        "asm_exc_device_not_available",
    ]  # fmt: skip
    assert capture.frames["offset"].isna().all()
    # one event of an unrelated task was removed and its stack was not: awk '/stack trace>/ && p !~ /\[00/ {print NR} {p=$0}' f
    assert list(capture.traces[capture.traces["headline"] == ""]["line"]) == [833]
    assert list(capture.traces["complete"]) == ["closed"] * 84 + ["end of file"]


@pytest.mark.parametrize("comm", ["amx-test", "CPU 0/KVM", "kworker/1:0", "a-1-2", "a - b", "x", "swapper/0", "<idle>"])
def test_task_names(comm):
    row = event("write_msr: 1c4, value 0", task=f"{comm}-42")
    assert (row["comm"], row["pid"], row["cpu"], row["timestamp"]) == (comm, 42, 1, 2254.52074)


def test_an_unknown_task_has_no_name():
    assert event("write_msr: 1c4, value 0", task="<...>-42")["comm"] == ""


@pytest.mark.parametrize(
    "line",
    [
        " amx-test-42 [001] d.... 1.500000: read_msr: 1c5, value 40000",
        " amx-test-42 [001] d... 1.500000: read_msr: 1c5, value 40000",  # before 5.17
        " amx-test-42 [001] 1.500000: read_msr: 1c5, value 40000",  # no irq-info
        " amx-test-42    [001]     1.500000: read_msr:             1c5, value 40000",  # trace-cmd
        " amx-test-42 (     42) [001] d.... 1.500000: read_msr: 1c5, value 40000",  # record-tgid
        " amx-test-42 (-------) [001] dNh1. 1.500000: read_msr: 1c5, value 40000",
    ],
)
def test_eras_of_the_line(line):
    tables, notes = parse(line + "\n")
    (row,) = tables["events"].to_dict("records")
    assert (row["kind"], row["comm"], row["pid"], row["timestamp"], row["value"]) == ("read_msr", "amx-test", 42, 1.5, 0x40000)
    assert not notes


@pytest.mark.parametrize(
    ("payload", "expected"),
    [  # real lines where facts name one; the rest follow the TP_printk formats
        (
            "kvm_exit: vcpu 0 reason EXCEPTION_NMI rip 0xfd0bd info1 0x0000000000000000 info2 0x0000000000000413 intr_info 0x80000307 error_code 0x00000000",
            {"vcpu": 0, "reason": "EXCEPTION_NMI", "intr_info": 0x80000307},
        ),
        ("kvm_exit: vcpu 3 reason TDCALL rip 0x0 info1 0x0 info2 0x0 intr_info 0x0 error_code 0x0 requests 0x0", {"vcpu": 3, "reason": "TDCALL"}),
        ("kvm_exit: vcpu 1 reason 0x4d rip 0x0 info1 0x0", {"reason": "TDCALL"}),
        ("kvm_exit: vcpu 1 reason EPT_VIOLATION FAILED_VMENTRY rip 0x0 info1 0x0", {"reason": "EPT_VIOLATION FAILED_VMENTRY"}),
        ("kvm_exit: vcpu 0 reason EXTERNAL_INTERRUPT intr_info 0x800000ec", {"reason": "EXTERNAL_INTERRUPT", "intr_info": 0x800000EC}),
        ("kvm_exit: reason EXCEPTION_NMI rip 0xfd0bd info 0 80000307", {"reason": "EXCEPTION_NMI", "intr_info": 0x80000307}),
        ("kvm_exit: reason EPT_VIOLATION rip 0xfd0bd info 181 0", {"reason": "EPT_VIOLATION"}),
        ("kvm_exit:             vcpu 0 reason EPT_VIOLATION rip 0x5a1b20 info 384 0", {"vcpu": 0, "reason": "EPT_VIOLATION"}),
        ("kvm_exit: vcpu 0 reason msr", {"vcpu": 0, "reason": "msr"}),
        ("kvm_entry: vcpu 2", {"vcpu": 2}),
        ("kvm_entry: vcpu 2, rip 0xffff", {"vcpu": 2}),
        ("kvm_entry: vcpu 2, rip 0x1 intr_info 0x80000307 error_code 0x00000000 [immediate exit]", {"vcpu": 2, "intr_info": 0x80000307}),
        ("kvm_msr: msr_write 1c4 = 0x40000", {"msr": 0x1C4, "value": 0x40000, "reason": "write"}),
        ("kvm_msr: msr_read 1c5 = 0x0 (#GP)", {"msr": 0x1C5, "value": 0, "reason": "read #GP"}),
        ("kvm_inj_exception: #NM", {"reason": "#NM"}),
        ("kvm_inj_exception:    #PF (0x2) [reinjected]", {"reason": "#PF (0x2) [reinjected]"}),
        ("kvm_fpu: unload", {"reason": "unload"}),
        ("kvm_page_fault: vcpu 0 rip 0x1 address 0x00000000fee00000 error_code 0x83", {"vcpu": 0, "value": 0xFEE00000}),
        ("kvm_page_fault: address fee00000 error_code 83", {"value": 0xFEE00000}),
        ("kvm_cpuid: func d idx 1 rax f rbx 2a00 rcx 1800 rdx 0, cpuid entry found", {"value": 0xD}),
        ("kvm_hypercall: nr 0xc a0 0x1 a1 0x2 a2 0x3 a3 0x4", {"value": 0xC}),
        ("write_msr: 6e0, value 554d4ee078e", {"msr": 0x6E0, "value": 0x554D4EE078E}),
        ("read_msr: 1c5, value 0 #GP", {"msr": 0x1C5, "value": 0, "reason": "#GP"}),
        ("rdpmc: 0, value ffff", {"msr": 0, "value": 0xFFFF}),
        ("page_fault_user: address=0x7f017dbe9b70 ip=0x7f017dbe9b70 error_code=0x14", {"value": 0x7F017DBE9B70, "rip": 0x7F017DBE9B70, "error_code": 0x14, "reason": "user fetch, not present"}),
        ("page_fault_kernel: address=0x7f01 ip=copy_user_generic error_code=0x2", {"value": 0x7F01, "error_code": 2, "reason": "kernel write, not present"}),
        ("signal_generate: sig=4 errno=0 code=1 comm=no perm pid=13520 grp=0 res=0", {"reason": "SIGILL"}),
        ("signal_generate: sig=34 errno=0 code=1 comm=x pid=1 grp=0 res=0", {"reason": "signal 34"}),
        (
            "sched_switch: prev_comm=a b prev_pid=1 prev_prio=120 prev_state=R ==> next_comm=CPU 0/KVM next_pid=15 next_prio=120",
            {"reason": "CPU 0/KVM"},
        ),
        ("sched_switch: amx:1 [120] R ==> swapper/1:0 [120]", {"reason": "swapper/1"}),
        ("x86_fpu_regs_activated: x86/fpu: 0xffff93d716d0df40 load: 1 xfeatures: 202 xcomp_bv: 8000000000000207", {"xfeatures": 0x202, "xcomp_bv": 0x8000000000000207}),
        ("x86_fpu_before_save: x86/fpu: 0xffff initialized: 1 xfeatures: 3 xcomp_bv: 0", {"xfeatures": 3, "xcomp_bv": 0}),
        ("sys_arch_prctl(option: 0x1021, arg2: 0)", {"value": 0x1021}),
        ("sys_arch_prctl -> 0xfffffffffffffff2", {"kind": "sys_arch_prctl_return", "value": 0xFFFFFFFFFFFFFFF2}),
        ("sys_openat -> -2", {"kind": "sys_openat_return", "value": 0xFFFFFFFFFFFFFFFE}),
        ("sys_enter_arch_prctl: option: 0x1023, arg2: 0x12", {"kind": "sys_arch_prctl", "value": 0x1023}),
        ("sys_exit_arch_prctl: 0x0", {"kind": "sys_arch_prctl_return", "value": 0}),
        ("local_timer_entry: vector=236", {"vector": 236}),
        ("kvm_tdp_mmu_spte_changed: as id 0 gfn 1000 level 2 old_spte 0 new_spte 8", {"value": 0x1000, "level": 2, "old": 0, "new": 8}),
        ("do_syscall_64 <-entry_SYSCALL_64", {"kind": "function", "reason": "do_syscall_64"}),
        ("what is this", {"kind": "unknown", "detail": "what is this"}),
    ],
)  # fmt: skip
def test_payloads(payload, expected):
    row = event(payload)
    assert {name: row.get(name) for name in expected} == expected
    assert row["kind"] == expected.get("kind", re.split(r"[:(]", payload)[0])


def test_lost_events_are_noted():
    head = "# tracer: nop\n#\n# entries-in-buffer/entries-written: 1/250   #P:2\n#\n"
    line = " a-1 [001] d.... 1.500000: write_msr: 1c4, value 0\n"
    _, notes = parse(head + line + "CPU:1 [LOST 17 EVENTS]\n" + line)
    assert [(note.code, note.line) for note in notes] == [("lost-events", 3), ("lost-events", 6)]
    assert "249" in notes[0].message
    assert "17" in notes[1].message


@pytest.mark.parametrize(
    ("lost", "words"),
    [
        # libtraceevent and trace-cmd report; kernel/trace/trace.c where the number did not fit the page
        ("CPU:1 [204600 EVENTS DROPPED]", "204600 events of processor 1 were lost here"),
        ("CPU:1 [EVENTS DROPPED]", "an unknown number of events of processor 1 were lost here"),
        ("CPU:0 [LOST EVENTS]", "an unknown number of events of processor 0 were lost here"),
        ("CPU:12 [LOST 3 EVENTS]", "3 events of processor 12 were lost here"),
    ],
)
def test_every_spelling_of_lost_events_is_noted(lost, words):
    line = " a-1 [001] 1.500000: write_msr: 1c4, value 0\n"
    text = f"CPU 2 is empty\nCPU 3 is empty\ncpus=4\n{line}{lost}\n{line}"
    tables, notes = parse(text)
    assert [(note.code, note.line, note.message) for note in notes] == [("lost-events", 5, words)]
    assert len(tables["events"]) == 2
    assert ftrace.sniff(Document("x.txt", text.encode(), "")) == 85


def test_a_clock_that_counts_no_seconds_gives_no_stamps():
    tables, notes = parse(" a-1 [001] d.... 123456789: write_msr: 1c4, value 0\n")
    assert tables["events"]["timestamp"].isna().all()
    assert [note.code for note in notes] == ["clock-not-seconds"]


def test_a_stack_belongs_to_the_event_of_its_own_task():
    a, b = " a-1 [001] d.... 1.500000: ", " b-2 [000] d.... 1.500001: "
    text = f"{a}write_msr: 1c4, value 0\n{b}write_msr: 6e0, value 1\n{a}<stack trace>\n => f+0x1/0x2 [kvm]\n => g <ffffffff81000000>\n{b}<stack trace>\n"
    tables, notes = parse(text)
    assert list(tables["traces"]["headline"]) == ["write_msr: 1c4, value 0", "write_msr: 6e0, value 1"]
    assert list(tables["traces"]["complete"]) == ["closed", "no frames"]
    assert tables["frames"][["symbol", "module"]].values.tolist() == [["f", "kvm"], ["g", ""]]
    assert tables["frames"]["offset"][0] == 1
    assert not notes


def test_trace_cmd_stacks():
    text = (
        " a-1 [001] 1.5: write_msr: 1c4, value 0\n a-1 [001] 1.6: kernel_stack:         <stack trace >\n=> f (ffffffff81000000)\n"
    )
    tables, _ = parse("cpus=2\n" + text)
    assert list(tables["traces"]["headline"]) == ["write_msr: 1c4, value 0"]
    assert list(tables["frames"]["symbol"]) == ["f"]


@pytest.mark.parametrize("name", FILES)
def test_a_recording_may_be_cut_at_any_line(name):
    lines = (ROOT / name).read_text().splitlines()
    for first in range(0, len(lines), max(1, len(lines) // 6)):
        for last in range(first + 1, len(lines) + 1, max(1, len(lines) // 9)):
            tables, _ = parse("\n".join(lines[first:last]))
            part = [line for line in lines[first:last] if "[00" in line]
            stacks = sum("stack trace>" in line for line in part)
            assert (len(tables["events"]), len(tables["traces"])) == (len(part) - stacks, stacks)


@pytest.mark.parametrize("name", FILES)
def test_recordings_are_recognised_without_their_header(name):
    lines = [line for line in (ROOT / name).read_text().splitlines() if not line.startswith("#")]
    assert recognise(document("\n".join(lines))) == "ftrace"


@pytest.mark.parametrize(
    "text",
    [
        "[ 5905.771721] handle_xfd_event on CPU0\n",
        "onednn_verbose,v1,info,cpu,isa:Intel AMX\n",
        "environment,launch,value\nvm,1,2\n",
        "$ ./amx-test-ok -d 10 -t 1 -i 1\nThroughput thread0: 744 bytes per second\n",
        "@reason[32]: 143258\n",
        "Prose that speaks of a-1 [001] and of 1.5: nothing else.\n",
        " => f\n",
        " \n",
    ],
)
def test_other_texts_are_not_taken(text):
    assert ftrace.sniff(document(text)) == 0


def test_options():
    with pytest.raises(ap.UsageError, match="side"):
        parse("x\n", side="left")
    with pytest.raises(ap.UsageError, match="no option"):
        parse("x\n", sid="host")


def test_no_events_is_a_note():
    tables, notes = parse("hello\nworld\n")
    assert not len(tables["events"])
    assert [(note.code, note.line) for note in notes] == [("no-events", 0), ("unknown-lines", 1)]


@settings(deadline=None, max_examples=60)
@given(st.text())
def test_random_text_never_raises(text):
    if text.strip() and "\0" not in text:
        parse(text)
    ftrace.sniff(document(text))


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(sorted(LAYOUTS)), st.text() | st.from_regex(r"[a-z_]{1,9}[=: ](0x)?[0-9a-f]{1,20}( #GP)?"))
def test_random_payloads_never_raise_and_keep_their_text(kind, text):
    assert decode(kind, text)["detail"] == text.strip()


def test_the_kernels_script_puts_names_to_msrs():
    row = event("read_msr: MSR_CORE_PERF_FIXED_CTR1(30a), value ffffcabcacaa")
    assert (row["msr"], row["value"]) == (0x30A, 0xFFFFCABCACAA)


def test_a_few_lines_of_a_trace_in_a_text_are_read():
    text = "What I see here is\n\n <idle>-0       [000] dN.. 38980.032347: read_msr: 0, value fff\n\nand nothing else.\n"
    assert ftrace.sniff(document(text)) == 25 and recognise(document(text)) == "ftrace"
    tables, notes = parse(text)
    assert tables["events"]["msr"].tolist() == [0] and [note.code for note in notes] == ["unknown-lines"]
    assert ftrace.sniff(document("More and more words.\n" * 20 + text)) == 0


@pytest.mark.parametrize("mark", "│┃║")
def test_a_drawn_box_is_no_part_of_a_task(mark):
    tables, _ = parse(f"{mark} perf 12345 [000] 123456.789: cpu-clock:  {mark}\n")
    assert tables["events"].empty


MARKED = """\
# tracer: nop
#
           <...>-2776    [001] ...1. 44307.106248: tracing_mark_write: step 1
 of 3: load
           <...>-2776    [001] ...1. 44307.106262: tracing_mark_write: step 2
           <...>-2776    [001] ...1. 44307.106271: tracing_mark_write: two
more
 lines
"""


@pytest.mark.parametrize("engine", ["plain", "compiled"])
def test_a_text_of_several_lines_in_a_trace(engine, monkeypatch):
    """Recorded with printf 'step 1\\n of 3: load\\n' > trace_marker (and so on) in an instance of tracefs."""
    monkeypatch.setenv("AMXPERF_ENGINE", engine)
    tables, notes = parse(MARKED)
    assert tables["events"][["line", "detail"]].values.tolist() == [[3, "step 1 of 3: load"], [5, "step 2"], [6, "two more lines"]]
    assert [(note.code, note.line, note.count) for note in notes] == [("joined-text", 4, 3)]
    tables, notes = parse(MARKED.replace("tracing_mark_write", "kvm_fpu"))
    assert [note.code for note in notes] == ["unknown-lines"]
