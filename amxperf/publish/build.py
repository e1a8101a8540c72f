"""Captures to book: run the notebooks, fill the stage, let Sphinx build, put the new book in place of the old.

Everything lies in ``_build/``::

    executed/NAME/   results of a notebook: NAME.ipynb, facts/, figures/
    stage/           what Sphinx reads
    work/            what Sphinx writes
    html/            the last good book; build.json in it names the inputs
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from ..errors import BuildError, MissingInput, OutputError, UsageError
from . import stage
from .notebooks import Job, Progress, key_of, run_all
from .swap import repair, stamp, swap

COMPARISON = "compare-your-runs"
"""The notebook that takes a reader's own dataset."""

PROBED = "where-time-goes"
"""The notebook that shows what the probe measured."""

ARMS = {"baseline": "vm", "treatment": "tdx"}
"""Its arms where none are named: the defaults of its parameters (a test compares them)."""


def build(
    root: str | os.PathLike[str],
    *,
    dataset: str | os.PathLike[str] | None = None,
    baseline: str | None = None,
    treatment: str | None = None,
    filter: str | None = None,
    group_by: str | None = None,
    jobs: int = 2,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Path:
    """Build the book of a checkout; returns ``_build/html``.

    Parameters
    ----------
    root : the checkout: it holds _config.yml, book/ and data/.
    dataset, baseline, treatment : the reader's own dataset (a name in data/, or a path) and selectors, for the notebook
        compare-your-runs; its defaults where left out. Where `amxperf collect` measured the dataset, it goes to the notebook
        where-time-goes as well; to that one alone, if it lacks an environment and no selector is given.
    filter, group_by : what that page shows of it, as :func:`amxperf.compare` takes them.
    jobs : notebooks at a time.
    executor : runs the notebooks instead of `jobs` processes.
    progress : called as progress(done, total, text).

    Raises
    ------
    MissingInput where root is no checkout or there is no such dataset; BuildError for a notebook or page that fails.
    The last good book stays where it is.
    """
    given = {"baseline": baseline, "treatment": treatment, "filter": filter, "group_by": group_by}
    plan = _plan(Path(root).resolve(), dataset, {key: value for key, value in given.items() if value is not None})
    if stamp(plan.html) == plan.key:
        return plan.html
    try:
        with _lock(plan.build):
            if stamp(plan.html) != plan.key:
                _make(plan, jobs, executor, progress or (lambda done, total, text: None))
    except OSError as error:
        path = error.filename or plan.build
        raise OutputError(f"cannot be written ({error.strerror})", path=path, hint="check permissions and space") from None
    return plan.html


def _make(plan: Plan, jobs: int, executor: Executor | None, progress: Progress) -> None:
    _check_data(plan)
    if plan.alone:
        progress(0, len(plan.jobs), plan.alone)
    run_all(plan.jobs, workers=jobs, executor=executor, progress=progress)
    progress(0, 1, "building the pages")
    stage.fill(plan.build / "stage", plan.root / "book", plan.jobs, plan.datasets)
    swap(_sphinx(plan), plan.html, plan.key, [job.notebook for job in plan.jobs])
    progress(1, 1, "building the pages")


def _check_data(plan: Plan) -> None:
    """Changed captures, and a dataset of the reader's that cannot be compared as asked, before any notebook runs."""
    from ..comparison import compare
    from ..verify import verify

    for folder in plan.datasets.values():
        verify(folder)
    for own in (job.parameters for job in plan.jobs if "dataset" in job.parameters):
        arms = [own.get(arm, default) for arm, default in ARMS.items()]
        shown = {key: own.get(key, "") for key in ("filter", "group_by")}
        compare(plan.datasets.get(own["dataset"], own["dataset"]), *arms, **shown)


@dataclass(frozen=True)
class Plan:
    """What a build depends on and makes."""

    root: Path
    jobs: tuple[Job, ...]
    datasets: Mapping[str, Path]
    key: str
    frame: str
    alone: str = ""
    """Why the reader's dataset is not compared, where it is not."""

    @property
    def build(self) -> Path:
        return self.root / "_build"

    @property
    def html(self) -> Path:
        return self.build / "html"


def _plan(root: Path, dataset: str | os.PathLike[str] | None, given: dict[str, str]) -> Plan:
    book, config = root / "book", root / "_config.yml"
    if not config.is_file() or not book.is_dir():
        raise MissingInput("no book here", path=root, hint="give the checkout, the folder that holds _config.yml and book/")
    missing = [name for name in ("yaml", "papermill", "jupyter_book") if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingInput(f"{missing[0]} is not installed", hint="install the book's requirements: requirements.txt")
    named = stage.pages(book / "_toc.yml")
    sources = [stage.source(book, page) for page in named]
    notebooks = [path for path in sources if path.suffix == ".ipynb"]
    datasets = {path.parent.name: path.parent for path in sorted((root / "data").glob("*/dataset.toml"))}
    digests = {
        "data": stage.digest(root / "data"),
        "code": _code(),
        "tables": stage.digest(book, "*.csv"),
        "requirements": stage.digest(root / "requirements.txt"),
        "site": _site(config),
    }
    own = _own(dataset, given, datasets, [path.stem for path in notebooks])
    jobs = tuple(_job(path, root, digests, own.get(path.stem, {})) for path in notebooks)
    alone = _alone(str(dataset)) if own and COMPARISON not in own else ""
    frame = _hash(digests["code"], digests["requirements"], stage.digest(config), sorted(map(str, named)), _version())
    key = _hash(frame, digests, stage.digest(book), [job.key for job in jobs])
    return Plan(root, jobs, datasets, key, frame, alone)


def _own(
    dataset: str | os.PathLike[str] | None, found: dict[str, str], datasets: dict[str, Path], notebooks: list[str]
) -> dict[str, dict[str, str]]:
    """Notebook -> parameters for the reader's own dataset, whose captures are published too."""
    if dataset is None:
        if found:
            raise UsageError(f"{' and '.join(found)} need a dataset", hint="name it")
        return {}
    if COMPARISON not in notebooks:
        raise UsageError(f"the book has no page {COMPARISON} for your dataset", hint="add it to book/_toc.yml")
    name = os.fspath(dataset)
    if name in datasets:
        return _notebooks(name, datasets[name], found, notebooks)
    folder = Path(name).expanduser().resolve()
    if not folder.is_dir():
        hint = f"give a folder, or one of {', '.join(datasets)}" if datasets else "give a folder"
        raise MissingInput("no such dataset", path=name, hint=hint)
    if datasets.setdefault(folder.name, folder) != folder:
        raise UsageError(f"a dataset of the book is called {folder.name} too", hint="rename your folder")
    return _notebooks(str(folder), folder, found, notebooks)


def _notebooks(name: str, folder: Path, arms: Mapping[str, str], notebooks: list[str]) -> dict[str, dict[str, str]]:
    """Which notebooks get a dataset: the comparison, and that of the probe where the probe measured it.

    The probe's alone, where no arm is named and one of the usual ones was not measured.
    """
    measured = {path.parts[-4] for path in folder.glob("*/*/*/probe.log")} if PROBED in notebooks else set()
    found = {PROBED: {"probe_dataset": name}} if measured else {}
    if arms or not measured or measured.issuperset(ARMS.values()):
        found[COMPARISON] = {"dataset": name, **arms}
    return found


def _alone(name: str) -> str:
    arms = " and ".join(f"`{value}`" for value in ARMS.values())
    return f"{name} does not hold {arms}: it is shown on {PROBED}, and not compared; name --baseline and --treatment for that"


def _job(path: Path, root: Path, digests: dict[str, str], own: dict[str, str]) -> Job:
    from .sphinxrun import variables

    folder = own.get("dataset", own.get("probe_dataset", ""))
    if folder.startswith(os.sep):
        digests = {**digests, "own": stage.digest(Path(folder))}
    fonts = {"MPLCONFIGDIR": str(root / "_build" / "cache" / "matplotlib")}
    return Job(
        notebook=path,
        shown=path.relative_to(root).as_posix(),
        folder=root / "_build" / "executed" / path.stem,
        key=key_of(path, digests, own),
        parameters=own,
        cwd=root / "book",
        environment={**variables(), **fonts, "AMXPERF_SITE": digests["site"]},
    )


def _code() -> str:
    """Hash over the package's modules."""
    return stage.digest(Path(__file__).resolve().parents[1], "*.py")


def _site(config: Path) -> str:
    """The site's address in _config.yml; '' where it is not set."""
    import yaml

    try:
        tree = yaml.safe_load(config.read_text(encoding="utf-8"))
        return str((tree.get("html") or {}).get("baseurl") or "")
    except (yaml.YAMLError, AttributeError, UnicodeDecodeError):
        raise BuildError("not a valid configuration", path="_config.yml", hint="mend its YAML") from None


def _version() -> list[int]:
    return list(sys.version_info[:2])


def _hash(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@contextlib.contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """One build at a time in a checkout; a second one waits."""
    import fcntl

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        repair(folder / "html")
        for left in (folder / "executed").glob(".*"):  # by a build that was killed
            shutil.rmtree(left)
        yield


def _sphinx(plan: Plan) -> Path:
    """Build, from the pages read last time where only pages changed.

    What Sphinx read is kept only after a clean build: it does not repeat a warning about a page that it does not read again.
    """
    from .sphinxrun import run

    work = plan.build / "work"
    mark = work / "frame"
    if not mark.is_file() or mark.read_text() != plan.frame:
        shutil.rmtree(work, ignore_errors=True)
    work.mkdir(exist_ok=True)
    mark.unlink(missing_ok=True)
    try:
        made = run(plan.build / "stage", plan.root / "_config.yml", work)
    except BuildError:
        shutil.rmtree(work, ignore_errors=True)
        raise
    mark.write_text(plan.frame)
    return made
