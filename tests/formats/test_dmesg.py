"""Kernel logs: counts on the captures of the notes against a second count, and what must hold for any input."""

# ruff: noqa: E501 (lines of logs stand whole)

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import amxperf as ap
from amxperf.document import Document
from amxperf.formats import dmesg, recognise
from amxperf.formats.kernellog.roles import ROLES

NOTES = Path(__file__).parents[2] / "data" / "notes-2024"
LOGS = sorted(path.relative_to(NOTES).as_posix() for path in NOTES.rglob("*.dmesg"))

# By a second reader, in each file f of data/notes-2024:
#   lines       wc -l f
#   traces      grep -c 'Call Trace:' f
#   frames      grep -cE '\+0x[0-9a-f]+/0x[0-9a-f]+' f
#   unreliable  grep -cE '\]  \? ' f
#   registers   grep -oE '\b(R[A-Z0-9]{2}|EFLAGS|ORIG_RAX|Code): ' f | wc -l
#   events      grep -cE 'calltrace$|xstate_request_perm|dynamic on-demand|handle_xfd_event on|set MSR_|write xfd|read XFD_ERR|queue #nm' f
COUNTED = {
    "tdx/boot/host.dmesg": (41, 2, 21, 7, 20, 3),
    "tdx/first-use/guest.dmesg": (40, 2, 10, 0, 39, 4),
    "tdx/no-permission/guest.dmesg": (1, 0, 0, 0, 0, 1),
    "vm/boot/guest.dmesg": (11, 1, 6, 0, 0, 1),
    "vm/boot/host.dmesg": (104, 6, 75, 20, 0, 3),
    "vm/first-use/host.dmesg": (40, 2, 30, 12, 0, 2),
}


def document(text, source="a.dmesg"):
    return Document(source, text.encode(), "")


def parse(text, **options):
    return dmesg.read(document(text), options)


def test_every_log_of_the_notes_is_counted():
    assert sorted(COUNTED) == LOGS


@pytest.mark.parametrize("name", LOGS)
def test_counts(name):
    capture = ap.read(NOTES / name)
    unreliable = int((~capture.frames["reliable"]).sum())
    found = [len(getattr(capture, table)) for table in ("lines", "traces", "frames", "registers", "events")]
    assert capture.format == "dmesg"
    assert (*found[:3], unreliable, *found[3:]) == COUNTED[name]


def test_totals():
    # sums over the six files, by hand from the table above: the 13 traces and 142 frames, 39 of them unreliable
    assert [sum(column) for column in zip(*COUNTED.values(), strict=True)] == [237, 13, 142, 39, 59, 14]


@pytest.mark.parametrize("name", LOGS)
def test_frames_against_a_second_parser(name):
    """Symbol, offset, size, module and line of every frame, by one regular expression over the raw lines."""
    pattern = re.compile(r"\]  (\? )?(\S+)\+0x(\w+)/0x(\w+)(?: \[(\w+)\])?$")
    expected = [
        (number, m[2], m[2].split(".")[0], int(m[3], 16), int(m[4], 16), m[5] or "", m[1] is None)
        for number, line in enumerate((NOTES / name).read_text().splitlines(), 1)
        if (m := pattern.search(line))
    ]
    frames = ap.read_dmesg(NOTES / name).frames
    columns = ["line", "symbol", "function", "offset", "size", "module", "reliable"]
    assert [tuple(row) for row in frames[columns].astype(object).values.tolist()] == expected


def traces_of(name):
    columns = ["line", "end", "headline", "cpu", "pid", "comm", "kernel", "taint", "complete"]
    return [tuple(row) for row in ap.read_dmesg(NOTES / name).traces[columns].values.tolist()]


def test_traces_of_the_host_of_a_tdx_guest():
    # read by hand off data/notes-2024/tdx/boot/host.dmesg
    assert traces_of("tdx/boot/host.dmesg") == [
        (4, 18, "Guest ARCH_REQ_XCOMP_GUEST_PERM calltrace", 1, 4357, "tdxvm", "", "Not tainted", "closed"),
        (23, 41, "fpstate_realloc (4361 CPU 0/KVM) dynamic on-demand allocate fpstate", 126, 4361, "CPU 0/KVM",
         "6.7.0-rc1-tdx-fix-test-g34e60203b79e-dirty", "Not tainted", "end of file"),
    ]  # fmt: skip


