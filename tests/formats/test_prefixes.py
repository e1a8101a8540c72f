"""A capture with something in front of its lines gives the tables of the capture, and no such thing is read as a task's name."""

from pathlib import Path

import pytest

from amxperf.document import Document, load
from amxperf.formats import ftrace, read_document
from amxperf.formats.prefixes import unprefixed

HERE = Path(__file__).parent
TRACES = [HERE / "ftrace" / name for name in ("kvm.trace", "latency.trace", "trace-cmd.trace", "perf.script", "stacks.trace")]
TEXTS = [*TRACES, *(HERE / "samples/perf_stat" / name for name in ("default.txt", "csv.txt", "interval.txt", "json.txt"))]
CLOCKS = [
    "2026-02-03 04:05:06 ", "2026-02-03T04:05:06.1234567Z ", "[2026-02-03 04:05:06,123] ", "Feb  3 04:05:06 ", "04:05:06.123456 ",
    "[04:05:06] ", "Tue Feb  3 04:05:06 ",
]  # fmt: skip
FRONTS = [
    "# ", "#", "// ", "-- ", " * ", "| ", "logs/run-1/trace.txt:", "/sys/kernel/tracing/trace:", "a.log:{}:", "{}:", "{:6d}\t",
    "{:4d}  ", "guest-1    | ",
]  # fmt: skip


def prefixed(document, front):
    text = "".join(front.format(number) + line + "\n" for number, line in enumerate(document.lines, 7))
    return Document(document.source, text.encode(), "", document.path)


def whole(path):
    document = load(path)
    return Document(document.source, ("\n".join(document.lines) + "\n").encode(), "", document.path)


def same(mine, its):
    for name, table in mine.tables.items():
        assert its.tables[name].equals(table), name
    assert [note for note in its.notes if note.code != "prefixed"] == list(mine.notes)
    assert [note.code for note in its.notes].count("prefixed") == 1


@pytest.mark.parametrize("front", CLOCKS)
@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_a_wall_clock_changes_no_table(path, front):
    document = whole(path)
    same(read_document(document), read_document(prefixed(document, front)))


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.name)
def test_what_stands_before_a_trace_changes_no_table(path, front):
    if front == "#" and path.name in ("perf.script", "latency.trace"):
        front = "#  "  # where no blank follows, it may be a name that begins with #
    document = whole(path)
    same(read_document(document), read_document(prefixed(document, front)))


@pytest.mark.parametrize("path", TRACES, ids=lambda path: path.name)
def test_a_trace_out_of_the_kernel_log_is_read_where_its_format_is_named(path):
    document = whole(path)
    same(read_document(document, "ftrace"), read_document(prefixed(document, "[  101.000001] "), "ftrace"))


def test_a_kernel_log_keeps_its_prefixes():
    text = "".join(f"2026-02-03T04:05:0{i},000000+00:00 host kernel: x86/fpu: line {i}\n" for i in range(5))
    assert unprefixed(Document("a", text.encode(), "")) is not None
    capture = read_document(Document("a", text.encode(), ""))
    assert capture.format == "dmesg" and not [note for note in capture.notes if note.code == "prefixed"]


@pytest.mark.parametrize(
    "line",
    [
        "# amx-test-7   [001] d.... 1.500000: read_msr: 1c5, value 40000",
        "#       amx-test-7   [001] d.... 1.500000: read_msr: 1c5, value 40000",
        "  # amx-test-7   [001] d.... 1.500000: read_msr: 1c5, value 40000",
        "#amx-test-7   [001] d.... 1.500000: read_msr: 1c5, value 40000",
        "Feb  3 04:05:06 amx-test-7   [001] d.... 1.500000: read_msr: 1c5, value 40000",
        "stdout:         amx-test-7   [001] d.... 1.500000: read_msr: 1c5, value 40000",
        "guest.txt:12:amx-test-7   [001] d.... 1.500000: read_msr: 1c5, value 40000",
        "guest.txt:12:amx-test 7   [001] 1.500000: msr:read_msr: 1c5, value 40000",
        "04:05:06.123456 amx-test 7   [001] 1.500000: msr:read_msr: 1c5, value 40000",
        " 0)  a long front amx-te-77  |   0.100 us    |  rcu_read_lock();",
    ],
)
def test_one_such_line_among_others_is_left_over_and_counted(line):
    """It was read as a task that is called `# amx-test`."""
    text = " b-1 [000] d.... 1.400000: kvm_fpu: load\n" * 5 + line + "\n"
    tables, notes = ftrace.read(Document("a", text.encode(), ""), {})
    assert set(tables["events"]["comm"]) == {"b"}
    assert [(note.code, note.line) for note in notes] == [("unknown-lines", 6)]


@pytest.mark.parametrize(
    "comm", ["#x", "a # b", "12:30", "kworker/u8:1-ev", "(sd-pam)", "[x]", "a-1 [000] 2", "1.5:", "trace:", "ab.txt:3"]
)
def test_odd_names_of_tasks_stay(comm):
    text = f" {comm:>15}-7       [001] d....  1.500000: kvm_fpu: load\n" * 3
    capture = read_document(Document("a", text.encode(), ""))
    assert capture.tables["events"]["comm"].tolist() == [comm] * 3 and not capture.notes


def test_numbers_that_do_not_grow_are_no_numbers_of_lines():
    text = "".join(f"{n}:bash-166   [000] d....  1.50000{i}: kvm_fpu: load\n" for i, n in enumerate((3, 12, 3)))
    capture = read_document(Document("a", text.encode(), ""))
    assert capture.tables["events"]["comm"].tolist() == ["3:bash", "12:bash", "3:bash"]


def test_names_of_files_in_front_of_a_report_of_several():
    """trace-cmd report -i host.dat -i guest.dat prints them to the right, and two blanks behind their colons."""
    lines = [" CPU 0/KVM-45  [001]  2.167192: kvm_fpu: load", "    <idle>-0     [000]  2.167196: hrtimer_cancel:"] * 3
    text = "".join(f"{name:>22}:  {line}\n" for name, line in zip(("host.dat", "guest-2.dat") * 3, lines, strict=True))
    capture = read_document(Document("a", text.encode(), ""))
    assert capture.tables["events"]["comm"].tolist() == ["CPU 0/KVM", "<idle>"] * 3
    assert [note.code for note in capture.notes] == ["prefixed"]


@pytest.mark.parametrize("front", ["// ", "# ", "-- "])
def test_a_result_in_a_comment_is_read_where_it_is_of_no_format_as_it_stands(front):
    document = whole(HERE / "samples/google_benchmark/tabular.txt")
    mine, its = read_document(document), read_document(prefixed(document, front))
    assert its.format == "google_benchmark"
    same(mine, its)
