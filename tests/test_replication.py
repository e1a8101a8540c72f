"""Replicates in datasets: boots that the arms share, copies, and what a sentence says where boots are unknown."""

import numpy as np

from amxperf import compare

SIDES = ("a", "b")


def _log(value):
    return f"environment,boot,launch,iteration,benchmark,metric,value,unit,side\n{value}"


def _table(plan, spread=0.03, seed=1):
    """Rows of one environment: `plan` maps boot -> launches of side a and of side b; boots differ by `spread`."""
    draw = np.random.default_rng(seed)
    rows, launch = [], 0
    for boot, counts in plan.items():
        level = draw.normal(0, spread)
        for side, count in zip(SIDES, counts, strict=True):
            for _ in range(count):
                launch += 1
                for iteration in range(3):
                    value = np.exp(level + draw.normal(0, 0.005))
                    rows.append(f"vm,{boot},{launch},{iteration},x,time,{value:.6f},s,{side}")
    return _log("\n".join(rows) + "\n")


def _one(make, table, name):
    root = make({"times.csv": table}, name=name)
    return compare(root, "side=a", "side=b")[0]


def test_boots_of_their_own_are_the_replicates(make):
    result = _one(make, _table({"b1": (2, 0), "b2": (2, 0), "b3": (2, 0), "c1": (0, 2), "c2": (0, 2), "c3": (0, 2)}), "own")
    assert result.replicate == "boot" and result.replicates() == (3, 3)


def test_boots_shared_evenly_leave_launches_as_replicates(make):
    result = _one(make, _table({"b1": (4, 2), "b2": (4, 2)}), "even")
    assert result.replicate == "launch" and result.verdict != "not comparable" and result.replicates() == (8, 4)


def test_boots_shared_unevenly_are_refused(make):
    """One shared boot must not turn every launch into a replicate: boots differ by 3 %, launches by 0.5 %."""
    for name, plan in {
        "partly": {"b1": (3, 0), "b2": (3, 0), "b3": (2, 2), "b4": (0, 3), "b5": (0, 3)},
        "askew": {"b1": (8, 2), "b2": (2, 8)},
    }.items():
        result = _one(make, _table(plan), name)
        assert (result.verdict, result.code) == ("not comparable", "boots-uneven")
        assert "pin one boot" in result.reason and np.isnan(result.low)


def test_copies_are_noticed(make):
    table = _table({"b1": (2, 2)})
    rows = table.splitlines()
    copied = [row.replace("vm,b1,1,", "vm,b1,9,") for row in rows if row.startswith("vm,b1,1,")]
    codes = {caution.code for caution in _one(make, table, "clean").cautions}
    assert not codes & {"duplicate-rows", "identical-launches"}
    assert "identical-launches" in {caution.code for caution in _one(make, table + "\n".join(copied) + "\n", "copied").cautions}
    assert "duplicate-rows" in {caution.code for caution in _one(make, table + rows[1] + "\n", "twice").cautions}


def test_unknown_boots_are_in_the_sentence(make):
    rows = "".join(f"{side},,{launch},0,x,time,{1 + launch / 50},s,\n" for side in ("vm", "tdx") for launch in range(6))
    root = make({"times.csv": _log(rows)}, name="unknown")
    result = compare(root, "vm", "tdx")[0]
    assert "boots-unknown" in {caution.code for caution in result.cautions}
    assert result.sentence().endswith("(boots unknown).")


def test_few_replicates_get_no_number_that_would_settle_it(make):
    rows = "".join(
        f"{side},b{launch}{side},1,{i},x,time,{1 + launch / 9 + i / 50},s,\n"
        for side in ("vm", "tdx")
        for launch in range(3)
        for i in range(3)
    )
    result = compare(make({"times.csv": _log(rows)}, name="few"), "vm", "tdx")[0]
    assert (result.verdict, result.settle) == ("inconclusive", None)


def test_a_launch_without_a_boot_among_others_is_refused(make):
    """Else every launch of the known boots would become a replicate."""
    table = _table({"b1": (3, 0), "b2": (3, 0), "c1": (0, 3), "c2": (0, 3)}) + "vm,,stray,0,x,time,1,s,a\n"
    result = _one(make, table, "stray")
    assert (result.verdict, result.code) == ("not comparable", "boots-partly-unknown")
    assert "the launch 'stray' names no boot while others do" in result.reason


