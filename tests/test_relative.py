"""Ratios of ratios, geometric means, blocks, declared differences, filters and the family of Benjamini and Hochberg."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from amxperf import compare
from amxperf.comparisons import Comparisons
from amxperf.errors import DataError, ManifestError, MissingInput, UsageError
from amxperf.stats.many import adjusted

HEADER = "environment,boot,launch,iteration,benchmark,metric,value,unit,isa,session"


def rows(cells, values):
    """Text of a table: `cells` are (environment, boot, launch, benchmark, isa, session), one per value."""
    body = "".join(f"{e},{b},{k},0,{n},time,{v!r},s,{i},{s}\n" for (e, b, k, n, i, s), v in zip(cells, values, strict=True))
    return {"t.csv": f"{HEADER}\n{body}"}


def four(seed=3, boots=4, step=0.3):
    """AMX and AVX-512 in VM and TDX: boots of two launches; TDX costs AVX-512 10 %, AMX `step`."""
    rng = np.random.default_rng(seed)
    cells, values = [], []
    for e, shift in (("vm", 0.0), ("tdx", 1.0)):
        for isa, cost in (("amx", step), ("avx512", 0.1)):
            for boot in range(boots + (isa == "amx")):
                for launch in range(2):
                    cells.append((e, f"{e}{isa}{boot}", launch, "b", isa, ""))
                    values.append(float(np.exp(shift * cost + rng.normal(0, 0.01))))
    return cells, values


def test_ratio_of_ratios_by_scipy(make):
    """Sum of four means of log locations; Satterthwaite's degrees of freedom by hand."""
    cells, values = four()
    found = compare(make(rows(cells, values)), "vm", "tdx", within="isa=avx512")
    result = found.one()
    logs = {}
    for (e, b, _, _, isa, _), value in zip(cells, values, strict=True):
        logs.setdefault((e, isa), {}).setdefault(b, []).append(math.log(value))
    means = {key: np.array([np.mean(v) for v in boots.values()]) for key, boots in logs.items()}
    shift = sum(sign * means[key].mean() for key, sign in
                ((("tdx", "amx"), 1), (("vm", "amx"), -1), (("tdx", "avx512"), -1), (("vm", "avx512"), 1)))  # fmt: skip
    parts = [(np.var(m, ddof=1) / len(m), len(m) - 1) for m in means.values()]
    total = sum(part for part, _ in parts)
    df = total**2 / sum(part**2 / n for part, n in parts)
    half = stats.t.ppf(0.975, df) * math.sqrt(total)
    assert (result.ratio, result.low, result.high) == pytest.approx(tuple(np.exp([shift, shift - half, shift + half])), rel=1e-9)
    assert result.df == pytest.approx(df, rel=1e-9) and result.p == pytest.approx(2 * stats.t.sf(shift / math.sqrt(total), df))
    assert (result.replicate, result.baseline_n.boots, result.reference_n[0].boots) == ("boot", 5, 4)
    assert result.verdict == "different" and result.relative_to == "isa=avx512" and result.factors == (("isa", "amx"),)
    assert result.sentence().startswith(f"tdx over vm, in time, is {result.ratio:.2f} times what it is with isa=avx512 (95 %")
    again = type(result).from_json(result.to_json())
    assert again == result and again.reference_n == result.reference_n


def test_a_pinned_arm_takes_the_reference_in_its_place(make):
    cells, values = four()
    root = make(rows(cells, values))
    whole = compare(root, "vm", "tdx", within="isa=avx512")[0]
    pinned = compare(root, "vm,isa=amx", "tdx,isa=amx", within="isa=avx512")[0]
    assert (pinned.ratio, pinned.low, pinned.high) == (whole.ratio, whole.low, whole.high)


def test_ratios_of_ratios_that_cannot_be_made(make):
    cells, values = four(boots=1)
    found = compare(make(rows(cells, values), name="one"), "vm", "tdx", within="isa=avx512")
    assert (found[0].verdict, found[0].code) == ("not comparable", "one-boot") and math.isnan(found[0].low)
    other = [(e, b, k, "c" if isa == "amx" else "d", isa, s) for e, b, k, _, isa, s in four()[0]]
    found = compare(make(rows(other, four()[1]), name="lone"), "vm", "tdx", within="isa=avx512")
    assert len(found) == 0 and [note.code for note in found.notes] == ["no-reference"]
    with pytest.raises(MissingInput, match="no isa is called 'sse'"):
        compare(make(rows(*four()), name="none"), "vm", "tdx", within="isa=sse")
    with pytest.raises(MissingInput, match="is left beside the reference"):
        compare(make(rows(*four()), name="all"), "vm", "tdx", within="isa=a*")


