"""Kernel logs for measuring the readers: streamed to disk, so that making them needs little memory.

    python benchmarks/dmesg_files.py varied 500 big.log

Shapes: ``varied`` (boot messages, warnings and dump_stack traces; stamps, PIDs, processors, registers and addresses differ in
each),
``warnings`` (nothing but warnings, back to back), ``cuts`` (``cut here`` lines that nothing follows), ``traces`` (traces only).
The numbers come from a generator with a fixed seed: the same shape and size give the same bytes.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

FUNCTIONS = [f"{stem}{tail}" for stem in (
    "vcpu_enter_guest", "kvm_arch_vcpu_ioctl_run", "kvm_vcpu_ioctl", "do_syscall_64", "entry_SYSCALL_64_after_hwframe",
        "fpu_swap_kvm_fpstate",
    "fpstate_realloc", "xfd_enable_feature", "handle_xfd_event", "exc_device_not_available", "vmx_vcpu_run", "tdx_handle_exit",
    "__schedule", "schedule_timeout", "worker_thread", "process_one_work", "kthread", "ret_from_fork",
    "asm_sysvec_apic_timer_interrupt",
    "ext4_writepages", "do_writepages", "folio_wait_bit_common", "blk_mq_submit_bio", "tcp_sendmsg_locked", "ip_queue_xmit",
) for tail in ("", ".constprop.0", ".isra.0", ".cold")]  # fmt: skip
MODULES = ("", "", "", " [kvm]", " [kvm_intel]", " [ext4]", " [nvme 6f0c2d9a61b5c1d6f0c2d9a61b5c1d6f0c2d9a61]")
TASKS = ("CPU 0/KVM", "CPU 1/KVM", "qemu-system-x86", "amx-test", "kworker/u16:3", "systemd", "benchdnn", "ksoftirqd/1")
NOISE = (
    "x86/fpu: x87 FPU will use FXSAVE", "usb 1-1: new high-speed USB device number {n} using xhci_hcd",
        "EXT4-fs (nvme0n1p2): re-mounted {h}",
    "audit: type=1400 audit(17{d}.{n}:{n}): apparmor=\"ALLOWED\" operation=\"open\" pid={p} comm=\"bash\"",
    "IPv6: ADDRCONF(NETDEV_CHANGE): eth{n}: link",
    "nvme nvme0: {n}/0/0 default/read/poll queues", "pci 0000:00:1f.{n}: BAR 0: assigned [mem 0x{h}-0x{h}]",
    "perf: interrupt took too long ({d} > {d})",
)  # fmt: skip
REGISTERS = (("RAX", "RBX", "RCX"), ("RDX", "RSI", "RDI"), ("RBP", "R08", "R09"), ("R10", "R11", "R12"), ("R13", "R14", "R15"))
PIECE = 1 << 20


def pieces(shape: str, size: int, seed: int = 1) -> Iterator[bytes]:
    """The file of that shape in pieces of about a MiB, `size` bytes in all (the last line is whole)."""
    random_ = random.Random(seed)
    stamp, done, lines, held = 1.0, 0, [], 0
    frames = [f"{name}+0x{random_.randrange(1, 4096):x}/0x{random_.randrange(4096, 9000):x}{random_.choice(MODULES)}"
              for name in FUNCTIONS for _ in range(40)]  # fmt: skip
    while done < size:
        for text in _report(shape, random_, frames):
            stamp += random_.random() * 1e-4
            line = f"[{stamp:12.6f}] {text}\n"
            lines.append(line)
            held += len(line)
        if held >= PIECE or done + held >= size:
            data = "".join(lines).encode()
            yield data
            done, lines, held = done + len(data), [], 0


def _report(shape: str, random_: random.Random, frames: list[str]) -> list[str]:
    """The texts of one report, or of a few messages."""
    cpu, pid, task = random_.randrange(64), random_.randrange(1, 4 << 20), random_.choice(TASKS)
    if shape == "cuts":
        return ["------------[ cut here ]------------"] * 20
    choice = random_.random() if shape == "varied" else 0.1 if shape == "warnings" else 0.9
    if choice < 0.4:
        return [
            "------------[ cut here ]------------",
            f"WARNING: CPU: {cpu} PID: {pid} at arch/x86/kvm/x86.c:{random_.randrange(900, 999)} {random_.choice(frames)}",
            "Modules linked in: kvm_intel kvm irqbypass nvme ext4 mbcache jbd2",
            f"CPU: {cpu} UID: 0 PID: {pid} Comm: {task} Tainted: G        W          6.16.1 #1 PREEMPT(voluntary)",
            "Tainted: [W]=WARN",
            "Hardware name: Intel Corporation ArcherCity/ArcherCity, BIOS EGSDCRB1.SYS.0105.D74.2308261929 08/26/2023",
            f"RIP: 0010:{random_.choice(frames)}",
            "Code: " + random_.randbytes(42).hex(" ") + " <0f> 0b " + random_.randbytes(20).hex(" "),
            f"RSP: 0018:ffffc9{random_.getrandbits(40):010x} EFLAGS: 00010{random_.randrange(999):03d}",
            *(" ".join(f"{name}: {random_.getrandbits(64):016x}" for name in names) for names in REGISTERS),
            f"FS:  00007f{random_.getrandbits(40):010x}(0000) GS:ffff8888{random_.getrandbits(32):08x}(0000) knlGS:{0:016x}",
            "CS:  0010 DS: 0000 ES: 0000 CR0: 0000000080050033",
            f"CR2: 00007f{random_.getrandbits(40):010x} CR3: {random_.getrandbits(36):016x} CR4: 0000000000772ef0",
            "PKRU: 55555554",
            "Call Trace:",
            " <TASK>",
            *(f" {'' if random_.random() < 0.8 else '? '}{random_.choice(frames)}" for _ in range(random_.randrange(8, 20))),
            f"RIP: 0033:0x7f{random_.getrandbits(40):010x}",
            f"RSP: 002b:00007ffd{random_.getrandbits(32):08x} EFLAGS: 00000246 ORIG_RAX: 0000000000000010",
            f"RAX: ffffffffffffffda RBX: {random_.getrandbits(64):016x} RCX: 00007f{random_.getrandbits(40):010x}",
            " </TASK>",
            "---[ end trace 0000000000000000 ]---",
        ]  # fmt: skip
    if choice < 0.7 and shape == "varied":
        return [random_.choice(NOISE).format(n=random_.randrange(1, 9), d=random_.randrange(10**8, 10**9), p=pid,
                                             h=f"{random_.getrandbits(32):08x}") for _ in range(8)]  # fmt: skip
    return [
        f"handle_xfd_event on CPU{cpu}",
        f"CPU: {cpu} PID: {pid} Comm: {task} Not tainted 6.7.0-rc1 #61",
        "Hardware name: Intel Corporation ArcherCity/ArcherCity, BIOS EGSDCRB1.SYS.0105.D74.2308261929 08/26/2023",
        "Call Trace:",
        " <TASK>",
        *(f" {'' if random_.random() < 0.8 else '? '}{random_.choice(frames)}" for _ in range(random_.randrange(8, 20))),
        " </TASK>",
    ]


def write(shape: str, megabytes: float, path: Path) -> int:
    """Write the file; its size in bytes."""
    with path.open("wb") as stream:
        return sum(stream.write(piece) for piece in pieces(shape, int(megabytes * 1e6)))


if __name__ == "__main__":
    print(write(sys.argv[1], float(sys.argv[2]), Path(sys.argv[3])))
