"""Register dumps by the compiled passes: what the plain reader says of each line, whatever it holds."""

from types import SimpleNamespace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from amxperf.formats.kernellog import blocks
from amxperf.formats.kernellog.dumps import Dumps
from amxperf.formats.kernellog.memo import _beginnings
from amxperf.formats.kernellog.stackframe import parse_registers

PLAIN, REGISTERS = blocks.Plain(), _beginnings()[0]
PIECES = [
    "RIP: ", "RIP:", "RSP: 0018:ffff EFLAGS: 00010246", "RAX: ", "R08: 0", "Code: ", "Code:", "CR2: ", "FS:  ", "knlGS:0000",
    "EAX: 1", "ORIG_RAX: 10", "LONG_NAMES: 1", "TOO_LONG_NAME: 1", "0x7f", "0010:f+0x1/0x2 [kvm]", "00000001", "f" * 45, "zz",
    "_", ":", "::", "(", ")", "x", "1R:2", "a:1", "ab:1", "ab:     1", "ab:      1", " ", "  ", "\t", "\x7f", "\x80", "\xff",
    "é", "\u2003", "<0f>", "pc : 1", "RIP  [<ffff>] f+0x1/0x2", "epc : 00", "-",
]  # fmt: skip


def compare(texts, functions=PLAIN):
    """Take the texts apart in two goes and hold the rows against those of the plain reader."""
    dumps = Dumps(SimpleNamespace(functions=functions, registers=REGISTERS))
    for part in (texts[::2], texts[1::2]):
        data = [text.encode() for text in part]
        ends = np.cumsum([0, *map(len, data)]).astype(np.int64)
        which, codes, values = dumps.take(ends, np.frombuffer(b"".join(data) + b"ab:1", np.uint8)[: ends[-1]])
        names = list(dumps.names)
        got = list(zip(which.tolist(), [names[code] for code in codes.tolist()], values.to_pylist(), strict=True))
        assert got == [(line, *pair) for line, text in enumerate(part) for pair in parse_registers(text.strip())]


@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=6).map("".join), max_size=6))
def test_pieces_of_lines(texts):
    compare(texts)


@given(st.lists(st.text("RSCodeIPAX0189:()x_ \t\x7f\xff", max_size=30), max_size=5))
def test_any_line(texts):
    compare([f"RAX: {text}" for text in texts] + texts)


def test_machine_code():
    compare([f"{first}{second} {third}" for first in PIECES for second in PIECES for third in PIECES[::5]], blocks.compiled())


def test_more_names_than_there_is_room_for():
    compare([" ".join(f"R{number:02}: {number}" for number in range(16))] + [f"RAX: 1 N{number}: 2" for number in range(2000)])
