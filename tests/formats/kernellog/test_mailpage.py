"""What mailers, web pages and sources of programs did to a log, undone: no line is lost, whatever the lines are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amxperf.formats.kernellog import mailpage
from amxperf.formats.kernellog.written import Written

PIECES = ["<div>", "</div>", "<br>", "<p class='x'>a", "&lt;TASK&gt;", "=20", "=", "\\n", "\\", "\\n\\", " f+0x1/0x2",
          "[    1.000000] ", "x" * 72, "=C2=A0", "&nbsp;", '"', "\r", " "]  # fmt: skip
UNDO = (mailpage.decoded, mailpage.unmarked, mailpage.literal, mailpage.joined)


def told(undo, lines):
    return list(undo(Written(number, text) for number, text in enumerate(lines, 1)))


@settings(deadline=None, max_examples=150)
@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=6).map("".join), max_size=12), st.sampled_from(UNDO))
def test_every_line_comes_out_in_order(lines, undo):
    found = [written.line for written in told(undo, lines)]
    assert found == sorted(found) and sorted(set(found)) == list(range(1, len(lines) + 1))


def test_a_paragraph_is_cut_where_its_lines_end():
    lines = ["a" * 70 + "=3D<b=", "r>[ 1.5] Call Trace:<br> f" + "b" * 49 + "=", "+0x1/0x2<br>"]
    assert len(lines[1]) == 76
    found = told(mailpage.decoded, [lines[0].replace("=3D<b=", "==3D<b="[1:]), *lines[1:]])
    assert [(w.line, w.text) for w in found if not w.continued] == [
        (1, "a" * 70 + "=<br>"), (2, "[ 1.5] Call Trace:<br>"), (2, " f" + "b" * 49 + "+0x1/0x2<br>")
    ]  # fmt: skip
    assert [w.line for w in found] == [1, 2, 2, 3]


@pytest.mark.parametrize("lines", [["<div>", "  <pre>", "[    1.0] a", "</pre>", "</div>"], ["<p>say", "<p>more", "end"]])
def test_what_only_encloses_stays_apart(lines):
    assert [w.line for w in told(mailpage.unmarked, lines) if not w.continued] == list(range(1, len(lines) + 1))


def test_signs_of_a_coded_mail():
    assert mailpage.ends_coded(["a=20", "b=20", "c=20", "", "d"])
    assert not mailpage.ends_coded([*["a=20"] * 3, *["order=2"] * 30])
    assert not mailpage.is_literal("[    1.0] cmd \\n f+0x1/0x2")
