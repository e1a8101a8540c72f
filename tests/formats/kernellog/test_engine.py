"""The compiled passes against the plain reader: the same tables and notes, whatever the log and wherever a chunk ends."""

import random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amxperf.document import Document
from amxperf.errors import FormatError, UsageError
from amxperf.formats import dmesg
from amxperf.formats.compiled import native
from amxperf.formats.kernellog import blocks, chunks, engine, logjson
from tests import corpus

N = 25
PLAIN = blocks.Plain()
LOGS = [entry for entry in corpus.logs() if not logjson.looks_like_json(Document("", entry.data).head)]


LEFT = {"soft-lockup-3.10", "oops-in-irq-4.4", "arm-oops-3.14", "mips-oops-4.9", "oops-i386-2.6.38", "oops-3.10-el7",
        "ppc64-oops-4.12", "gpf-4.9"}  # fmt: skip
"""Logs that are left to the plain reader: two of their lines make one."""


def suited(data: bytes) -> bool:
    try:
        return bool(engine.read(Document("a log", data), engine.NAMES, functions=PLAIN)[0])
    except engine.Unsuited:
        return False


def compare(data: bytes, chunk: int, functions=PLAIN, tables=engine.NAMES) -> bool:
    """Read with both and compare everything; False where the compiled passes leave the log to the plain reader."""
    document = Document("a log", data)
    try:
        want, notes = dmesg.read(document, {"side": "host", "tables": tables})
    except FormatError:
        with pytest.raises((FormatError, engine.Unsuited)):  # what is left to the plain reader fails there
            engine.read(document, tables, "host", functions=functions, chunk=chunk)
        return True
    try:
        got, found = engine.read(document, tables, "host", functions=functions, chunk=chunk)
    except engine.Unsuited:
        return False
    assert list(got) == list(want)
    for name in want:
        pd.testing.assert_frame_equal(got[name], want[name], obj=name)
    assert found == notes
    return True


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    monkeypatch.setenv("AMXPERF_ENGINE", "plain")


@pytest.mark.parametrize("number", range(8))
def test_corpus(number):
    """The logs one behind another; without those of which one alone would end the comparison of all."""
    entries = LOGS[number::8]
    taken = [entry for entry in entries if suited(entry.data)]
    assert {entry.name for entry in entries} & LEFT == {entry.name for entry in entries} - {entry.name for entry in taken}
    assert compare(b"".join(entry.data for entry in taken), 64 if number % 2 else 1 << 20)


def test_numbers_beyond_32_bits():
    lines = ["CPU: 3 PID: 9999999999 Comm: a Not tainted 6.1 #1", "Call Trace:", " f+0x1/0x2", " g+0x1/0xfffffffff"]
    assert compare("".join(f"[    1.00000{at}] {line}\n" for at, line in enumerate(lines)).encode(), 64)


def test_a_line_that_is_too_long_for_32_bits_is_left_to_the_plain_reader(monkeypatch):
    monkeypatch.setattr(chunks, "MOST", 300)
    line = b"[    1.000000] f+0x1/0x2 " + b"x" * 200 + b"\n"
    assert compare(line, 16)
    assert not compare(line + line[:-1] + line[:-1] + line, 16)


def test_pasted():
    for entry in corpus.pasted():
        compare(entry.data, 64)


def test_captures_of_the_book(pytestconfig):
    for path in sorted((pytestconfig.rootpath / "data").rglob("*.dmesg")):
        compare(path.read_bytes(), 1000)


@settings(deadline=None, max_examples=N)
@given(st.data())
def test_mixtures(data):
    """Lines of several captures, cut and mixed in any way."""
    entries = data.draw(st.lists(st.sampled_from(LOGS), min_size=1, max_size=3))
    seed = data.draw(st.integers(0, 1 << 30))
    lines = [line for entry in entries for line in entry.data.splitlines(keepends=True)]
    start = seed % max(1, len(lines))
    lines = lines[start : start + 30]
    if seed % 3 == 0:
        random.Random(seed).shuffle(lines)
    text = b"".join(lines)
    compare(text[: len(text) - seed % 7], data.draw(st.integers(1, 200)))


