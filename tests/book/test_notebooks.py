"""The notebooks as they are committed, and their run by stock papermill on any dataset."""

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import papermill
import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((CHECKOUT / "book").glob("*.ipynb"))
NAMES = [path.stem for path in NOTEBOOKS]
OTHER = {"vm-onednn": "vm-ftrace"}
"""A dataset that a notebook was not written for: vm-onednn, or vm-ftrace where that is its default."""


def _cells(path, kind="code"):
    return [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == kind]


def _parameters(path):
    return next("".join(cell["source"]) for cell in _cells(path) if "parameters" in cell["metadata"].get("tags", []))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_committed_clean(path):
    notebook = json.loads(path.read_text())
    assert notebook["nbformat"] == 4 and notebook["nbformat_minor"] >= 5
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert set(notebook["metadata"]) <= {"kernelspec", "language_info"}
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(ids) == len(set(ids))
    for cell in _cells(path):
        assert cell["outputs"] == [] and cell["execution_count"] is None
        assert len("".join(cell["source"]).splitlines()) <= 25, "long cells belong in the package"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_parameters_are_typed_and_explained(path):
    lines = [line for line in _parameters(path).splitlines() if line.strip()]
    assert [line for line in lines if not re.fullmatch(r"\w+: (str|int|float|bool) = .+  # \S.*", line)] == []
    assert {"dataset", "out"} <= {line.split(":")[0] for line in lines}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_papermill_explains_the_parameters(path):
    """What `papermill --help-notebook` prints: it finds every parameter, with its type and its comment."""
    found = papermill.inspect_notebook(str(path))
    lines = [line.partition(": ")[0] for line in _parameters(path).splitlines() if line.strip()]
    assert list(found) == lines
    assert all(parameter["inferred_type_name"] != "None" and parameter["help"] for parameter in found.values())


def _run(path, out, folder, *parameters):
    return subprocess.run(
        [sys.executable, "-m", "papermill", str(path), str(out), "--no-progress-bar", "--log-level", "ERROR", *parameters],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )


def test_stock_papermill_with_another_dataset(tmp_path):
    """Every notebook, from a folder deep in the checkout, on a dataset that it was not written for.

    With its own dataset the build runs each of them (test_browser); here the rerun must neither fail nor show a traceback.
    """

    def one(path):
        own = re.search(r'dataset: str = "([^"]+)"', _parameters(path))[1]
        return path.stem, _run(
            path, tmp_path / path.name, CHECKOUT / "amxperf" / "formats", "-p", "dataset", OTHER.get(own, "vm-onednn")
        )

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(one, NOTEBOOKS))
    assert [(name, run.stderr[-600:]) for name, run in done if run.returncode] == []


def test_stock_papermill_with_defaults_and_with_a_path(tmp_path):
    """The comparison notebook as it is, and on a dataset outside the checkout."""
    own = tmp_path / "mine" / "vm"
    own.mkdir(parents=True)
    (tmp_path / "mine" / "dataset.toml").write_text('kind = "synthetic"\ntitle = "for a test"\n')
    rows = "".join(f"vm,{launch},b,time,{1 + launch / 100},s\ntdx,{launch},b,time,{2 + launch / 100},s\n" for launch in range(6))
    (tmp_path / "mine" / "times.csv").write_text("environment,launch,benchmark,metric,value,unit\n" + rows)
    notebook = CHECKOUT / "book" / "compare-your-runs.ipynb"
    assert _run(notebook, tmp_path / "a.ipynb", CHECKOUT).returncode == 0
    run = _run(notebook, tmp_path / "b.ipynb", CHECKOUT / "book", "-p", "dataset", str(tmp_path / "mine"))
    assert run.returncode == 0, run.stderr[-800:]
    shown = (tmp_path / "b.ipynb").read_text()
    # 6 values of 1 .. 1.05 against 2 .. 2.05: the ratio lies near 1.975, far outside every margin
    assert "different" in shown and re.search(r"1\.9[78]", shown)
