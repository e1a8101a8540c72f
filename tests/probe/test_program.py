"""The program itself: it compiles cleanly, says what machine this is, and measures what can be known without AMX."""

import platform
import shutil
import subprocess
from pathlib import Path

import pytest

from amxperf import read
from amxperf.errors import DataError, MissingInput
from amxperf.probe import program as probe

TINY = ("--iterations", "2", "--slice-us", "50", "--largest", "65536", "--seed", "7")


def run(binary, *arguments):
    return subprocess.run([str(binary), *arguments], capture_output=True, text=True)


def test_compiles_without_a_warning_with_clang(tmp_path):
    """The program of the other tests is made with the system's compiler, gcc on Debian, and fails at a warning, too."""
    if not shutil.which("clang"):
        pytest.skip("needs clang")
    assert probe.compile(tmp_path / "amxprobe", using="clang", extra=("-O0", "-Wall", "-Wextra", "-Werror")).is_file()


def test_facts(program):
    """Against Python's own look at the system; what nobody may know is not there."""
    facts = probe.ask(program)
    assert float(facts["multiply_over_add"]) > 2  # 3 cycles over 1; Bochs: 1.0
    assert float(facts["fma_over_add"]) < 20  # 4 or 5 cycles over 1, or 0 without AVX2; QEMU's translator: 340
    assert facts["kernel"] == platform.release() and facts["emulated"] == "no" and facts["source"] == probe.digest()
    flags = next(line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("flags")).split()
    assert facts["flags"].split() == [flag for flag in flags if flag in facts["flags"].split()]
    assert ("avx2" in flags) == ("avx2" in facts["flags"].split())
    text = " ".join(facts.values())
    assert platform.node() not in text.split()
    assert Path("/proc/sys/kernel/random/boot_id").read_text().strip() not in text


def test_same_seed_same_order(program, tmp_path):
    orders = []
    for seed in ("7", "7", "8", "9", "10"):
        facts = run(program, "--facts", "--seed", seed).stdout
        orders.append(next(line for line in facts.splitlines() if line.startswith("fact order")))
    assert orders[0] == orders[1] and len(set(orders)) > 1


def test_a_whole_run(program, tmp_path):
    log = tmp_path / "probe.log"
    done = run(program, *TINY)
    log.write_text(done.stdout)
    assert done.returncode == 0 and done.stderr == ""
    capture = read(log)
    data = capture.measurements
    assert set(data["benchmark"]) <= set(probe.experiments(program)) and {"tmul", "exit"} <= set(data["benchmark"])
    assert (data.groupby(["benchmark", "metric"])["iteration"].min() == 0).all()
    codes = {note.code for note in capture.notes}
    assert not codes & {"cut-log", "skipped-line", "experiment-failed", "emulated"}
    clock = data[(data["benchmark"] == "tmul") & (data["metric"] == "clock")]["value"]
    # no processor runs faster; a chain that the compiler removed would. A slice that was interrupted looks slower
    assert clock.max() < 8e9 and clock.max() > 0.2e9


def test_without_amx_it_says_so(program):
    done = run(program, *TINY, "tmul")
    if "amx_tile" in Path("/proc/cpuinfo").read_text():
        assert "fact amx yes\n" in done.stdout and "isa=amx dtype=int8" in done.stdout
        return
    assert "skip tmul isa=amx: the processor has no AMX" in done.stdout and "isa=amx dtype" not in done.stdout


@pytest.mark.parametrize("arguments", [("--seed", "x"), ("--iterations", "0"), ("nothing",), ("--nothing",), ("--seed",)])
def test_wrong_calls(program, arguments):
    done = run(program, *arguments)
    assert done.returncode == 64 and done.stdout == "" and done.stderr.count("\n") == 1 and "try --help" in done.stderr


def test_full_disk(program):
    done = subprocess.run(f"'{program}' --facts > /dev/full", shell=True, capture_output=True, text=True)
    assert done.returncode == 73


def test_no_compiler(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    with pytest.raises(MissingInput, match=r"no C compiler is installed.*apt-get install gcc"):
        probe.compile(tmp_path / "amxprobe")
    monkeypatch.setenv("CC", "mycc")
    with pytest.raises(MissingInput, match="no C compiler called 'mycc'"):
        probe.compile(tmp_path / "amxprobe")


def test_other_machines(monkeypatch, tmp_path):
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    with pytest.raises(MissingInput, match="measures x86-64 processors on Linux, and this is aarch64 with Linux"):
        probe.compile(tmp_path / "amxprobe")


def test_another_target(tmp_path):
    """What a compiler for another processor says: one sentence."""
    try:
        probe.compile(tmp_path / "amxprobe", extra=("-U__x86_64__",))
    except MissingInput:
        pytest.skip("needs a C compiler")
    except DataError as error:
        assert 'amxprobe measures x86-64 processors on Linux, and this compiler builds for another system' in error.message
        assert "\n" not in str(error)
    else:
        pytest.fail("it compiled")


def test_a_case_that_dies_is_told(tmp_path):
    """Its iterations are missing, which no one would notice in the numbers."""
    source = (probe.SOURCES / "signal.c").read_text()
    broken = source.replace("state_enter(arm->state);", "raise(SIGILL);")
    assert broken != source
    for path in probe.SOURCES.glob("*.[ch]"):
        (tmp_path / path.name).write_text(broken if path.name == "signal.c" else path.read_text())
    command = [probe.compiler(), *probe.FLAGS, "-O0", "-o", str(tmp_path / "amxprobe")]
    subprocess.run([*command, *map(str, sorted(tmp_path.glob("*.c")))], check=True)
    done = subprocess.run([str(tmp_path / "amxprobe"), "--iterations", "1", "signal"], capture_output=True, text=True)
    (tmp_path / "probe.log").write_text(done.stdout)
    capture = read(tmp_path / "probe.log")
    assert done.returncode == 0 and not len(capture.measurements)
    assert [note.message for note in capture.notes if note.code == "skipped-case" and "died by signal 4" in note.message]
