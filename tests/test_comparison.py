"""Comparing arms: the level of the replicate, what is left out, and a value worked out again from the raw logs."""

import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from amxperf import compare, schema
from amxperf.errors import MissingInput, UsageError

AMX_TEST = "$ ./amx-test-ok -d 10 -t 1 -i 1\nThroughput thread0: 744 bytes per second\n"
HEADER = "environment,boot,launch,iteration,benchmark,metric,value,unit,better"


def table(arms, *, boots, launches=5, values=3, extra=None):
    """A measurements table: `arms` maps environment to a typical time; `boots` maps environment to its boots."""
    noise = np.random.default_rng(7)
    rows = []
    for environment, time in arms.items():
        for boot in boots[environment]:
            shift = 1 + 0.01 * noise.standard_normal()
            for launch in range(launches):
                for iteration in range(values):
                    value = time * shift * (1 + 0.001 * noise.standard_normal())
                    more = "".join(f",{cell(environment)}" for cell in (extra or {}).values())
                    rows.append(f"{environment},{boot},{launch},{iteration},b,time,{value!r},s,lower{more}")
    return "\n".join([",".join([HEADER, *(extra or {})]), *rows]) + "\n"


def codes(result):
    return {caution.code for caution in result.cautions}


def test_boots_known_and_disjoint(make):
    root = make({"all.csv": table({"vm": 1.0, "tdx": 1.3}, boots={"vm": ["b1", "b2", "b3"], "tdx": ["b1", "b2", "b3"]})})
    result = compare(root, "vm", "tdx").one()
    assert (result.replicate, result.verdict) == ("boot", "different")
    assert (result.baseline_n.boots, result.baseline_n.launches, result.baseline_n.iterations) == (3, 15, 45)
    assert not codes(result) & {"boots-unknown", "boots-mixed"}
    assert (result.baseline, result.treatment, result.kind, result.better) == ("vm", "tdx", "recorded", "lower")


def test_shared_boot(make):
    text = table({"vm": 1.0}, boots={"vm": ["b1"]}, extra={"isa": lambda _: "amx"})
    text += table({"vm": 2.0}, boots={"vm": ["b1"]}, extra={"isa": lambda _: "avx"}).split("\n", 1)[1].replace("vm,b1,", "vm,b1,x")
    result = compare(make({"all.csv": text}), "isa=amx", "isa=avx").one()
    assert (result.replicate, result.verdict, result.baseline_n.boots) == ("launch", "different", 1)
    assert "boots-unknown" not in codes(result)


def test_unknown_boots(make):
    result = compare(make({"all.csv": table({"vm": 1.0, "tdx": 1.3}, boots={"vm": [""], "tdx": [""]})}), "vm", "tdx").one()
    assert (result.replicate, result.verdict) == ("launch", "different")
    assert "boots-unknown" in codes(result) and result.baseline_n.boots == 0


def test_half_known_boots_are_refused(make):
    result = compare(make({"all.csv": table({"vm": 1.0, "tdx": 1.3}, boots={"vm": ["", "b2"], "tdx": ["b1"]})}), "vm", "tdx").one()
    assert (result.verdict, result.code) == ("not comparable", "boots-partly-unknown")


def test_one_boot_per_arm(make):
    """Ten launches each, 30 % apart, and still no word on the systems: they are launches of two boots."""
    text = table({"vm": 1.0, "tdx": 1.3}, boots={"vm": ["b1"], "tdx": ["b1"]}, launches=10)
    result = compare(make({"all.csv": text}), "vm", "tdx").one()
    assert (result.verdict, result.code) == ("not comparable", "one-boot")
    assert math.isnan(result.low) and math.isnan(result.high) and 1.2 < result.ratio < 1.4
    assert (result.within.replicate, result.within.verdict, result.within.treatment) == ("launch", "different", "tdx")