def test_traces_of_the_host_of_a_vm():
    # read by hand off data/notes-2024/vm/boot/host.dmesg: the quoted dumps lack their closing </TASK>
    head = "kvm_set_msr_common set "
    assert traces_of("vm/boot/host.dmesg") == [
        (3, 8, "", 1, 4367, "genvm", "", "Not tainted", "next marker"),
        (11, 28, "", 5, 4371, "CPU 0/KVM", "", "Not tainted", "next marker"),
        (31, 47, "", 5, 4371, "CPU 0/KVM", "", "Not tainted", "unrelated line"),
        (51, 63, head + "MSR_IA32_XFD to 0x0 on vcpu1 cpu1", 1, 4371, "CPU 0/KVM", "", "Not tainted", "unrelated line"),
        (69, 81, head + "MSR_XFD_ERR to 0x0 on vcpu1 cpu1", 1, 4371, "CPU 0/KVM", "", "Not tainted", "unrelated line"),
        (85, 104, head + "MSR_IA32_XFD to 0x40000 on vcpu1 cpu1", 1, 4371, "CPU 0/KVM", "", "Not tainted", "end of file"),
    ]


def test_a_trace_in_full():
    capture = ap.read_dmesg(NOTES / "tdx/first-use/guest.dmesg")
    assert set(capture.traces["hardware"]) == {"QEMU Standard PC (Q35 + ICH9, 2009), BIOS unknown 2/2/2022"}
    assert set(capture.frames["context"]) == {"TASK"}
    second = capture.frames[capture.frames["trace"] == 2]
    assert list(second["function"]) == [
        "dump_stack_lvl", "fpstate_realloc", "__xfd_enable_feature", "handle_xfd_event", "exc_device_not_available",
        "asm_exc_device_not_available",
    ]  # fmt: skip
    registers = {row["name"]: row["value"] for row in capture.registers[capture.registers["trace"] == 1].to_dict("records")}
    # what the dump of the permission request says (facts: RDI = 0x1023 asks for a task, RSI = 18 is XTILEDATA, 0x9e is arch_prctl)
    assert int(registers["RDI"], 16) == 0x1023
    assert int(registers["RSI"], 16) == 18
    assert int(registers["ORIG_RAX"], 16) == 158
    assert registers["RIP"] == "0033:0x7f2ea0b1e88d"
    assert "<48> 3d 01" in registers["CODE"]


EVENTS = {  # kind, line, cpu, pid, comm, msr, value: by hand off the files
    "tdx/boot/host.dmesg": [
        ("guest_perm_request", 1, None, 4357, "tdxvm", None, 0x1025),
        ("perm_check", 19, None, None, "", None, None),
        ("fpstate_realloc", 20, None, 4361, "CPU 0/KVM", None, None),
    ],
    "tdx/first-use/guest.dmesg": [
        ("perm_request", 1, None, 2292, "amx-test-ok", None, 0x1023),
        ("perm_check", 19, None, None, "", None, None),
        ("handle_xfd_event", 20, 0, None, "", None, None),
        ("fpstate_realloc", 21, None, 2292, "amx-test-ok", None, None),
    ],
    "tdx/no-permission/guest.dmesg": [("handle_xfd_event", 1, 0, None, "", None, None)],
    "vm/boot/guest.dmesg": [("write_xfd", 1, 0, 0, "swapper/0", 0x1C4, 0x40000)],
    "vm/boot/host.dmesg": [
        ("kvm_set_msr", 48, 1, 4371, "CPU 0/KVM", 0x1C4, 0),
        ("kvm_set_msr", 66, 1, 4371, "CPU 0/KVM", 0x1C5, 0),
        ("kvm_set_msr", 82, 1, 4371, "CPU 0/KVM", 0x1C4, 0x40000),
    ],
    "vm/first-use/host.dmesg": [
        ("nm_exit_read_xfd_err", 1, None, 4371, "CPU 0/KVM", 0x1C5, 0x40000),
        ("nm_queued", 20, None, 4371, "CPU 0/KVM", None, None),
    ],
}


