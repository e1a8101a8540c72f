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

COMPARISON = "compare-your-runs"
"""The notebook that takes a reader's own dataset."""

STAMP = "build.json"


def build(
    root: str | os.PathLike[str],
    *,
    dataset: str | os.PathLike[str] | None = None,
    baseline: str | None = None,
    treatment: str | None = None,
    jobs: int = 2,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Path:
    """Build the book of a checkout; returns ``_build/html``.

    Parameters
    ----------
    root : the checkout: it holds _config.yml, book/ and data/.
    dataset, baseline, treatment : the reader's own dataset (a name in data/, or a path) and selectors, for the notebook
        compare-your-runs; its defaults where left out.
    jobs : notebooks at a time.
    executor : runs the notebooks instead of `jobs` processes.
    progress : called as progress(done, total, text).

    Raises
    ------
    MissingInput where root is no checkout or there is no such dataset; BuildError for a notebook or page that fails.
    The last good book stays where it is.
    """
    plan = _plan(Path(root).resolve(), dataset, baseline, treatment)
    if _current(plan):
        return plan.html
    with _lock(plan.build):
        if _current(plan):
            return plan.html
        run_all(plan.jobs, workers=jobs, executor=executor, progress=progress)
        if progress:
            progress(0, 1, "building the pages")
        stage.fill(plan.build / "stage", plan.root / "book", plan.jobs, plan.datasets)
        made = _sphinx(plan)
        _finish(plan, made)
        if progress:
            progress(1, 1, "building the pages")
    return plan.html


@dataclass(frozen=True)
class Plan:
    """What a build depends on and makes."""

    root: Path
    jobs: tuple[Job, ...]
    datasets: Mapping[str, Path]
    key: str
    frame: str

    @property
    def build(self) -> Path:
        return self.root / "_build"

    @property
    def html(self) -> Path:
        return self.build / "html"


def _plan(root: Path, dataset: str | os.PathLike[str] | None, baseline: str | None, treatment: str | None) -> Plan:
    book, config = root / "book", root / "_config.yml"
    if not config.is_file() or not book.is_dir():
        raise MissingInput("no book here", path=root, hint="give the checkout, the folder that holds _config.yml and book/")
    named = stage.pages(book / "_toc.yml")
    sources = [stage.source(book, page) for page in named]
    notebooks = [path for path in sources if path.suffix == ".ipynb"]
    datasets = {path.parent.name: path.parent for path in sorted((root / "data").glob("*/dataset.toml"))}
    digests = {
        "data": stage.digest(root / "data"),
        "code": _code(),
        "requirements": stage.digest(root / "requirements.txt"),
        "site": _site(config),
    }
    own = _own(root, dataset, baseline, treatment, datasets, [path.stem for path in notebooks])
    jobs = tuple(_job(path, root, digests, own if path.stem == COMPARISON else {}) for path in notebooks)
    frame = _hash(digests["code"], digests["requirements"], stage.digest(config), sorted(map(str, named)), _version())
    key = _hash(frame, digests, stage.digest(book), [job.key for job in jobs])
    return Plan(root, jobs, datasets, key, frame)


def _own(
    root: Path,
    dataset: str | os.PathLike[str] | None,
    baseline: str | None,
    treatment: str | None,
    datasets: dict[str, Path],
    notebooks: list[str],
) -> dict[str, str]:
    """Parameters for the reader's own dataset, whose captures are published too."""
    given = {"baseline": baseline, "treatment": treatment}
    found = {key: value for key, value in given.items() if value is not None}
    if dataset is None:
        if found:
            raise UsageError("baseline and treatment need a dataset", hint="name it")
        return {}
    if COMPARISON not in notebooks:
        raise UsageError(f"the book has no page {COMPARISON} for your dataset", hint="add it to book/_toc.yml")
    name = os.fspath(dataset)
    if name in datasets:
        return {"dataset": name, **found}
    folder = Path(name).expanduser().resolve()
    if not folder.is_dir():
        hint = f"give a folder, or one of {', '.join(datasets)}" if datasets else "give a folder"
        raise MissingInput("no such dataset", path=name, hint=hint)
    if datasets.setdefault(folder.name, folder) != folder:
        raise UsageError(f"a dataset of the book is called {folder.name} too", hint="rename your folder")
    return {"dataset": str(folder), **found}


def _job(path: Path, root: Path, digests: dict[str, str], own: dict[str, str]) -> Job:
    from .sphinxrun import variables

    if own.get("dataset", "").startswith(os.sep):
        digests = {**digests, "own": stage.digest(Path(own["dataset"]))}
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


def _current(plan: Plan) -> bool:
    """Whether the book in place was made from these inputs."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return json.loads((plan.html / STAMP).read_text(encoding="utf-8")).get("inputs") == plan.key
    return False


@contextlib.contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """One build at a time in a checkout; a second one waits."""
    import fcntl

    try:
        folder.mkdir(parents=True, exist_ok=True)
        stream = (folder / ".lock").open("w")
    except OSError as error:
        raise OutputError(f"cannot be written ({error.strerror})", path=folder, hint="check its permissions") from None
    with stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        _repair(folder / "html")
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


def _finish(plan: Plan, made: Path) -> None:
    """Copy what Sphinx made, add the notebooks as written and the stamp, and put it in place."""
    new = plan.build / "html.new"
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(made, new, ignore=shutil.ignore_patterns(".buildinfo*", ".doctrees"))
    for job in plan.jobs:
        if (new / "_sources").is_dir():
            shutil.copyfile(job.notebook, new / "_sources" / job.notebook.name)
    _prune(new)
    (new / STAMP).write_text(json.dumps({"inputs": plan.key}) + "\n")
    old = plan.build / "html.old"
    shutil.rmtree(old, ignore_errors=True)
    if plan.html.exists():
        plan.html.rename(old)
    new.rename(plan.html)
    shutil.rmtree(old, ignore_errors=True)


def _repair(html: Path) -> None:
    """After an interruption between the two renames, the old book comes back."""
    old = html.with_name("html.old")
    if old.exists() and not html.exists():
        old.rename(html)


def _prune(html: Path) -> None:
    """Drop pictures that no page shows any more."""
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(html.glob("*.html")))
    for path in (html / "_images").glob("*"):
        if path.name not in text:
            path.unlink()
