"""Plans from pilots in datasets, and the command."""

import json

import numpy as np
import pandas as pd
import pytest

from amxperf.cli import main
from amxperf.errors import MissingInput, UsageError
from amxperf.planning import assumed, plan_dataset

HEAD = "environment,boot,launch,benchmark,metric,value,unit,better\n"


def pilot(boots, seed=1):
    rng = np.random.default_rng(seed)
    rows = []
    for environment in ("vm", "tdx"):
        for boot in range(boots):
            shift = rng.normal(0, 0.02)
            for launch in range(3):
                values = np.exp(shift + rng.normal(0, 0.02, 10))
                rows += [f"{environment},b{boot},l{launch},b,time,{value:.6f},s,lower" for value in values]
    return HEAD + "\n".join(rows) + "\n"


def test_boots_are_planned_where_the_arms_share_none(make):
    root = make({"p.csv": pilot(4)})
    found = plan_dataset(root, "vm", "tdx", change=0.02)
    item = found.worst
    assert len(found) == 1 and item.plan.replicate == "boot" and item.components.boots == 4 and item.components.degrees("boot") == 6
    assert 0.008 < item.components.boot < 0.04  # drawn with 2 %, six degrees of freedom
    assert plan_dataset(root, "vm", change=0.02).worst.plan.replicate == "boot"
    assert found.frame()["replicates"].tolist() == [item.plan.replicates]


def test_one_boot_tells_no_spread_of_boots(make):
    root = make({"p.csv": pilot(1)})
    found = plan_dataset(root, "vm", "tdx", change=0.02)
    assert found.worst is None and "state a spread" in found.items[0].sentence()
    told = plan_dataset(root, "vm", "tdx", change=0.02, spread=0.01)
    assert told.worst.plan.replicates >= 5 and told.worst.plan.careful is None


def test_warm_up_costs_and_is_told(make):
    rows = "".join(f"vm,{launch},b,time,{1 + (launch * 7 + i) % 5 / 100},s,{i}\n" for launch in range(4) for i in range(8))
    text = "environment,launch,benchmark,metric,value,unit,iteration\n" + rows
    plain, paid = (plan_dataset(make({"p.csv": text}, extra, name=name), "vm", width=0.02, iterations=5).worst.plan
                   for extra, name in (("", "a"), ("warmup = 3\n", "b")))  # fmt: skip
    assert "warmup-on-top" in {caution.code for caution in paid.cautions} - {caution.code for caution in plain.cautions}
    assert paid.cost / (2 * paid.replicates) == plain.cost / (2 * plain.replicates) + 3


def test_a_selector_that_matches_nothing(make):
    with pytest.raises(MissingInput, match="sgx"):
        plan_dataset(make({"p.csv": pilot(2)}), "sgx", change=0.02)
    with pytest.raises(UsageError, match="spread is -1"):
        assumed(-1, 0.02, change=0.1)