@pytest.mark.parametrize("name", LOGS)
def test_events(name):
    capture = ap.read_dmesg(NOTES / name, side="host")
    columns = ["kind", "line", "cpu", "pid", "comm", "msr", "value"]
    rows = capture.events[columns].astype(object).where(capture.events[columns].notna(), None)
    assert [tuple(row) for row in rows.values.tolist()] == EVENTS[name]
    assert set(capture.events["side"]) == {"host"}
    assert capture.events["vcpu"].isna().all()
    lines = (NOTES / name).read_text().splitlines()
    assert all(lines[row["line"] - 1].endswith(row["detail"]) for row in capture.events.to_dict("records"))


def test_the_doubtful_vcpu_is_noted_once_per_file():
    codes = {name: [note.code for note in ap.read_dmesg(NOTES / name).notes] for name in LOGS}
    assert {name for name, found in codes.items() if found} == {"vm/boot/host.dmesg", "vm/first-use/host.dmesg"}
    assert set(map(tuple, filter(None, codes.values()))) == {("vcpu-is-cpu",)}


STOCK = """\
[    0.000000] x86/fpu: Supporting XSAVE feature 0x20000: 'AMX Tile config'
[    0.000000] x86/fpu: Supporting XSAVE feature 0x40000: 'AMX Tile data'
[    0.000000] x86/fpu: xstate_offset[2]:  576, xstate_sizes[2]:  256
[    0.000000] x86/fpu: xstate_offset[18]: 2560, xstate_sizes[18]: 8192
[    0.000000] x86/fpu: Enabled xstate features 0x602e7, context size is 10752 bytes, using 'compacted' format.
[    0.000000] signal: max sigframe size: 11952
[    0.000000] tdx: Guest detected
[    1.000000] virt/tdx: BIOS enabled: private KeyID range [32, 64)
[    1.500000] virt/tdx: TDX module: attributes 0x0, vendor_id 0x8086, major_version 1, minor_version 5, build_date 20231008, build_num 595
[    2.000000] virt/tdx: module initialized
[    9.000000] traps: amx-test-no[25376] trap invalid opcode ip:401136 sp:7ffe9ae88828 error:0 in amx-test-no[401000+1000]
"""


def test_messages_of_a_stock_kernel():
    events = parse(STOCK)[0]["events"]
    assert list(events["kind"]) == [
        "xstate_feature", "xstate_feature", "xstate_size", "xstate_size", "xstate_enabled", "sigframe_size", "tdx_guest", "tdx_keyids",
        "tdx_module", "tdx_initialized", "trap_sigill",
    ]  # fmt: skip
    assert list(events["xfeatures"][:5]) == [1 << 17, 1 << 18, 1 << 2, 1 << 18, 0x602E7]
    assert list(events["value"][2:6]) == [256, 8192, 10752, 11952]
    assert list(events["reason"][[1, 4, 7, 8]]) == ["AMX Tile data", "compacted", "[32, 64)", "major_version 1, minor_version 5"]
    last = events.iloc[-1]
    assert (last["comm"], last["pid"], last["value"], last["reason"]) == ("amx-test-no", 25376, 0x401136, "SIGILL")


def stripped(name):
    """The capture's lines as (stamp, message), by another regular expression; a line without a stamp gets its successor's."""
    stamp, rows = "    0.000000", []
    for line in reversed((NOTES / name).read_text().splitlines()):
        if found := re.match(r"\[ *(\d+\.\d+)\] ", line):
            stamp, line = found[1], line[found.end() :]
        rows.append((stamp, line))
    return rows[::-1]