def test_warmup_as_the_manifest_says(make):
    rows = "".join(f"{e},,{k},{i},b,time,{(100 if i < 2 else t) + k / 100},s,lower\n"
                   for e, t in (("vm", 1), ("tdx", 2)) for k in range(3) for i in range(5))  # fmt: skip
    files = {"all.csv": f"{HEADER}\n{rows}"}
    cold = compare(make(files, name="cold"), "vm", "tdx").one()
    warm = compare(make(files, "warmup = 2", name="warm"), "vm", "tdx").one()
    assert cold.baseline_n.iterations == 15 and warm.baseline_n.iterations == 9
    assert "warmup-left-out" in codes(warm) and "(12 values)" in str(warm.cautions) and "warmup-left-out" not in codes(cold)
    # medians 1.00 to 1.02 and 2.00 to 2.02; the mean of logs by hand
    shift = sum(math.log(2 + k / 100) - math.log(1 + k / 100) for k in range(3)) / 3
    assert warm.ratio == pytest.approx(math.exp(shift), rel=1e-12)
    over = compare(make(files, "warmup = 5", name="over"), "vm", "tdx").one()
    assert "warmup-kept" in codes(over) and over.baseline_n.iterations == 15


def test_location_as_the_manifest_says(make):
    rows = "".join(f"{e},,{k},{i},b,time,{v},s,lower\n" for e, f in (("vm", 1), ("tdx", 2)) for k in (1, 2)
                   for i, v in enumerate((f * k, f * k, 10 * f * k)))  # fmt: skip
    files = {"all.csv": f"{HEADER}\n{rows.replace('tdx,,1,0,b,time,2,', 'tdx,,1,0,b,time,4,')}"}
    mean = compare(make(files, 'location = "mean"', name="mean"), "vm", "tdx").one()
    median = compare(make(files, name="median"), "vm", "tdx").one()
    assert median.ratio == pytest.approx(math.sqrt(4 * 2), rel=1e-12)  # launches 1 -> 4 and 2 -> 4
    assert mean.ratio == pytest.approx(math.sqrt((26 / 12) * 2), rel=1e-12)  # 12 -> 26 and 24 -> 48, thirds cancel


def test_uninformative_is_refused_with_the_reason(make):
    root = make({"vm/first-use/amx-test.log": AMX_TEST, "tdx/first-use/amx-test.log": AMX_TEST})
    result = compare(root, "vm", "tdx").one()
    assert (result.verdict, result.code) == ("not comparable", "not-informative") and math.isnan(result.ratio)
    assert "744 is 1 x 8192 B // (10 + 1) s, a constant of its options" in result.reason and result.reason in result.sentence()
    assert result.baseline_n.launches == 1


def test_uninformative_rows_never_enter(make):
    good = table({"vm": 1.0, "tdx": 1.3}, boots={"vm": [""], "tdx": [""]})
    lines = [f"{line},informative" if n == 0 else f"{line},true" for n, line in enumerate(good.splitlines())]
    lines += [f"{e},,{k},9,b,time,1e6,s,lower,false" for e in ("vm", "tdx") for k in range(5)]
    plain = compare(make({"all.csv": good}, name="plain"), "vm", "tdx").one()
    mixed = compare(make({"all.csv": "\n".join(lines) + "\n"}, name="mixed"), "vm", "tdx").one()
    assert (mixed.ratio, mixed.low, mixed.baseline_n) == (plain.ratio, plain.low, plain.baseline_n)


def test_a_value_of_zero_refuses_its_own_comparison_only(make):
    text = table({"vm": 1.0, "tdx": 1.3}, boots={"vm": [""], "tdx": [""]})
    text += "".join(f"{e},,{k},0,exits,count,{k},1,none\n" for e in ("vm", "tdx") for k in range(3))
    found = compare(make({"all.csv": text}), "vm", "tdx")
    assert found.one(benchmark="b").verdict == "different"
    assert found.one(benchmark="exits").code == "not-positive"
    assert "all.csv, line 32 has the value 0" in found.one(benchmark="exits").reason  # 31 lines of b, then launch 0


def test_what_collect_writes_of_a_machine_is_looked_at():
    """Every fact that the probe hands to dataset.toml either matters, or is the usual question, or cannot change the speed."""
    from amxperf.probe.machine import STATIC
    from amxperf.residue import matters

    question = {"hypervisor", "tdx_leaf_0x21", "flags", "amx", "xcomp_supp"}
    assert {key for key in STATIC.values() if not matters(key)} == question


