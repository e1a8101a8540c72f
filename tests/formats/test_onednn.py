"""oneDNN logs: the 40 captures counted with awk, older dialects, and properties of cut and stamped logs."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amxperf import schema
from amxperf.document import Document, load
from amxperf.errors import AmxperfError, FormatError, UsageError
from amxperf.formats.onednn import isa_of, read, sniff

STAMP = re.compile(r"(?<=onednn_verbose,v1,)\d+\.\d+,(?=primitive,exec)")


def doc(text: str) -> Document:
    return Document("x.log", text.encode(), "")


@pytest.fixture(scope="module")
def logs(pytestconfig):
    return sorted((pytestconfig.rootpath / "data/vm-onednn").glob("*/*/matmul.log"))


@pytest.fixture(scope="module")
def sample(pytestconfig):
    return (pytestconfig.rootpath / "data/vm-onednn/vm/amx-4k-03/matmul.log").read_text()


def test_every_capture(logs):
    # awk -F, '/,exec,/{n[$(NF-1)]++} END{for(k in n)print k,n[k]}' data/vm-onednn/vm/*/matmul.log
    counts = {"256x256:256x256": 800, "512x512:512x512": 800, "1024x1024:1024x1024": 800, "2048x2048:2048x2048": 320}
    # awk -F, '/,exec,/{s+=$NF} END{printf "%.6f\n",s}' data/vm-onednn/vm/*/matmul.log -> 47164.647419 (ms)
    total = 0.0
    found = dict.fromkeys(counts, 0)
    isas = {"amx": 0, "avx512": 0}
    for path in logs:
        document = load(path)
        assert sniff(document) == 95
        tables, notes = read(document, {})
        data = tables["measurements"]
        assert len(data) == 68 and [note.code for note in notes] == ["library", "isa"]
        assert set(data["threads"]) == {"1"} and set(data["dtype"]) == {"bf16"} and set(data["benchmark"]) == {"matmul"}
        assert set(data["metric"]) == {"exec_time"} and set(data["unit"]) == {"s"} and set(data["better"]) == {"lower"}
        total += data["value"].sum()
        for problem, group in data.groupby("problem"):
            found[problem] += len(group)
            assert group["iteration"].tolist() == list(range(len(group)))
        isas[data["isa"].iloc[0]] += 1
        assert set(data["isa"]) == {path.parent.name.split("-")[0]}
    assert found == counts
    assert isas == {"amx": 20, "avx512": 20}
    assert total == pytest.approx(47.164647419, abs=1e-9)


def test_one_row_by_hand(pytestconfig):
    # sed -n 8p data/vm-onednn/vm/amx-2m-00/matmul.log: ...,256x256:256x256,0.176025
    tables, notes = read(load(pytestconfig.rootpath / "data/vm-onednn/vm/amx-2m-00/matmul.log"), {})
    row = tables["measurements"].iloc[0]
    assert (row["line"], row["value"], row["problem"]) == (8, pytest.approx(0.000176025, rel=1e-15), "256x256:256x256")
    assert (row["implementation"], row["isa"]) == ("brg_matmul:avx10_1_512_amx", "amx")
    assert notes[0].message == "oneDNN v3.12.0 (commit 80afa71049cd69a3df32adcccb623b12cd7baa22)"
    assert notes[1].message == "Intel AVX10.1 and Intel AMX with bfloat16 and 8-bit integer support"


def test_without_time_stamps_the_table_is_the_same(sample):
    plain = STAMP.sub("", sample).replace("template:timestamp,", "template:")
    assert plain != sample
    assert read(doc(plain), {})[0]["measurements"].equals(read(doc(sample), {})[0]["measurements"])


def test_without_template_the_table_is_the_same(sample):
    bare = "".join(line for line in sample.splitlines(keepends=True) if "template:" not in line)
    with_template = read(doc(sample), {})[0]["measurements"].drop(columns="line")
    assert read(doc(bare), {})[0]["measurements"].drop(columns="line").equals(with_template)


def test_the_template_names_the_columns():
    # a template with another order of columns than any release prints
    text = (
        "onednn_verbose,v1,primitive,info,template:operation,exec_time,primitive,problem_desc,implementation,memory_descriptors\n"
        "onednn_verbose,v1,primitive,exec,2.5,matmul,8x8:8x8,ref:any,src:f32::blocked:ab::f0\n"
    )
    row = read(doc(text), {})[0]["measurements"].iloc[0]
    assert (row["benchmark"], row["problem"], row["dtype"], row["isa"], row["value"]) == ("matmul", "8x8:8x8", "f32", "ref", 0.0025)


OLD = """\
Some program says hello
onednn_verbose,info,oneDNN v2.7.3 (commit abc)
onednn_verbose,info,cpu,runtime:OpenMP,nthr:128
onednn_verbose,info,cpu,isa:Intel AVX-512 with float16, Intel DL Boost and Intel AMX with bfloat16 and 8-bit integer support
onednn_verbose,info,prim_template:{stamp}operation,engine,primitive,implementation,prop_kind,memory_descriptors,attributes,\
auxiliary,problem_desc,exec_time
onednn_verbose,{time}create:cache_miss,cpu,matmul,brg:avx512_core_amx_int8,undef,src_s8::blocked:ab:f0,,,1x2:2x3,9.5
onednn_verbose,{time}exec,cpu,reorder,jit:uni,undef,src_f32::blocked:a:f0 dst_bf16::blocked:a:f0,attr-scratchpad:user ,,2,5.25
onednn_verbose,{time}exec,cpu,matmul,brg:avx512_core_amx_int8,undef,src_s8::blocked:ab:f0 wei_s8:p:blocked:BA16a:f0,,,1x2:2x3,7.5
onednn_verbose,{time}exec,cpu,batch_normalization,bnorm_jit:avx2,forward_inference,data_f32::blocked:a:f0,,flags:G,mb1ic64,0.5
"""


@pytest.mark.parametrize(("stamp", "time"), [("", ""), ("timestamp,", "1673049613345.454102,")])
def test_version_0(stamp, time):
    tables, notes = read(doc(OLD.format(stamp=stamp, time=time)), {})
    created = tables["measurements"].query("metric == 'create_time'")
    assert created[["benchmark", "value", "cache", "line"]].values.tolist() == [["matmul", 0.0095, "miss", 6]]
    data = tables["measurements"].query("metric == 'exec_time'")
    assert data["benchmark"].tolist() == ["reorder", "matmul", "batch_normalization"]
    assert data["dtype"].tolist() == ["f32", "s8", "f32"]
    assert data["isa"].tolist() == ["other", "amx", "avx2"]
    assert data["value"].tolist() == [0.00525, 0.0075, 0.0005]
    assert data["line"].tolist() == [7, 8, 9] and set(data["threads"]) == {"128"}
    assert "AMX with bfloat16" in notes[1].message


def test_graph_partitions():
    text = (
        "onednn_verbose,v1,graph,info,template:timestamp,operation,engine,partition_id,partition_kind,op_names,data_formats,"
        "logical_tensors,fpmath_mode,implementation,backend,exec_time\n"
        "onednn_verbose,v1,1795397353645.7,graph,exec,cpu,100002,sdp,a;b,,in0_f16:1:strided:undef:1x16x384x64:4s1 "
        "in1_f16:2:strided:undef:1x16x64x384:4s1 out0_f16:6:strided:undef:1x16x384x384:4s1,fpm:strict,kernel_t,dnnl_backend,18.25\n"
    )
    row = read(doc(text), {})[0]["measurements"].iloc[0]
    assert (row["benchmark"], row["problem"], row["dtype"]) == ("graph-sdp", "1x16x384x64:1x16x64x384", "f16")
    assert (row["implementation"], row["value"]) == ("kernel_t", 0.01825)


def recorded(pytestconfig, name):
    return load(pytestconfig.rootpath / "tests/formats/samples/onednn" / f"{name}.txt")


@pytest.mark.parametrize(
    ("name", "exec_lines", "create_lines"),
    [
        # grep -c ',exec,' and grep -cE ',(create|compile)(:cache_(hit|miss))?,' of each file
        ("torch-1", 14, 0), ("torch-2", 14, 14), ("torch-profile-exec", 14, 0), ("torch-profile-create", 0, 14),
        ("torch-all", 14, 14), ("torch-dispatch", 0, 0), ("torch-stamp", 14, 0), ("torch-graph-2-stamp", 38, 26),
        ("dnnl26-1", 6, 0), ("dnnl26-2", 6, 6),
        ("dnnl26-2-stamp", 6, 6), ("two-processes", 12, 0),
    ],
)
def test_every_level_and_profile(pytestconfig, name, exec_lines, create_lines):
    """Recorded with torch 2.13.0 (oneDNN 3.12) and with a program on Debian's libdnnl2 2.6.3, ONEDNN_VERBOSE as the name says."""
    document = recorded(pytestconfig, name)
    tables, notes = read(document, {})
    data = tables["measurements"]
    text = document.text
    assert exec_lines == text.count(",exec,")
    assert create_lines == len(re.findall(r",(?:create|compile)(?::cache_(?:hit|miss))?,", text))
    counts = data["metric"].value_counts().to_dict()
    assert counts.pop("exec_time", 0) == exec_lines and sum(counts.values()) == create_lines
    codes = {note.code for note in notes}
    assert ("several-processes" in codes) == (name == "two-processes") and ("no-exec" in codes) == (exec_lines == 0)
    assert "skipped-line" not in codes and sniff(document) == 95
    # every time is the last field of its line, in ms
    last = {line: text.rpartition(",")[2] for line, text in enumerate(document.lines, 1)}
    assert all(row["value"] == pytest.approx(float(last[row["line"]]) / 1000, rel=1e-12) for row in data.to_dict("records"))