STYLES = {
    "caller": lambda t, m: f"[{t:>12}][    T9] {m}",
    "dmesg -x": lambda t, m: f"kern  :warn  : [{t:>12}] {m}",
    "dmesg -x with caller": lambda t, m: f"kern  :warn  : [{t:>12}] [    C3] {m}",
    "raw level": lambda t, m: f"<4>[{t:>12}] {m}",
    "syslog": lambda t, m: f"Feb 18 10:00:00 host kernel: [{t:>12}] {m}",
    "journal": lambda t, m: f"Feb 18 10:00:00 host kernel: {m}",
    "iso": lambda t, m: f"2024-02-18T10:00:00,000000+08:00 {m}",
    "wall clock": lambda t, m: f"[Sun Feb 18 10:00:00 2024] {m}",
    "kmsg": lambda t, m: f"4,123,{t.replace('.', '').lstrip('0') or 0},-,caller=T9;{m}",
    "mail": lambda t, m: f"> [{t:>12}] {m}",
    "none": lambda t, m: m,
    "crlf": lambda t, m: f"[{t:>12}] {m}\r",
}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", LOGS)
def test_another_prefix_gives_the_same_tables(name, style):
    plain = "\n".join(f"[{t:>12}] {m}" for t, m in stripped(name)) + "\n"
    other = "\n".join(STYLES[style](t, m) for t, m in stripped(name)) + "\n"
    expected, found = parse(plain)[0], parse(other)[0]
    for table, but in [("traces", ["timestamp"]), ("frames", []), ("registers", []), ("events", ["timestamp"])]:
        assert found[table].drop(columns=but).equals(expected[table].drop(columns=but)), table
    assert list(found["lines"]["message"]) == list(expected["lines"]["message"])
    assert recognise(document(other)) == "dmesg"


@pytest.mark.parametrize("name", LOGS)
def test_a_capture_may_be_cut_at_any_line(name):
    lines = (NOTES / name).read_text().splitlines()
    for first in range(0, len(lines), 7):
        for last in range(first + 1, len(lines) + 1, 5):
            if "".join(lines[first:last]).strip():
                tables, _ = parse("\n".join(lines[first:last]) + "\n")
                assert len(tables["lines"]) == last - first
                whole = tables["traces"][tables["traces"]["complete"] != "head cut"]
                assert len(whole) == sum("Call Trace:" in line for line in lines[first:last])
                assert len(tables["traces"]) - len(whole) <= 1
                assert len(tables["frames"]) == sum(re.search(r"\+0x[0-9a-f]+/0x", line) is not None for line in lines[first:last])


def test_boots():
    one = "[    0.000000] microcode: early\n[    0.000000] Linux version 6.7.0\n[    5.000000] a\n[    4.999000] b\n"
    assert set(parse(one)[0]["lines"]["boot"]) == {""}
    trace = "[    6.000000] Call Trace:\n[    6.000000]  a+0x1/0x2\n"
    tables, notes = parse(one + trace + one + trace)
    assert list(tables["lines"]["boot"]) == ["1"] * 6 + ["2"] * 6
    assert list(tables["traces"]["boot"]) == ["1", "2"]
    assert [(note.code, note.line) for note in notes] == [("several-boots", 7)]
    assert list(parse("Linux version 6.1\nx\nLinux version 6.2\n")[0]["lines"]["boot"]) == ["1", "1", "2"]


def test_lost_messages_and_wall_clocks_are_noted():
    _, notes = parse("[    1.000000] ** 12 printk messages dropped **\n[    2.000000] a\n")
    assert [(note.code, note.message[:2], note.line) for note in notes] == [("lost-messages", "12", 1)]
    tables, notes = parse("[Sun Feb 18 10:00:00 2024] a\n")
    assert tables["lines"]["timestamp"].isna().all()
    assert [note.code for note in notes] == ["wall-clock"]


