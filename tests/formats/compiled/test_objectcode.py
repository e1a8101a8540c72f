"""Object files linked without llvmlite: the same functions, and a refusal of what is not known."""

import struct
import sys

import pytest

from amxperf.formats.compiled import native, objectcode
from amxperf.formats.trace import tracescan
from amxperf.formats.trace.traceengine import MODULES

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="object files of Linux")
TEXT = b"kvm_exit" + bytes(16)


def objects() -> dict[str, tuple[str, bytes]]:
    """Symbol and object file of each compiled function."""
    code = native._kept(MODULES) or native._keep(native._compile(MODULES), MODULES)
    found, at = {}, 8
    for _ in range(int.from_bytes(code[:8], "little")):
        sizes = struct.unpack_from("<QQ", code, at)
        name, symbol = code[at + 16 : at + 16 + sizes[0]].decode().split()
        at += 16 + sum(sizes)
        found[name] = symbol, code[at - sizes[1] : at]
    return found


def test_llvmlite_links_the_same_functions(monkeypatch):
    own = native.load.__wrapped__(MODULES)

    def refuse(objects, outside):
        raise objectcode.Unknown("for a test")

    monkeypatch.setattr(objectcode, "link", refuse)
    other = native.load.__wrapped__(MODULES)
    assert type(own.held) is not type(other.held)
    assert own.hash_text(TEXT, 0, 8) == other.hash_text(TEXT, 0, 8) != own.hash_text(TEXT, 0, 7)
    assert set(vars(own)) == set(vars(other)) == {"held", *native.entries(MODULES)}


def test_every_function_is_where_its_symbol_says():
    found = objects()
    memory, symbols = objectcode.link([code for _, code in found.values()], lambda name: 1 << 20)
    addresses = [symbols[symbol] for symbol, _ in found.values()]
    assert len(set(addresses)) == len(found) >= len(tracescan.ENTRIES) and max(addresses) - min(addresses) < len(memory)


def test_what_is_not_known_is_refused(monkeypatch):
    _, code = objects()["scan_lines"]
    monkeypatch.setattr(objectcode, "ADDRESS", 2)
    with pytest.raises(objectcode.Unknown, match="a patch of kind 1"):
        objectcode.link([code], lambda name: 0)
    for broken in (b"", code[:18] + b"\xb7\0" + code[20:], b"MZ" + code):
        with pytest.raises(objectcode.Unknown, match="no object file"):
            objectcode.link([broken], lambda name: 0)
