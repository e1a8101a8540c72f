"""Signatures of traces: what keeps them equal, and what does not."""

import pytest

from amxperf.document import Document
from amxperf.formats import dmesg
from amxperf.formats.kernellog.signature import GENERIC, signatures


def of(*frames):
    text = "Call Trace:\n" + "".join(f" {frame}\n" for frame in frames)
    return signatures(dmesg.read(Document("a", text.encode(), ""), {})[0]["frames"]).iloc[0]


BASE = ("dump_stack_lvl+0x1/0x2", "kvm_x.isra.0+0x3/0x4 [kvm]", "? y+0x1/0x2", "kvm_z+0x1/0x9 [kvm]", "ret_from_fork+0x1/0x2")


@pytest.mark.parametrize(
    ("frames", "same"),
    [
        ((*BASE[:1], "kvm_x.constprop.0.cold+0x9/0x44 [kvm]", *BASE[3:]), True),  # another build, another guess
        ((*BASE[:1], "kvm_w+0x3/0x4 [kvm]", *BASE[2:]), False),
        (BASE[:3], False),
    ],
)
def test_the_signature_outlives_a_build_and_the_exact_one_does_not(frames, same):
    first, second = of(*BASE), of(*frames)
    assert first["functions"] == "kvm_x < kvm_z"
    assert (first["signature"] == second["signature"]) is same
    assert first["exact"] == of(*BASE)["exact"] != second["exact"]


def test_a_trace_of_generic_or_unreliable_frames_still_has_one():
    assert of("dump_stack+0x1/0x2", "? z+0x1/0x2")["functions"] == "dump_stack"
    assert of("? y+0x1/0x2", "? z+0x1/0x2")["functions"] == "y < z"


def test_two_traces_and_none():
    text = b"Call Trace:\n a+0x1/0x2\n </TASK>\nCall Trace:\n a+0x1/0x2\nCall Trace:\n"
    table = signatures(dmesg.read(Document("a", text, ""), {})[0]["frames"])
    assert list(table["trace"]) == [1, 2] and table["exact"].nunique() == 1
    assert len(signatures(dmesg.read(Document("a", b"hello\n", ""), {})[0]["frames"])) == 0


def test_what_is_generic():
    assert GENERIC.fullmatch("entry_SYSCALL_64_after_hwframe") and GENERIC.fullmatch("kasan_report")
    assert not GENERIC.fullmatch("kvm_arch_vcpu_ioctl_run") and not GENERIC.fullmatch("panicky")
