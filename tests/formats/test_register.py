"""Formats of other packages: what may be registered, and that a name is taken once."""

from types import SimpleNamespace

import pytest

from amxperf import formats, schema
from amxperf.document import Document
from amxperf.errors import FormatError, UsageError

READER = SimpleNamespace(
    TITLE="a test", sniff=lambda document: 30 * document.data.startswith(b"mine"), read=lambda document, options: ({}, []),
)


@pytest.fixture
def clean(monkeypatch):
    monkeypatch.setattr(formats, "FORMATS", dict(formats.FORMATS))
    monkeypatch.setattr(formats, "_OTHERS", {})


@pytest.mark.usefixtures("clean")
def test_a_registered_format_is_like_any_other():
    mine = Document("x", b"mine 5\n", "")
    with pytest.raises(FormatError):
        formats.recognise(mine)
    formats.register("mine", READER)
    formats.register("mine", READER)  # again changes nothing
    assert formats.recognise(mine) == "mine" and formats.FORMATS["mine"] == "a test"
    assert formats.read_document(mine).counts() == {} and formats.read_document(mine, "mine").format == "mine"
    assert list(schema.frame("events")) == list(formats.read_document(mine).events)


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize(
    ("name", "reader", "words"),
    [
        ("dmesg", READER, "is there already"), ("", READER, "is empty"), ("x", SimpleNamespace(), "has no TITLE"),
        ("x", SimpleNamespace(TITLE="x", sniff=len), "has no read"),
    ],
)
def test_what_is_refused(name, reader, words):
    with pytest.raises(UsageError, match=words):
        formats.register(name, reader)


def test_nothing_is_registered_by_importing():
    assert formats.discover() == () and not formats._OTHERS
    with pytest.raises(UsageError, match="no format is called 'sysbench'"):
        formats.module("sysbench")
