"""What must hold for any capture: other forms, cuts, interleaving and concatenation give the same traces and frames."""

from functools import cache
from pathlib import Path

import corpus
import pytest
import second_reader
from hypothesis import given, settings
from hypothesis import strategies as st
from reexpress import FORMS, Record, record, write

from amxperf.document import Document, load
from amxperf.formats import dmesg, recognise

NOTES = Path(__file__).parents[2] / "data" / "notes-2024"
TASK = ["cpu", "pid", "comm", "kernel", "taint", "hardware", "complete"]
PLACE = ["symbol", "function", "offset", "size", "module", "build_id", "reliable", "inlined", "context"]


@cache
def captures():
    """Name -> the kernel lines of every capture of the notes and of the corpus, as records one millisecond apart."""
    sources = {path.relative_to(NOTES).as_posix(): path.read_bytes() for path in sorted(NOTES.rglob("*.dmesg"))}
    sources |= {entry.name: entry.data for entry in corpus.logs()}
    return {
        name: [record(line.text, 10 + number / 1000, line.caller) for number, line in enumerate(second_reader.records(data))]
        for name, data in sources.items()
    }


def names():
    return st.sampled_from(sorted(captures()))


def of_one_stream():
    """Captures that one task or processor printed."""
    return st.sampled_from(sorted(name for name, rows in captures().items() if len({row.caller for row in rows}) == 1))


def tables(data, tmp_path=None, suffix=""):
    if suffix:
        path = tmp_path / f"capture.log{suffix}"
        path.write_bytes(data)
        return dmesg.read(load(path), {})[0]
    return dmesg.read(Document("capture.log", data, ""), {})[0]


def values(data, columns):
    return [tuple(row) for row in data[columns].astype(object).where(data[columns].notna(), None).values.tolist()]


@cache
def read_once(name, form):
    data = write(captures()[name], form)
    return data, tables(data)


def content(found, columns=tuple(TASK)):
    """For each trace what it says and its frames; no line numbers, no stamps."""
    frames = {}
    for number, row in zip(found["frames"]["trace"], values(found["frames"], PLACE), strict=True):
        frames.setdefault(number, []).append(row)
    return [(row, frames.get(number, [])) for number, row in zip(found["traces"]["trace"], values(found["traces"], list(columns)),
                                                                 strict=True)]  # fmt: skip


def without_callers(rows):
    return [row._replace(caller="") for row in rows]


def joined(chosen):
    """The records of several captures one behind the other, with lines that belong to none between them."""
    out = []
    for name in chosen:
        out += [record(f"usb 1-1: new high-speed USB device number {n} using xhci_hcd") for n in range(4)]
        out += captures()[name]
    return [row._replace(seconds=10 + number / 1000) for number, row in enumerate(out)]


@cache
def everything(callers):
    rows = joined(captures())
    rows = rows if callers else without_callers(rows)
    return rows, content(tables(write(rows, "console with caller")))


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_all_captures(form, tmp_path):
    rows, expected = everything(FORMS[form].callers)
    data = write(rows, form)
    found = tables(data, tmp_path, FORMS[form].suffix)
    assert len(expected) > 150
    for number, pair in enumerate(zip(content(found), expected, strict=False)):
        assert pair[0] == pair[1], f"trace {number + 1}"
    assert len(found["traces"]) == len(expected)


@settings(deadline=None, derandomize=True, max_examples=8)
@given(names(), st.sampled_from(sorted(name for name, form in FORMS.items() if not form.suffix)))
def test_one_capture_in_one_form(name, form):
    rows = captures()[name] if FORMS[form].callers else without_callers(captures()[name])
    document = Document("capture.log", write(rows, form), "")
    expected = content(tables(write(rows, "console with caller")))
    assert content(dmesg.read(document, {})[0]) == expected
    if expected:
        assert recognise(document) == "dmesg"


