"""A dataset in tables: what it is, the machine, the runs, what the readers noticed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from .dataset import Dataset


def machine(dataset: Dataset) -> pd.DataFrame:
    """The machine as the manifest states it, and what it says is unknown; columns what, value.

    >>> from amxperf import open_dataset
    >>> machine(open_dataset("vm-onednn"))["what"].tolist()[:2]
    ['cpu', 'flags']
    """
    return _pairs({key.replace("_", " "): value for key, value in dataset.manifest.machine.items()})


def about(dataset: Dataset) -> pd.DataFrame:
    """Name, kind, title, date, licence, source, way of recording, environments and hash; columns what, value."""
    manifest = dataset.manifest
    places = manifest.raw.get("environments", {})
    found = dict.fromkeys([*places, *(place for place in dataset.runs["environment"] if place)])
    pairs = {
        "name": dataset.name,
        "kind": dataset.kind,
        "title": dataset.title,
        "date": manifest.date,
        "licence": manifest.licence,
        "source": manifest.raw.get("source", ""),
        "recorded": " ".join(manifest.recorded.split()),
        "environments": "; ".join(_environment(name, places.get(name, {})) for name in found),
        "factors": "; ".join(f"{name}: {meaning}" for name, meaning in manifest.factors.items()),
        "files": len(dataset.runs),
        "sha256": dataset.sha256,
    }
    return _pairs({key: value for key, value in pairs.items() if value != ""})


def _environment(name: str, facts: dict[str, Any]) -> str:
    return f"{name} ({facts['title']})" if "title" in facts else name


def runs(dataset: Dataset) -> pd.DataFrame:
    """One row per environment and format: files, boots that are named, launches, and rows by table; files of the host apart.

    >>> from amxperf import open_dataset
    >>> runs(open_dataset("vm-onednn"))["launches"].tolist()
    [40]
    """
    import pandas as pd

    groups: dict[tuple[str, str], list[Any]] = {}
    for run in dataset.files:
        host = " (host)" if dataset.side(run.source) == "host" and run.launch.startswith("session-") else ""
        groups.setdefault((run.environment + host if run.environment else "named in the file", run.capture.format), []).append(run)
    rows = []
    for (environment, kind), found in groups.items():
        sizes: Counter[str] = Counter()
        for run in found:
            sizes.update({name: len(table) for name, table in run.capture.tables.items() if len(table)})
        rows.append(
            {
                "environment": environment,
                "format": kind,
                "files": len(found),
                "boots": len({run.boot for run in found if run.boot}) or "not stated",
                "launches": len({(run.boot, run.launch) for run in found if run.launch}) or "named in the file",
                "rows": ", ".join(f"{count} {name}" for name, count in sizes.items()) or "none",
            }
        )
    return pd.DataFrame(rows, columns=["environment", "format", "files", "boots", "launches", "rows"])


def notes(dataset: Dataset) -> pd.DataFrame:
    """What the readers noticed, equal codes and machines together; columns code, times, message and place of the first."""
    import pandas as pd

    groups: dict[tuple[str, str], list[Any]] = {}
    for note in dataset.notes:
        groups.setdefault((note.code, note.message if note.code == "machine" else ""), []).append(note)
    rows = [
        {"code": code, "times": len(found), "message": found[0].message, "where": _where(found)}
        for (code, _), found in groups.items()
    ]
    return pd.DataFrame(rows, columns=["code", "times", "message", "where"])


def or_none(table: pd.DataFrame, text: str) -> pd.DataFrame:
    """The table, or one that says in a single row that there is nothing to list.

    >>> import pandas as pd
    >>> or_none(pd.DataFrame({"a": []}), "no notes").values.tolist()
    [['no notes']]
    """
    import pandas as pd

    return table if len(table) else pd.DataFrame({table.columns[0] if len(table.columns) else "what": [text]})


def _where(found: list[Any]) -> str:
    place = f"{found[0].source}:{found[0].line}" if found[0].line else found[0].source
    return f"{place} and {len(found) - 1} more" if len(found) > 1 else place


def _pairs(pairs: dict[str, Any]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame([{"what": key, "value": _text(value)} for key, value in pairs.items()], columns=["what", "value"])


def _text(value: Any) -> str:
    return ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)
