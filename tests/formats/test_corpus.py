"""The captures of tests/corpus: what the readers find against expectations made without them."""

import corpus
import pandas as pd
import pytest
import second_reader

from amxperf.document import Document
from amxperf.formats import read_document, recognise

LOGS = corpus.logs()
PASTED = corpus.pasted()
TRACES = list(corpus.family(corpus.TRACES))

FAILING: dict[str, str] = {}
"""Captures that the readers do not yet read as expected, and why; each must go when the reader is mended."""


def marked(entries):
    def marks(entry):
        return [pytest.mark.xfail(strict=True, reason=FAILING[entry.name])] if entry.name in FAILING else []

    return [pytest.param(entry, id=entry.name, marks=marks(entry)) for entry in entries]


def document(entry):
    return Document(f"{entry.name}.log", entry.data, "")


def shown(row):
    """A row of the frames table in the notation of the corpus."""
    number = {name: None if pd.isna(row[name]) else int(row[name]) for name in ("offset", "size")}
    return second_reader.shown(
        second_reader.Frame(
            0, row["symbol"], number["offset"], number["size"], row["module"], row["build_id"], row["reliable"], row["inlined"]
        )
    )


def plain(value):
    return None if pd.isna(value) else value


def test_the_corpus_is_whole():
    assert len(LOGS) >= 110
    assert len(LOGS) + len(TRACES) >= 150
    assert set(FAILING) <= {entry.name for entry in LOGS + PASTED + TRACES}
    by_hand = [entry for entry in LOGS + TRACES if entry.expected["by"] == "hand"]
    assert len(by_hand) >= 75


@pytest.mark.parametrize("entry", LOGS, ids=str)
def test_the_second_reader_agrees(entry):
    found = second_reader.read(entry.data)
    assert len(found) == len(entry.expected["traces"])
    for trace, expected in zip(found, entry.expected["traces"], strict=True):
        assert [(second_reader.shown(frame), frame.context) for frame in trace.frames] == corpus.frames_with_context(
            expected["frames"]
        )
        for name in ("cpu", "pid", "comm", "ended"):
            assert expected[name] in ("*", getattr(trace, name)), name


@pytest.mark.parametrize("entry", marked(LOGS + PASTED))
def test_logs(entry):
    assert recognise(document(entry)) == "dmesg"
    capture = read_document(document(entry), "dmesg")
    found, expected = [], []
    for row in capture.traces.to_dict("records"):
        rows = capture.frames[capture.frames["trace"] == row["trace"]].sort_values("depth").to_dict("records")
        frames = [(shown(frame), frame["context"]) for frame in rows]
        found.append([plain(row["cpu"]), plain(row["pid"]), row["comm"], row["complete"], frames])
    for number, trace in enumerate(entry.expected["traces"]):
        wanted = [trace[name] for name in ("cpu", "pid", "comm", "ended")]
        if number < len(found):  # a star stands for what is not said
            wanted = [found[number][place] if value == "*" else value for place, value in enumerate(wanted)]
        expected.append([*wanted, corpus.frames_with_context(trace["frames"])])
    assert found == expected
    events = capture.events[["line", "kind"]].values.tolist()
    assert [event for event in entry.expected.get("events", []) if event not in events] == []


@pytest.mark.parametrize("entry", marked(TRACES))
def test_traces(entry):
    assert recognise(document(entry)) == "ftrace"
    capture = read_document(document(entry), "ftrace")
    found = []
    for expected in entry.expected["events"]:
        rows = capture.events[capture.events["line"] == expected["line"]].to_dict("records")
        assert len(rows) == 1, f"line {expected['line']} gives {len(rows)} events"
        row = {name: plain(rows[0][name]) for name in expected}
        found.append({name: hex(value) if str(expected[name]).startswith("0x") and isinstance(value, int) else value
                      for name, value in row.items()})  # fmt: skip
    assert found == entry.expected["events"]
    assert len(capture.events) == len(found)
    traces = []
    for row in capture.traces.to_dict("records"):
        frames = capture.frames[capture.frames["trace"] == row["trace"]].to_dict("records")
        traces.append({name: row[name] for name in ("line", "cpu", "pid", "comm")} | {"frames": [shown(frame) for frame in frames]})
    assert traces == entry.expected.get("traces", [])
    notes = [[note.code, note.line] for note in capture.notes]
    assert [note for note in entry.expected.get("notes", []) if note not in notes] == []
