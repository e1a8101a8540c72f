"""The paths of AMX on any machine: the tile instructions emulated, both compilers, address and undefined-behaviour sanitizers."""

import shutil
import subprocess

import pytest

from amxperf import read
from amxperf.errors import DataError, UsageError
from amxperf.formats.probe import EMULATED
from amxperf.probe import program
from amxperf.probe.collect import collect

CLEAN = ("-Wall", "-Wextra", "-Werror", "-O0")
SANITIZED = (*CLEAN, "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-DAMXPROBE_EMULATE")
TINY = ("--iterations", "2", "--slice-us", "20", "--largest", "270000", "--seed", "7")


@pytest.fixture(scope="module", params=["gcc", "clang"])
def emulated(request, tmp_path_factory):
    if not shutil.which(request.param):
        pytest.skip(f"needs {request.param}")
    try:
        return program.compile(tmp_path_factory.mktemp(request.param) / "amxprobe", using=request.param, extra=SANITIZED)
    except DataError as error:
        if "linker" not in str(error) and "ld returned" not in str(error):
            raise
        pytest.skip(f"needs the sanitizers of {request.param}")


def test_every_path_is_clean(emulated, tmp_path):
    """No report of a sanitizer; products equal the scalar ones (else gemm ends with 1); no value counts as evidence."""
    done = subprocess.run([str(emulated), *TINY], capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == ""
    (tmp_path / "probe.log").write_text(done.stdout)
    capture = read(tmp_path / "probe.log")
    codes = {note.code for note in capture.notes}
    assert "emulated" in codes and not codes & {"experiment-failed", "skipped-line", "cut-log"}, capture.notes
    data = capture.measurements
    assert not data["informative"].any() and set(data["reason"]) == {EMULATED}
    assert set(data["benchmark"]) == set(program.experiments(emulated))
    tiles = data[(data["isa"] == "amx") | data["state"].isin(["live", "released"]) | (data["component"] == "tiles")]
    assert set(tiles["benchmark"]) == {"tmul", "tileload", "gemm", "first-use", "ctxsw", "signal", "exit", "xsave"}
    assert set(data.loc[(data["benchmark"] == "gemm") & (data["isa"] == "amx"), "dtype"]) == {"int8", "bf16"}


def test_is_never_recorded(emulated, tmp_path):
    with pytest.raises(UsageError, match="the tile instructions are emulated"):
        collect(tmp_path / "x", binary=emulated)
    assert not (tmp_path / "x").exists()


def test_a_wrong_product_is_found(tmp_path):
    """The check of gemm can fail: with a product that leaves out a row of B it does."""
    source = (program.SOURCES / "emulate.c").read_text()
    broken = source.replace("k < ROW; k++", "k < ROW - 4; k++")
    assert broken != source
    for path in program.SOURCES.glob("*.[ch]"):
        (tmp_path / path.name).write_text(broken if path.name == "emulate.c" else path.read_text())
    command = [program.compiler(), *program.FLAGS, "-O0", "-DAMXPROBE_EMULATE", "-o", str(tmp_path / "amxprobe")]
    subprocess.run([*command, *map(str, tmp_path.glob("*.c"))], check=True)
    out = subprocess.run([str(tmp_path / "amxprobe"), *TINY, "gemm"], capture_output=True, text=True).stdout
    assert "skip gemm isa=amx dtype=int8 size=64: the result is not that of the scalar product" in out and " exit 1\n" in out
    assert "dtype=int8" not in "".join(line for line in out.splitlines() if line.startswith("series") and "isa=amx" in line)
