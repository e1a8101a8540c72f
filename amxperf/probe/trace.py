"""One more launch with the kernel's tracepoints on, in a tracefs instance of its own that is removed afterwards."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import DataError, MissingInput, OutputError

PLACES = (Path("/sys/kernel/tracing"), Path("/sys/kernel/debug/tracing"))
TRACE, OUTPUT = "guest.trace", "traced.log"
"""Files of a traced launch. Tracing slows what it shows, so what the program measured meanwhile is kept and is no data."""

NAME = "amxperf-"
"""Beginning of the name of an instance; the process id of the collection follows."""

MSRS = "msr == 0x1c4 || msr == 0x1c5 || msr == 0x6e0 || msr == 0x830"
EVENTS = {
    "x86_fpu": "", "msr/read_msr": MSRS, "msr/write_msr": MSRS, "signal": "", "exceptions": "",
    "irq_vectors/local_timer_entry": "", "irq_vectors/reschedule_entry": "", "irq_vectors/call_function_single_entry": "",
    "kvm": "",
}  # fmt: skip
"""Stock tracepoints -> filter. Those that a kernel lacks are left out (kvm, outside a host)."""

SHORT = ("--iterations", "2", "--slice-us", "200", "--largest", str(1 << 20))


def find(places: Sequence[Path] = PLACES) -> Path:
    """The tracefs of this machine; MissingInput where there is none, or no permission."""
    for place in places:
        if os.path.isdir(place / "instances") and os.access(place / "instances", os.W_OK):  # Path.is_dir raises without permission
            return place
    raise MissingInput(
        "tracefs cannot be written: tracing needs root, and tracefs mounted",
        hint="run with sudo after mount -t tracefs tracefs /sys/kernel/tracing, or leave --with-trace out",
    )


@contextmanager
def instance(root: Path, pid: int) -> Iterator[Path]:
    """A tracing instance for one process and what it starts; it is removed at the end, however that comes."""
    place = root / "instances" / f"{NAME}{os.getpid()}"
    _clear(root / "instances")
    _make(place)
    try:
        _put(place / "tracing_on", "0")
        _put(place / "buffer_size_kb", "16384")
        _put(place / "options/event-fork", "1")
        _put(place / "set_event_pid", str(pid))
        for name, condition in EVENTS.items():
            events = place / "events" / name
            if not events.is_dir():
                continue
            if condition:
                _put(events / "filter", condition)
            _put(events / "enable", "1")
        _put(place / "tracing_on", "1")
        yield place
    finally:
        with suppress(OSError):
            _put(place / "tracing_on", "0")
        _remove(place)


def _clear(instances: Path) -> None:
    """Remove the instances of collections that were killed (SIGKILL), which could not do it themselves."""
    for place in instances.glob(f"{NAME}*"):
        owner = place.name.removeprefix(NAME)
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            with suppress(OSError):
                _remove(place)


def _make(place: Path) -> None:
    place.mkdir()


def _remove(place: Path) -> None:
    place.rmdir()  # tracefs takes an instance away with all its files


def _put(path: Path, text: str) -> None:
    with path.open("w") as stream:
        stream.write(text)


def next_name(boot: Path) -> str:
    """Name of the next traced launch of a boot: traced-001, traced-002 ..."""
    numbers = [int(path.name[7:]) for path in boot.glob("traced-*") if path.name[7:].isdigit()]
    return f"traced-{max(numbers, default=0) + 1:03}"


def own(text: str, name: str) -> str:
    """The header of a trace and the lines of the tasks of one program: a few events of others come along at context switches.

    >>> own("# tracer: nop\\n  amxprobe-7 [000] d.... 1.0: a: b\\n  other-8 [000] d.... 1.1: a: b\\n", "amxprobe").count("\\n")
    2
    """
    mine = re.compile(rf"#|\s*{re.escape(name[:15])}-\d+\s")
    return "".join(line for line in text.splitlines(keepends=True) if mine.match(line))


def record(program: Path, arguments: Sequence[str], folder: Path, root: Path) -> Path:
    """Run the program once, short and traced, and return the trace, FOLDER/guest.trace; interrupted, nothing is left.

    Raises OutputError where tracefs refuses or the disk is full, DataError where the program failed or was killed.
    """
    command = ["/bin/sh", "-c", 'read line && exec "$@"', "sh", str(program), *arguments, *SHORT]
    process = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / OUTPUT).open("wb") as output:
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output)
            with instance(root, process.pid) as place:
                process.communicate(b"go\n")
                _put(place / "tracing_on", "0")
                if process.returncode:
                    text = f"the probe ended with {process.returncode} while it was traced"
                    raise DataError(text, path=folder, hint="go on with --resume, or leave --with-trace out")
                (folder / TRACE).write_text(own((place / "trace").read_text(errors="replace"), program.name))
        return folder / TRACE
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if not isinstance(error, OSError):
            raise
        raise OutputError(f"the trace cannot be recorded ({error.strerror})", path=folder, hint="leave --with-trace out") from error
    finally:
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()
