"""A journal's fields, one a line: by hand from systemd.journal-fields(7) and the journal export format."""

from amxperf.document import Document
from amxperf.formats import dmesg, recognise
from amxperf.formats.kernellog import journalfields

HEAD = b"__CURSOR=s=1\nPRIORITY=4\n_TRANSPORT=kernel\n"


def messages(data):
    tables, _ = dmesg.read(Document("a", data, ""), {})
    return tables["lines"][["line", "message", "level", "role"]].values.tolist()


def test_a_binary_message_stands_behind_its_length():
    data = HEAD + b"MESSAGE\n\x0c\0\0\0\0\0\0\0Call\x01\nTrace:\n\n" + HEAD + b"MESSAGE= f+0x1/0x2\n\n" + HEAD * 9 + b"\n"
    assert recognise(Document("a", data, "")) == "dmesg"
    assert [row[:3] for row in messages(data)] == [[5, "Call\\x01", "warn"], [5, "Trace:", "warn"], [11, " f+0x1/0x2", "warn"]]


def test_what_is_cut_off_costs_its_entry_only():
    whole = (HEAD + b"MESSAGE=Call Trace:\n\n" + HEAD + b"MESSAGE= f+0x1/0x2\n\n") * 2
    for stop in range(len(whole)):
        found = [row[1] for row in messages(whole[:stop])] if b"MESSAGE=C" in whole[:stop] else []
        full = [" f+0x1/0x2" if number % 2 else "Call Trace:" for number in range(whole[:stop].count(b"\n\n"))]
        assert found[: len(full)] == full
        assert len(found) <= len(full) + 1


def test_an_environment_is_no_journal():
    assert not journalfields.looks_like_fields(["PATH=/bin", "HOME=/root", "MESSAGE=x"])
    assert dmesg.sniff(Document("a", b"_TRANSPORT=syslog\nPRIORITY=6\nMESSAGE=hello\n\n", "")) == 0