def test_the_command(make, capsys):
    root = str(make({"p.csv": pilot(3)}))
    assert main(["plan", root, "--baseline", "vm", "--treatment", "tdx", "--change", "0.03", "--format", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["plans"][0]["plan"]["replicates"] >= 2 and shown["kind"] == "recorded"
    assert main(["plan", "--spread", "0.01", "--noise", "0.02", "--change", "0.03", "--iterations", "10"]) == 0
    assert "5 boots per arm" in capsys.readouterr().out
    assert main(["plan", root, "--change", "0.03"]) == 64 and "--baseline" in capsys.readouterr().err
    assert main(["plan", "--change", "0.03"]) == 64 and "pilot" in capsys.readouterr().err
    assert main(["plan", root, "--baseline", "vm"]) == 64 and "one goal" in capsys.readouterr().err
    one = str(make({"p.csv": pilot(1)}, name="one"))
    assert main(["plan", one, "--baseline", "vm", "--treatment", "tdx", "--width", "0.02"]) == 2
    assert "no plan" in capsys.readouterr().out


def sessions(count=6, seed=2):
    """Sessions that differ by 10 %, each with one boot and launch of ten values in both environments."""
    rng = np.random.default_rng(seed)
    rows = []
    for session in range(count):
        level = rng.normal(0, 0.1)
        for environment, cost in (("vm", 0.0), ("tdx", 0.03)):
            logs = level + cost + rng.normal(0, 0.005) + rng.normal(0, 0.001, 10)
            place = f"{environment},{environment}{session},l,b,time"
            rows += [f"{place},{value!r},s,lower,s{session}" for value in np.exp(logs).tolist()]
    return {"p.csv": HEAD.replace("better", "better,session") + "\n".join(rows) + "\n"}


def test_blocks_are_planned_as_pairs(make):
    """The spread is that of the log ratios, on five degrees of freedom; what sessions differ by takes no part."""
    root = make(sessions(), 'block = "session"\n')
    item = plan_dataset(root, "vm", "tdx", change=0.02).worst
    assert (item.plan.replicate, item.components.boots, item.components.degrees("boot")) == ("block", 6, 5)
    ratios = [np.diff([np.median(np.log(part["value"])) for _, part in rows.groupby("environment", sort=False)])[0]
              for _, rows in pd.read_csv(root / "p.csv").groupby("session")]  # fmt: skip
    noise = 2 * np.pi / 2 * (item.components.iteration**2 / 2) / 10
    assert item.components.boot**2 + noise == pytest.approx(np.var(ratios, ddof=1), rel=1e-9)
    assert "pairs in blocks of 1 launch per arm" in item.sentence() and item.plan.replicates <= 5
    for options in ({"replicate": "boot"}, {}):
        alone = plan_dataset(root, "vm", *(["tdx"] if options else []), change=0.02, **options)
        assert len(alone) == 1 and alone.worst.plan.replicate == "boot" and alone.worst.plan.replicates > 4 * item.plan.replicates


def test_blocks_of_one_boot_are_no_pilot(make):
    table = sessions()["p.csv"]
    for session in range(6):
        table = table.replace(f"vm{session}", "vm0").replace(f"tdx{session}", "tdx0")
    found = plan_dataset(make({"p.csv": table}, 'block = "session"\n'), "vm", "tdx", change=0.02)
    assert found.worst is None and "how much boots differ" in found.items[0].reason


def test_a_pilot_without_any_scatter_is_none(make):
    rows = "".join(f"{e},b{k},l,b,time,1.5,s,lower\n" for e in ("vm", "tdx") for k in range(4))
    found = plan_dataset(make({"p.csv": HEAD + rows}), "vm", "tdx", change=0.02)
    assert found.worst is None and "all values of an arm are the same" in found.items[0].reason


def test_a_benchmark_out_of_reach_costs_the_others_no_plan(make):
    wild = pilot(4).replace(",b,time,", ",wild,time,").splitlines()[1:]
    wild = [line.replace(",s,", f"e{40 * (number // 30 % 2)},s,") for number, line in enumerate(wild)]  # boots 10^40 apart
    found = plan_dataset(make({"p.csv": pilot(4) + "\n".join(wild) + "\n"}), "vm", "tdx", change=0.02)
    assert [(item.benchmark, item.plan is None) for item in found] == [("b", False), ("wild", True)]
    assert "no number of replicates up to" in found.items[1].reason and found.worst.benchmark == "b"


@pytest.mark.parametrize("value", ["0", "-1"])
def test_a_value_without_a_log_is_not_left_out_in_silence(make, value):
    """As `compare` refuses the benchmark and names the line, so does the plan, with one arm or two."""
    lines = pilot(4).splitlines()
    last = lines[-1].split(",")
    at = HEAD.strip().split(",").index("value")
    bad = ",".join([*last[:at], value, *last[at + 1 :]])
    root = make({"p.csv": "\n".join([*lines[:-1], bad]) + "\n"})
    for arms in (("vm", "tdx"), (last[0],)):
        found = plan_dataset(root, *arms, change=0.02)
        assert [item.plan for item in found] == [None]
        assert f"line {len(lines)} has the value {value}" in found.items[0].reason
