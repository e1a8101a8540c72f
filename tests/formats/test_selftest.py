"""The kernel's selftests of AMX: written from the messages of tools/testing/selftests/x86/amx.c and of the runner of kselftest, as
no CPU with AMX was at hand; 11952 is the `max sigframe size` that an AMX guest printed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amxperf.document import Document, load
from amxperf.errors import AmxperfError, FormatError, UsageError
from amxperf.formats.selftest import read, sniff


def doc(text: str) -> Document:
    return Document("x.txt", text.encode(), "")


@pytest.fixture(scope="module")
def sample(pytestconfig):
    return lambda name: load(pytestconfig.rootpath / "tests/formats/samples/selftest" / f"{name}.documented.txt")


@pytest.mark.parametrize("name", ["passed", "kselftest"])
def test_verdicts(sample, name):
    tables, notes = read(sample(name), {"side": "guest"})
    data = tables["events"]
    # grep -c '\[OK\]' and '\[RUN\]' of the file
    assert data["reason"].value_counts().to_dict() == {"OK": 11, "RUN": 3, "": 1} and notes == []
    assert data.loc[data["kind"] == "minsigstksz", "value"].tolist() == [11952] and set(data["side"]) == {"guest"}
    assert data["detail"].iloc[1] == "Valid signal code (ILL_ILLOPC)."


def test_failures_and_no_amx(sample):
    tables, notes = read(sample("failed"), {})
    assert [(note.code, note.line) for note in notes] == [("selftest-failed", 19)] and "3 lines say FAIL" in notes[0].message
    assert (tables["events"]["reason"] == "FAIL").sum() == 3
    tables, notes = read(sample("no-amx"), {})
    assert tables["events"].empty and [note.code for note in notes] == ["no-amx"]
    skipped = "[RUN]\tCheck tiledata\n[SKIP]\tno XTILE\n"
    assert [note.code for note in read(doc(skipped), {})[1]] == ["selftest-skipped"]


def test_strangers(sample):
    assert sniff(doc("[RUN]\tsomething else\n[OK]\tdone\n")) == 0
    assert sniff(doc("It prints:\n\n[OK]\tLoad tiledata succeeded.\n\nand so on,\nwith more words.\n")) == 0
    with pytest.raises(FormatError):
        read(doc("hello\n"), {})
    with pytest.raises(UsageError):
        read(doc("hello\n"), {"x": 1})
    huge = "\tAT_MINSIGSTKSZ = " + "9" * 400 + "\n"
    assert len(read(doc(sample("passed").text + huge), {})[0]["events"]) == 15


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_a_cut_file_gives_its_first_rows(sample, data):
    text = sample("kselftest").text
    whole = read(doc(text), {})[0]["events"]
    try:
        part = read(doc(text[: data.draw(st.integers(1, len(text)))]), {})[0]["events"]
    except AmxperfError as error:
        assert error.exit_code == 65
        return
    columns = ["reason", "detail", "line"]
    assert part[columns].values.tolist() == whole[columns].values.tolist()[: len(part)]
