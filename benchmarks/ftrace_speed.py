"""How fast ftrace text is read: the whole job, path to DataFrames of events, traces and frames, beside other programs.

    python benchmarks/ftrace_speed.py [--megabytes 500] [--repeats 5] [--out benchmarks/results/ftrace.csv]

Writes traces with varying values (a block of 50 MB, again and again: KVM exits and entries, MSRs, scheduler, page faults, SEPT
entries): as tracefs prints them, without and with a kernel stack every fourth event, as `trace-cmd report` does, and as
`perf script` does, with the same stacks. Reads each in a fresh process each time that has read a small trace before, and has grep,
mawk and a Python loop over the same file in the same run. The plain reader, which reads what the compiled functions leave, gets the
first 5 MB. `first` and `later` are the first trace of 1 MB in a process that has imported amxperf, pandas and pyarrow and nothing
else, and the third one.

CSV: what, megabytes, repeats, median wall and CPU seconds, MB/s of the wall time, MB per CPU second, peak memory (VmHWM of the
process), date, load and processor. Where the load is above the number of cores, other work shared the machine: MB per CPU second
tell more than MB/s then.
"""

from __future__ import annotations

import argparse
import csv
import os
import platform
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BLOCK = 50_000_000
PLAIN = 5_000_000
SMALL = 1_000_000
SHAPES = ("events", "stacks", "trace-cmd report", "perf script")
COMMS = ("amx-test", "CPU 0/KVM", "CPU 1/KVM", "qemu-kvm", "kworker/1:0", "swapper/0", "<idle>", "rcu_preempt")
REASONS = ("EPT_VIOLATION", "EXTERNAL_INTERRUPT", "HLT", "MSR_WRITE", "MSR_READ", "CPUID", "EXCEPTION_NMI", "TDCALL", "APIC_WRITE")
STACK = ("trace_event_raw_event_kvm_exit", "vmx_handle_exit", "vcpu_enter_guest.constprop.0", "kvm_arch_vcpu_ioctl_run",
         "kvm_vcpu_ioctl", "__x64_sys_ioctl", "do_syscall_64", "entry_SYSCALL_64_after_hwframe")  # fmt: skip

READ = """
import sys, time
from amxperf import read
started, cpu = time.perf_counter(), time.process_time()
tables = read(sys.argv[1], "ftrace").tables
print(time.perf_counter() - started, time.process_time() - cpu, *(len(table) for table in tables.values()))
"""
WARM = "import sys; from amxperf import read; read(sys.argv[2], 'ftrace')\n"
ONCE = "import amxperf, pandas, pyarrow\n" + READ
LATER = "import sys; from amxperf import read\nfor _ in range(2): read(sys.argv[1], 'ftrace')\n" + READ
PLAIN_ENGINE = "import os; os.environ['AMXPERF_ENGINE'] = 'plain'\n"
ENGINE = "import os; os.environ['AMXPERF_ENGINE'] = 'compiled'\n"
NAIVE = r"""
import re, sys, time
line = re.compile(r"\s*(.+)[- ](\d+)\s+\[(\d+)\]\s+(?:\S+\s+)?(\d+\.\d+):\s+(?:\w+:)?(\w+):\s+(.*)")
started, cpu, rows = time.perf_counter(), time.process_time(), []
for text in open(sys.argv[1]):
    if found := line.match(text):
        rows.append(found.groups())
print(time.perf_counter() - started, time.process_time() - cpu, len(rows), 0, 0)
"""


def event(draw: random.Random) -> str:
    """One event with values of its own."""
    kind = draw.random()

    def hexadecimal(bits: int) -> str:
        return f"{draw.getrandbits(bits):x}"

    if kind < 0.25:
        information = draw.choice((0, 0, 0x800000EC, 0x80000307))
        return (
            f"kvm_exit: vcpu {draw.randrange(8)} reason {draw.choice(REASONS)} rip 0x{hexadecimal(48)}"
            f" info1 0x{draw.getrandbits(40):016x} info2 0x0000000000000000 intr_info 0x{information:08x}"
            " error_code 0x00000000 requests 0x0000000000000000"
        )
    if kind < 0.5:
        return f"kvm_entry: vcpu {draw.randrange(8)}, rip 0x{hexadecimal(48)} intr_info 0x00000000 error_code 0x00000000"
    if kind < 0.6:
        return f"write_msr: {draw.choice(('830', '6e0', '1c4'))}, value {hexadecimal(60)}"
    if kind < 0.7:
        return (
            f"sched_switch: prev_comm={draw.choice(COMMS)} prev_pid={draw.randrange(99999)} prev_prio=120 prev_state=S ==>"
            f" next_comm={draw.choice(COMMS)} next_pid={draw.randrange(99999)} next_prio=120"
        )
    if kind < 0.75:
        return (
            f"x86_fpu_regs_activated: x86/fpu: {draw.getrandbits(64):016x} load: 1 xfeatures: {draw.choice(('602e7', '2e7'))}"
            " xcomp_bv: 80000000000600e7"
        )
    if kind < 0.8:
        return f"page_fault_user: address=0x{hexadecimal(47)} ip=0x{hexadecimal(47)} error_code=0x{draw.choice(('14', '6', '7'))}"
    if kind < 0.85:
        return f"kvm_vcpu_wakeup: wait time {draw.randrange(10**6)} ns, polling valid"
    if kind < 0.9:
        return (
            f"kvm_tdp_mmu_spte_changed: as id 0 gfn {hexadecimal(24)} level {draw.choice((1, 2))} old_spte {hexadecimal(60)}"
            f" new_spte {hexadecimal(60)}"
        )
    return f"local_timer_entry: vector={draw.choice((236, 251, 253))}"


