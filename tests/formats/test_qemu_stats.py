"""QEMU's query-stats, recorded from QEMU 7.2 of Debian 12 over QMP while a guest started; counted here with json alone."""

import json

import pytest

from amxperf.document import Document, load
from amxperf.errors import FormatError, UsageError
from amxperf.formats.kvm_counters import difference
from amxperf.formats.qemu_stats import read, sniff


@pytest.fixture(scope="module")
def sample(pytestconfig):
    return lambda name: load(pytestconfig.rootpath / "tests/formats/samples/qemu_stats" / name)


def doc(text):
    return Document("x.json", text.encode(), "")


@pytest.mark.parametrize("name", ["before.json", "after.json"])
def test_every_counter(sample, name):
    document = sample(name)
    tables, notes = read(document, {})
    counted = {}
    for number, text in enumerate(document.lines, 1):
        for counter in json.loads(text)["return"][0]["stats"]:
            if type(counter["value"]) is int:
                counted[counter["name"], number] = counter["value"]
    table = tables["measurements"]
    assert len(table) == len(counted) and [note.code for note in notes] == ["since-start"]
    for row in table.to_dict("records"):
        value = counted.get((row["metric"], row["line"]), counted.get((f"{row['metric']}_ns", row["line"]), 0) / 1e9)
        assert row["value"] == pytest.approx(value) and row["scope"] == ("vm" if row["line"] == 1 else "vcpu")
    assert set(table.loc[table["scope"] == "vcpu", "thread"]) == {"vcpu0"}
    assert table.set_index("metric")["informative"].loc[["pages_2m", "exits"]].tolist() == [True, False]


def test_the_difference(sample):
    before, after = (read(sample(f"{name}.json"), {})[0]["measurements"] for name in ("before", "after"))
    rates = difference(before, after, 5).set_index("metric")["value"]
    told = [
        {counter["name"]: counter["value"] for counter in json.loads(sample(f"{name}.json").lines[1])["return"][0]["stats"]}
        for name in ("before", "after")
    ]
    assert rates["exits/s"] == (told[1]["exits"] - told[0]["exits"]) / 5 > 0


def test_pretty_several_and_errors(sample):
    """As virsh prints it with --pretty; two virtual processors; an error and a guest without KVM between."""
    members = [{"provider": "kvm", "qom-path": f"/m/{n}", "stats": [{"name": "exits", "value": n}]} for n in (7, 8)]
    answer, error = {"return": members, "id": "x"}, {"error": {"class": "GenericError", "desc": "no"}}
    text = "\n".join(json.dumps(each, indent=2) for each in (answer, error, {"return": []}, answer))
    tables, notes = read(doc(text), {})
    found = tables["measurements"][["thread", "iteration", "value"]].values.tolist()
    assert found == [["vcpu0", 0, 7], ["vcpu1", 0, 8], ["vcpu0", 1, 7], ["vcpu1", 1, 8]]
    assert [note.code for note in notes] == ["skipped-answer", "since-start"] and sniff(doc(text)) == 95


def test_refusals():
    assert not sniff(doc('{"return": []}\n')) and not sniff(doc("exits:7\n"))
    with pytest.raises(FormatError, match="no answer holds a counter"):
        stats = '[{"name": "blocking", "value": false}, {"name": 7, "value": 1}, 3]'
        read(doc(f'{{"return": [{{"provider": "kvm", "stats": {stats}}}]}}'), {})
    with pytest.raises(UsageError):
        read(doc('{"return": []}'), {"seconds": 3})