def test_the_cache_of_primitives(pytestconfig):
    data = read(recorded(pytestconfig, "dnnl26-2"), {})[0]["measurements"].query("metric == 'create_time'")
    assert data["cache"].tolist() == ["miss", "miss", "hit", "hit", "hit", "hit"]
    assert data["iteration"].tolist() == [0, 0, 0, 0, 1, 1]


def test_graphs_of_torch(pytestconfig):
    data = read(recorded(pytestconfig, "torch-graph-2-stamp"), {})[0]["measurements"]
    graph = data[data["benchmark"].str.startswith("graph-")]
    assert set(graph["benchmark"]) == {"graph-convolution_post_ops", "graph-matmul_post_ops"}
    assert set(graph["metric"]) == {"exec_time", "compile_time"} and set(graph["dtype"]) == {"f32"}
    assert graph["problem"].iloc[0] == "2x3x16x16:8x3x3x3:8" and graph["value"].iloc[0] == pytest.approx(0.0404041)


MKLDNN = """\
mkldnn_verbose,info,Intel MKL-DNN v0.21.1 (commit 7d2fd500bc78936d1d648ca713b901012f470dbc)
mkldnn_verbose,info,Detected ISA is Intel AVX-512 with AVX512BW, AVX512VL, and AVX512DQ extensions
mkldnn_verbose,exec,reorder,jit:uni,undef,in:f32_nchw out:f32_nChw16c,num:1,2x16x7x7,0.0258789
mkldnn_verbose,exec,convolution,jit:avx512_common,forward_training,fsrc:nChw16c fwei:OIhw16i16o fbia:x fdst:nChw16c,\
alg:convolution_direct,mb2_ic16oc16,0.0170898
"""


