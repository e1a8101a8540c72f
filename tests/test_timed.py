"""Data of an emulated processor: what was counted is shown, and no time is."""

import pytest

import amxperf as ap
from amxperf import figures
from amxperf.dataset import EMULATED
from amxperf.errors import MissingInput
from amxperf.figures.handover import handovers
from amxperf.tally import tally

LOG = "amxprobe 1\nfact emulated no\nseries 0 tmul throughput rate op higher isa=amx\n0 0 6000 1500\n0 1 6000 1400\ndone\n"
SWITCH = (
    "task-{0} [000] d..2. {2}.0: sched_switch: prev_comm=task prev_pid={0} prev_prio=120 prev_state=S "
    "==> next_comm=task next_pid={1} next_prio=120\n"
)
TRACE = "# tracer: nop\n#\n" + "".join(
    [
        "task-7 [000] d.... 1.000100: read_msr: 1c5, value 40000\n",
        "task-7 [000] d.... 1.000150: write_msr: 1c4, value 0\n",
        SWITCH.format(7, 8, 2),
        SWITCH.format(8, 7, 3),
        SWITCH.format(7, 8, 4),
    ]
)
STACK = (
    "# tracer: nop\n#\n"
    "task-7 [000] d.... 1.000200: read_msr: 1c5, value 40000\n"
    "task-7 [000] d.... 1.000210: <stack trace>\n"
    " => function\n => entry\n"
)


@pytest.fixture(params=["recorded", "emulated"])
def dataset(request, tmp_path):
    (tmp_path / "dataset.toml").write_text(f'kind = "{request.param}"\ntitle = "t"\n')
    for place, text in {"vm/b/one/probe.log": LOG, "vm/b/two/guest.trace": TRACE, "vm/b/three/guest.trace": STACK}.items():
        (tmp_path / place).parent.mkdir(parents=True)
        (tmp_path / place).write_text(text)
    return ap.open_dataset(tmp_path)


def test_measurements(dataset):
    """The log itself says that nothing was emulated: the manifest alone decides."""
    real = dataset.kind == "recorded"
    assert dataset.measurements["informative"].tolist() == [real, real]
    assert set(dataset.measurements["reason"]) == {"" if real else EMULATED}


def test_counts_stay_and_times_go(dataset):
    row = tally(dataset).set_index("source").loc["vm/b/two/guest.trace"]
    assert (row["first_uses"], row["disarmed"], row["switches"]) == (1, 1, 3)
    assert (row["first_use_us"] == 50) == (dataset.kind == "recorded")
    times = handovers(dataset, "vm/b/two/guest.trace")["us"]
    assert len(times) == 2 and times.notna().all() == (dataset.kind == "recorded")


def test_event_table(dataset):
    text = str(figures.event_table(dataset, kinds=("read_msr",)))
    assert ("1.000100" in text) == (dataset.kind == "recorded") and ("line 3" in text) == (dataset.kind == "emulated")


def test_call_trace(dataset):
    text = str(figures.call_trace(dataset, "vm/b/three/guest.trace", 1))
    assert "function" in text and ("1.000210 s" in text) == (dataset.kind == "recorded")


def test_figures_of_time_are_refused(dataset):
    if dataset.kind == "recorded":
        figures.timeline(dataset, "vm/b/two/guest.trace", name="n", title="t")
        return
    with pytest.raises(MissingInput, match="emulated processor"):
        figures.timeline(dataset, "vm/b/two/guest.trace", name="n", title="t")
    with pytest.raises(MissingInput, match="emulated processor"):
        figures.switches(dataset, name="n", title="t", sources={"a": "vm/b/two/guest.trace"})
