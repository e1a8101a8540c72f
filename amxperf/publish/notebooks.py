"""Run the book's notebooks with papermill and keep their results until something they depend on changes."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import BuildError

CELL_SECONDS = 900
"""Longest time that one cell may take."""

Progress = Callable[[int, int, str], None]
"""Called as progress(done, total, text) in the calling process."""


@dataclass(frozen=True)
class Job:
    """One notebook to run.

    notebook : the notebook as written.
    shown : its name in messages, such as ``book/matmul.ipynb``.
    folder : where its results lie afterwards: NAME.ipynb, facts/, figures/.
    key : hash over all it depends on; see :func:`key_of`.
    parameters : papermill's, besides `out`.
    cwd : the folder it runs in.
    environment : variables for its kernel.
    """

    notebook: Path
    shown: str
    folder: Path
    key: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    cwd: Path = Path()
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def result(self) -> Path:
        """The executed notebook."""
        return self.folder / self.notebook.name

    @property
    def fresh(self) -> bool:
        """Whether the result at hand has this key."""
        try:
            return json.loads(self.result.read_text(encoding="utf-8"))["metadata"]["amxperf"]["key"] == self.key
        except (OSError, ValueError, KeyError, TypeError):
            return False


def key_of(notebook: Path, digests: Mapping[str, str], parameters: Mapping[str, Any]) -> str:
    """The key of a notebook: sha256 over its bytes, the digests of what it may read, its parameters and Python's version.

    `digests` names them: data, code, tables of the book, requirements (and the user's dataset).
    """
    parts = {
        "notebook": hashlib.sha256(notebook.read_bytes()).hexdigest(),
        "digests": dict(digests),
        "parameters": dict(parameters),
        "python": sys.version_info[:2],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def run_all(
    jobs: Sequence[Job], *, workers: int = 2, executor: Executor | None = None, progress: Progress | None = None
) -> int:
    """Run the notebooks whose results are not fresh; returns how many ran.

    Parameters
    ----------
    jobs : the notebooks, in the order of the book.
    workers : processes at a time, where no executor is given.
    executor : any executor of processes (one notebook per task).
    progress : called after each notebook.

    Raises
    ------
    BuildError for the first notebook, in the order of the book, that fails; results of the others are kept.
    """
    todo = [job for job in jobs if not job.fresh]
    report = progress or (lambda done, total, text: None)
    if not todo:
        return 0
    report(0, len(todo), "running notebooks")
    failures: dict[str, BuildError] = {}
    with contextlib.ExitStack() as stack:
        if executor is None:
            executor = stack.enter_context(_processes(min(workers, len(todo))))
        with _deaf():
            tasks: dict[Future[None], Job] = {executor.submit(run, job): job for job in todo}
        stack.enter_context(_ending())
        for done, task in enumerate(as_completed(tasks), 1):
            job = tasks[task]
            if task.cancelled():
                continue
            try:
                task.result()
            except (BuildError, BrokenExecutor) as error:
                failures[job.shown] = error if isinstance(error, BuildError) else _died(job)
                for other in tasks:
                    other.cancel()
            report(done, len(todo), job.shown)
    for job in todo:
        if job.shown in failures:
            raise failures[job.shown]
    return len(todo)


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Processes started here ignore Ctrl-C, which a terminal sends to all: this one ends them in order."""
    import signal
    import threading

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _ending() -> Iterator[None]:
    """Where the work is interrupted, its processes are ended, so that nothing waits for them; kernels follow their parent."""
    import multiprocessing

    try:
        yield
    except KeyboardInterrupt:
        for child in multiprocessing.active_children():
            child.terminate()
        raise


def _died(job: Job) -> BuildError:
    return BuildError("the process that ran it died", path=job.shown, hint="free some memory, or build with one job")


def _processes(workers: int) -> Executor:
    import multiprocessing

    return ProcessPoolExecutor(max(1, workers), mp_context=multiprocessing.get_context("spawn"))


def run(job: Job) -> None:
    """Run one notebook; its folder appears whole or not at all.

    Raises BuildError with the notebook's name, the failing cell and the last line of its traceback.
    """
    job.folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{job.folder.name}-", dir=job.folder.parent) as scratch:
        out = Path(scratch) / "out"
        out.mkdir()
        _execute(job, out)
        if job.folder.exists():
            shutil.rmtree(job.folder)
        out.rename(job.folder)


def _execute(job: Job, out: Path) -> None:
    import logging

    import nbformat
    import papermill
    from papermill.exceptions import PapermillException, PapermillExecutionError
    from traitlets.config import Config

    logging.getLogger("papermill").setLevel(logging.ERROR)
    target = out / job.notebook.name
    try:
        source = nbformat.read(job.notebook, as_version=4)
        with _environment(job.environment) as config:
            nb = papermill.execute_notebook(
                source,
                None,
                parameters={**job.parameters, "out": str(out)},
                cwd=job.cwd,
                kernel_name="python3",
                progress_bar=False,
                execution_timeout=CELL_SECONDS,
                config=Config(config),
                extra_arguments=["--log-level=50", "--HistoryManager.enabled=False"],
            )
    except PapermillExecutionError as error:
        raise _failure(job, error.cell_index, _last_line(error.ename, error.evalue)) from None
    except (PapermillException, nbformat.ValidationError, ValueError) as error:
        raise BuildError(
            f"not a notebook that can be run ({_first_line(error)})", path=job.shown, hint="open it in Jupyter"
        ) from None
    except (RuntimeError, TimeoutError, OSError) as error:  # the kernel did not start, died or hung
        raise BuildError(
            f"its kernel did not finish ({_first_line(error)})", path=job.shown, hint="run it in Jupyter to see where"
        ) from None
    nb.metadata["amxperf"] = {"key": job.key}
    target.write_text(nbformat.writes(nb), encoding="utf-8")


def _failure(job: Job, index: int, line: str) -> BuildError:
    """The error for a failing cell; `index` counts from 0 with papermill's own cell, the message as the author counts."""
    import nbformat

    tags = [cell.metadata.get("tags", []) for cell in nbformat.read(job.notebook, as_version=4).cells]
    place = next((number for number, found in enumerate(tags) if "parameters" in found), -1)
    number = index + 1 if index <= place else index
    return BuildError(f"cell {number} fails: {line}", path=job.shown, hint="run that cell in Jupyter, or mend the data")


@contextlib.contextmanager
def _environment(extra: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Set the variables of a kernel, away from the user's own Jupyter and IPython settings; yields its configuration.

    Sockets of files, not of ports: kernels that start side by side race for ports.
    """
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="amx-") as home:
        os.environ.update(extra)
        for name in ("IPYTHONDIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
            os.environ[name] = home
        os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
        config: dict[str, Any] = {}
        if hasattr(__import__("socket"), "AF_UNIX") and len(home) < 60:
            config = {"KernelManager": {"transport": "ipc", "ip": os.path.join(home, "k")}}
        try:
            yield config
        finally:
            os.environ.clear()
            os.environ.update(before)


def _last_line(name: str, text: str) -> str:
    text = re.sub(r"\x1b\[[0-9;]*m", "", text or "").strip()
    return f"{name}: {text.splitlines()[0]}" if text else name


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
