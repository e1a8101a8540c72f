"""Faults planted in pages by hand are found, and nothing else."""

import pytest

from amxperf.errors import MissingInput
from amxperf.publish.check import check

PAGE = '<html><head><link rel="canonical" href="https://example.org/a"></head><body><p id="x">{}</p></body></html>'


def faults(tmp_path, body, **others):
    (tmp_path / "a.html").write_text(PAGE.format(body))
    for name, text in others.items():
        (tmp_path / f"{name}.html").write_text(text)
    return [(found.page, found.code) for found in check(tmp_path)]


def test_a_page_in_order_has_none(tmp_path):
    (tmp_path / "p.png").write_bytes(b"x")
    links = '<a href="#x">x</a><a href="b.html#y">y</a><a href="https://example.org">out</a>'
    body = f'<img src="p.png" alt="a"><img src="data:," alt="b">{links}'
    assert faults(tmp_path, body, b='<b id="y">y</b>') == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('<a href="c.html">c</a>', "link"),
        ('<a href="../a.html">outside the book</a>', "link"),
        ('<a href="#nowhere">n</a>', "anchor"),
        ('<a href="a.html#nowhere">n</a>', "anchor"),
        ('<img src="data:,">', "alt"),
        ('<img src="data:," alt=" ">', "alt"),
        ('<script src="https://example.org/x.js"></script>', "outside"),
        ('<script src="//example.org/x.js"></script>', "outside"),
        ('<link rel="stylesheet" href="http://example.org/x.css">', "outside"),
        ('<img alt="a" src="data:," srcset="https://example.org/x.png 2x">', "outside"),
        ('<script src="missing.js"></script>', "resource"),
    ],
)
def test_each_fault_is_found(tmp_path, body, code):
    assert faults(tmp_path, body) == [("a.html", code)]


def test_a_style_sheet_that_asks_another_machine(tmp_path):
    (tmp_path / "s.css").write_text("@font-face{src:url(https://example.org/f.woff)}")
    assert faults(tmp_path, "") == [("s.css", "outside")]


def test_a_finding_reads_as_a_line(tmp_path):
    faults(tmp_path, '\n<a href="c.html">c</a>')
    assert str(check(tmp_path)[0]) == "a.html:2: the link c.html leads nowhere"


def test_no_book(tmp_path):
    with pytest.raises(MissingInput):
        check(tmp_path)


def test_the_tiny_book_is_in_order(tiny_built):
    assert [str(found) for found in check(tiny_built.html)] == []
