"""Notebooks run, are kept, and fail in one sentence."""

import json
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from pathlib import Path

import pytest
from tinybook import PARAMETERS, code, notebook, text

from amxperf.errors import BuildError
from amxperf.publish.notebooks import Job, key_of, run_all
from amxperf.publish.sphinxrun import variables

WRITES = "import pathlib\npathlib.Path(out, 'facts').mkdir()\npathlib.Path(out, 'facts', 'x').write_text(dataset)"


def job(folder, *cells, name="a", **parameters):
    path = folder / "book" / f"{name}.ipynb"
    path.parent.mkdir(exist_ok=True)
    path.write_text(notebook(*cells))
    key = key_of(path, {"data": "1"}, parameters)
    return Job(path, f"book/{name}.ipynb", folder / "executed" / name, key, parameters, folder, variables())


def written(one):
    return (one.folder / "facts" / "x").read_text()


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Two notebooks, run side by side once."""
    folder = tmp_path_factory.mktemp("two")
    cells = [code(PARAMETERS, "parameters"), code(WRITES), code("import os; os.getcwd()")]
    jobs = [job(folder, *cells, name="a"), job(folder, *cells, name="b", dataset="mine")]
    seen = []
    ran = run_all(jobs, progress=lambda *said: seen.append(said))
    return jobs, ran, seen


def test_parameters_reach_the_notebook(two):
    jobs, ran, _ = two
    assert ran == 2
    assert [written(one) for one in jobs] == ["toy", "mine"]
    executed = json.loads(jobs[0].result.read_text())
    shown = executed["cells"][-1]["outputs"][0]["data"]["text/plain"]
    assert Path("".join(shown).strip("'")) == jobs[0].cwd


def test_progress_counts_to_the_end(two):
    _, _, seen = two
    assert seen[0][:2] == (0, 2) and seen[-1][:2] == (2, 2)
    assert {said[2] for said in seen[1:]} == {"book/a.ipynb", "book/b.ipynb"}


def test_a_second_run_starts_nothing(two, monkeypatch):
    jobs, _, _ = two
    monkeypatch.setattr("amxperf.publish.notebooks._processes", lambda workers: pytest.fail("a process was started"))
    assert run_all(jobs) == 0


def test_nothing_but_the_results_is_left(two):
    jobs, _, _ = two
    assert sorted(path.name for path in jobs[0].folder.parent.iterdir()) == ["a", "b"]
    assert sorted(path.name for path in jobs[0].folder.iterdir()) == ["a.ipynb", "facts"]


def test_the_key_follows_everything_that_a_notebook_may_read(tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_text("1")
    key = key_of(path, {"data": "1", "code": "1"}, {"dataset": "x"})
    assert key == key_of(path, {"code": "1", "data": "1"}, {"dataset": "x"})
    assert key != key_of(path, {"data": "2", "code": "1"}, {"dataset": "x"})
    assert key != key_of(path, {"data": "1", "code": "2"}, {"dataset": "x"})
    assert key != key_of(path, {"data": "1", "code": "1"}, {"dataset": "y"})
    path.write_text("2")
    assert key != key_of(path, {"data": "1", "code": "1"}, {"dataset": "x"})


def test_a_failing_cell_is_named_as_its_author_counts_and_old_results_stay(tmp_path):
    good = [code(PARAMETERS, "parameters"), code(WRITES)]
    bad = [text("# T"), code(PARAMETERS, "parameters"), text("t"), code("x = 1\nraise ValueError('no tiles\\nmore')")]
    old = job(tmp_path, *good)
    with ProcessPoolExecutor(1) as pool:
        run_all([old], executor=pool)
        with pytest.raises(BuildError) as caught:
            run_all([job(tmp_path, *bad), job(tmp_path, *good, name="b")], executor=pool)
    error = caught.value
    assert (error.path, error.message) == ("book/a.ipynb", "cell 4 fails: ValueError: no tiles")
    assert error.hint and "Traceback" not in str(error)
    assert written(old) == "toy"
    assert not [path for path in old.folder.parent.iterdir() if path.name.startswith(".")]


def test_a_kernel_that_dies_and_a_file_that_is_no_notebook_are_one_sentence_too(tmp_path):
    dies = job(tmp_path, code(PARAMETERS, "parameters"), code("import os; os._exit(3)"))
    broken = job(tmp_path, code(PARAMETERS, "parameters"), name="b")
    broken.notebook.write_text("{")
    with ProcessPoolExecutor(1) as pool:
        with pytest.raises(BuildError, match="kernel"):
            run_all([dies], executor=pool)
        with pytest.raises(BuildError, match="not a notebook"):
            run_all([broken], executor=pool)


def test_a_process_that_is_killed_is_one_sentence(tmp_path):
    class Dead:
        def submit(self, *_):
            task = Future()
            task.set_exception(BrokenExecutor("killed"))
            return task

    with pytest.raises(BuildError, match="process that ran it died"):
        run_all([job(tmp_path, code(PARAMETERS, "parameters"))], executor=Dead())
