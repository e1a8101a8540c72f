"""Logs of whole jobs: the kernel speaks first behind many lines of other programs."""

import json

import pytest

from amxperf.document import Document
from amxperf.errors import FormatError
from amxperf.formats import dmesg, read_document, recognise
from amxperf.formats.kernellog import late

REPORT = [
    "CPU: 3 PID: 4242 Comm: CPU 0/KVM Not tainted 6.6.1 #1", "Call Trace:", " <TASK>", " kvm_vcpu_ioctl+0x7ba/0x950 [kvm]",
    " </TASK>",
]  # fmt: skip


def record(level, message):
    return json.dumps({"dt": "2026-03-02T07:15:09.441", "lvl": level, "msg": message})


def job(*, ends=True):
    lines = [record("debug", f"step {number} of the dispatcher") for number in range(450)]
    lines += [record("target", f"[   12.34560{number}] {line}") for number, line in enumerate(REPORT)]
    lines += [record("results", {"case": "boot", "log": "[   12.345601] Call Trace:\n[   12.345603]  f+0x1/0x2\n"})] * ends
    return "\n".join(lines).encode() + b"\n"


def test_a_job_is_recognised_and_its_kernel_read():
    document = Document("job.yaml", job(), "")
    assert dmesg.sniff(document) == 0 and recognise(document) == "dmesg"
    capture = read_document(document)
    assert capture.frames[["line", "symbol", "module"]].values.tolist() == [[454, "kvm_vcpu_ioctl", "kvm"]]
    assert capture.traces[["cpu", "pid", "comm", "line", "end"]].values.tolist() == [[3, 4242, "CPU 0/KVM", 452, 455]]
    assert sorted(set(capture.lines["line"])) == list(range(1, 457))


def test_the_engine_leaves_it_to_the_plain_reader():
    from amxperf.formats.kernellog import engine

    assert engine.left(Document("job.yaml", job(), ""))


def test_other_long_texts_are_none():
    text = "\n".join(f"step {number} done in {number / 7:.6f} s" for number in range(2000)).encode()
    assert late.lines(Document("a", text, "")) == [] and not dmesg.speaks_late(Document("a", text, ""))
    source = text + b'\nprint("[   12.345600] Call Trace:")\n' + b"x = 1\n" * 300
    with pytest.raises(FormatError, match="not recognised"):
        recognise(Document("a", source, ""))


def test_a_log_of_the_kernel_is_looked_at_from_its_start():
    assert late.lines(Document("a", b"[    0.000000] Linux version 6.6.1\n" * 9000, "")) == []
