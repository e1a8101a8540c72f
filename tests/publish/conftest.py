"""A tiny book, fresh for each test or built once."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # pytest imports tests by path; tinybook.py is theirs

from tinybook import TinyBook


@pytest.fixture
def tiny(tmp_path):
    return TinyBook(tmp_path / "checkout")


@pytest.fixture(scope="session")
def tiny_built(tmp_path_factory):
    """A tiny book, built once; tests only look at it."""
    from amxperf.publish.build import build

    book = TinyBook(tmp_path_factory.mktemp("tiny") / "checkout")
    book.html = build(book.root)
    return book