@settings(deadline=None, max_examples=N)
@given(st.lists(st.sampled_from([
    "[    1.000000] ", "<4>[    1.500000]", "[    2.000000][    T7] ", "[    2.0000001][    C1] ",
        "kern  :warn  : [    3.000000] ", "4,1,2000000,-;",
    "4,1,2000000,-,caller=T7;", "Jun 27 15:21:34 host kernel: [    1.000000] ", "> ", "[   T07] ",
    "[    1.000000] host kernel: ", "<9999>", "",
    "Call Trace:", " big+0x1/0x80000000", " [a+12/34] own+0x1/0x2 [m]",
    "journal-reader R running      0   112      1 0x00000006",
    " <TASK>", " </TASK>", " ? f+0x1/0x2 [kvm]", "f+0x1/0x2", "RIP: 0033:0x7f", "RIP: 0010:f+0x1/0x2",
    "RAX: 0000000000000001", "Code: 0f 0b",
    "CPU: 1 PID: 7 Comm: a Not tainted 6.1 #1", "CPU: 1 UID: 0 PID: 7 Comm: CPU 0/KVM Tainted: G W 6.1",
    "CPU: 1 PID: 12345678901 Comm: x",
    "WARNING: CPU: 3 PID: 9 at a.c:1 f+0x1/0x2", "---[ end trace ]---", "------------[ cut here ]------------", "usb 1-1: x",
    "1", "2", "x", " ", "\t",
    "\r", "\r\n", "\n", "\n", "\n", "\0", "\x1b[31m", "é", "\udc80", "[", "]", "0x12ab", "12ab", ":", "Linux version 6",
    "\\x41", "kvm [1]: x",
    "Hardware name: y", "** 3 printk messages dropped **", "Reported by Kernel Concurrency Sanitizer on:", " </IRQ>", " <IRQ>",
    "handle_xfd_event on CPU3",
    "kvm_set_msr_common set MSR_IA32_XFD to 0x1 on vcpu1 cpu1",
]), max_size=40))  # fmt: skip
def test_pieces_of_lines(pieces):
    compare("".join(pieces).encode("utf-8", "surrogateescape"), 30)


def test_a_register_in_front_of_a_task_dump_is_no_name():
    """A find of the pieces above: the one reader took the line for a header, the other for a register."""
    compare(b"RIP: 0033:0x7fjournal-reader R running      0   112      1 0x00000006\n", 30)


@pytest.mark.parametrize("text", ["x", "INFO: task a:1 blocked for more than 2 seconds. ", " f+0x1/0x2", "RAX: 1 ", "<IRQ> "])
def test_long_lines(text):
    """A line of more than 4096 characters is part of a report, or nothing; a find of the fuzzer, where it ended a trace."""
    for before in "", "[    1.000000]  f+0x1/0x2\n", "[    1.000000] other\n":
        compare(f"[    1.000000] Call Trace:\n{before}[    1.000000] {text * 5000}\n{before}".encode(), 1 << 20)


def test_single_tables():
    data = LOGS[0].data
    for name in engine.NAMES:
        compare(data, 100, tables=(name,))


def test_machine_code():
    """The compiled functions do as the plain ones; compiled here where they are not on disk."""
    if not native.installed():
        pytest.fail("numba is missing: install the pinned packages")
    compare(b"".join(entry.data for entry in LOGS), 1 << 15, blocks.compiled())


def test_the_engine_can_be_forced(monkeypatch):
    document = Document("a", LOGS[0].data)
    assert not engine.wanted(document)
    monkeypatch.setenv("AMXPERF_ENGINE", "compiled")
    assert engine.wanted(document)
    monkeypatch.setenv("AMXPERF_ENGINE", "fast")
    with pytest.raises(UsageError, match="AMXPERF_ENGINE is 'fast'; set it to plain or compiled"):
        engine.wanted(document)
    monkeypatch.delenv("AMXPERF_ENGINE")
    assert not engine.wanted(document)  # small files never wait for a compiler


def test_what_only_the_plain_reader_takes(monkeypatch):
    monkeypatch.setenv("AMXPERF_ENGINE", "compiled")
    assert not engine.wanted(Document("a", "[    1.000000] x\n".encode("utf-16")))
    assert not engine.wanted(Document("a", b'{"dmesg": [\n{"pri": 6, "time": 1.0, "msg": "x"}]}\n'))