def test_mkldnn():
    """Written from the developer guide of MKL-DNN 0.21, which is not packaged any more."""
    tables, notes = read(doc(MKLDNN), {})
    data = tables["measurements"]
    assert data[["benchmark", "dtype", "isa", "problem"]].values.tolist() == [
        ["reorder", "f32", "other", "2x16x7x7"], ["convolution", "", "avx512", "mb2_ic16oc16"],
    ]
    assert data["value"].tolist() == pytest.approx([2.58789e-5, 1.70898e-5]) and [note.code for note in notes] == ["library", "isa"]
    assert sniff(doc(MKLDNN)) == 95
    dnnl = MKLDNN.replace("mkldnn_verbose", "dnnl_verbose").replace("exec,", "exec,cpu,").replace("Intel MKL-DNN", "DNNL")
    assert len(read(doc(dnnl), {})[0]["measurements"]) == 2


def test_ukernels():
    """A component of micro-kernels with the columns of a primitive: supposed, since no release at hand prints such a line."""
    line = "onednn_verbose,v1,ukernel,exec,cpu,brgemm,brg_matmul:avx512_core_amx,undef,src:bf16::blocked:ab::f0,,,16x32:32x8,0.25\n"
    data = read(doc(line), {})[0]["measurements"]
    assert data[["benchmark", "isa", "value"]].values.tolist() == [["ukernel-brgemm", "amx", 0.00025]]


def test_a_line_that_names_no_primitive():
    """Found by mutation: 0.5 ms of nothing was a row without a benchmark."""
    line = "onednn_verbose,v1,primitive,exec,cpu,,ref:any,undef,src:f32::blocked:ab::f0,,,8x8:8x8,0.5\n"
    tables, notes = read(doc(line), {})
    assert tables["measurements"].empty and [note.code for note in notes] == ["skipped-line", "no-exec"]


def test_lines_that_run_into_each_other(sample):
    """Two processes write to one pipe: a line that breaks off at another's marker lost its end, even one that looks whole."""
    line = next(line for line in sample.splitlines() if ",exec," in line)
    tables, notes = read(doc(f"{line[:-3]}{line}\n{line}\n"), {})
    assert len(tables["measurements"]) == 2 and [(note.code, note.line) for note in notes] == [("skipped-line", 1)]


