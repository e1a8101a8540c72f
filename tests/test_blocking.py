"""Ratios of ratios whose arms blocks pair: by hand, by R, and what blocks must not do."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from amxperf import compare, open_dataset
from amxperf.blocking import Cell, matched
from amxperf.errors import ManifestError
from amxperf.figures import ratios
from amxperf.output import comparisons
from amxperf.planning import plan_dataset
from amxperf.stats.estimates import FOUR, HALVES, WHOLE

HEADER = "environment,boot,launch,benchmark,metric,value,unit,isa,session\n"
SESSION = 'block = "session"\n'
ARMS = (("vm", "amx"), ("tdx", "amx"), ("vm", "avx512"), ("tdx", "avx512"))

LOGS = {  # log times by session: TDX costs AMX 0.2, 0.3, 0.1 and 0.2 more than it costs AVX-512
    ("vm", "amx"): (0.0, 0.5, -0.3, 0.1),
    ("tdx", "amx"): (0.3, 0.8, -0.1, 0.4),
    ("vm", "avx512"): (1.0, 1.6, 0.7, 1.1),
    ("tdx", "avx512"): (1.1, 1.6, 0.8, 1.2),
}


def table(cells):
    """Text of a table from (environment, boot, launch, isa, session) -> log time."""
    rows = (f"{e},{b},{k},b,time,{math.exp(log)!r},s,{isa},{s}\n" for (e, b, k, isa, s), log in cells.items())
    return {"t.csv": HEADER + "".join(rows)}


def sessions(logs=LOGS, boot=lambda e, k: f"{e}{k}"):
    """Every session holds one launch of each arm."""
    return {(e, boot(e, k), f"{isa}{k}", isa, f"s{k}"): log for (e, isa), arm in logs.items() for k, log in enumerate(arm)}


def asked(make, cells, manifest=SESSION, name="mine", **options):
    return compare(make(table(cells), manifest, name=name), "vm", "tdx", within="isa=avx512", **options)


def codes(result):
    return {caution.code for caution in result.cautions}


def test_blocks_of_all_four_arms_by_hand(make):
    """Log ratios of ratios 0.2, 0.3, 0.1, 0.2: mean 0.2, variance 0.02 / 3, 3 degrees of freedom.

    R 4.2.2: qt(0.975, 3) is 3.1824463052837078, t.test(c(0.2, 0.3, 0.1, 0.2))$p.value is 0.016276603459428551.
    """
    found = asked(make, sessions())
    result = found.one()
    half = 3.1824463052837078 * math.sqrt(0.02 / 3 / 4)
    assert (result.ratio, result.low, result.high) == pytest.approx(tuple(np.exp([0.2, 0.2 - half, 0.2 + half])), rel=1e-9)
    assert (result.df, result.p) == (3, pytest.approx(0.016276603459428551, rel=1e-9))
    assert (result.method, result.replicate, result.pairs, result.replicates(), result.least) == (WHOLE, "block", 4, (4, 4), 4)
    assert result.verdict == "different" and result.counted() == "4 blocks with all four arms"
    assert result.spread_baseline == pytest.approx(math.sqrt(0.02 / 3))
    assert not codes(result) & {"shared-replicates", "unpaired-blocks"}
    again = type(result).from_json(result.to_json())
    assert again == result and again.to_json() == result.to_json()
    text = " ".join(comparisons(found, "table").split())
    assert "paired t on the log ratios of ratios, 4 blocks with all four arms): different." in text
    assert "With 4 blocks with all four arms whose ratios of ratios scatter by 1 %, the interval of a ratio of ratios is" in text
    plain = asked(make, sessions(), "", "plain", filter="session=s0|s1|s2|s3")
    assert {one.code for one in plain} == {"one-boot"}  # without a block a column that all arms share is held fixed


def test_blocks_of_both_parts_of_an_arm_by_hand(make):
    """Sessions of one environment each: log ratios of AMX to AVX-512 are the replicates, three against four; Welch's t.

    R 4.2.2: t.test(c(-0.8, -0.8, -0.9, -0.8), c(-1.0, -1.1, -1.0)) has t = 5, 4.0322580645161263 degrees of freedom,
    p = 0.0073345051736869128 and the interval 0.0930121996950891 to 0.3236544669715777.
    """
    cells = {(e, b, k, isa, f"{e}-{s}"): log for (e, b, k, isa, s), log in sessions().items() if not (e == "vm" and s == "s3")}
    result = asked(make, cells).one()
    wanted = np.exp([3.1 / 3 - 0.825, 0.0930121996950891, 0.3236544669715777])
    assert (result.ratio, result.low, result.high) == pytest.approx(tuple(wanted), rel=1e-9)
    assert (result.df, result.p) == pytest.approx((4.0322580645161263, 0.0073345051736869128), rel=1e-9)
    assert (result.method, result.halves, result.replicates(), result.least, result.pairs) == (HALVES, (3, 4), (3, 4), 3, 0)
    assert result.counted() == "3 against 4 blocks with two arms each" and not codes(result) & {"shared-replicates"}
    assert type(result).from_json(result.to_json()) == result and result.to_dict()["halves"] == [3, 4]


def test_blocks_of_both_arms_of_a_ratio(make):
    """AMX and AVX-512 in sessions of their own, each with both environments: the two ratios per session are the replicates."""
    cells = {(e, b, k, isa, f"{isa}-{s}"): log for (e, b, k, isa, s), log in sessions().items()}
    result = asked(make, cells).one()
    wanted = stats.ttest_ind([0.3, 0.3, 0.2, 0.3], [0.1, 0.0, 0.1, 0.1], equal_var=False)
    assert (result.method, result.halves) == (HALVES, (4, 4))
    assert (result.df, result.p) == (pytest.approx(wanted.df, rel=1e-9), pytest.approx(wanted.pvalue, rel=1e-9))
    assert result.ratio == pytest.approx(math.exp(0.2), rel=1e-9)


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 10**6), st.floats(0.2, 5.0), st.booleans())
def test_what_a_block_does_to_all_its_arms_changes_nothing(tmp_path_factory, seed, scale, whole):
    """Nor does another unit; without the pairing block effects of 40 % would drown the answer."""
    rng = np.random.default_rng(seed)
    cells = {key: log + rng.normal(0, 0.01) for key, log in sessions().items()}
    if not whole:
        cells = {(e, b, k, isa, f"{e}{s}"): log for (e, b, k, isa, s), log in cells.items()}
    effect = {s: rng.normal(0, 0.4) for s in {key[4] for key in cells}}
    found = []
    for name, changed in (("a", cells), ("b", {key: log + effect[key[4]] + math.log(scale) for key, log in cells.items()})):
        root = tmp_path_factory.mktemp(name)
        (root / "dataset.toml").write_text('kind = "synthetic"\ntitle = "t"\n' + SESSION)
        (root / "t.csv").write_text(table(changed)["t.csv"])
        found.append(compare(root, "vm", "tdx", within="isa=avx512").one())
    one, other = found
    assert (other.ratio, other.low, other.high, other.p) == pytest.approx((one.ratio, one.low, one.high, one.p), rel=1e-9)
    assert (one.verdict, one.method) == (other.verdict, other.method) and one.method == (WHOLE if whole else HALVES)


def test_swapped_arms_and_a_swapped_reference_invert_the_ratio(make):
    root = make(table(sessions()), SESSION)
    one = compare(root, "vm", "tdx", within="isa=avx512").one()
    for other in (compare(root, "tdx", "vm", within="isa=avx512").one(), compare(root, "vm", "tdx", within="isa=amx").one()):
        assert (other.ratio, other.low, other.high) == pytest.approx((1 / one.ratio, 1 / one.high, 1 / one.low), rel=1e-9)
        assert other.p == pytest.approx(one.p, rel=1e-9)


def test_incomplete_blocks_are_left_out_and_said(make):
    """A session without AVX-512 in TDX, and a launch in no session, weigh nothing."""
    whole = asked(make, sessions(), name="whole").one()
    cells = sessions() | {("vm", "vm9", "amx9", "amx", "s9"): 7.0, ("tdx", "tdx9", "amx9", "amx", "s9"): 9.0}
    cells |= {("vm", "vm8", "amx8", "amx", ""): 5.0}
    result = asked(make, cells, name="more").one()
    assert (result.ratio, result.low, result.high, result.pairs) == (whole.ratio, whole.low, whole.high, 4)
    said = [caution.message for caution in result.cautions if caution.code == "unpaired-blocks"]
    assert said == ["2 blocks do not hold all four arms, or have no name, and are left out"]


def test_no_block_that_pairs_anything_is_said(make):
    cells = {(e, b, k, isa, f"{e}{isa}{s}"): log for (e, b, k, isa, s), log in sessions().items()}
    found = asked(make, cells)
    assert len(found) == 0 and [note.code for note in found.notes] == ["no-common-block"]


def test_blocks_of_one_boot_are_one_replicate(make):
    """VM against TDX is assigned to boots: with one boot of each, ten sessions say nothing of the systems."""
    one = asked(make, sessions(boot=lambda e, k: e), name="one").one()
    assert (one.verdict, one.code, one.replicate, one.pairs) == ("not comparable", "one-boot", "boot", 1)
    assert one.ratio == pytest.approx(math.exp(0.2)) and math.isnan(one.low)
    inside, whole = one.within, asked(make, sessions(), name="blocks").one()  # the same blocks, of these boots only
    assert (inside.low, inside.high, inside.pairs, inside.replicate) == (whole.low, whole.high, 4, "block")
    assert inside.cautions[0].code == "within-boot" and inside.relative_to == "isa=avx512"
    assert "between these two boots, which does not speak for the systems" in inside.sentence()
    two = asked(make, sessions(boot=lambda e, k: f"{e}{k // 2}"), name="two").one()  # means 0.25 and 0.15 of two pairs of boots
    half = stats.t.ppf(0.975, 1) * 0.05
    assert (math.log(two.low), math.log(two.high)) == pytest.approx((0.2 - half, 0.2 + half), rel=1e-9)
    assert (two.replicate, two.pairs, two.counted()) == ("boot", 2, "2 pairs of boots with all four arms")
    long = asked(make, sessions(boot=lambda e, k: "up" if e == "vm" else f"{e}{k}"), name="long").one()
    assert long.code == "one-boot"  # the VM was started once
    unknown = asked(make, sessions(boot=lambda e, k: ""), name="unknown").one()
    assert unknown.pairs == 4 and "boots-unknown" in codes(unknown)


def test_a_launch_of_both_instruction_sets_is_a_block(make):
    """One process times both: the log ratio of a launch is what counts, and the launches of a boot are one replicate."""
    rng = np.random.default_rng(8)
    cells, ratios = {}, {"vm": [], "tdx": []}
    for e, cost in (("vm", 0.0), ("tdx", 0.1)):
        for boot in range(4):
            ratio = []
            for launch in range(3):
                level = rng.normal(0, 0.2)
                logs = level + cost + rng.normal(0, 0.01), level + rng.normal(0, 0.01)
                ratio.append(logs[0] - logs[1])
                for isa, log in zip(("amx", "avx512"), logs, strict=True):
                    cells[e, f"boot-{boot}", f"run-{launch}", isa, ""] = float(log)
            ratios[e].append(np.mean(ratio))
    result = asked(make, cells, 'block = "launch"\n', "launch").one()
    wanted = stats.ttest_ind(ratios["tdx"], ratios["vm"], equal_var=False)
    assert (result.method, result.replicate, result.halves) == (HALVES, "boot", (4, 4))  # boot-0 of VM is not that of TDX
    assert result.p == pytest.approx(wanted.pvalue, rel=1e-9) and result.verdict == "different"
    assert asked(make, cells, "", "plain").one().verdict == "inconclusive"
    boots = asked(make, cells, 'block = "boot"\n', "boot").one()
    assert (boots.replicate, boots.halves) == ("block", (4, 4)) and boots.p == pytest.approx(wanted.pvalue, rel=1e-9)
    vm = compare(make(table(cells), 'block = "launch"\n', name="between"), "vm", "tdx", filter="isa=amx").one()
    assert (vm.replicate, vm.pairs) == ("boot", 0) and "block-unused" in codes(vm)  # a launch is of one environment


def test_launches_of_one_arm_each_are_compared_unpaired_and_said(make):
    cells = {(e, f"{e}{isa}{k}", "1", isa, ""): log for (e, isa), arm in LOGS.items() for k, log in enumerate(arm)}
    found = asked(make, cells, 'block = "launch"\n')
    assert found.one().method == FOUR and [note.code for note in found.notes] == ["block-unused"]
    assert found.one() == asked(make, cells, "", "plain").one()


def test_diagnosis_looks_at_the_ratios_of_blocks(make):
    """The ratio of one session of eight is far off and is named; what sessions differ by, much more, is no fault."""
    quiet, levels = [0.001, -0.002, 0.0, 0.002, -0.001, 0.001, 0.0], [0.1 * k * k for k in range(8)]
    logs = {("vm", "amx"): levels, ("tdx", "amx"): np.add(levels, [*quiet, 0.6]).tolist(),
            ("vm", "avx512"): [1 + level for level in levels], ("tdx", "avx512"): [1 + level for level in levels]}  # fmt: skip
    near = {**logs, ("tdx", "amx"): np.add(levels, [0.05 + q for q in (*quiet, 0.09)]).tolist()}
    for name, options in (("pairs", {"filter": "isa=amx"}), ("whole", {"within": "isa=avx512"})):
        far = compare(make(table(sessions(logs)), SESSION, name=name), "vm", "tdx", diagnose=True, **options).one()
        assert "outlier-replicate" in codes(far) and "two-states" not in codes(far)
        kept = compare(make(table(sessions(near)), SESSION, name=f"near{name}"), "vm", "tdx", diagnose=True, **options).one()
        assert kept.verdict == "different" and "outlier-replicate" in codes(kept)


def test_a_block_of_both_sides_is_minded():
    """One session of all four arms among sessions of one environment: too few for the first design."""
    arms = [{("s",): Cell(0.0), (name,): Cell(0.1)} for name in ("vm", "tdx", "vm", "tdx")]
    found = matched(arms, apart=False)
    assert (found.holds, found.shared, found.left) == ("both parts of an arm", True, 0)
    assert [caution.code for caution in found.cautions()] == ["shared-replicates"]


def plain(make, cells, manifest=SESSION, name="mine"):
    return compare(make(table(cells), manifest, name=name), "vm", "tdx")


def test_pairs_of_one_boot_are_one_replicate_of_a_plain_comparison_too(make):
    """Ratios of AMX by session: 0.3, 0.3, 0.2, 0.3; two sessions in each boot make two replicates, 0.3 and 0.25."""
    one = plain(make, sessions(boot=lambda e, k: e), name="one")
    assert {(r.code, r.replicate, r.pairs) for r in one} == {("one-boot", "boot", 1)} and one.geomeans == ()
    inside, whole = one.one(isa="amx").within, plain(make, sessions(), name="whole").one(isa="amx")
    assert (inside.low, inside.high, inside.pairs) == (whole.low, whole.high, 4) and inside.cautions[0].code == "within-boot"
    two = plain(make, sessions(boot=lambda e, k: f"{e}{k // 2}"), name="two")
    half = stats.t.ppf(0.975, 1) * 0.025
    amx = two.one(isa="amx")
    assert (math.log(amx.low), math.log(amx.high)) == pytest.approx((0.275 - half, 0.275 + half), rel=1e-9)
    assert (amx.replicate, amx.pairs, amx.counted()) == ("boot", 2, "2 pairs of boots") and "two-replicates" in codes(amx)
    mean = two.geomeans[0]  # of the ratios of AMX and AVX-512: (0.3 + 0.05) / 2 and (0.25 + 0.1) / 2 by boot
    assert mean.code == "no-spread" and mean.ratio == pytest.approx(math.exp(0.175), rel=1e-9)
    four = plain(make, sessions(), name="four").one(isa="amx")
    assert (four.replicate, four.pairs) == ("block", 4)
    long = plain(make, sessions(boot=lambda e, k: "up" if e == "vm" else f"{e}{k}"), name="long").one(isa="amx")
    assert long.code == "one-boot"


def test_pairs_inside_a_boot_stay_pairs_where_the_arms_share_it(make):
    found = compare(make(table(sessions(boot=lambda e, k: e)), SESSION), "isa=avx512", "isa=amx", filter="vm").one()
    assert (found.replicate, found.pairs) == ("block", 4)


def test_joined_boots_weigh_the_pairs_and_not_the_launches(make):
    """Two sessions in one pair of boots, with two launches of the VM in one and of TDX in the other: session levels cancel."""
    cells = {}
    for boot in range(3):
        for k, level in enumerate((0.0, 1.0)):
            for e, cost in (("vm", 0.0), ("tdx", 0.1 + 0.01 * boot)):
                for launch in range(2 if (e == "vm") == (k == 0) else 1):
                    cells[e, f"{e}{boot}", f"{k}-{launch}", "amx", f"s{boot}{k}"] = level + cost
    result = plain(make, cells).one()
    assert (result.pairs, result.replicate) == (3, "boot")
    wanted = stats.ttest_1samp([0.10, 0.11, 0.12], 0)
    assert result.ratio == pytest.approx(math.exp(0.11), rel=1e-9) and result.p == pytest.approx(wanted.pvalue, rel=1e-6)


def test_what_warm_up_was_left_out_of_a_ratio_of_ratios_is_said(make):
    """Twelve values per launch, the first three twice as long, of all four arms."""
    rng = np.random.default_rng(4)
    rows = [f"{e},{e}{k},{isa},{i},b,time,{(1 + (i < 3)) * math.exp(rng.normal(0, 0.005))!r},s,{isa}" for e in ("vm", "tdx")
            for isa in ("amx", "avx512") for k in range(4) for i in range(12)]  # fmt: skip
    text = "environment,boot,launch,iteration,benchmark,metric,value,unit,isa\n" + "\n".join(rows) + "\n"
    result = compare(make({"t.csv": text}), "vm", "tdx", within="isa=avx512", steady=True).one()
    said = [caution.message for caution in result.cautions if caution.code == "steady-left-out"]
    assert said == ["change points leave out 24 values as warm-up, in 8 of 8 series"]  # the rest's, then the reference's: alike


def test_one_boot_of_four_unpaired_arms_is_compared_inside(make):
    cells = {(e, f"{e}{isa}", f"{k}", isa, ""): log for (e, isa), arm in LOGS.items() for k, log in enumerate(arm)}
    result = asked(make, cells, "").one()
    assert (result.code, result.within.method) == ("one-boot", FOUR)
    assert result.within.counted() == "4 against 4 launches and 4 against 4 of the reference"


def test_what_it_is_relative_to_is_said_everywhere(make):
    found = asked(make, sessions())
    assert found.arms == "tdx over vm, relative to isa=avx512" and found.arms in found.title and found.arms in repr(found)
    assert found.frame()[["relative_to", "pairs"]].to_numpy().tolist() == [["isa=avx512", 4]]
    again = type(found).from_json(found.to_json())
    assert again == found and again.within == "isa=avx512"
    figure = ratios(open_dataset(make(table(sessions()), SESSION)), found, name="x", title="t")
    assert "ratio of ratios; 1: the same step as for isa=avx512" in figure.canvas.axes[0].get_xlabel()
    assert "relative to the same ratio of isa=avx512" in figure.caption
    plain_ = plain(make, sessions())
    assert plain_.arms == "tdx over vm" and plain_.frame()["pairs"].tolist() == [4, 4]


def test_a_block_that_no_column_is_called_is_an_error(make):
    root = make(table(sessions()), 'block = "sesion"\n')
    for ask in (lambda: compare(root, "vm", "tdx"), lambda: compare(root, "vm", "tdx", within="isa=avx512"),
                lambda: plan_dataset(root, "vm", "tdx", change=0.02)):  # fmt: skip
        with pytest.raises(ManifestError, match="block names 'sesion', and the measurements have no such column"):
            ask()