def test_what_a_ratio_of_ratios_minds(make):
    """Machines that differ are named unless declared; samples of the same launches are said to be; no geometric means."""
    cells, values = four()
    more = "[environments.vm]\nkernel = '6.8'\n[environments.tdx]\nkernel = '6.9'\n"
    root = make(rows(cells, values), more, name="kernels")
    codes = [caution.code for caution in compare(root, "vm", "tdx", within="isa=avx512")[0].cautions]
    assert "also-differs" in codes and "shared-replicates" not in codes
    declared = compare(root, "vm", "tdx", within="isa=avx512", differs=["kernel"])[0]
    assert "also-differs" not in [caution.code for caution in declared.cautions]
    with pytest.raises(UsageError, match="not of ratios of ratios"):
        compare(root, "vm", "tdx", within="isa=avx512", group_by="isa")
    for name, boot in (("boots", lambda e, b: f"{e}{b[-1]}"), ("launches", lambda e, b: "")):
        alike = [(e, boot(e, b), k if boot(e, b) else f"{b[-1]}-{k}", n, i, s) for e, b, k, n, i, s in cells]
        found = compare(make(rows(alike, values), name=name), "vm", "tdx", within="isa=avx512")[0]
        caution = next(caution for caution in found.cautions if caution.code == "shared-replicates")
        assert f"the same {name}" in caution.message


def suite(rng, count=6, launches=4, shared=0.05, noise=0.002, shift=0.1):
    """Benchmarks that run in the same launches, which differ by `shared`."""
    cells, values = [], []
    for e, change in (("vm", 0.0), ("tdx", shift)):
        for launch in range(launches):
            level = rng.normal(0, shared)
            for k in range(count):
                cells.append((e, "", launch, f"b{k}", "amx" if k % 2 else "avx", ""))
                values.append(float(np.exp(k + change + level + rng.normal(0, noise))))
    return cells, values


def test_geometric_mean_of_shared_launches(make):
    """One mean of logs per launch, then Welch: by scipy from the raw values."""
    cells, values = suite(np.random.default_rng(1))
    found = compare(make(rows(cells, values)), "vm", "tdx")
    sides = [np.array([np.mean([math.log(v) for c, v in zip(cells, values, strict=True) if c[0] == e and c[2] == launch])
                       for launch in range(4)]) for e in ("vm", "tdx")]  # fmt: skip
    wanted = stats.ttest_ind(sides[1], sides[0], equal_var=False)
    mean = found.geomeans[0]
    assert len(found.geomeans) == 1 and mean.benchmark == "geometric mean of 6"
    interval = wanted.confidence_interval()
    assert (mean.ratio, mean.low, mean.high) == pytest.approx(
        (math.exp(sides[1].mean() - sides[0].mean()), math.exp(interval.low), math.exp(interval.high)), rel=1e-9
    )
    assert mean.replicates() == (4, 4)
    grouped = compare(make(rows(cells, values), name="g"), "vm", "tdx", group_by="isa").geomeans
    assert [dict(one.factors) for one in grouped] == [{"isa": "avx"}, {"isa": "amx"}]
    with pytest.raises(UsageError, match="'speed' is not a column to group by"):
        compare(make(rows(cells, values), name="h"), "vm", "tdx", group_by="speed")


def test_geometric_mean_of_separate_and_of_partly_shared_launches(make):
    cells, values = suite(np.random.default_rng(2), count=2, launches=5)
    apart = [(e, b, f"{n}-{k}", n, i, s) for e, b, k, n, i, s in cells]
    mean = compare(make(rows(apart, values), name="apart"), "vm", "tdx").geomeans[0]
    parts = {(e, n): np.array([math.log(v) for c, v in zip(apart, values, strict=True) if (c[0], c[3]) == (e, n)])
             for e in ("vm", "tdx") for n in ("b0", "b1")}  # fmt: skip
    variance = sum(np.var(part, ddof=1) / 5 / 4 for part in parts.values())
    assert math.log(mean.high / mean.low) / 2 / stats.t.ppf(0.975, mean.df) == pytest.approx(math.sqrt(variance), rel=1e-9)
    kept = [at for at, cell in enumerate(cells) if not (cell[2] == 4 and cell[3] == "b1")]
    root = make(rows([cells[at] for at in kept], [values[at] for at in kept]), name="partly")
    partly = compare(root, "vm", "tdx").geomeans[0]
    assert partly.replicates() == (4, 4) and "incomplete-replicates" in [caution.code for caution in partly.cautions]


