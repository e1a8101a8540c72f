"""Finding, checking and reading datasets; a changed byte never goes unseen."""

import hashlib
import shutil
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amxperf import open_dataset
from amxperf.dataset import find
from amxperf.errors import ChecksumError, FormatError, ManifestError, MissingInput, UsageError
from amxperf.seal import seal
from amxperf.verify import SUMS

LOG = "$ ./amx-test -d 10 -t 1 -i 1\nThroughput thread0: 744 bytes per second\n"
NOTES = "notes-2024"


HEADER_ROW = "environment,launch,benchmark,metric,value,unit\nvm,1,b,time,1,s\n"


@pytest.fixture
def copy(pytestconfig, tmp_path):
    """A copy of the notes' captures, without the vouching SHA256SUMS."""
    return shutil.copytree(pytestconfig.rootpath / "data" / NOTES, tmp_path / NOTES)


def vouch(root):
    digest = hashlib.sha256((root / "dataset.toml").read_bytes()).hexdigest()
    (root.parent / SUMS).write_text(f"{digest}  {root.name}/dataset.toml\n")


def test_find_by_name_from_below(make, monkeypatch):
    root = make({"vm/1/a.log": LOG}, name="data/mine")
    below = root.parent / "x/y"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert find("mine") == root
    with pytest.raises(MissingInput, match=r"no dataset is called 'yours'; there are mine"):
        find("yours")


def test_find_by_path(make, monkeypatch):
    root = make({"vm/1/a.log": LOG})
    monkeypatch.chdir(root.parent)
    assert find(root) == find("./mine") == find("mine") == find("mine/") == root
    with pytest.raises(MissingInput, match=r"^./yours: no such dataset folder; check the path"):
        find("./yours")
    with pytest.raises(MissingInput, match=r"dataset.toml: this is a file, not a dataset; name the folder"):
        find(root / "dataset.toml")
    with pytest.raises(MissingInput, match=r"no dataset is called 'yours'; give the path of a folder that holds dataset.toml"):
        find("yours")
    with pytest.raises(UsageError, match=r"the name of the dataset is empty"):
        find("")
    with pytest.raises(MissingInput, match=r"no such dataset folder"):
        find("/" + "a" * 300)


def test_tables_and_runs(data):
    found = data("vm-onednn")
    # 40 launches: ls data/vm-onednn/vm | wc -l; 68 exec lines each: grep -c ',exec,'
    assert len(found.runs) == len(found.files) == 40 and len(found.measurements) == 40 * 68
    assert set(found.runs["isa"]) == {"amx", "avx512"} and set(found.runs["boot"]) == {"2026-11-23"}
    assert (found.name, found.kind, found.side("vm/x")) == ("vm-onednn", "recorded", "")
    assert data(NOTES).side("vm/boot/host.dmesg") == "host"


def test_hash_is_that_of_sha256sum(data):
    """The hash of what `sha256sum FILE...` prints, run from the dataset's folder over all captures in order of names."""
    found = data(NOTES)
    listing = "".join(
        f"{hashlib.sha256((found.root / s).read_bytes()).hexdigest()}  {s}\n" for s in sorted(found.manifest.checksums)
    )
    assert found.sha256 == hashlib.sha256(listing.encode()).hexdigest()


def test_no_manifest(make):
    root = make({"vm/1/a.log": LOG})
    (root / "dataset.toml").unlink()
    with pytest.raises(ManifestError, match=r'mine: the dataset has no dataset.toml; add one with kind = "recorded"'):
        open_dataset(root)


def test_no_checksums_is_a_warning(make):
    found = open_dataset(make({"vm/1/a.log": LOG}))
    assert [note.code for note in found.notes] == ["no-checksums"]


def test_removed_and_added(copy):
    (copy / "vm/boot/x.dmesg").write_text("x")
    with pytest.raises(ChecksumError, match=r"vm/boot/x.dmesg: the file is not in the manifest's checksums; take it away, or run"):
        open_dataset(copy)
    (copy / "vm/boot/x.dmesg").unlink()
    (copy / "vm/boot/host.dmesg").unlink()
    with pytest.raises(ChecksumError, match=r"vm/boot/host.dmesg: a file of the manifest is missing; restore it"):
        open_dataset(copy)


def test_changed_manifest(copy):
    path = copy / "dataset.toml"
    path.write_text(path.read_text().replace('kind = "transcribed"', 'kind = "recorded"'))
    assert open_dataset(copy).kind == "recorded"  # nobody vouches for it here
    vouch(copy)
    assert open_dataset(copy).kind == "recorded"
    path.write_text(path.read_text() + "\n")
    with pytest.raises(ChecksumError, match=r"dataset.toml: the manifest was changed since SHA256SUMS was written; restore it"):
        open_dataset(copy)


def test_vouched_and_without_checksums(make):
    root = make({"vm/1/a.log": LOG})
    vouch(root)
    with pytest.raises(ChecksumError, match=r"dataset.toml: the manifest has no checksums; run `amxperf checksum --write "):
        open_dataset(root)


def test_damaged_archive_is_a_changed_file(make):
    import gzip

    root = make({"vm/1/a.log.gz": gzip.compress(LOG.encode())})
    seal(root)
    assert len(open_dataset(root).measurements) == 1
    (root / "vm/1/a.log.gz").write_bytes(b"\x1f\x8b")
    with pytest.raises(ChecksumError, match=r"a.log.gz: the file was changed"):
        open_dataset(root)


