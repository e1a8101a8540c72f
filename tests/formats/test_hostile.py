"""What a file can do to a reader: the same tables in any encoding and with any line ends; a table or one sentence for the rest."""

import re
from pathlib import Path

import pytest

from amxperf.document import Document
from amxperf.errors import AmxperfError
from amxperf.formats import FORMATS, read_document

ROOT = Path(__file__).parents[2]
SAMPLES = Path(__file__).parent / "samples"
EVIL = "\x1b]8;;http://evil\x1b\\\x1bP+q\x1b\\\x9b31m\u202e\u2066\x1b[2J\x07".encode() + b"\xff\xfe\xc3("


def captures():
    """One capture of each format."""
    found = {name: sorted((SAMPLES / name).glob("*"))[0].read_bytes() for name in FORMATS if (SAMPLES / name).is_dir()}
    for name, pattern in (
        ("dmesg", "data/notes-2024/vm/boot/host.dmesg"), ("ftrace", "data/vm-ftrace/vm/first-use/guest.trace"),
        ("amx_test", "data/notes-2024/tdx/first-use/amx-test.log"), ("mmtests", "data/tdx-perf-2024/netperf-udp-rr.mmtests.txt"),
        ("overheads", "data/published/overheads.csv"), ("probe", "tests/formats/probe-controls.log"),
    ):  # fmt: skip
        found[name] = (ROOT / pattern).read_bytes()
    found["table"] = b"environment,launch,benchmark,metric,value,unit\nvm,1,b,time,1.5,s\nvm,2,b,time,1.6,s\n"
    return found


CAPTURES = captures()


def rows(data, name=None):
    capture = read_document(Document("a", data), name)
    return capture.format, {table: capture.table(table).drop(columns="line").values.tolist() for table in capture.counts()}


def test_every_format_is_tried():
    assert set(CAPTURES) == set(FORMATS)


@pytest.mark.parametrize("name", sorted(CAPTURES))
def test_encodings_and_line_ends(name):
    """UTF-16 and UTF-32 with and without a mark, cut too; NULs in front and between; CRLF, LF CR, CR."""
    data = CAPTURES[name]
    text = data.decode()
    want = str(rows(data))
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        assert str(rows(text.encode(encoding))) == want, encoding
    assert str(rows(bytes(100_001) + data)) == want
    assert str(rows(data.replace(b"\n", b"\n\0\0"))) == want
    for end in (b"\r\n", b"\n\r", b"\r"):
        assert str(rows(data.replace(b"\n", end))) == want, end


WRECKS = {
    "decimal commas": lambda data: re.sub(rb"(\d)\.(\d)", rb"\1,\2", data),
    "large numbers": lambda data: re.sub(rb"\b\d+\b", b"9" * 60, data),
    "larger numbers": lambda data: re.sub(rb"\b\d+\b", b"9" * 5000, data, count=20),
    "large words": lambda data: re.sub(rb"0x[0-9a-f]+", b"0x" + b"f" * 60, data),
    "no floats": lambda data: re.sub(rb"\d+\.\d+", b"1e999", data),
    "negative": lambda data: re.sub(rb"(?<![\w.-])\d", b"-1", data),
    "backwards": lambda data: b"".join(reversed(data.splitlines(keepends=True))),
    "controls": lambda data: b"".join(line[:20] + EVIL + line[20:] for line in data.splitlines(keepends=True)),
    "one line": lambda data: data.replace(b"\n", b" ") * 3,
    "a long line": lambda data: data + b"x" * 300_000 + b"\n" + data,
    "blank lines": lambda data: data + b"\n" * 5_000 + data,
    "quoted 100 deep": lambda data: b"".join(b"> " * 100 + line for line in data.splitlines(keepends=True)),
    "nothing but marks": lambda data: b"[" * 50_000 + b"\n" + b'{"a":' * 50_000,
}


@pytest.mark.parametrize("wreck", WRECKS)
@pytest.mark.parametrize("name", sorted(CAPTURES))
def test_wrecks(name, wreck):
    """Tables or one sentence of the package's own, recognised or named."""
    data = WRECKS[wreck](CAPTURES[name])
    for reader in (None, name):
        try:
            if rows(data, reader)[0] == name:
                return
        except AmxperfError as error:
            assert type(error) is not AmxperfError and "\n" not in str(error)


@pytest.mark.parametrize("mark", ["<IRQ>", "<IRQ> ", "<IRQ>\n[    1.000000]  <NMI>\n[    1.000000]  "])
def test_deep_contexts(mark):
    """More marks than any stack has: all are read, the frame behind them is not lost where lines hold one mark."""
    head = "[    1.000000] Call Trace:\n[    1.000000]  "
    found = read_document(Document("a", (head + mark * 20_000 + "f+0x10/0x20 [kvm]\n").encode()), "dmesg")
    assert len(found.traces) == 1
    if "\n" in mark:
        assert found.frames["offset"].iloc[-1] == 16