def blocked(seed=6, sessions=6):
    rng = np.random.default_rng(seed)
    cells, values = [], []
    for session in range(sessions):
        level = rng.normal(0, 0.05)
        for e, change in (("vm", 0.0), ("tdx", 0.03)):
            for launch in range(2):
                cells.append((e, f"{e}{session}", launch, "b", "amx", f"s{session}"))
                values.append(float(np.exp(level + change + rng.normal(0, 0.003))))
    return cells, values


def test_blocks_pair_only_where_the_manifest_says_so(make):
    cells, values = blocked()
    plain = compare(make(rows(cells, values), name="plain"), "vm", "tdx").one(benchmark="b", session="s0")
    assert plain.code == "one-boot"  # a column that both arms share is held fixed
    pairs = compare(make(rows(cells, values), 'block = "session"\n', name="paired"), "vm", "tdx").one()
    sides = [np.array([np.mean([math.log(v) for c, v in zip(cells, values, strict=True) if c[0] == e and c[5] == f"s{k}"])
                       for k in range(6)]) for e in ("vm", "tdx")]  # fmt: skip
    wanted = stats.ttest_rel(sides[1], sides[0])
    interval = wanted.confidence_interval()
    assert (pairs.low, pairs.high) == pytest.approx((math.exp(interval.low), math.exp(interval.high)), rel=1e-9)
    assert (pairs.replicate, pairs.pairs, pairs.verdict) == ("block", 6, "different")
    assert pairs.p == pytest.approx(wanted.pvalue, rel=1e-9) and "6 pairs of blocks" in pairs.sentence()


def test_blocks_of_one_arm_are_left_out_and_said(make):
    cells, values = blocked()
    cells = [(*cell[:5], "" if cell[0] == "tdx" and cell[5] == "s1" else cell[5]) for cell in cells]
    result = compare(make(rows(cells, values), 'block = "session"\n'), "vm", "tdx").one()
    assert result.pairs == 5 and "unpaired-blocks" in [caution.code for caution in result.cautions]
    none = [(*cell[:5], f"{cell[0]}{cell[5]}") for cell in cells]
    result = compare(make(rows(none, values), 'block = "session"\n', name="none"), "vm", "tdx").one()
    assert (result.verdict, result.code) == ("not comparable", "no-common-block")
    with pytest.raises(ManifestError, match="block names 'week', and the measurements have no such column"):
        compare(make(rows(cells, values), 'block = "week"\n', name="week"), "vm", "tdx")


def test_machines_that_differ_are_named_unless_declared(make):
    cells, values = suite(np.random.default_rng(3), count=1)
    text = ('[machine]\nvcpus = 8\nmicrocode = "0x1"\n[environments.vm]\ntitle = "a"\nkernel = "6.7"\ngovernor = "powersave"\n'
            '[environments.tdx]\ntitle = "b"\nkernel = "6.8"\nmicrocode = "0x2"\n')  # fmt: skip
    root = make(rows(cells, values), text)
    said = [c.message for c in compare(root, "vm", "tdx")[0].cautions if c.code == "also-differs"]
    assert said == ["microcode differs too: 0x1 against 0x2 (dataset.toml)", "kernel differs too: 6.7 against 6.8 (dataset.toml)"]
    said = [c.message for c in compare(root, "vm", "tdx", differs=["kernel"])[0].cautions if c.code == "also-differs"]
    assert said == ["microcode differs too: 0x1 against 0x2 (dataset.toml)"]
    with pytest.raises(UsageError, match=r"nothing is called 'kernal' that could differ; near to it: kernel"):
        compare(root, "vm", "tdx", differs=["microcode", "kernal"])
    with pytest.raises(UsageError, match=r"name a column or a key of a machine in dataset\.toml"):
        compare(root, "vm", "tdx", differs=["zzz"])