def test_what_looks_alike_and_is_not_is_noted(sample):
    line = next(line for line in sample.splitlines() if ",exec," in line)
    other = line.replace("attr-scratchpad:user", "attr-post-ops:eltwise_relu")
    codes = [note.code for note in read(doc(f"{line}\n{other}\n"), {})[1]]
    assert codes == ["mixed-problems"]
    assert "several-processes" in [note.code for note in read(doc(sample + sample), {})[1]]
    broken = f"{line}\n{line},1\n{line.replace('256x256:256x256,', '256x256:256x256,x')}\n"
    tables, notes = read(doc(broken), {})
    assert len(tables["measurements"]) == 1 and [(note.code, note.line) for note in notes] == [("skipped-line", 2)]


TRAINING = (
    "onednn_verbose,v1,primitive,exec,cpu,convolution,jit:avx512_core_bf16,{direction},src:bf16::blocked:acdb::f0,"
    "{attributes},alg:convolution_direct,mb32_ic256oc512,{time}\n"
)


def test_each_direction_of_a_primitive_is_its_own_benchmark():
    times = {"forward_training": [1.0, 1.5], "backward_data": [2.0, 2.5], "backward_weights": [4.0, 12.0]}
    text = "".join(
        TRAINING.format(direction=direction, attributes="", time=both[turn]) for turn in (0, 1) for direction, both in times.items()
    )
    tables, notes = read(doc(text), {})
    data = tables["measurements"]
    assert [note.code for note in notes] == []
    assert schema.factors(data)[-1] == "prop_kind"
    for direction, group in data.groupby("prop_kind"):
        assert (group["value"] * 1000).tolist() == pytest.approx(times.pop(direction))
        assert group["iteration"].tolist() == [0, 1]
    assert times == {}
    mixed = text + TRAINING.format(direction="backward_data", attributes="attr-scratchpad:user", time=2.0)
    assert [(note.code, note.message[:2]) for note in read(doc(mixed), {})[1]] == [("mixed-problems", "1 ")]


def test_without_a_direction_there_is_no_such_factor(logs, sample):
    plain = ["problem", "dtype", "implementation", "isa", "threads"]
    assert all(schema.factors(read(load(path), {})[0]["measurements"]) == plain for path in logs)
    data = read(doc(sample + TRAINING.format(direction="backward_data", attributes="", time=2.0)), {})[0]["measurements"]
    assert schema.factors(data) == [*plain, "prop_kind"]
    assert data["prop_kind"].tolist() == [""] * 68 + ["backward_data"]


def test_a_last_line_without_end_is_not_used(sample):
    tables, notes = read(doc(sample[:-3]), {})  # 0.9 of a number is a number too
    assert len(tables["measurements"]) == 67
    assert notes[-1].code == "cut-line" and notes[-1].line == 75


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_cut_log_gives_the_first_rows(sample, data):
    cut = data.draw(st.integers(0, len(sample)))
    whole = read(doc(sample), {})[0]["measurements"]
    try:
        part = read(doc(sample[:cut]), {})[0]["measurements"]
    except AmxperfError as error:
        assert error.exit_code == 65 and cut < 16
        return
    assert part["value"].tolist() == whole["value"].tolist()[: len(part)]
    assert len(part) == max(0, sample[:cut].count("\n") - 7)  # seven header lines


FIELDS = ["v1", "1.5", "primitive", "graph", "exec", "info", "template:operation", "isa:", "nthr:x", "", "oneDNN v", "in0:f32"]


@settings(deadline=None, max_examples=150)
@given(st.lists(st.lists(st.sampled_from(FIELDS), max_size=12).map(",".join), max_size=5))
def test_no_line_breaks_the_reader(lines):
    text = "".join(f"onednn_verbose,{line}\n" for line in lines)
    try:
        read(doc(text), {})
    except AmxperfError as error:
        assert error.exit_code == 65


@pytest.mark.parametrize(
    ("implementation", "isa"),
    [
        ("jit:avx512_core_amx_bf16", "amx"), ("brg_matmul:avx10_2_512_amx_2", "amx"), ("brg_matmul:avx10_1_512", "avx10"),
        ("jit:avx512_core_vnni", "avx512"), ("jit:avx2_vnni_2", "avx2"), ("jit:avx", "avx"), ("jit:sse41", "sse41"),
        ("ref:any", "ref"), ("ref_int8:any", "ref"), ("simple:any", "other"), ("gemm:jit:f32", "other"), ("brgemm:sve_256", "sve"),
    ],
)
def test_isa(implementation, isa):
    assert isa_of(implementation) == isa


def test_errors_and_strangers(sample):
    with pytest.raises(FormatError, match="onednn_verbose"):
        read(doc("hello\n"), {})
    with pytest.raises(UsageError):
        read(doc(sample), {"threads": 1})
    line = next(line for line in sample.splitlines() if ",exec," in line)
    assert sniff(doc("One reads:\n\n" + line + "\n\n" + "Words about it.\n" * 6)) == 0
    assert sniff(doc(f"step 1\n{line}\n" * 5)) >= 20
