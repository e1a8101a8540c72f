"""Boot a stock kernel on an emulated processor with AMX and take what `init` there records.

    python benchmarks/emulated/record.py KERNEL OUT --bochs BOCHS --bios DIR --isolinux DIR [--modules DIR] [--options TEXT]

KERNEL is a bzImage, BOCHS the patched program, DIR the folders of BIOS-bochs-latest and VGABIOS-lgpl-latest (Debian: bochsbios,
vgabios) and of isolinux.bin and ldlinux.c32 (Debian: isolinux, syslinux-common). README.md says how all of it is built.
Needs busybox (static), cc and a static C library. Times in what it records say nothing: a tick is an instruction of the emulator.
"""

from __future__ import annotations

import argparse
import lzma
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
HERTZ = 2_200_000_000  # of the time-stamp counter, as CPUID 0x15 of this model says; one tick is one instruction
FILE = re.compile(rb"==FILE (\S+) (\d+)\n")
MACHINE = """\
config_interface: textconfig
display_library: nogui
megs: 512
romimage: file={bios}/BIOS-bochs-latest
vgaromimage: file={bios}/VGABIOS-lgpl-latest
boot: cdrom
ata0: enabled=true, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=cdrom, path={work}/boot.iso, status=inserted
com1: enabled=true, mode=file, dev={work}/serial.log
cpu: model=sapphire_rapids, {features}count={cpus}, ips={hertz}, reset_on_triple_fault=0
clock: sync=none, time0=1767225600
pci: enabled=1, chipset=i440fx
port_e9_hack: enabled=1
log: {work}/bochs.log
panic: action=fatal
error: action=ignore
info: action=ignore
debug: action=ignore
"""
LOADER = """\
DEFAULT linux
PROMPT 0
LABEL linux
 KERNEL /vmlinuz
 INITRD /initrd
 APPEND console=ttyS0,115200 quiet no5lvl trace_event=msr:write_msr trace_buf_size=8M {options}
"""


def initrd(work: Path, modules: Path | None) -> Path:
    """The files of the emulated machine: busybox, init, our programs and KVM's modules, packed for the kernel."""
    from amxperf.probe import program

    root = work / "root"
    (root / "bin").mkdir(parents=True)
    shutil.copy(shutil.which("busybox") or sys.exit("busybox is missing (Debian: busybox-static)"), root / "bin/busybox")
    shutil.copy(HERE / "init", root / "init")
    for name in ("tilecheck", "tilevmm", "e9cat"):
        flags = ["-std=c11", "-D_GNU_SOURCE", "-O2", "-static", "-pthread"]
        subprocess.run(["cc", *flags, "-o", root / "bin" / name, HERE / f"{name}.c"], check=True)
    program.compile(root / "bin/amxprobe", extra=("-static",))
    for name in ("irqbypass", "kvm", "kvm-intel"):  # KVM's modules, where their folder is given
        for path in modules.rglob(f"{name}.ko.xz") if modules else ():
            (root / f"{name}.ko").write_bytes(lzma.decompress(path.read_bytes()))
    names = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
    command = ["cpio", "-o", "-H", "newc", "--quiet"]
    packed = subprocess.run(command, input=names.encode(), cwd=root, capture_output=True, check=True)
    (work / "initrd").write_bytes(packed.stdout)
    return work / "initrd"


def image(work: Path, asked: argparse.Namespace) -> None:
    """A CD that boots the kernel."""
    disc = work / "disc"
    (disc / "isolinux").mkdir(parents=True)
    for name in ("isolinux.bin", "ldlinux.c32"):
        shutil.copy(next(asked.isolinux.rglob(name)), disc / "isolinux")
    shutil.copy(asked.kernel, disc / "vmlinuz")
    initrd(work, asked.modules).rename(disc / "initrd")
    (disc / "isolinux/isolinux.cfg").write_text(LOADER.format(options=asked.options))
    boot = ["-b", "isolinux/isolinux.bin", "-c", "isolinux/boot.cat", "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table"]
    subprocess.run([asked.xorriso, "-as", "mkisofs", "-quiet", "-o", work / "boot.iso", *boot, disc], check=True)


def unpack(printed: bytes, out: Path) -> list[str]:
    """The files that init printed, written below `out`; returns their names."""
    names, end = [], 0
    for found in FILE.finditer(printed):
        body = printed[found.end() : found.end() + int(found[2])]
        if found.start() < end or len(body) < int(found[2]):
            continue
        end = found.end() + len(body)
        path = out / found[1].decode()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        names.append(found[1].decode())
    return names


def main() -> None:
    parser = argparse.ArgumentParser(description="Record what a kernel does with AMX on an emulated processor.")
    parser.add_argument("kernel", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--bochs", required=True, help="the patched program")
    parser.add_argument("--bios", type=Path, required=True, help="folder of the two ROMs")
    parser.add_argument("--isolinux", type=Path, required=True, help="folder below which isolinux.bin and ldlinux.c32 are")
    parser.add_argument("--xorriso", default="xorriso")
    parser.add_argument("--modules", type=Path, help="folder of the kernel's modules, for KVM")
    parser.add_argument("--options", default="", help="more for the kernel's command line, such as probe=no")
    parser.add_argument("--cpus", type=int, default=1)
    parser.add_argument("--features", default="", help="more features of the processor, such as amx_fp16")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        image(work, asked)
        features = f'add_features="{asked.features}", ' if asked.features else ""
        text = MACHINE.format(bios=asked.bios.resolve(), work=work, cpus=asked.cpus, features=features, hertz=HERTZ)
        (work / "bochsrc").write_text(text)
        try:
            with (work / "printed").open("wb") as printed:
                command = ["nice", "-n", "19", asked.bochs, "-q", "-f", str(work / "bochsrc")]
                subprocess.run(command, stdin=subprocess.DEVNULL, stdout=printed, stderr=subprocess.DEVNULL)
        finally:  # also what an interrupted run printed
            print("\n".join(unpack((work / "printed").read_bytes(), asked.out)))


if __name__ == "__main__":
    main()