@pytest.mark.parametrize(
    "text",
    [
        "Illegal instruction (core dumped)\n",
        "$ ./amx-test-ok -d 10 -t 1 -i 1\nThroughput thread0: 744 bytes per second\n",
        "onednn_verbose,v1,info,cpu,isa:Intel AMX\nonednn_verbose,v1,primitive,exec,cpu,matmul\n",
        "environment,launch,benchmark,metric,value,unit\nvm,1,a,time,1.5,s\n4,123,456,1\n",
        "@reason[32]: 143258\n@reason[12]: 9\n",
        "# tracer: nop\n#\n amx-13045 [001] d.... 2254.520740: read_msr: 1c5, value 40000\n",
        "A trace opens at Call Trace: and the rest is prose.\nNothing here is a log.\n",
        "2025-06-27 15:21:34,123 - root - INFO - started\n",
        "2025-06-27 15:21:34 host app[1]: hello\n",
        "[    12.345] (II) Loading sub module\n",
        "[1.5, 2.5]\n[3.5, 4.5]\n",
        "   \n",
    ],
)
def test_other_texts_are_not_taken(text):
    assert dmesg.sniff(document(text)) == 0


@pytest.mark.parametrize("name", LOGS)
def test_every_capture_is_taken(name):
    assert dmesg.sniff(ap.document.load(NOTES / name)) >= 70


def test_options():
    with pytest.raises(ap.UsageError, match="side"):
        parse("[    1.000000] a\n", side="left")
    with pytest.raises(ap.UsageError, match="no option"):
        parse("[    1.000000] a\n", sid="host")


@settings(deadline=None, max_examples=60)
@given(st.text())
def test_random_text_never_raises(text):
    if text.strip() and "\0" not in text:
        tables, _ = parse(text)
        assert len(tables["lines"]) == len(document(text).lines)
    dmesg.sniff(document(text))


CONSOLE = """\
vm login: [    1.000000][    T7] CPU: 1 PID: 7 Comm: cat Not tainted 6.7.0 #1
[    1.000000][    T7] Call Trace:
[  OK  ] Started a service
[    1.000001][    T7]  a+0x1/0x2
Starting another...[    1.000002][    T7]  b+0x1/0x2
[    1.000003][    T9] usb 1-1: new device
[    1.000004][    T7]  </TASK>
"""


def test_a_program_on_the_console_does_not_disturb_a_trace():
    tables, _ = parse(CONSOLE)
    assert tables["traces"][["line", "end", "cpu", "pid", "complete"]].values.tolist() == [[2, 7, 1, 7, "closed"]]
    assert list(tables["frames"]["function"]) == ["a", "b"]
    lines = tables["lines"][["line", "role", "message"]].values.tolist()
    assert [line for line, _, _ in lines] == [1, 2, 3, 4, 5, 5, 6, 7]
    assert [role for _, role, _ in lines] == ["header", "marker", "other", "frame", "program", "frame", "other", "context"]


def test_every_line_has_a_role():
    text = "4,1,1000000,-,caller=T7;Call Trace:\n SUBSYSTEM=pci\n DEVICE=+pci:0000:00:01.0\n4,2,1000001,-,caller=T7; a+0x1/0x2\n"
    tables, _ = parse(text)
    assert list(tables["lines"]["role"]) == ["marker", "detail", "detail", "frame"]
    for name in LOGS:
        lines = ap.read(NOTES / name).lines
        assert (lines["role"] != "").all() and set(lines["role"]) <= set(ROLES)
        assert (lines["role"] == "event").sum() == len(ap.read(NOTES / name).events)


def test_what_the_journal_says_of_boots_and_lost_messages():
    text = (
        "Jun 27 15:21:34 host kernel: Linux version 6.1\nJun 27 15:21:34 host systemd-journald[9]: Missed 12 kernel messages\n"
        "-- Boot 0123456789abcdef0123456789abcdef --\nJun 27 15:21:34 host kernel: Linux version 6.2\n"
    )
    tables, notes = parse(text)
    assert list(tables["lines"]["role"]) == ["boot", "lost", "boot", "boot"]
    assert list(tables["lines"]["boot"]) == ["1", "1", "2", "2"]
    assert [note.code for note in notes] == ["wall-clock", "lost-messages", "several-boots"]


