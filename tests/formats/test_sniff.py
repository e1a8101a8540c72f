"""Each sniffer of the benchmark logs claims its own captures and nothing else."""

from importlib import import_module

import pytest

from amxperf.document import Document, load
from amxperf.errors import FormatError
from amxperf.formats import SURE, recognise

NAMES = (
    "amx_test", "onednn", "bpftrace", "mmtests", "overheads", "table", "perf_stat", "kvm_stat", "kvm_counters", "qemu_stats",
    "google_benchmark", "hyperfine", "llama_bench", "benchdnn", "selftest",
)
OWNERS = {
    "amx-test.log": "amx_test",
    "matmul.log": "onednn",
    "kvmexit.bpftrace.txt": "bpftrace",
    "netperf-udp-rr.mmtests.txt": "mmtests",
    "overheads.csv": "overheads",
    "tilecheck.log": "selftest",
    "tilevmm.log": "selftest",
}
PROSE = """\
# How the notes measure

The guest prints one line:

    $ ./amx-test-ok -d 10 -t 1 -i 1
    Throughput thread0: 744 bytes per second

A run without permission ends with `Illegal instruction (core dumped)`.
The exits are counted with bpftrace, which prints a map such as

    @reason[32]: 143258

and oneDNN says

    onednn_verbose,v1,primitive,exec,cpu,matmul,ref:any,undef,src:f32::blocked:ab::f0,,,8x8:8x8,0.5

while mmtests writes rows like

    Hmean     10    29534.07 (   0.00%)    12527.03 * -57.58%*

perf stat prints a line such as

     5,312,998,104      cycles                    #    2.806 GHz                      ( +-  0.12% )  (66.61%)

below "Performance counter stats for './gemm 1024' (3 runs):", and with -x,

    5312998104,,cycles,0.12%,1261000112,66.61,2.806,GHz

perf kvm stat has rows like

    HLT        146     0.03%    91.90%      1.90us 1000213.45us  60520.31us ( +-  14.73% )

and debugfs files such as

    /sys/kernel/debug/kvm/7289-14/pages_2m:1422

The selftests say "[OK] Load tiledata succeeded.", benchdnn "tests:1 passed:1 skipped:0 mistrusted:0 unimplemented:0 failed:0".
A JSON of hyperfine starts with {"results": [{"command": "sleep 1", "times": [1.0], and one of google-benchmark has "benchmarks": [.
llama-bench writes "n_prompt", "n_gen", "avg_ns" and "model_type".

An own table needs the columns environment, launch, benchmark, metric, value, unit.
The CSV of overheads needs study, source_url and quote_location.
"""
OTHERS = {
    "prose": PROSE,
    "dmesg": "[    0.000000] Linux version 6.18.44\n[    1.5] traps: amx-test[77] trap invalid opcode ip:401000 sp:7ff error:0\n",
    "trace": "        amx-test-13045   [001] d....  2254.520740: read_msr: 1c5, value 40000\n",
    "csv": "time,value\n1,2\n",
    "foreign": "input,environment,seconds\ntraining,vm,106.49\n",
    "json": '{"environment": "vm", "value": 1}\n',
    "binary": "\0\0\0\0",
    "empty": "",
    "python": "import csv\nprint('onednn_verbose,')\n",
}


def scores(document: Document) -> dict[str, int]:
    return {name: import_module(f"amxperf.formats.{name}").sniff(document) for name in NAMES}


def test_every_file_of_the_data(pytestconfig):
    files = [path for path in sorted((pytestconfig.rootpath / "data").rglob("*")) if path.is_file()]
    owned = 0
    for path in files:
        if "synthetic" in path.parts or "simulations" in path.parts:
            continue
        found = {name: score for name, score in scores(load(path)).items() if score}
        owner = OWNERS.get(path.name)
        owned += owner is not None
        assert list(found) == ([owner] if owner else []), path
        assert all(score >= SURE for score in found.values())
    assert owned == 3 + 40 + 2 + 1 + 1 + 36 + 6  # the last two: tilecheck and tilevmm of the emulated guests


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_strangers_get_nothing(name):
    assert set(scores(Document("x", OTHERS[name].encode(), "")).values()) == {0}


def test_recognising_a_large_file_reads_its_head_only(tmp_path, monkeypatch):
    monkeypatch.setattr("amxperf.document.LARGE", 100)
    path = tmp_path / "a.log"
    path.write_bytes(b"[    1.000000] Call Trace:\n[    1.000001]  f+0x1/0x2\n" * 9)
    document = load(path)
    assert recognise(document) == "dmesg"
    assert "data" not in vars(document)


def test_a_console_that_begins_with_its_firmware_is_told_by_its_end():
    firmware = "".join(f"InstallProtocolInterface: 5B1B31A1-9562-11D2-8E3F-00A0C969723B 7ED{n:05X}\n" for n in range(700))
    kernel = "".join(f"[{n / 1000:12.6f}] usb 1-{n}: new high-speed USB device\n" for n in range(1200))
    assert recognise(Document("a", (firmware + kernel).encode(), "")) == "dmesg"
    with pytest.raises(FormatError):
        recognise(Document("a", firmware.encode(), ""))
