"""A tiny book from notebook to HTML: again, with changes, with faults."""

import hashlib
import time
from pathlib import Path

import pytest
from tinybook import TinyBook, code

from amxperf.errors import BuildError, ChecksumError, MissingInput, OutputError, UsageError
from amxperf.publish.build import ARMS, build


def hashes(folder):
    """Relative name -> sha256 of every file."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def page(tiny, name="intro.html"):
    return (tiny.root / "_build" / "html" / name).read_text(encoding="utf-8")


def test_changes_faults_and_their_repair(tiny, monkeypatch):
    """One story, so that the notebook runs as seldom as possible."""
    monkeypatch.setattr("amxperf.publish.build._code", lambda: "the package does not change here")
    assert build(tiny.root) == tiny.root / "_build" / "html"
    first = hashes(tiny.root / "_build" / "html")

    # nothing changed: nothing is done, quickly
    start = time.perf_counter()
    build(tiny.root, progress=lambda *said: pytest.fail(f"something was done: {said}"))
    assert time.perf_counter() - start < 1

    # new data: the number moves on the page of the notebook and on the other page
    tiny.swap("data/toy/vm/a.log", "0.305", "0.61")
    build(tiny.root)
    for name in ("intro.html", "one.html"):
        assert ">0.610</a>" in page(tiny, name) and "0.305" not in page(tiny, name)

    # only text changed: no notebook runs
    said = []
    tiny.swap("book/intro.md", "The loss", "Our loss")
    build(tiny.root, progress=lambda *text: said.append(text[2]))
    assert "Our loss" in page(tiny) and said == ["building the pages"] * 2

    # a page with a fault, and a notebook with one: the last good book stays, byte for byte
    good = hashes(tiny.root / "_build" / "html")
    tiny.swap("book/intro.md", "Our loss", "A {fact}`one.gain`")
    with pytest.raises(BuildError) as caught:
        build(tiny.root)
    assert (caught.value.path, caught.value.line) == ("book/intro.md", 3)
    assert "unknown fact one.gain" in caught.value.message
    with pytest.raises(BuildError, match="unknown fact"):  # a second try does not pass by keeping quiet
        build(tiny.root)
    tiny.swap("book/intro.md", "A {fact}`one.gain`", "The loss")
    tiny.swap("book/one.ipynb", "splitlines()[2]", "splitlines()[9]")
    with pytest.raises(BuildError, match=r"book/one.ipynb: cell 3 fails: IndexError: list index out of range"):
        build(tiny.root)
    assert hashes(tiny.root / "_build" / "html") == good

    # all mended: the same bytes as at first, and as a clean build in another place
    tiny.swap("book/one.ipynb", "splitlines()[9]", "splitlines()[2]")
    tiny.swap("data/toy/vm/a.log", "0.61", "0.305")
    build(tiny.root)
    assert hashes(tiny.root / "_build" / "html") == first
    assert sorted(path.name for path in (tiny.root / "_build").iterdir()) == [
        ".lock", "cache", "executed", "html", "stage", "work",
    ]  # fmt: skip


def test_another_place_gives_the_same_bytes(tiny, tiny_built):
    assert hashes(build(tiny.root)) == hashes(tiny_built.html)


def test_no_path_of_the_machine_gets_into_the_book(tiny_built):
    root = str(tiny_built.root).encode()
    for path in tiny_built.html.rglob("*"):
        assert not path.is_file() or root not in path.read_bytes(), path


def test_notebooks_are_offered_as_written(tiny_built):
    offered = tiny_built.html / "_sources" / "one.ipynb"
    assert offered.read_bytes() == (tiny_built.root / "book" / "one.ipynb").read_bytes()


def test_own_data_reach_the_comparison_and_nothing_else(tiny, tmp_path, monkeypatch):
    """The notebook compare-your-runs gets the reader's dataset; the others keep theirs."""
    monkeypatch.setattr("amxperf.publish.build._code", lambda: "the package does not change here")
    from tinybook import PARAMETERS, notebook, text

    own = tmp_path / "mine"
    own.mkdir()
    (own / "dataset.toml").write_text('kind = "recorded"\ntitle = "Mine"\n')
    rows = "bare,1,b,time,1,s\ntdx,1,b,time,2,s\n"
    (own / "b.csv").write_text("environment,launch,benchmark,metric,value,unit\n" + rows)
    given = PARAMETERS + '\nbaseline: str = "vm"\ntreatment: str = "tdx"'
    cell = code("print(dataset.split('/')[-1], baseline, treatment)")
    tiny.write("book/compare-your-runs.ipynb", notebook(text("# Yours"), code(given, "parameters"), cell))
    tiny.swap("book/_toc.yml", "- file: lists\n", "- file: lists\n- file: compare-your-runs\n")
    build(tiny.root)
    assert "toy vm tdx" in page(tiny, "compare-your-runs.html")
    said = []
    build(tiny.root, dataset=own, baseline="bare", progress=lambda *text: said.append(text[2]))
    assert "mine bare tdx" in page(tiny, "compare-your-runs.html")
    assert "book/compare-your-runs.ipynb" in said and "book/one.ipynb" not in said
    assert (tiny.root / "_build/html/captures/mine/b.csv.html").is_file()
    good = page(tiny, "compare-your-runs.html")
    with pytest.raises(MissingInput, match=r"no environment is called 'tdxx' in the measurements of mine; there are bare, tdx"):
        build(tiny.root, dataset=own, baseline="bare", treatment="tdxx")
    assert page(tiny, "compare-your-runs.html") == good


