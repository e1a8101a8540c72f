"""Jupyter Book as a process, and its first complaint as an error that names page and line."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from .. import RELEASED
from ..errors import BuildError

_COMPLAINT = re.compile(
    r"^(?:(?P<path>[^\n]+?)(?::(?P<line>\d+|None))?: )?(?P<level>WARNING|ERROR|CRITICAL|SEVERE): (?P<text>.+)$"
)
_BOOK = "from jupyter_book.cli.main import main; main()"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def variables() -> dict[str, str]:
    """Variables that make a rebuild give the same bytes, for Sphinx and for kernels."""
    package = Path(__file__).resolve().parents[2]
    path = os.pathsep.join(filter(None, [str(package), os.environ.get("PYTHONPATH", "")]))
    epoch = int(datetime.fromisoformat(RELEASED).replace(tzinfo=UTC).timestamp())
    return {
        "PYTHONPATH": path,
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "SOURCE_DATE_EPOCH": str(epoch),
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
        "OMP_NUM_THREADS": "1",
    }


def run(stage: Path, config: Path, work: Path) -> Path:
    """Build the stage; returns the folder of HTML.

    Raises BuildError whose message is the first warning or error, with page and line.
    """
    done = call(stage, config, work)
    html = work / "_build" / "html"
    if done.returncode or not html.is_dir():
        raise complaint(done.stderr + "\n" + done.stdout, stage)
    return html


def call(stage: Path, config: Path, work: Path) -> subprocess.CompletedProcess[str]:
    """Run Jupyter Book with warnings as errors; its output is kept."""
    options = ["--path-output", str(work), "--config", str(config), "-W", "-n", "--keep-going", "-q"]
    return subprocess.run(
        [sys.executable, "-c", _BOOK, "build", str(stage), *options],
        cwd=stage,
        env={**os.environ, **variables()},
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        stdin=subprocess.DEVNULL,
        check=False,
    )


def complaint(output: str, stage: Path) -> BuildError:
    """The first warning or error in Sphinx's output.

    >>> print(complaint("/s/a.md:3: WARNING: unknown fact a.b [x]", Path("/s")))
    book/a.md:3: unknown fact a.b; mend the page
    """
    lines = [_COLOUR.sub("", line).strip() for line in output.splitlines()]
    found = [match for match in map(_COMPLAINT.match, lines) if match]
    if not found:
        said = [line for line in lines if line and "=====" not in line]
        return BuildError(f"Sphinx failed: {said[-1] if said else 'it said nothing'}", path="book", hint="run it by hand")
    first = found[0]
    text = re.sub(r"\s+\[[\w.-]+\]$", "", first["text"])
    if len(found) > 1:
        text += f" (and {len(found) - 1} more)"
    path, line = first["path"] or "", int(first["line"]) if (first["line"] or "").isdigit() else None
    shown = _shown(path, stage)
    if shown.endswith(".ipynb") and line is not None:
        text, line = f"cell {line // 10000}, line {max(1, line % 10000 - 1)}: {text}", None
    return BuildError(text, path=shown or "_config.yml", line=line, hint="mend the page" if shown else "mend the book")


def _shown(path: str, stage: Path) -> str:
    """A path of the stage as the author knows it."""
    where = Path(path)
    if where.is_absolute() and where.is_relative_to(stage):
        return f"book/{where.relative_to(stage).as_posix()}"
    return path
