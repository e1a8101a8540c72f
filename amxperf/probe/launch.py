"""One launch: the program is started, its lines are written to a log, and the log gets its name when it is whole."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from ..errors import DataError, OutputError

LOG = "probe.log"
PART = LOG + ".part"
"""Name of a log that is not whole: the launch runs, or was interrupted."""

Heard = Callable[[str, str], None]
"""Called with 'begin' or 'end' and the name of an experiment."""


def run(program: Path, arguments: Sequence[str], folder: Path, heard: Heard | None = None) -> Path:
    """Run the program once and return its log, FOLDER/probe.log.

    Interrupted or failed, the log stays as probe.log.part: marked, and no part of the data.

    Raises
    ------
    OutputError : the log cannot be written, as on a full disk.
    DataError : the program failed.
    """
    part = folder / PART
    process = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8") as log:
            process = subprocess.Popen([str(program), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for line in process.stdout:
                log.write(line)
                kind, _, rest = line.partition(" ")
                if heard and kind in ("begin", "end"):
                    heard(kind, rest.split()[0])
        complaint = process.stderr.read().strip()
        if process.wait():
            last = complaint.splitlines()[-1] if complaint else f"it ended with {process.returncode}"
            raise DataError(f"the probe failed: {last}", path=part, hint="look at the end of its log")
        return part.rename(folder / LOG)
    except OSError as error:
        hint = "free some space and go on with --resume"
        raise OutputError(f"the log cannot be written ({error.strerror})", path=part, hint=hint) from error
    finally:
        if process is not None:
            _end(process)


def _end(process: subprocess.Popen) -> None:
    """End a program that still runs; what it started ends with it."""
    if process.poll() is None:
        process.kill()
        process.wait()
    for stream in (process.stdout, process.stderr):
        stream.close()


def next_name(boot: Path) -> str:
    """Name of the next launch in a boot's folder: launch-001, launch-002 ...; a launch that was interrupted is run again."""
    numbers = [0]
    for path in boot.glob("launch-*"):
        tail = path.name.removeprefix("launch-")
        if tail.isdigit() and (path / LOG).exists():
            numbers.append(int(tail))
    return f"launch-{max(numbers) + 1:03}"


def unfinished(root: Path) -> list[str]:
    """Logs below a folder that are not whole, relative to it."""
    return sorted(os.path.relpath(path, root) for path in root.rglob(PART))
