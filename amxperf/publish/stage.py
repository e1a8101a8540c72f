"""The folder that Sphinx reads: the book's files, the pages made from notebooks, and the records beside them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..errors import BuildError
from .normalise import normalise
from .notebooks import Job
from .store import FOLDER
from .values import dump

_SKIPPED = ("__pycache__", "node_modules")


def files(folder: Path, pattern: str = "*") -> list[Path]:
    """Files below a folder, sorted; nothing hidden, no caches."""
    found = []
    for path in folder.rglob(pattern):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(part.startswith(".") or part in _SKIPPED for part in parts):
            found.append(path)
    return sorted(found)


def digest(folder: Path, pattern: str = "*") -> str:
    """sha256 over names and contents of the files below a folder, or of one file; of nothing where there is none."""
    total = hashlib.sha256()
    listed = [folder] if folder.is_file() else files(folder, pattern)
    for path in listed:
        name = path.name if path == folder else path.relative_to(folder).as_posix()
        with path.open("rb") as stream:
            total.update(f"{hashlib.file_digest(stream, 'sha256').hexdigest()}  {name}\n".encode())
    return total.hexdigest()


def pages(toc: Path) -> list[str]:
    """The pages that a table of contents names, in order, without endings.

    Raises BuildError where it cannot be read.
    """
    import yaml

    try:
        tree = yaml.safe_load(toc.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BuildError(f"cannot be read ({error})", path="book/_toc.yml", hint="write the table of contents") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else None
        raise BuildError("not valid YAML", path="book/_toc.yml", line=line, hint="mend that line") from None
    found = list(_named(tree))
    if not found:
        raise BuildError("it names no page", path="book/_toc.yml", hint="give root: and chapters:")
    return found


def _named(tree: Any) -> Iterable[str]:
    if isinstance(tree, list):
        for item in tree:
            yield from _named(item)
    elif isinstance(tree, dict):
        for key, value in tree.items():
            if key in ("root", "file") and isinstance(value, str):
                yield value.removesuffix(".md").removesuffix(".ipynb")
            else:
                yield from _named(value)


def source(book: Path, page: str) -> Path:
    """The file of a page; BuildError where there is none."""
    for ending in (".ipynb", ".md"):
        path = book / f"{page}{ending}"
        if path.is_file():
            return path
    raise BuildError(f"it names the page {page}, which is not there", path="book/_toc.yml", hint="write it, or remove it")


def fill(stage: Path, book: Path, jobs: Iterable[Job], datasets: Mapping[str, Path]) -> None:
    """Make the stage hold exactly what the book needs; a file that has not changed keeps its time.

    Parameters
    ----------
    stage : the folder; made where missing.
    book : the sources.
    jobs : the notebooks that have run.
    datasets : name -> folder, of the captures to publish.
    """
    wanted: dict[str, bytes] = {}
    for path in files(book):
        if path.suffix != ".ipynb":
            wanted[path.relative_to(book).as_posix()] = path.read_bytes()
    owners: dict[str, str] = {}
    for job in jobs:
        page = normalise(json.loads(job.result.read_text(encoding="utf-8")))
        name = job.notebook.relative_to(book).as_posix()
        wanted[name] = (json.dumps(page, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
        for path in files(job.folder):
            relative = path.relative_to(job.folder)
            if relative.parts[0] not in ("facts", "figures"):
                continue
            owner = "/".join(relative.parts[:2])
            if owners.setdefault(owner, job.shown) != job.shown:
                what = f"{relative.parts[0][:-1]} {Path(relative.parts[1]).stem!r}"
                raise BuildError(
                    f"it writes the {what}, and so does {owners[owner]}", path=job.shown, hint="rename one of them"
                )
            wanted[f"{FOLDER}/{relative.as_posix()}"] = path.read_bytes()
    wanted[f"{FOLDER}/captures.json"] = dump({name: str(folder) for name, folder in datasets.items()}).encode()
    _sync(stage, wanted)


def _sync(stage: Path, wanted: Mapping[str, bytes]) -> None:
    for name, content in wanted.items():
        path = stage / name
        if path.is_file() and path.read_bytes() == content:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for folder, _, names in os.walk(stage, topdown=False):
        for name in names:
            path = Path(folder, name)
            if path.relative_to(stage).as_posix() not in wanted:
                path.unlink()
        if not os.listdir(folder) and Path(folder) != stage:
            os.rmdir(folder)