@pytest.mark.parametrize(
    "text",
    [
        "[  +0.000004] usb 1-1: new device\n[  +0.000100] usb 1-1: b\n",
        "[<    0.000004>] usb 1-1: new device\n",
        "kernel: usb 1-1: new device\n",
        "[    T7] usb 1-1: new device\n",
        'unreferenced object 0xffff888101ad8900 (size 32):\n  comm "a", pid 12, jiffies 4294942797\n  backtrace:\n    a+0x1/0x2\n',
    ],
)
def test_logs_without_a_stamp_in_seconds_are_taken(text):
    assert dmesg.sniff(document(text)) >= 70


@pytest.mark.parametrize(
    "text",
    [
        "Call Trace:\n" + " <IRQ>\n" * 3000,
        "Call Trace:\n" + "<A>" * 100_000,
        "[    1.000000] x" * 3000,
        "Call Trace:\n f+0xffffffffffffffff/0xffffffffffffffff\n",
        "[    9.000000] a\n[    8.000000] b\n[    7.000000] c\n",
        "a\0b\n[    1.000000] CPU: 99999999999 PID: 1 Comm: x\n",
        "4,1,99999999999999999999,-;x\n<99>y\n",
        "x S " * 20_000 + " 0x00000000\n",
        "virt/tdx: " + "9" * 100 + " KB allocated for PAMT\nUnexpected #VE: " + "9" * 100 + "\n",
    ],
    ids=range(9),
)
def test_hostile_input(text):
    tables, _ = parse(text)
    assert len(tables["lines"]) >= 1


def test_the_source_of_a_program_that_quotes_a_log_is_no_log():
    source = 'def test():\n    """Call Trace:\n    """\n    lines = ["Call Trace:", "f+0x1/0x2"]\n    run("BUG: x", "RIP: 0010:f+0x1/0x2")\n'
    assert dmesg.sniff(document("Call Trace:\n" + source)) == 0
    assert dmesg.sniff(document("import re\nLOG = '''\nCall Trace:\n f+0x1/0x2\n'''\n")) == 0
    assert dmesg.sniff(document("Call Trace:\n <TASK>\n f+0x1/0x2\n")) == 70


def test_an_oops_has_the_stamp_of_its_headline():
    text = (
        "[    1.500000] general protection fault: 0000 [#1]\n[    1.600000] CPU: 1 PID: 7 Comm: a Not tainted 6.7.0 #1\n"
        "[    1.700000] RIP: 0010:kvm_x+0x1/0x2 [kvm]\n[    1.800000] Call Trace:\n[    1.900000]  f+0x1/0x2\n"
    )
    tables, _ = dmesg.read(document(text), {})
    assert tables["events"][["line", "timestamp", "kind"]].values.tolist() == [[1, 1.5, "oops"]]


def test_a_size_without_room_is_said():
    text = b"[    1.000000] Call Trace:\n[    1.000001]  f+0x10/0x80000000\n[    1.000002]  g+0x80000000/0x90000000\n"
    tables, notes = dmesg.read(Document("a", text), {})
    assert tables["frames"]["offset"].tolist()[0] == 16 and tables["frames"]["size"].isna().all()
    assert [(note.code, note.line) for note in notes] == [("oversized", 2)]


@pytest.mark.parametrize("body", [b"a", b" ", b"[", b"<", b"0123456789abcdef ", b" f+0x1/0x2", b"<IRQ> ", b"> ", b"CPU: 1 PID: 7 Comm: x "])
def test_a_line_of_megabytes(body):
    """Its neighbours are read as ever, and nothing takes more than linear time; 100 MB were tried by hand."""
    text = b"[    1.000000] Call Trace:\n[    1.000001]  f+0x1/0x2\n[    1.000002] " + body * (1_000_000 // len(body))
    tables, _ = dmesg.read(Document("a", text + b"\n[    1.000003]  g+0x1/0x2\n[    1.000004] handle_xfd_event on CPU3\n"), {})
    assert len(tables["lines"]) == 5 and tables["frames"]["function"].tolist() == ["f", "g"] and len(tables["events"]) == 1
