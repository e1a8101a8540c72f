"""Steady state and diagnostics in comparisons of datasets: on request, or as dataset.toml says."""

import pytest

from amxperf import compare, open_dataset
from amxperf.cli import main
from amxperf.errors import ManifestError

HEAD = "environment,launch,benchmark,metric,value,unit,better,iteration\n"
NOISE = (0.0, 0.004, -0.003, 0.002, -0.004, 0.001, 0.003, -0.002)


def table(shift=0.0, drift=0.0, warm=(1.5, 1.2)):
    """Six launches of each arm, one arm after the other; `drift` per launch; two cold iterations and ten steady ones."""
    rows = []
    for arm, environment in enumerate(("old", "new")):
        for launch in range(6):
            level = 1 + shift * arm + drift * (6 * arm + launch) + NOISE[launch]
            values = [level * factor for factor in warm] + [level * (1 + NOISE[i % 8] / 4) for i in range(10)]
            rows += [f"{environment},{environment}-{launch},b,time,{value:.6f},s,lower,{i}\n" for i, value in enumerate(values)]
    return HEAD + "".join(rows)


ORDER = "[launches]\norder = [" + ", ".join(f'"{arm}-{i}"' for arm in ("old", "new") for i in range(6)) + "]\n"


def codes(result):
    return [caution.code for caution in result.cautions]


def test_warm_up_is_left_out_on_request(make):
    root = make({"t.csv": table()})
    plain, settled = compare(root, "old", "new")[0], compare(root, "old", "new", steady=True)[0]
    assert "warmup-seen" in codes(plain) and "steady-left-out" not in codes(plain)
    text = next(caution.message for caution in settled.cautions if caution.code == "steady-left-out")
    assert text == "change points leave out 24 values as warm-up, in 12 of 12 series" and settled.baseline_n.iterations == 60


def test_the_manifest_can_ask_for_it(make):
    root = make({"t.csv": table()}, "steady = true\n")
    assert "steady-left-out" in codes(compare(root, "old", "new")[0])
    assert "steady-left-out" not in codes(compare(root, "old", "new", steady=False)[0])
    with pytest.raises(ManifestError, match="warmup and steady"):
        open_dataset(make({"t.csv": table()}, "steady = true\nwarmup = 2\n", name="both"))


def test_it_takes_the_place_of_a_number(make):
    root = make({"t.csv": table()}, "warmup = 5\n")
    found = compare(root, "old", "new", steady=True)[0]
    assert "warmup-left-out" not in codes(found) and found.baseline_n.iterations == 60


def test_launches_that_do_not_settle_keep_their_values(make):
    root = make({"t.csv": table(warm=(0.5, 0.5, 0.5, 0.5))})  # faster first: that is a slowdown
    found = compare(root, "old", "new", steady=True)[0]
    assert "not-steady" in codes(found) and found.baseline_n.iterations == 6 * 14


def test_arms_in_sequence_with_drift(make):
    """A drift of 1 % per launch makes a difference of 6 % between arms that are the same."""
    root = make({"t.csv": table(drift=0.01)}, "warmup = 2\n" + ORDER)
    plain, looked = compare(root, "old", "new")[0], compare(root, "old", "new", diagnose=True)[0]
    assert plain.verdict == "different" and looked.verdict == "inconclusive" and "arms-in-sequence" in codes(looked)
    assert (looked.ratio, looked.low, looked.p) == (plain.ratio, plain.low, plain.p)
    unknown = compare(make({"t.csv": table(drift=0.01)}, "warmup = 2\n", name="no-order"), "old", "new", diagnose=True)[0]
    assert unknown.verdict == "different"  # nobody says in which order they ran


def test_an_order_that_lacks_a_launch_says_nothing(make):
    root = make({"t.csv": table(drift=0.01)}, 'warmup = 2\n[launches]\norder = ["old-0"]\n')
    assert compare(root, "old", "new", diagnose=True)[0].verdict == "different"
    with pytest.raises(ManifestError, match="order is not a list"):
        open_dataset(make({"t.csv": table()}, '[launches]\norder = ["a", "a"]\n', name="twice"))


