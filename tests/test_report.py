"""What a person reads of a comparison: the table fits the terminal, whatever its width."""

import re

import pytest

from amxperf import compare
from amxperf.comparisons import Comparisons
from amxperf.report import report

PLAIN = re.compile(r"\x1b\[[0-9;]*m")


def table(text):
    """The lines of the table, without colours."""
    lines = PLAIN.sub("", text).split("\n")
    start = next(number for number, line in enumerate(lines) if line.startswith(" ──"))
    stop = lines.index("", start)
    return lines[start - 1 : stop]


@pytest.fixture(scope="module")
def found():
    return compare("vm-onednn", "isa=avx512", "isa=amx")


@pytest.mark.parametrize("width", [58, 80, 100, 200])
def test_every_comparison_has_one_line(found, width):
    """Eight comparisons and their geometric mean: a line each, no wider than the terminal, every number whole."""
    head, _, *rows = table(report(found, width))
    assert len(rows) == 9 and len({row.split()[0] for row in rows}) >= 5 and all(len(row) <= width for row in (head, *rows))
    for row, result in zip(rows, found, strict=False):
        ends = [float(end) for end in re.search(r"(\S+) to (\S+) ", row).groups()]
        assert ends == pytest.approx([result.low, result.high], abs=0.006) and row.endswith("different")
        assert ("10 : 10" in row) == ("launches" in head) == (width >= 80)
    assert ("problem=256x256:256x256" in rows[0]) == (width >= 100)


def test_without_a_terminal_there_is_no_table(found):
    assert "──" not in report(found) and "\x1b" not in report(found)


def test_an_empty_comparison_keeps_its_columns(found):
    """Also when it was read back from JSON; the columns are those of a full one but for the factors."""
    nothing = Comparisons("d", "recorded", "a", "b", ())
    again = Comparisons.from_json(nothing.to_json()).frame()
    factors = {key for result in found for key, _ in result.factors}
    full = Comparisons.from_json(found.to_json()).frame()
    assert len(again) == 0 and list(again) == [name for name in full if name not in factors]
    assert list(full) == list(found.frame())
    assert "no benchmark in common" in report(nothing)