def test_what_the_probe_measured_reaches_its_chapter(tiny, tmp_path):
    """A dataset of `amxperf collect` goes to where-time-goes; of one environment only, to that alone, unless arms are named."""
    from tinybook import PARAMETERS, notebook

    from amxperf.publish.build import _plan

    for name in ("where-time-goes", "compare-your-runs"):
        tiny.write(f"book/{name}.ipynb", notebook(code(PARAMETERS, "parameters")))
    tiny.swap("book/_toc.yml", "- file: lists\n", "- file: lists\n- file: where-time-goes\n- file: compare-your-runs\n")
    own = tmp_path / "mine"
    log = own / "vm/boot-1/launch-1/probe.log"
    log.parent.mkdir(parents=True)
    (own / "dataset.toml").write_text('kind = "recorded"\ntitle = "Mine"\n')
    log.write_text("amxprobe 1\ndone\n")

    def given(**arms):
        plan = _plan(tiny.root, own, arms)
        return {job.notebook.stem: dict(job.parameters) for job in plan.jobs if job.parameters}, plan.alone

    probed = {"where-time-goes": {"probe_dataset": str(own)}}
    found, alone = given()
    assert found == probed and "does not hold `vm` and `tdx`" in alone and "not compared" in alone
    arms = {"baseline": "launch=1", "treatment": "launch=2"}
    assert given(**arms) == (probed | {"compare-your-runs": {"dataset": str(own), **arms}}, "")
    other = own / "tdx/boot-2/launch-1/probe.log"
    other.parent.mkdir(parents=True)
    other.write_text("amxprobe 1\ndone\n")
    assert given() == (probed | {"compare-your-runs": {"dataset": str(own)}}, "")


def test_the_arms_are_those_of_the_notebook():
    """What the build checks before it starts is what the notebook compares where nothing is named."""
    notebook = (Path(__file__).resolve().parents[2] / "book/compare-your-runs.ipynb").read_text()
    for arm, value in ARMS.items():
        assert f'"{arm}: str = \\"{value}\\"' in notebook


def test_a_changed_capture_stops_the_build_before_any_notebook(tiny):
    """The manifest names a hash that the file does not have."""
    toml = tiny.root / "data" / "toy" / "dataset.toml"
    source = next(path for path in sorted(toml.parent.rglob("*")) if path.is_file() and path != toml)
    name = source.relative_to(toml.parent).as_posix()
    toml.write_text(toml.read_text() + f'\n[checksums]\n"{name}" = "sha256:{"0" * 64}"\n')
    said = []
    with pytest.raises(ChecksumError, match="changed since its checksum"):
        build(tiny.root, progress=lambda *text: said.append(text[2]))
    assert said == []


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"dataset": "nowhere"}, UsageError, "no page compare-your-runs"),
        ({"baseline": "vm"}, UsageError, "need a dataset"),
    ],
)
def test_wrong_calls_are_one_sentence(tiny, options, error, message):
    with pytest.raises(error, match=message):
        build(tiny.root, **options)
    assert not (tiny.root / "_build").exists()


def test_no_checkout_no_page_no_table_of_contents(tiny, tmp_path):
    with pytest.raises(MissingInput, match="no book here"):
        build(tmp_path / "empty")
    tiny.swap("book/_toc.yml", "lists", "missing")
    with pytest.raises(BuildError, match="names the page missing, which is not there"):
        build(tiny.root)
    tiny.write("book/_toc.yml", "root: [\n")
    with pytest.raises(BuildError, match="not valid YAML") as caught:
        build(tiny.root)
    assert caught.value.path == "book/_toc.yml"
    (tiny.root / "book/_toc.yml").unlink()
    with pytest.raises(BuildError, match="cannot be read"):
        build(tiny.root)


def test_a_place_that_cannot_be_written_is_one_sentence(tiny):
    tiny.write("_build", "a file where the folder should be\n")
    with pytest.raises(OutputError, match="cannot be written"):
        build(tiny.root)


def test_an_interrupted_swap_is_repaired(tmp_path):
    from amxperf.publish.swap import repair

    (tmp_path / "html.old").mkdir()
    repair(tmp_path / "html")
    assert (tmp_path / "html").is_dir() and not (tmp_path / "html.old").exists()


def test_two_notebooks_cannot_write_one_figure(tmp_path):
    from amxperf.publish.notebooks import Job
    from amxperf.publish.stage import fill

    book = TinyBook(tmp_path / "c").root / "book"
    jobs = []
    for name in ("one", "two"):
        folder = tmp_path / "executed" / name
        (folder / "figures" / "loss").mkdir(parents=True)
        (folder / "figures" / "loss" / "loss.svg").write_text("x")
        (folder / f"{name}.ipynb").write_text('{"cells": []}')
        jobs.append(Job(book / f"{name}.ipynb", f"book/{name}.ipynb", folder, "k"))
    with pytest.raises(BuildError, match="it writes the figure 'loss', and so does book/one"):
        fill(tmp_path / "stage", book, jobs, {})