def test_the_measured_launches_ran_in_mixed_order():
    for result in compare("vm-onednn", "isa=amx,pages=4k", "isa=amx,pages=2m", diagnose=True):
        assert "arms-in-sequence" not in codes(result)


def test_the_command(make, capsys):
    root = str(make({"t.csv": table(drift=0.01)}, ORDER))
    assert main(["compare", root, "--baseline", "old", "--treatment", "new", "--steady", "--diagnose"]) == 2
    shown = capsys.readouterr().out
    assert "[arms-in-sequence]" in shown and "[steady-left-out]" in shown


ISAS = "environment,launch,benchmark,metric,value,unit,better,iteration,isa\n"


def both_isas(cost=0.1, odd=0.0):
    """Eight launches of AMX and of AVX-512, old and new; the new costs AMX `cost`, and one of its launches `odd` more."""
    body = ""
    for e, k, isa in ((e, k, isa) for e in ("old", "new") for k in range(8) for isa in ("amx", "avx512")):
        noise = NOISE[(k + 3 * (isa == "amx") + 5 * (e == "new")) % 8]
        own = (cost + odd * (k == 3)) * (e == "new" and isa == "amx")
        body += f"{e},{isa}-{k},b,time,{2.718281828 ** (noise + own)!r},s,lower,0,{isa}\n"
    return ISAS + body


def test_ratios_of_ratios_are_diagnosed(make):
    """A launch apart is looked for in all four samples, and its part in the ratio of ratios is what is judged."""
    root = make({"t.csv": both_isas(cost=0.0, odd=0.5)}, name="odd")
    plain, looked = (compare(root, "old", "new", within="isa=avx512", diagnose=told)[0] for told in (False, True))
    assert "outlier-replicate" in [caution.code for caution in looked.cautions]
    assert (looked.ratio, looked.low, looked.high) == (plain.ratio, plain.low, plain.high)
    real = compare(make({"t.csv": both_isas()}, name="real"), "old", "new", within="isa=avx512", diagnose=True)[0]
    assert real.verdict == "different" and real.ratio == pytest.approx(1.105, abs=0.005)


def order(*names):
    return f"[launches]\norder = [{', '.join(repr(name) for name in names)}]\n"


def test_a_drift_bears_on_a_ratio_of_ratios_only_where_the_reference_does_not_share_it(make):
    """Old before new in both instruction sets: drift cancels. AMX old, AVX-512 new, then the others: it does not."""
    every = {(e, isa): [f"{e}/{isa}-{k}" for k in range(8)] for e in ("old", "new") for isa in ("amx", "avx512")}
    shared = [name for e in ("old", "new") for pair in zip(every[e, "amx"], every[e, "avx512"], strict=True) for name in pair]
    crossed = [name for pairs in ((("old", "amx"), ("new", "avx512")), (("old", "avx512"), ("new", "amx")))
               for names in zip(*(every[one] for one in pairs), strict=True) for name in names]  # fmt: skip
    text = {"t.csv": both_isas(cost=0.01)}
    found = [compare(make(text, order(*names), name=kind), "old", "new", within="isa=avx512", diagnose=True)[0]
             for kind, names in (("shared", shared), ("crossed", crossed))]  # fmt: skip
    assert ["arms-in-sequence" in [caution.code for caution in one.cautions] for one in found] == [False, True]


def test_the_limits_for_few_replicates_are_printed_for_ratios_of_ratios(make, capsys):
    root = str(make({"t.csv": both_isas()}))
    assert main(["compare", root, "--baseline", "old", "--treatment", "new", "--within", "isa=avx512", "--diagnose"]) == 0
    said = capsys.readouterr().out
    assert "8 against 8 launches and 8 against 8 of the reference" in said
    assert "With 8 launches per arm that scatter by 1 %, the interval of a ratio of ratios is 1.5 % to either side at best" in said
