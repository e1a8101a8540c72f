"""Forms of writing: what the first lines tell, and that no line is lost by undoing it."""

import corpus
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amxperf.document import Document
from amxperf.formats import dmesg
from amxperf.formats.kernellog import dialect, journalfields, logjson, mailpage, runon

LOGS = [entry for entry in corpus.logs() if not entry.data.startswith((b"{", b"\x1f", b"\xfd", b"\xff\xfe", b"\xfe\xff"))]


def test_the_kernels_own_forms_are_left_alone():
    found = [entry.name for entry in LOGS if dialect.passes(Document("", entry.data).head)]
    assert found == []


def test_each_form_is_told():
    names = {
        "mail-encoded": 2, "terminal-wrapped": 2, "frame-broken-in-module": 1, "arm-callers-broken": 1, "numbered-lines": 1,
        "numbered-with-clock": 1, "maker-processor-task-pid": 1, "maker-processor-pid-task": 1, "netconsole-fragments": 1,
        "run-together": 1, "rip-broken-off": 1,
        "names-in-front": 1, "bar-in-front": 3, "counted-syslog": 2, "arm-from-broken": 1, "flowed-klogd": 2,
        "wrapped-with-one-full": 2, "maker-two-blanks": 1,
        "uptime-and-gap": 1, "guest-under-a-unit": 1, "console-in-a-field": 1, "container-json": 1, "array-of-objects": 1,
        "comma-separated": 1, "clock-alone": 1, "table-of-a-page": 1, "two-in-a-line": 1, "found-by-grep": 1,
        "every-line-twice": 1, "monotonic-programs": 1, "marked-code": 1, "kernel-as-a-source": 1, "panic-behind-frames": 1,
        "twice-and-cut": 1,
        "line-ends-lost": 1, "json-ends": 1, "quoted-strings": 1, "maker-pid-first": 1, "maker-minus": 1,
        "head-of-a-switch": 1, "head-without-stamps": 1, "web-page": 1, "maker-dot-and-blanks": 1,
        "mail-coded-ends": 2, "mail-page-coded": 4, "page-broken-elements": 1, "report-in-a-string": 1, "string-over-lines": 1,
    }  # fmt: skip
    logs = {entry.name: Document("", entry.data).head for entry in corpus.pasted()}
    found = {name: len(dialect.passes(head)) for name, head in logs.items() if not logjson.looks_like_json(head)}
    assert {name: count for name, count in found.items() if count} == names


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from([  # few kinds of lines, each several times
    "[    1.000000] a", "[    1.000000]  f+0x1/0x2 [kvm", "[12345.123456] ------------[ cut here ]------------", "[    2.000000] ",
    "[    3.000000] [4:  task:  825] a", "[    3.000000] (0)[848:task] a", "[    3.000000] c7 a", "[    3.000000]  (1)[9:b]", "",
    "[    4,000000] a [    4.100000] b [    4.200000] c [    4.300000] d", "[    5.000000] a [ 5.000000] (0)[8:t] b", " \t",
    "[    6.000000][  T12] " + 60 * "x", "[    6.000000] " + 58 * "x" + " ", "[    6.000000] " + 61 * "x" + "=", "a", "12: b",
    "[    7.000000] a\"}", "[    7.000000] a\" ", "[    7.000000] a\",", "[    7.000000] f+0x1/0x2 g+0x1/0x2 h+0x1/0x2" + 40 * " x",
    "[    7.000000s][pid:7,cpu1,a]b", "[    7.000000] -(0)[8:t] b", "[    7.000000] &lt;a&gt;", "[    7.000000] a<br/> ",
]), min_size=1, max_size=3).flatmap(lambda kinds: st.lists(st.sampled_from(kinds), max_size=9)))  # fmt: skip
def test_lines_said_to_be_ordinary_need_nothing(lines):
    assert len(dialect.passes(lines)) == len(dialect._needed(lines))


def test_common_logs_are_ordinary():
    ordinary = [all(map(dialect._ordinary, Document("", entry.data).head)) for entry in LOGS]
    assert sum(ordinary) > len(LOGS) / 3


LINED = [entry for entry in corpus.pasted() if not journalfields.is_structured(Document("", entry.data).head)]


@pytest.mark.parametrize("entry", LINED, ids=str)
def test_no_line_is_lost(entry):
    lines = Document("a", entry.data).lines
    tables, _ = dmesg.read(Document("a", entry.data), {})
    assert sorted(set(tables["lines"]["line"])) == list(range(1, len(lines) + 1))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from([entry for entry in corpus.pasted() if dialect.passes(Document("", entry.data).head)]),
                min_size=1, max_size=2), st.integers(0, 1 << 16))  # fmt: skip
def test_any_lines_come_out_once(entries, seed):
    """Whatever the passes are and in whatever order the lines stand, every line comes out, in order, once unless it is cut."""
    lines = [line for entry in entries for line in Document("", entry.data).lines]
    what = [one for entry in entries for one in dialect.passes(Document("", entry.data).head)]
    start = seed % len(lines)
    mixed = lines[start:] + lines[: start // 2]
    found = [written.line for written in dialect.rewritten(mixed, what)]
    assert sorted(set(found)) == list(range(1, len(mixed) + 1)) and found == sorted(found)
    assert len(found) == len(mixed) or {runon.cut, mailpage.decoded, mailpage.literal} & set(what)
