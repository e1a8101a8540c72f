"""What recorders put round the kernel's lines, and that logs of the common forms are left alone."""

import corpus
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amxperf.document import Document
from amxperf.formats import dmesg, recognise
from amxperf.formats.kernellog import recorders

LINES = ["[    1.000001] CPU: 1 PID: 7 Comm: a Not tainted 6.8 #1", "[    1.000002] Call Trace:", "[    1.000003]  f+0x1/0x2 [kvm]",
         '[    1.000004] say "x, y", \'z\' and \\_SB_.A', "[    1.000005] end"]  # fmt: skip


def test_logs_of_the_common_forms_have_no_recorder():
    found = [entry.name for entry in corpus.logs() if recorders.bare(Document("", entry.data).head)]
    assert [name for name in found if not name.startswith(("json", "dmesg-j"))] == []


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S", "Cc"], exclude_characters="[]<>'\"\\|\t\n\r\0"),
               min_size=1, max_size=40))  # fmt: skip
def test_any_head_is_taken_off(head):
    assert [recorders.bare([f"{head}: {line}" for line in LINES])(f"{head}: {line}") for line in LINES] == LINES


@pytest.mark.parametrize("quoted", [
    lambda line: '{"log": "' + line.replace("\\", "\\\\").replace('"', '\\"') + '\\n", "n": 1}',
    lambda line: '17,"' + line.replace('"', '""') + '"',
    lambda line: "- '" + line.replace("'", "''") + "'",
    lambda line: 'msg="' + line.replace("\\", "\\\\").replace('"', '\\"') + '" name=x pid=7',
], ids=["json", "csv", "yaml", "fields"])  # fmt: skip
def test_quotes_are_undone(quoted):
    lines = [quoted(line) for line in LINES]
    assert [recorders.bare(lines)(line) for line in lines] == LINES


def test_other_lines_of_a_recorder_are_no_lines_of_the_kernel():
    lines = ['{"n": 1, "log": "[    1.000001] Call Trace:"}', "  },", '  "timestamp": "2024-05-01T12:00:00Z"'] * 3
    bare = recorders.bare(lines)
    assert [bare(line) for line in lines[:3]] == ["[    1.000001] Call Trace:", None, None]


def test_a_journal_of_programs_stays_no_kernel_log():
    lines = [f"2024-05-01 12:00:0{n} worker {n}: request done in {n} ms" for n in range(9)]
    assert dmesg.sniff(Document("a", "\n".join(lines).encode(), "")) == 0


def test_blanks_and_cut_quotes_cost_no_line():
    data = b'x: [    1.000001]\nx: [    1.000002] a\n\nx: [    1.000003] "b\nx: [    1.000004]  f+0x1/0x2\n'
    document = Document("a", data, "")
    assert recognise(document) == "dmesg"
    assert dmesg.read(document, {})[0]["lines"]["message"].tolist() == ["", "a", "", '"b', " f+0x1/0x2"]