def test_launches_of_two_files_stay_apart(make):
    """Each file calls its launch r1."""
    head = "environment,launch,benchmark,metric,value,unit\n"
    files = {f"{side}/run-{i}/t.csv": f"{head}{side},r1,x,time,{1 + i / 100},s\n" for side in ("vm", "tdx") for i in range(4)}
    assert compare(make(files, name="same"), "vm", "tdx")[0].replicates() == (4, 4)


def test_arms_of_the_same_launches_are_said_to_be_and_can_be_paired(make):
    """Both sides in each of six launches, which differ by 5 %: unpaired the step of 3 % is lost, as pairs it shows."""
    draw, rows = np.random.default_rng(4), []
    for launch in range(6):
        level = draw.normal(0, 0.05)
        for side in SIDES:
            values = np.exp(level + 0.03 * (side == "b") + draw.normal(0, 0.001, 2))
            rows += [f"vm,b1,{launch},{k},x,time,{value:.6f},s,{side}" for k, value in enumerate(values)]
    table = _log("\n".join(rows) + "\n")
    plain = _one(make, table, "plain")
    said = [caution.message for caution in plain.cautions if caution.code == "shared-replicates"]
    assert len(said) == 1 and said[0].startswith("6 launches hold values of both arms") and plain.verdict == "inconclusive"
    pairs = compare(make({"times.csv": table}, 'block = "launch"\n', name="pairs"), "side=a", "side=b")[0]
    assert (pairs.pairs, pairs.verdict) == (6, "different") and "shared-replicates" not in {c.code for c in pairs.cautions}
    apart = table.replace(",b\n", ",b\n").replace("vm,b1,0,", "vm,b1,9,", 2)  # one launch of side a under another name
    said = [caution.message for caution in _one(make, apart, "apart").cautions if caution.code == "shared-replicates"]
    assert said[0].startswith("5 launches")


def _single(values, name, make):
    """Launches of one value each, eight of the baseline first."""
    rows = "".join(f"{'old' if k < 8 else 'new'},{k},b,time,{value!r},s\n" for k, value in enumerate(values))
    result = compare(make({"t.csv": "environment,launch,benchmark,metric,value,unit\n" + rows}, name=name), "old", "new")[0]
    return [caution.message for caution in result.cautions if caution.code == "identical-launches"]


def test_copies_of_single_values_are_told_from_a_coarse_clock(make):
    """Six decimals hardly ever repeat among sixteen values, two decimals must."""
    draw = np.random.default_rng(1)
    fine, coarse = ([float(value) for value in np.round(draw.normal(1, 0.02, 16), places)] for places in (6, 2))
    assert _single(fine, "fine", make) == [] and len(set(coarse)) < 12 and _single(coarse, "coarse", make) == []
    assert _single(fine[:8] * 2, "arm", make)[0].startswith("8 launches repeat")
    assert _single([*fine[:4], *fine[:4], *fine[8:]], "half", make)[0].startswith("4 launches repeat")
    for seed in range(6):
        draw = np.random.default_rng(seed)
        for places in (3, 4, 5):
            assert _single([float(v) for v in np.round(draw.normal(1, 0.02, 16), places)], f"{seed}-{places}", make) == []


def test_a_table_appended_to_itself_is_noticed(make):
    """Without iteration numbers the doubled rows pass for iterations."""
    rows = [f"{e},{k},b,time,{1 + 0.01 * ((3 * k + n) % 7) + 0.1 * (e == 'new'):.2f},s"
            for e in ("old", "new") for k in range(4) for n in range(3)]  # fmt: skip
    for name, body, wanted in (("once", rows, 0), ("twice", rows * 2, 24), ("half", rows * 2 + rows[:1], 12)):
        text = "environment,launch,benchmark,metric,value,unit\n" + "\n".join(body) + "\n"
        found = compare(make({"t.csv": text}, name=name), "old", "new")[0].cautions
        said = [caution.message for caution in found if caution.code == "duplicate-rows"]
        assert (said[0].startswith(f"{wanted} values") if wanted else not said), (name, said)