@pytest.mark.parametrize(
    ("files", "manifest", "kind", "words"),
    [
        ({"vm/1/a.log": "what is this\n"}, "", FormatError, "vm/1/a.log: the format is not recognised"),
        ({"vm/1/a.log": ""}, "", FormatError, "vm/1/a.log: the file is empty; record it again"),
        ({"vm/1/a.log": b"\x7fELF\0\0\0"}, "", FormatError, "vm/1/a.log: the file is binary"),
        (
            {"vm/1/a.log": LOG},
            "[[files]]\nmatch = '*.log'\nformat = 'dmsg'",
            ManifestError,
            "dataset.toml: no format is called 'dmsg'",
        ),
        (
            {"vm/1/a.log": LOG},
            "[[files]]\nmatch = '*.log'\nspeed = 3",
            ManifestError,
            "dataset.toml: .*no option 'speed' .for vm/1/a.log",
        ),
        ({"vm/1/a.log": LOG}, '[launches]\nname = "{isa}-{run}"', ManifestError, "dataset.toml: launch '1' does not fit"),
    ],
)
def test_bad_files(make, files, manifest, kind, words):
    with pytest.raises(kind, match=words) as caught:
        open_dataset(make(files, manifest))
    assert "\n" not in str(caught.value) and caught.value.hint


def test_marked_utf16_is_read(make):
    assert open_dataset(make({"vm/1/a.log": LOG.encode("utf-16")})).measurements["value"].tolist() == [744.0]


@pytest.fixture(scope="module")
def one_capture(pytestconfig, tmp_path_factory):
    """A sealed dataset of one real capture."""
    root = tmp_path_factory.mktemp("flip") / "mine"
    (root / "vm/boot").mkdir(parents=True)
    shutil.copy(pytestconfig.rootpath / "data" / NOTES / "vm/boot/host.dmesg", root / "vm/boot")
    (root / "dataset.toml").write_text('kind = "transcribed"\ntitle = "a copy"\n')
    seal(root)
    open_dataset(root)
    return root / "vm/boot/host.dmesg"


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_any_changed_byte_is_seen(one_capture, draw):
    original = one_capture.read_bytes()
    place = draw.draw(st.integers(0, len(original) - 1))
    byte = original[place] ^ draw.draw(st.integers(1, 255))
    one_capture.write_bytes(original[:place] + bytes([byte]) + original[place + 1 :])
    try:
        with pytest.raises(ChecksumError, match=r"vm/boot/host.dmesg: the file was changed since its checksum was written"):
            open_dataset(one_capture.parents[2])
    finally:
        one_capture.write_bytes(original)


def test_a_rule_that_matches_nothing(make):
    root = make({"vm/a.csv": HEADER_ROW}, '[[files]]\nmatch = "*.nomatch"\nformat = "table"\n')
    said = [note.message for note in open_dataset(root).notes if note.code == "unused-rule"]
    assert said == ["no file matches '*.nomatch' of [[files]]"]


def test_a_stray_file_says_how_to_ignore_it(make):
    root = make({"vm/a.csv": HEADER_ROW, "vm/notes.txt": "some words\n"})
    with pytest.raises(FormatError, match=r"notes.txt: the format is not recognised; ") as caught:
        open_dataset(root)
    assert caught.value.hint.endswith('list it in dataset.toml: ignore = ["vm/notes.txt"]')




def test_a_mapped_table_takes_its_environment_from_the_folders(make):
    columns = 'columns = {benchmark = "=mine", metric = "=time", value = "seconds", unit = "=s"}\n'
    rule = f'[[files]]\nmatch = "*.csv"\nformat = "table"\n{columns}'
    data = open_dataset(make({"vm/1.csv": "seconds\n1.5\n", "tdx/1.csv": "seconds\n2.5\n"}, rule)).measurements
    assert data[["environment", "launch", "value"]].values.tolist() == [["tdx", "1", 2.5], ["vm", "1", 1.5]]
    with pytest.raises(ManifestError, match="nothing says which environment"):
        open_dataset(make({"1.csv": "seconds\n1.5\n"}, rule, name="above"))


def test_a_filter_outlives_a_copy(data):
    """Two filters one after the other; a copy with another manifest reads the same rows."""
    part = data("vm-onednn").where("pages=2m").where("isa=amx")
    again = replace(part, manifest=part.manifest)
    assert part.filter == "pages=2m,isa=amx"
    assert len(again.measurements) == len(part.measurements) == len(data("vm-onednn").measurements) // 4
    assert set(again.measurements["isa"]) == {"amx"} and set(again.measurements["pages"]) == {"2m"}
    assert data("vm-onednn").where("") is data("vm-onednn")
    with pytest.raises(UsageError, match="'colour' is not a column"):
        data("vm-onednn").where("colour=red")


def test_an_environment_that_was_copied_in_by_hand(make):
    """The manifest of a collection knows the machines of its environments; a folder copied beside them is none of these."""
    log = "amxprobe 1\nseries 1 exit time time s lower leaf=0x0\n1 0 1 9\ndone\n"
    files = {f"{name}/b/l/probe.log": log for name in ("vm", "tdx")}
    notes = open_dataset(make(files, '[environments.vm]\ntitle = "guest"\n')).notes
    assert ["tdx was copied in by hand" in note.message for note in notes if note.code == "unknown-environment"] == [True]
    assert not [note for note in open_dataset(make(files, name="plain")).notes if note.code == "unknown-environment"]