def entry(draw: random.Random, shape: str, stamp: float) -> str:
    """One event as the shape prints it, perhaps with a stack."""
    comm, pid, cpu, said = draw.choice(COMMS), draw.randrange(1, 99999), draw.randrange(64), event(draw)
    if shape == "perf script":
        head, deep = f"{comm:>16} {pid:5} [{cpu:03d}] {stamp:12.6f}: {'kvm:' if said[0] == 'k' else 'msr:':>8}{said}\n", ""
        if draw.random() < 0.25:
            deep = "".join(f"\t{0xFFFFFFFF81000000 + 4096 * at:16x} {name}+0x{at:x}1 ([kernel.kallsyms])\n"
                           for at, name in enumerate(STACK))  # fmt: skip
        return f"{head}{deep}\n" if deep else head
    if shape == "trace-cmd report":
        name, _, payload = said.partition(": ")
        return f"{comm:>16}-{pid:<5} [{cpu:03d}] {stamp:12.6f}: {name + ':':<21} {payload}\n"
    head = f"{comm:>16}-{pid:<7} [{cpu:03d}] d.... {stamp:12.6f}: "
    text = f"{head}{said}\n"
    if shape == "stacks" and draw.random() < 0.25:
        text += f"{head}<stack trace>\n" + "".join(f" => {name}\n" for name in STACK)
    return text


def block(shape: str, size: int = BLOCK) -> bytes:
    """A block of whole lines."""
    draw, lines, length, stamp = random.Random(1), [], 0, 1000.0
    while length < size:
        stamp += draw.random() * 1e-5
        lines.append(entry(draw, shape, stamp))
        length += len(lines[-1])
    return "".join(lines).encode()


def write(path: Path, megabytes: int, shape: str) -> None:
    """A file of about so many megabytes."""
    part = block(shape, min(BLOCK, megabytes * 1_000_000))
    with path.open("wb") as stream:
        for _ in range(max(1, round(megabytes * 1e6 / len(part)))):
            stream.write(part)


def python(code: str, *arguments: str) -> tuple[float, float, float, list[int]]:
    """Wall and CPU seconds that the code prints, the peak memory in MB of its process, and the numbers behind them."""
    code += "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))\n"
    kept = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}  # bytecode, as users have it
    out = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True, env=kept
    ).stdout.split()  # fmt: skip
    return float(out[0]), float(out[1]), int(out[-1]) / 1024, [int(word) for word in out[2:-1]]


def command(*words: str) -> tuple[float, float, float, list[int]]:
    """The same of another program, its output thrown away."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(words, stdout=subprocess.PIPE, check=True)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 0.0, []


def load() -> float:
    """Processes that wanted a processor in the last minute, one of them or two this benchmark's own."""
    return round(os.getloadavg()[0], 1)


def machine() -> str:
    """The processor's name."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "ftrace.csv")
    given = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.trace"
        small.write_bytes(block("stacks", SMALL))
        python(ENGINE + WARM + READ, str(small), str(small))  # the machine code is on disk from here on
        for shape in SHAPES:
            path, head = Path(folder) / "big.trace", Path(folder) / "head.trace"
            write(path, given.megabytes, shape)
            with path.open("rb") as stream, head.open("wb") as out:
                out.writelines(stream.readlines(PLAIN))
            jobs = {
                "amxperf": (path, lambda path=path: python(ENGINE + WARM + READ, str(path), str(small))),
                "grep -c": (path, lambda path=path: command("grep", "-cE", r"kvm_exit|<stack trace>", str(path))),
                "plain reader": (head, lambda head=head: python(PLAIN_ENGINE + READ, str(head))),
                "Python re loop": (head, lambda head=head: python(NAIVE, str(head))),
            }  # fmt: skip
            if shutil.which("mawk"):
                count = "/kvm_exit/ {n[$6]++} END {for (r in n) print r, n[r]}"
                jobs["mawk"] = (path, lambda path=path, count=count: command("mawk", count, str(path)))
            if shape == "stacks":
                jobs["amxperf, first"] = (small, lambda: python(ONCE, str(small)))
                jobs["amxperf, later"] = (small, lambda: python(LATER, str(small)))
            taken: dict[str, list[tuple[float, float, float, list[int]]]] = {name: [] for name in jobs}
            for _ in range(given.repeats):
                for name, (_, job) in jobs.items():
                    taken[name].append(job())
            for name, runs in taken.items():
                size = jobs[name][0].stat().st_size / 1e6
                wall, cpu, peak = (statistics.median(run[at] for run in runs) for at in range(3))
                rows.append({
                    "trace": shape, "what": name, "megabytes": round(size, 1), "repeats": given.repeats,
                    "cores": os.cpu_count(), "wall_s": round(wall, 3), "cpu_s": round(cpu, 3), "mb_per_s": round(size / wall, 1),
                    "mb_per_cpu_s": round(size / cpu, 1), "peak_mb": round(peak) or "",
                    "date": time.strftime("%Y-%m-%d", time.gmtime()), "load": load(),
                    "machine": machine(),
                })  # fmt: skip
                print(rows[-1], runs[0][3], flush=True)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    with given.out.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
