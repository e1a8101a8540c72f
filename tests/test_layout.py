"""Where captures lie, and what a path says; links and launches that cannot be told apart."""

import os
from pathlib import Path

import pytest

from amxperf.errors import ManifestError
from amxperf.layout import place, sources
from amxperf.manifest import NAME, parse

LOG = "$ ./amx-test -d 10 -t 1 -i 1\nThroughput thread0: 744 bytes per second\n"
TABLE = "environment,launch,benchmark,metric,value,unit\nvm,1,b,time,1.5,s\n"


def opened(root):
    from amxperf import open_dataset

    return open_dataset(root)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("a.csv", ("", "", "")),
        ("vm/run-1.log", ("vm", "", "run-1")),
        ("vm/run-1.log.gz", ("vm", "", "run-1")),
        ("vm/run-1.5.log", ("vm", "", "run-1.5")),
        ("vm/run-1/a.log", ("vm", "", "run-1")),
        ("vm/b1/run-1/a.log", ("vm", "b1", "run-1")),
    ],
)
def test_place(source, found):
    assert place(source, Path(NAME)) == found


def test_too_deep(make):
    with pytest.raises(ManifestError, match=r"dataset.toml: vm/b/l/x/a.log lies too deep; use ENVIRONMENT/\[BOOT/\]LAUNCH/FILE"):
        opened(make({"vm/b/l/x/a.log": LOG}))


def test_what_counts_as_a_capture(make):
    root = make(
        {"vm/1/a.log": LOG, "vm/1/.hidden": "x", ".git/x": "x", "README.md": "x", "vm/notes.bin": "x"}, 'ignore = ["*.bin"]'
    )
    assert sources(root, parse(root / NAME)) == ["vm/1/a.log"]


def test_empty(make):
    with pytest.raises(ManifestError, match=r"the dataset holds no captures; copy logs to ENVIRONMENT/LAUNCH/"):
        opened(make({}))


@pytest.mark.parametrize(
    ("link", "target", "words"),
    [
        ("vm/1/b.log", "/etc/hostname", "the link leads outside the dataset; copy the file in"),
        ("vm/1/b.log", "../../../outside.log", "the link leads outside the dataset"),
        ("vm/2", "../../folder", "the link leads outside the dataset"),
        ("vm/2", "1", "links to folders are not followed; copy it in"),
        ("vm/1/b.log", "nowhere", "the link leads nowhere; remove it"),
        ("vm/1/b.log", "b.log", "the link leads nowhere; remove it"),
    ],
)
def test_links(make, link, target, words):
    root = make({"vm/1/a.log": LOG})
    (root.parent / "outside.log").write_text(LOG)
    (root.parent / "folder").mkdir()
    (root / link).symlink_to(target)
    with pytest.raises(ManifestError, match=rf"{link}: .*{words}"):
        opened(root)


def test_a_link_inside_is_read(make):
    root = make({"vm/1/a.log": LOG, "vm/2/keep": "x"}, 'ignore = ["keep"]')
    (root / "vm/2/a.log").symlink_to("../1/a.log")
    assert opened(root).measurements["launch"].tolist() == ["1", "2"]


def test_a_pipe_is_no_capture(make):
    root = make({"vm/1/a.log": LOG})
    os.mkfifo(root / "vm/1/pipe")
    with pytest.raises(ManifestError, match=r"vm/1/pipe: neither a file nor a folder"):
        opened(root)


@pytest.mark.parametrize(
    "files", [("vm/run/a.log", "vm/run.log"), ("vm/run.log", "vm/run.txt"), ("vm/b/run/a.log", "vm/b/run/b.log", "vm/run.log")]
)
def test_two_launches_of_one_name(make, files):
    manifest = '[environments.vm]\nboot = "b"\n'
    with pytest.raises(ManifestError, match=r"dataset.toml: two launches are called 'run': .* and .*; rename one of them"):
        opened(make(dict.fromkeys(files, LOG), manifest))


def test_several_files_of_one_launch(make):
    assert set(opened(make({"vm/run/a.log": LOG, "vm/run/b.log": LOG})).measurements["launch"]) == {"run"}


def test_identity(make):
    data = opened(make({"own.csv": TABLE, "tdx/b1/r/a.log": LOG}, '[environments.vm]\nboot = "monday"\n', name="d")).measurements
    columns = ["dataset", "environment", "boot", "launch", "source"]
    assert data[columns].values.tolist() == [["d", "vm", "monday", "1", "own.csv"], ["d", "tdx", "b1", "r", "tdx/b1/r/a.log"]]


def test_no_environment(make):
    with pytest.raises(ManifestError, match=r"a.log:2: nothing says which environment this was measured in; move the file"):
        opened(make({"a.log": LOG}))


def test_environment_against_folder(make):
    with pytest.raises(ManifestError, match=r"a.csv:2: the file names the environment 'vm' and lies in the folder 'tdx'; move it"):
        opened(make({"tdx/1/a.csv": TABLE}))


def test_label_against_log(make):
    found = opened(make({"vm/avx512-1/a.log": LOG}, '[launches]\nname = "{isa}-{run}"\n'))
    notes = [note for note in found.notes if note.code == "label-contradicts-log"]
    assert "labelled isa=avx512, the log says amx; the log is believed" in notes[0].message
    assert notes[0].source == "vm/avx512-1/a.log" and found.measurements["isa"].tolist() == ["amx"]