def test_command_lines_and_memory_differ_by_what_differs(tmp_path):
    from amxperf.manifest import Manifest
    from amxperf.residue import differences

    machines = {
        "vm": {"command_line": "root=/dev/vda quiet", "memory_kib": 24684092, "no_turbo": "0"},
        "tdx": {"command_line": "root=/dev/vda quiet idle=poll", "memory_kib": 24601000, "no_turbo": "1"},
    }
    found = differences(Manifest(tmp_path, "recorded", "", {"environments": machines}), ["vm"], ["tdx"])
    assert sorted(caution.message for caution in found) == [
        "command line differs too: none against idle=poll (dataset.toml)", "no turbo differs too: 0 against 1 (dataset.toml)",
    ]  # fmt: skip


def test_residues_are_named(make):
    text = table({"vm": 1.0, "tdx": 1.3}, boots={"vm": [""], "tdx": [""]}, extra={"kernel": {"vm": "6.7", "tdx": "6.8"}.get})
    result = compare(make({"all.csv": text}), "vm", "tdx").one()
    assert "kernel differs too: 6.7 against 6.8" in [c.message for c in result.cautions if c.code == "also-differs"]
    assert result.factors == ()


def test_a_factor_of_one_benchmark_hides_nothing_in_another(make):
    rows = "".join(f"{e},,{k},0,{b},time,{1 + k / 10},s,lower,{p}\n" for k in range(3)
                   for e, b, p in (("vm", "a", ""), ("tdx", "a", ""), ("vm", "b", "x"), ("tdx", "b", "y")))  # fmt: skip
    found = compare(make({"all.csv": f"{HEADER},problem\n{rows}"}), "vm", "tdx")
    assert "also-differs" not in codes(found.one(benchmark="a"))
    assert "problem differs too: x against y" in [c.message for c in found.one(benchmark="b").cautions]


def test_what_only_one_arm_has(make):
    rows = ["vm,,1,0,a,time,1,s,lower,4k", "vm,,1,0,a,time,1,s,lower,2m", "tdx,,1,0,a,time,1,s,lower,4k"]
    rows += ["vm,,1,0,b,time,1,s,lower,4k", "vm,,1,0,c,rate,1,B/s,higher,4k", "tdx,,1,0,c,rate,1,op/s,higher,4k"]
    found = compare(make({"all.csv": "\n".join([f"{HEADER},pages", *rows]) + "\n"}), "vm", "tdx")
    assert len(found) == 1 and found[0].factors == (("pages", "4k"),)
    messages = [note.message for note in found.notes if note.code == "one-arm-only"]
    assert "only vm has a time with pages=2m: nothing to compare" in messages
    assert "only vm has b time: nothing to compare" in messages
    assert "vm has c rate in B/s (better: higher), tdx in op/s (better: higher): nothing to compare" in messages


def raw(root: Path, isa: str, pages: str, problem: str) -> np.ndarray:
    """Log medians of the launches, read without any code of the package: split on commas, the first three dropped."""
    medians = []
    for path in sorted(root.glob(f"vm/{isa}-{pages}-*/matmul.log")):
        fields = [line.split(",") for line in path.read_text().splitlines() if ",exec," in line]
        times = [float(row[-1]) * 1e-3 for row in fields if row[-2] == problem]
        medians.append(np.median(np.log(times[3:])))
    return np.array(medians)


@pytest.mark.parametrize(("pages", "problem"), [("4k", "512x512:512x512"), ("2m", "2048x2048:2048x2048")])
def test_worked_value(data, pages, problem):
    """isa=avx512 -> isa=amx, Welch on the log medians, by scipy."""
    dataset = data("vm-onednn")
    base, treat = (raw(dataset.root, isa, pages, problem) for isa in ("avx512", "amx"))
    assert len(base) == len(treat) == 10
    result = compare(dataset, "isa=avx512", "isa=amx").one(problem=problem, pages=pages)
    test = stats.ttest_ind(treat, base, equal_var=False)
    interval = test.confidence_interval(0.95)
    assert result.ratio == pytest.approx(math.exp(treat.mean() - base.mean()), rel=1e-9)
    assert (result.low, result.high) == pytest.approx((math.exp(interval.low), math.exp(interval.high)), rel=1e-9)
    assert result.p == pytest.approx(test.pvalue, rel=1e-6)
    assert (result.verdict, result.method, result.replicate) == ("different", "Welch's t on the logs", "launch")