def test_filters(make):
    cells, values = suite(np.random.default_rng(4))
    root = make(rows(cells, values))
    assert {r.benchmark for r in compare(root, "vm", "tdx", filter="benchmark=b2|b4*")} == {"b2", "b4"}
    assert {r.benchmark for r in compare(root, "vm", "tdx", filter="isa!=amx,launch>=1")} == {"b0", "b2", "b4"}
    assert compare(root, "vm", "tdx", filter="launch>=1")[0].replicates() == (3, 3)
    with pytest.raises(MissingInput, match="no benchmark is called 'z\\*'"):
        compare(root, "vm", "tdx", filter="benchmark=z*")
    with pytest.raises(MissingInput, match="no measurement of tdx passes the filter vm"):
        compare(root, "vm", "tdx", filter="vm")


def test_verdicts_stand_after_adjustment_and_intervals_do_not(make):
    rng = np.random.default_rng(12)
    cells, values = suite(rng, count=12, launches=6, shared=0.0, noise=0.02, shift=0.02)
    found = compare(make(rows(cells, values)), "vm", "tdx")
    ps = adjusted([r.p for r in found])
    assert [r.adjusted for r in found] == pytest.approx(ps) and {r.family for r in found} == {12}
    for r, q in zip(found, ps, strict=True):
        assert ("different" in r.verdict) == (q < 0.05)
        assert (r.low > 1 or r.high < 1) == ("different" in r.alone()) == (r.p < 0.05)
        assert ("multiplicity" in [c.code for c in r.cautions]) == (r.p < 0.05 <= q)
    assert any(r.p < 0.05 <= r.adjusted for r in found)  # else this test shows nothing
    assert found.frame()["verdict"].tolist() == [r.verdict for r in found]
    assert found.frame()["reason"].tolist() == [r.reason for r in found]
    assert found.frame()["cautions"].tolist() == [" ".join(c.code for c in r.cautions) for r in found]


@settings(deadline=None, max_examples=12)
@given(st.integers(0, 10**6), st.floats(0.5, 2.0))
def test_a_constant_benchmark_changes_no_other_verdict(tmp_path_factory, seed, constant):
    """It is not comparable, and stays out of the family."""
    cells, values = suite(np.random.default_rng(seed), count=4, noise=0.02, shift=0.02)
    more = [(e, "", launch, "constant", "amx", "") for e in ("vm", "tdx") for launch in range(4)]
    found = []
    for name, table in (("plain", rows(cells, values)), ("more", rows(cells + more, values + [constant] * len(more)))):
        root = tmp_path_factory.mktemp(name)
        (root / "dataset.toml").write_text('kind = "synthetic"\ntitle = "t"\n')
        (root / "t.csv").write_text(table["t.csv"])
        found.append({r.benchmark: r for r in compare(root, "vm", "tdx")})
    assert found[1]["constant"].code == "no-spread" and found[1]["constant"].family == 0
    for name, result in found[0].items():
        assert found[1][name] == result


def test_comparisons_travel_as_json(make):
    found = compare(make(rows(*suite(np.random.default_rng(5)))), "vm", "tdx")
    again = Comparisons.from_json(found.to_json())
    assert again == found and again.to_json() == found.to_json() and again.geomeans == found.geomeans
    assert again.frame()["ratio"].tolist() == found.frame()["ratio"].tolist()
    old = json.loads(found.to_json()) | {"schema": 1}
    del old["geomeans"]
    assert len(Comparisons.from_dict(old)) == len(found)
    for text in ("[]", "{", '{"schema": 9}', '{"schema": 2}'):
        with pytest.raises(DataError):
            Comparisons.from_json(text)
    assert repr(found).startswith("<Comparisons of mine: tdx over vm; 6 ")


def test_what_hosts_recorded_takes_no_part(make):
    """Neither plainly nor in a ratio of ratios: a host's counters have no reference, and would be noted as lacking one."""
    cells, values = four()
    files = {f"{e}/{b}/{k}-{i}/t.csv": f"benchmark,metric,value,unit,isa\n{n},time,{v!r},s,{i}\n"
             for (e, b, k, n, i, _), v in zip(cells, values, strict=True)}  # fmt: skip
    host = {f"{e}/host-1/{k}/t.csv": f"benchmark,metric,value,unit\nexits,time,{k + 1},s\n"
            for e in ("vm", "tdx") for k in range(3)}  # fmt: skip
    for within in ("", "isa=avx512"):
        one, other = (compare(make(part, name=name), "vm", "tdx", within=within)
                      for name, part in (("guests", files), ("hosts", {**files, **host})))  # fmt: skip
        assert [r.benchmark for r in other] == ["b"] * len(one) and not other.notes
        assert [r.ratio for r in other] == [r.ratio for r in one]
