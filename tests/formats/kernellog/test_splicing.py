"""Lines of drivers and programs between those of a trace: no frame is lost, none goes to another trace, the task stays."""

import random
from functools import cache

import corpus
import pytest
import second_reader
from reexpress import record, write

from amxperf.document import Document
from amxperf.formats import dmesg

STRANGERS = [
    "usb 1-1: new high-speed USB device number 5 using xhci_hcd",
    'audit: type=1400 audit(1719490894.123:77): apparmor="DENIED" operation="open" pid=4371 comm="qemu-system-x86"',
    "systemd[1]: Started Session 3 of user root.",
    "kvm [4371]: vcpu0, guest rIP: 0xffffffff81060b84 ignored rdmsr: 0x122",
    "x86/split lock detection: #AC: CPU 0/KVM/4371 took a split_lock trap at address: 0x7f31",
    "mce: CPU3: Core temperature above threshold, cpu clock throttled (total events = 1)",
    "clocksource: timekeeping watchdog on CPU3: Marking clocksource 'tsc' as unstable because the skew is too large:",
    "nvme nvme0: I/O 12 QID 3 timeout, aborting",
    "smpboot: Booting Node 0 Processor 1 APIC 0x2",
    "Process accounting resumed",
    "ata1.00: cmd 60/08:00:08:08:00/00:00:00:00:00/40 tag 0 ncq dma 4096 in",
    "a.out[4371]: segfault at 0 ip 000055d0 sp 00007ffc12345678 error 4 in a.out[55d0+1000]",
    "traps: amx-test[4371] trap invalid opcode ip:401136 sp:7ffd error:0 in amx-test[401000+1000]",
    "virt/tdx: module initialized",
    "CPU 2 is now offline",
]
PLACE = ["symbol", "offset", "size", "module", "reliable", "context"]


@cache
def rows(name, callers):
    data = next(entry.data for entry in corpus.logs() if entry.name == name)
    lines = second_reader.records(data)
    return [record(line.text, 10 + n / 1000, (line.caller or "T70001") if callers else "") for n, line in enumerate(lines)]


def read(lines, form):
    return dmesg.read(Document("a", write(lines, form), ""), {})[0]


def content(tables):
    frames = tables["frames"].astype(object).where(tables["frames"].notna(), None)
    traces = tables["traces"][["trace", "cpu", "pid", "comm", "kernel"]]
    traces = traces.astype(object).where(traces.notna(), None)
    return [(row[1:], frames.loc[frames["trace"] == row[0], PLACE].values.tolist()) for row in traces.values.tolist()]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("callers", [True, False])
def test_strangers_between_the_lines(seed, callers):
    """Anywhere where callers tell whose a line is; else one at a time between two frames."""
    choice = random.Random(seed)
    entry = choice.choice(corpus.logs())
    form = "console with caller" if callers else "stamp"
    lines = rows(entry.name, callers)
    before = read(lines, form)
    frames = set(before["frames"]["line"])
    out = []
    for number, line in enumerate(lines, 1):
        if choice.random() < 0.3 and (callers or {number - 1, number} <= frames):
            for _ in range(choice.randint(1, 5) if callers else 1):
                out.append(record(choice.choice(STRANGERS), line.seconds, choice.choice(["C5", "T80002"]) if callers else ""))
        out.append(line)
    assert content(read(out, form)) == content(before)
