"""Kernel logs as JSON, by hand from dmesg(1) and systemd.journal-fields(7)."""

import json

import pytest

from amxperf.document import Document
from amxperf.formats import dmesg
from amxperf.formats.kernellog import logjson

DOCUMENT = """\
{
   "dmesg": [
      {
         "pri": 4,
         "time":       12.345678,
         "caller": "T7",
         "msg": "Call Trace:"
      },{
         "fac": "kern",
         "pri": "warn",
         "time":       12.345679,
         "caller": "T7",
         "msg": " a+0x1/0x2"
      },{
         "pri": 30,
         "time": "Fri Jun 27 15:21:34 2025",
         "msg": "hello"
      }
   ]
}
"""


def records(text):
    found = logjson.records(text.split("\n"))
    return [(line, part.message, part.level, part.facility, part.caller, part.wall) for line, part, _ in found]


def test_a_document_of_dmesg():
    assert records(DOCUMENT) == [
        (7, "Call Trace:", "warn", "kern", "T7", ""),
        (13, " a+0x1/0x2", "warn", "kern", "T7", ""),
        (17, "hello", "info", "daemon", "", "Fri Jun 27 15:21:34 2025"),
    ]


def test_a_document_on_one_line_or_with_another_indent_is_the_same():
    whole = json.loads(DOCUMENT)
    rows = whole["dmesg"]
    for text in (json.dumps(whole), json.dumps(whole, indent=1), json.dumps(rows, indent=2), "\n".join(map(json.dumps, rows))):
        assert [row[1:] for row in records(text)] == [row[1:] for row in records(DOCUMENT)]


@pytest.mark.parametrize("at", range(0, len(DOCUMENT), 7))
def test_a_document_may_be_cut_anywhere(at):
    whole = [row[1] for row in records(DOCUMENT)]
    head, tail = [row[1] for row in records(DOCUMENT[:at])], [row[1] for row in records(DOCUMENT[at:])]
    assert head == whole[: len(head)] and tail == whole[len(whole) - len(tail) :]
    assert len(head) + len(tail) >= len(whole) - 1


def journal(**fields):
    return json.dumps({"_TRANSPORT": "kernel", "PRIORITY": "4", "_BOOT_ID": "a" * 32, **fields})


@pytest.mark.parametrize(
    ("fields", "messages"),
    [
        ({"MESSAGE": "a"}, ["a"]),
        ({"MESSAGE": "a\nb"}, ["a", "b"]),
        ({"MESSAGE": list(b"a\x1b[31mb")}, ["a\\x1b[31mb"]),
        ({"MESSAGE": ["first", "second"]}, ["first"]),
        ({"MESSAGE": None}, []),
        ({"MESSAGE": "\ud800"}, ["\\ud800"]),
        ({"MESSAGE": [1, 999]}, []),
        ({"MESSAGE": "x", "PRIORITY": [4], "SYSLOG_FACILITY": {}, "__MONOTONIC_TIMESTAMP": "1e999"}, ["x"]),
    ],
)
def test_messages_of_the_journal(fields, messages):
    assert [part.message for _, part, _ in logjson.records([journal(**fields)])] == messages


def test_boots_programs_and_clocks_of_the_journal():
    rows = [
        journal(MESSAGE="a", __MONOTONIC_TIMESTAMP="2500000", _SOURCE_MONOTONIC_TIMESTAMP="1500000", SYSLOG_FACILITY="3"),
        journal(MESSAGE="b", __MONOTONIC_TIMESTAMP="2500000"),
        journal(MESSAGE="Started", _TRANSPORT="stdout", SYSLOG_IDENTIFIER="systemd"),
        journal(MESSAGE="c", _BOOT_ID="b" * 32),
    ]
    document = Document("a", ("\n".join(rows) + "\n").encode(), "")
    lines = dmesg.read(document, {})[0]["lines"]
    assert lines["timestamp"].tolist()[:2] == [1.5, 2.5]
    assert list(lines["message"]) == ["a", "b", "systemd: Started", "c"]
    assert list(lines["role"]) == ["other", "other", "program", "boot"]
    assert list(lines["boot"]) == ["1", "1", "1", "2"] and list(lines["line"]) == [1, 2, 3, 4]
    assert lines["facility"][0] == "daemon"
    assert dmesg.sniff(document) == 90 == dmesg.sniff(Document("a", DOCUMENT.encode(), ""))


@pytest.mark.parametrize("text", ['{"a": 1}\n', '{"context": {"date": "x"}, "benchmarks": []}\n', "[1, 2]\n", '{"dmesg": {}}\n'])
def test_other_json_is_not_taken(text):
    assert dmesg.sniff(Document("a", text.encode(), "")) == 0


def test_the_tables_are_those_of_the_text():
    document = Document("a", DOCUMENT.encode(), "")
    tables, notes = dmesg.read(document, {})
    assert tables["frames"][["line", "function", "offset"]].values.tolist() == [[13, "a", 1]]
    assert tables["traces"]["pid"].tolist() == [7]
    assert [note.code for note in notes] == ["wall-clock"]
