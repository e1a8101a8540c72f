"""The built book: every link and anchor resolves, every picture has a text, nothing comes from outside."""

from amxperf.publish.check import check


def test_the_book_is_in_order(built_book):
    assert [str(found) for found in check(built_book)] == []
