"""A capture that was mailed gives the tables of the capture: any sample with the marks and the broken lines of a mail."""

from pathlib import Path

import pytest

from amxperf.document import Document, load
from amxperf.formats import read_document, recognise
from amxperf.formats.quoting import unquoted

HERE = Path(__file__).parent
SAMPLES = [
    HERE / "ftrace/kvm.trace", HERE / "ftrace/tracefs.trace", HERE / "ftrace/latency.trace", HERE / "ftrace/perf.script",
    *sorted(path for name in ("perf_stat", "kvm_stat", "bpftrace", "onednn") for path in (HERE / "samples" / name).glob("*.txt")),
]  # fmt: skip
SAMPLES = [path for path in SAMPLES if path.is_file() and 3 <= path.read_bytes().count(b"\n") < 1000]


def mailed(document, how):
    return Document(document.source, "".join(how(line) + "\n" for line in document.lines).encode(), "", document.path)


@pytest.mark.parametrize("mark", ["> ", "> > ", ">> "])
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_marks_of_a_mail_change_no_table(path, mark):
    document = load(path)
    whole = Document(document.source, ("\n".join(document.lines) + "\n").encode(), "", document.path)
    other = mailed(document, lambda line: mark + line)
    assert recognise(whole) == read_document(other).format
    mine, its = read_document(whole), read_document(other)
    for name, table in mine.tables.items():
        assert its.tables[name].equals(table), name
    assert [note for note in its.notes if note.code != "quoted"] == list(mine.notes)
    assert [note.code for note in its.notes].count("quoted") == 1


EVENTS = """\
 vcpu-7      [001] d.... 12.000001: kvm_exit: vcpu 0 reason MSR_WRITE rip 0xffffffff81000042 info1 0x0 info2 0x0
 vcpu-7      [001] ..... 12.000002: kvm_msr: msr_write 1c4 = 0x40000
 vcpu-7      [001] d.... 12.000003: myprobe: (xfd_write_state+0x0/0x60) state=0x40000 last=0x0
"""


def broken(at):
    """The events, each broken off behind its `at`-th word."""
    lines = []
    for line in EVENTS.splitlines():
        words = line.split(" ")
        place = len(words) - at
        lines += [" ".join(words[:place]) + " ", " ".join(words[place:])]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("at", [1, 2])
@pytest.mark.parametrize("mark", ["", "> "])
def test_lines_that_a_mailer_broke_are_whole_again(at, mark):
    whole = read_document(Document("a", EVENTS.encode(), ""))
    text = "".join(f"{mark}{line}\n" for line in broken(at).splitlines())
    capture = read_document(Document("a", text.encode(), ""), "ftrace")
    events = capture.tables["events"]
    assert events["line"].tolist() == [1, 3, 5]
    assert events.drop(columns="line").equals(whole.tables["events"].drop(columns="line"))
    assert {note.code for note in capture.notes} == {"quoted"}


def test_soft_line_ends_are_joined():
    counter = "         1,234,567      instructions                   #    1.52  insns per cycle"
    text = f"> Performance counter stats for 'x':\n>\n> {counter[:68]}=\n{counter[68:]}\n>\n>   1.500000000 seconds time elapsed\n"
    rows = read_document(Document("a", text.encode(), "")).measurements[["metric", "value", "line"]].values.tolist()
    assert rows[:2] == [["instructions", 1234567.0, 3], ["instructions: insns per cycle", 1.52, 3]]


def test_prose_below_an_event_stays_prose():
    text = EVENTS + "\nWhat comes next is not of the trace.\n"
    capture = read_document(Document("a", text.encode(), ""))
    assert capture.counts()["events"] == 3 and {note.code for note in capture.notes} == {"unknown-lines"}


def test_a_kernel_log_is_left_to_its_own_reader():
    text = "> [    1.000001] Call Trace:\n> [    1.000002]  f+0x1/0x2\n> [    1.000003]  g+0x1/0x2\n"
    capture = read_document(Document("a", text.encode(), ""))
    assert capture.format == "dmesg" and "quoted" not in {note.code for note in capture.notes}


def test_small_things_of_terminals_and_reports():
    interval = "     1.000000001          1,000      cycles\n"
    interval += "     2.000000001          1,100      cycles\n^C     2.400000001            400      cycles\n"
    text = "#           time             counts unit events\n" + interval
    rows = read_document(Document("a", text.encode(), "")).measurements
    assert rows["value"].tolist() == [1000.0, 1100.0, 400.0] and rows["informative"].tolist() == [True, True, False]
    nested = "onednn_verbose,v1,primitive,create_nested:cache_miss,cpu,matmul,ref:any,undef,src:f32::blocked:ab::f0,,,2x1:1x1,0.5\n"
    rows = read_document(Document("a", nested.encode(), "")).measurements
    assert rows[["metric", "cache", "value"]].values.tolist() == [["create_nested_time", "miss", 5e-4]]
    bare = '{"benchmarks": [{"name": "b", "iterations": 3, "real_time": 2.5, "cpu_time": 2.0, "time_unit": "us"}]}\n'
    capture = read_document(Document("a", bare.encode(), ""))
    assert capture.format == "google_benchmark" and 2.5e-6 in capture.measurements["value"].tolist()
    null = '{"counter-value" : "7.000000", "unit" : "", "event" : "x", "event-runtime" : 9, "pcnt-running" : 100.00, '
    null += '"metric-value" : "0.000000", "metric-unit" : "(null)"}\n'
    assert read_document(Document("a", null.encode(), "")).measurements["metric"].tolist() == ["x"]
    late = "  <idle>-0       1d...2.. 2563695127us : write_msr: 1c4, value 40000\n" * 2  # a field of flags more, of PREEMPT_RT
    assert read_document(Document("a", late.encode(), "")).tables["events"]["timestamp"].tolist() == [2563.695127] * 2


def test_events_that_were_broken_off_behind_their_stamps():
    """As git and mailers leave them: the rest stands on the next line, behind a blank; the frames of perf are none of it."""
    text = "".join(f"{line[:line.index(': ') + 1]}\n {line[line.index(': ') + 2:]}\n" for line in EVENTS.splitlines())
    whole = read_document(Document("a", EVENTS.encode(), ""))
    capture = read_document(Document("a", text.encode(), ""))
    columns = ["comm", "pid", "cpu", "timestamp", "kind", "reason", "msr", "value", "detail"]
    assert capture.tables["events"][columns].equals(whole.tables["events"][columns])
    sample = "".join(f"a 7 [001] 12.00000{i}: \n\tffffffff81000000 do_idle\n\n" for i in range(4))
    assert unquoted(Document("a", sample.encode(), "")) is None


def test_a_last_mark_without_a_line_end_is_a_line():
    text = b"> a-1 [000] 1.000001: kvm_fpu: load\n" * 3 + b">"
    assert len(unquoted(Document("a", text)).lines) == len(Document("a", text).lines) == 4
