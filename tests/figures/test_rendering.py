"""Traces, registers, events and steps as text and HTML, against the lines of the captures."""

import re

import pytest

from amxperf import figures, open_dataset
from amxperf.figures.rendering import anchor, html_table, notice, text_table, unlinked

NOTES = "notes-2024"
HOST = "vm/first-use/host.dmesg"
GUEST = "tdx/first-use/guest.dmesg"
FIRST = "vm/first-use/guest.trace"


def grep(data, source, trace):
    """Frames of a trace: number, text and mark of every line with +0x.../0x... after its `Call Trace:`."""
    current, found = 0, []
    for number, line in enumerate((data(NOTES).root / source).read_text().splitlines(), 1):
        current += "Call Trace:" in line
        frame = re.search(r"(\? )?([\w.]+)\+(0x[0-9a-f]+/0x[0-9a-f]+)(?: \[(\w+)\])?$", line)
        if frame and current == trace and "RIP:" not in line:
            found.append((number, frame[1] or "", f"{frame[2]}+{frame[3]}" + (f" [{frame[4]}]" if frame[4] else "")))
    return found


@pytest.mark.parametrize(("trace", "count"), [(1, 14), (2, 16)])
def test_call_trace(data, trace, count):
    wanted = grep(data, HOST, trace)
    assert len(wanted) == count  # grep -cE '[+]0x[0-9a-f]+/0x' gives 30 for the file
    shown = figures.call_trace(data(NOTES), HOST, trace)
    assert [line.strip() for line in str(shown).splitlines()[2:]] == [mark + text for _, mark, text in wanted]
    html = shown.linked("captures/notes-2024/")._repr_mimebundle_()["text/html"]
    links = re.findall(r'href="captures/notes-2024/vm/first-use/host.dmesg.html#L(\d+)"', html)
    assert [int(number) for number in links[1:]] == [number for number, _, _ in wanted]  # the first is the trace itself
    assert html.count('class="amx-unreliable"') == sum(bool(mark) for _, mark, _ in wanted)
    assert "task CPU 0/KVM (pid 4371)" in html and "CPU 5" in html


def test_every_trace_of_the_notes(data):
    for _, row in data(NOTES).traces.iterrows():
        shown = figures.call_trace(data(NOTES), row["source"], row["trace"])
        assert len(str(shown).splitlines()) == 2 + len(grep(data, row["source"], row["trace"])) and "<NA>" not in str(shown)


def test_unlinked_by_default(data):
    shown = figures.call_trace(data(NOTES), HOST, 1)
    assert "href" not in shown._repr_mimebundle_()["text/html"] and shown.linked("") is shown


def test_a_trace_without_a_header(make):
    log = "[    1.000000] Call Trace:\n[    1.000001]  <TASK>\n[    1.000002]  foo+0x1/0x2\n[    1.000003]  </TASK>\n"
    shown = figures.call_trace(open_dataset(make({"vm/1/a.dmesg": log})), "vm/1/a.dmesg", 1)
    assert str(shown).splitlines()[-1].strip() == "foo+0x1/0x2" and "<NA>" not in str(shown)


@pytest.mark.parametrize("source", [HOST, "vm/nowhere/host.dmesg"])
def test_missing_trace(data, source):
    shown = figures.call_trace(data(NOTES), source, 99)
    assert str(shown).startswith(f"The dataset notes-2024 holds no call trace 99 in {source}. To see one here, put a kernel log")
    assert 'class="amx-notice"' in shown._repr_mimebundle_()["text/html"]
    assert str(figures.register_dump(data(NOTES), source, 99)) == str(shown)


def test_names_are_escaped(make):
    lines = "<b>&", "CPU: 0 PID: 1 Comm: <i> Not tainted #1", "Call Trace:", " foo+0x1/0x2"
    log = "".join(f"[    1.000000] {line}\n" for line in lines)
    html = figures.call_trace(open_dataset(make({"vm/1/a.dmesg": log})), "vm/1/a.dmesg", 1)._repr_mimebundle_()["text/html"]
    assert "<b>" not in html and "<i>" not in html


def test_register_dump(data):
    text = str(figures.register_dump(data(NOTES), GUEST, 1))
    # from the lines of the file: ORIG_RAX 9e, RDI 1023, RSI 12
    assert re.search(r"ORIG_RAX +0+9e +system call 158: arch_prctl", text)
    assert re.search(r"RDI +0+1023 +first argument: ARCH_REQ_XCOMP_PERM", text)
    assert re.search(r"RSI +0+12 +second argument: component 18, XTILEDATA", text)
    tile = str(figures.register_dump(data(NOTES), GUEST, 2))
    assert "at <..>: TILELOADD, tmm2" in tile  # <c4> e2 7b 4b 14 19: VEX, map 0F38, pp F2, opcode 4B; modrm 0x14 has reg 2
    html = figures.register_dump(data(NOTES), GUEST, 1).linked("c/")._repr_mimebundle_()["text/html"]
    assert set(re.findall(r"#L(\d+)", html)) == {str(number) for number in range(10, 18)}  # grep -n: RIP to R13


def test_event_table(data):
    dataset = data("vm-ftrace")
    shown = figures.event_table(dataset, FIRST, ("read_msr",), limit=2)
    lines = [n for n, line in enumerate((dataset.root / FIRST).read_text().splitlines(), 1) if "read_msr:" in line]
    html = shown.linked("c/")._repr_mimebundle_()["text/html"]
    assert [int(n) for n in re.findall(r"guest.trace.html#L(\d+)", html)] == lines[:2]
    assert "reads IA32_XFD_ERR = 0x40000 (XTILEDATA)" in str(shown)
    assert (f"(first 2 of {len(lines)})" in str(shown)) == (len(lines) > 2)
    assert str(figures.event_table(dataset, FIRST, title="Mine")).startswith("Mine")


def test_event_table_of_nothing(data):
    assert str(figures.event_table(data("vm-onednn"))).startswith("No events in the dataset vm-onednn. Record them")
    assert "of the kinds kvm_exit" in str(figures.event_table(data("vm-ftrace"), FIRST, ("kvm_exit",)))


def test_enabling_table(data):
    text = str(figures.enabling_table(data(NOTES), "tdx"))
    assert text.count("none: a TDX guest does this without the host") == 7 and "tdx/first-use/guest.dmesg, line 20" in text
    html = figures.enabling_table(data(NOTES), "vm").linked("c/")._repr_mimebundle_()["text/html"]
    assert 'href="c/vm/boot/guest.dmesg.html#L1"' in html and html.count("<em>not captured</em>") == 6
    assert "has no environment 'snp'" in str(figures.enabling_table(data(NOTES), "snp"))


def test_helpers():
    assert anchor(unlinked, "a", 1, "<b>x</b>") == "<b>x</b>"
    assert anchor(lambda s, n: f"{s}#{n}&", "a", 1, "x") == '<a class="amx-line" href="a#1&amp;" title="a, line 1">x</a>'
    assert "<caption>A &lt; B</caption>" in html_table(["h"], [["c"]], "A < B")
    assert text_table(["a", "long"], [["xx", "y"]]) == "a   long\nxx  y"
    assert "&lt;script&gt;" in notice("<script>")._repr_mimebundle_()["text/html"]