@settings(deadline=None, derandomize=True, max_examples=8)
@given(names(), st.sampled_from(["stamp", "console with caller", "raw", "journal short", "/dev/kmsg"]), st.data())
def test_a_cut_tail_loses_only_what_was_cut(name, form, draw):
    data, whole = read_once(name, form)
    cut = draw.draw(st.integers(1, len(data)), label="cut")
    if not data[:cut].strip():
        return
    part = tables(data[:cut])
    last = data[:cut].count(b"\n") + (not data[:cut].endswith(b"\n"))  # the line that may be half there
    columns = ["line", *PLACE]
    assert [row for row in values(part["frames"], columns) if row[0] < last] == [
        row for row in values(whole["frames"], columns) if row[0] < last
    ]
    columns = ["line", "cpu", "pid", "comm", "kernel", "taint"]
    kept = [row for row in values(whole["traces"], ["end", *columns]) if row[0] < last]
    headers = [line for line, role in values(whole["lines"], ["line", "role"]) if role == "header"]
    found = values(part["traces"], columns)
    assert len(found) >= len(kept)
    previous = 0
    for (end, *row), (line, *rest) in zip(kept, found, strict=False):
        own = any(previous < at <= end for at in headers)
        below = next((at for at in headers if at > end), 0)
        previous = end if own else max(end, below)
        if not own and below >= last:  # a report such as KFENCE's, with its header below its stacks: that is what was cut
            row[1:] = [now if str(was).startswith(str(now or "")) else was for was, now in zip(row[1:], rest, strict=True)]
        assert [line, *rest] == row


@settings(deadline=None, derandomize=True, max_examples=8)
@given(of_one_stream(), st.data())
def test_a_cut_head_loses_only_what_was_cut(name, draw):
    rows = captures()[name]
    first = draw.draw(st.integers(0, len(rows) - 1), label="first")
    if not any(row.message.strip() for row in rows[first:]):
        return
    _, whole = read_once(name, "console with caller")
    if name == "decoded-6.5":  # without offsets, frames are known by the marker above them
        return
    part = tables(write(rows[first:], "console with caller"))
    columns = ["line", "symbol", "offset", "size", "module", "reliable"]
    expected = [(row[0] - first, *row[1:]) for row in values(whole["frames"], columns) if row[0] > first]
    found = values(part["frames"], columns)
    # a single frame below the cut looks like any other line that names a place in the kernel
    assert found == expected or found == expected[1:]


@settings(deadline=None, derandomize=True, max_examples=6)
@given(
    of_one_stream(),
    of_one_stream(),
    st.lists(st.booleans(), max_size=60),
    st.sampled_from(["console with caller", "/dev/kmsg with caller"]),
)
def test_interleaved_captures_with_callers_come_apart(left, right, order, form):
    sides, expected = zip(as_caller(left, "T70001", form), as_caller(right, "C3", form), strict=True)
    merged, places = [], [0, 0]
    order = [*order, *[side for side in (0, 1) for _ in sides[side]]]
    owner = []
    for side in map(int, order):
        if places[side] < len(sides[side]):
            merged.append(sides[side][places[side]])
            owner.append(side)
            places[side] += 1
    merged = [row._replace(seconds=10 + number / 1000) for number, row in enumerate(merged)]
    found = tables(write(merged, form))
    for side in (0, 1):
        mine = [owner[line - 1] == side for line in found["traces"]["line"]]
        assert [row for row, own in zip(content(found), mine, strict=True) if own] == expected[side]


@cache
def alone(name, columns):
    return content(tables(write(joined([name]), "console with caller")), columns)


@cache
def as_caller(name, caller, form):
    rows = [row._replace(caller=caller) for row in captures()[name]]
    return rows, content(tables(write(rows, form)))


@settings(deadline=None, derandomize=True, max_examples=6)
@given(st.lists(names(), min_size=2, max_size=4))
def test_captures_one_behind_the_other(chosen):
    """Only how the last trace of each ended may differ: another line follows now."""
    columns = tuple(name for name in TASK if name != "complete")
    expected = [row for name in chosen for row in alone(name, columns)]
    assert content(tables(write(joined(chosen), "console with caller")), columns) == expected


@settings(deadline=None, derandomize=True, max_examples=8)
@given(names(), st.sampled_from(["stamp", "console with caller", "raw", "dmesg -J", "journal json", "/dev/kmsg with dictionary"]))
def test_every_line_is_there_once_with_its_role(name, form):
    rows = captures()[name]
    found = tables(write(rows, form))
    lines = found["lines"]
    read = iter(text.rstrip() for text in lines["message"] if text.strip())
    assert all(row.message.rstrip() in read for row in rows if row.message.strip())  # each, in this order
    if form in ("stamp", "console with caller", "raw"):
        assert len(lines) == len(rows) and list(read) == []
    assert (lines["role"] != "").all()
    roles = dict(zip(lines["line"], lines["role"], strict=True))
    assert all(roles[line] == "frame" for line in found["frames"]["line"])
    assert {roles[line] for line in found["traces"]["line"]} <= {"marker", "frame", "report"}  # a report whose stack has no marker


def test_there_are_forms_enough():
    assert len(FORMS) >= 31
    assert len({form.write([Record(4, 0, 1.5, "T7", " a+0x1/0x2")]) for form in FORMS.values()}) == len(FORMS)