def test_swapping_the_arms_inverts(data):
    forth, back = (compare(data("vm-onednn"), *arms) for arms in (("isa=avx512", "isa=amx"), ("isa=amx", "isa=avx512")))
    assert len(forth) == len(back) == 8
    for one in forth:
        other = back.one(**dict(one.factors))
        assert (one.ratio * other.ratio, one.low * other.high) == pytest.approx((1, 1), rel=1e-12)
        assert one.p == pytest.approx(other.p) and one.verdict == other.verdict


@pytest.mark.parametrize(
    ("arms", "kind", "words"),
    [
        (("vm", "snp"), MissingInput, "no environment is called 'snp' in the measurements of vm-onednn; there are vm"),
        (("isa=amx", "isa=sse"), MissingInput, "no isa is called 'sse' .*; there are amx, avx512"),
        (("vm", "vm"), UsageError, "baseline vm and treatment vm are equal; pin a column in which they differ"),
        (("isa=amx", "environment=vm,isa=amx"), UsageError, "are equal"),
        (("isa=amx", "pages=4k"), UsageError, "baseline isa=amx and treatment pages=4k share 680 measurements"),
        (("isa", "isa=amx"), MissingInput, "no environment is called 'isa'"),
        (("isa=", "isa=amx"), UsageError, "the selector 'isa=' is not complete"),
        (("speed=1", "isa=amx"), UsageError, "'speed' is not a column to select by; use one of environment"),
    ],
)
def test_bad_arms(data, arms, kind, words):
    with pytest.raises(kind, match=words):
        compare(data("vm-onednn"), *arms)


@pytest.mark.parametrize("options", [{"confidence": 0.5}, {"confidence": 1}, {"confidence": math.nan}, {"confidence": 95}])
def test_confidence_out_of_range(data, options):
    with pytest.raises(UsageError, match=r"confidence .* is not between 0.5 and 1; use 0.95"):
        compare(data("vm-onednn"), "isa=avx512", "isa=amx", **options)


@pytest.mark.parametrize("margin", [-0.1, -0.1, 1, math.nan, math.inf])
def test_margin_out_of_range(data, margin):
    with pytest.raises(UsageError, match=r"margin .* is not between 0 and 1; use 0.02 for 2 %"):
        compare(data("vm-onednn"), "isa=avx512", "isa=amx", margin=margin)


def test_no_measurements(data):
    with pytest.raises(UsageError, match=r"the dataset vm-ftrace holds no measurements; compare needs benchmark logs"):
        compare(data("vm-ftrace"), "vm", "tdx")


def test_frame_and_dict(data):
    import json

    found = compare(data("vm-onednn"), "isa=avx512,pages=4k", "isa=amx,pages=4k")
    rows = found.frame()
    assert list(rows["problem"]) == [dict(result.factors)["problem"] for result in found] and len(rows) == 4
    assert rows["ratio"].tolist() == [result.ratio for result in found]
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["results"][0]["verdict"] == found[0].verdict
    assert found.varying(found[0]) == [("problem", dict(found[0].factors)["problem"])]
    with pytest.raises(UsageError, match=r"4 comparisons match"):
        found.one()


def test_grouping_uses_the_factors_of_the_schema(data):
    assert schema.factors(data("vm-onednn").measurements) == ["problem", "dtype", "implementation", "isa", "threads", "pages"]


def test_a_factor_that_one_arm_pins_is_held_fixed_in_the_other(data):
    """Else AVX-512 at all sizes would stand against AMX at the largest: 6.9 times the time where it is a tenth."""
    wanted = compare(data("vm-onednn"), "isa=avx512,pages=2m", "isa=amx,pages=2m").one(problem="2048x2048:2048x2048")
    found = compare(data("vm-onednn"), "isa=avx512", "pages=2m,isa=amx,problem=2048x2048:2048x2048")
    assert len(found) == 1 and dict(found[0].factors)["problem"] == "2048x2048:2048x2048"
    assert (found[0].ratio, found[0].low, found[0].high) == (wanted.ratio, wanted.low, wanted.high)
    assert found[0].ratio < 0.2
    assert any("pages=4k" in note.message for note in found.notes)


def test_warm_up_that_shows_is_said(make):
    """First iterations at 9 against 1 for the rest; none is left out, since the manifest says nothing."""
    rows = [
        f"{side},b{launch}{side},{launch},{i},x,time,{(9 if i == 0 else 1) + launch / 100},s"
        for side in ("vm", "tdx")
        for launch in range(3)
        for i in range(6)
    ]
    table = "environment,boot,launch,iteration,benchmark,metric,value,unit\n" + "\n".join(rows) + "\n"
    said = [c.message for c in compare(make({"t.csv": table}), "vm", "tdx")[0].cautions if c.code == "warmup-seen"]
    assert len(said) == 1 and said[0].startswith("first iterations are 8.9 times the rest of their launch")
    left_out = compare(make({"t.csv": table}, "warmup = 1\n", name="cut"), "vm", "tdx")[0]
    assert not [c for c in left_out.cautions if c.code == "warmup-seen"]


def test_an_environment_whose_logs_hold_no_value(make):
    log = "$ ./amx-test -d 10 -t 1 -i 1\nIllegal instruction (core dumped)\n"
    root = make({"vm/1.log": log, "tdx/1.log": "$ ./amx-test -d 10\nThroughput thread0: 744 bytes per second\n"})
    with pytest.raises(MissingInput, match=r"the 1 files of the environment 'vm' in mine hold no measurement \(killed by SIGILL"):
        compare(root, "vm", "tdx")


def _sized(rows):
    table = "".join(f"{side},{launch},x,time,{value},s,{size}\n" for side, launch, value, size in rows)
    return {"t.csv": "environment,launch,benchmark,metric,value,unit,size\n" + table}


def test_arms_that_mix_different_sizes_are_refused(make):
    """1024 and 2048 against 1000 and 4096: the ratio would be that of the mixtures."""
    rows = [
        (side, i, value + i / 100, size)
        for side, sizes in (("vm", (1024, 2048)), ("tdx", (1000, 4096)))
        for value, size in zip((1, 2), sizes, strict=True)
        for i in range(6)
    ]
    result = compare(make(_sized(rows)), "vm", "tdx")[0]
    assert (result.verdict, result.code) == ("not comparable", "mixed-factors")
    assert result.reason.startswith("an arm mixes size 1024, 2048, and the other arm has none of them; pin one value")


def test_a_column_that_names_every_launch_is_a_label(make):
    rows = [(side, i, 1 + i / 100, f"{side}-{i}") for side in ("vm", "tdx") for i in range(6)]
    result = compare(make(_sized(rows)), "vm", "tdx")[0]
    said = [caution.message for caution in result.cautions if caution.code == "also-differs"]
    assert result.verdict != "not comparable"
    assert said == ["size differs too: vm-0, vm-1, vm-2, vm-3 and 2 more against tdx-0, tdx-1, tdx-2, tdx-3 and 2 more"]


def test_warm_up_of_rows_without_numbers(make):
    rows = [(side, i // 3, 1 + i / 100, "") for side in ("vm", "tdx") for i in range(9)]
    result = compare(make(_sized(rows), "warmup = 1\n"), "vm", "tdx")[0]
    assert "warmup-not-numbered" in {caution.code for caution in result.cautions}
    assert "warmup-left-out" not in {caution.code for caution in result.cautions}


def test_only_what_tells_comparisons_of_a_benchmark_apart_is_in_their_labels(make):
    """A factor that another benchmark lacks tells nobody anything; one that a comparison lacks among its own does."""
    ran = ("plain", "", ""), ("llama", "1B", "64"), ("llama", "1B", "128"), ("bare", "x", "")
    rows = "".join(f"{e},{k},{name},time,{1 + k / 50},s,{model},{size}\n" for e in ("vm", "tdx") for k in range(3)
                   for name, model, size in ran)  # fmt: skip
    found = compare(make({"t.csv": "environment,launch,benchmark,metric,value,unit,model,size\n" + rows}), "vm", "tdx")
    labels = {(result.benchmark, *found.varying(result)) for result in found}
    assert labels == {("plain",), ("llama", ("size", "64")), ("llama", ("size", "128")), ("bare",)}
    again = type(found).from_json(found.to_json())
    assert {(result.benchmark, *again.varying(result)) for result in again} == labels
