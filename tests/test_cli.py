"""The command line: what it prints, its exit codes, and one sentence for whatever is wrong."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from amxperf import __version__, read, schema
from amxperf.cli import app, main

DATA = Path(__file__).resolve().parents[1] / "data"
ONEDNN = DATA / "vm-onednn/vm/amx-4k-00/matmul.log"
DMESG = DATA / "notes-2024/vm/boot/host.dmesg"
GUEST = DATA / "notes-2024/tdx/first-use/guest.dmesg"
TRACE = DATA / "vm-ftrace/vm/first-use/guest.trace"
AMX_TEST = "$ ./amx-test -d 10 -t 1 -i 1\nThroughput thread0: 744 bytes per second\n"
COMMANDS = ("parse", "compare", "build", "figures", "cite", "export", "checksum", "collect")


@pytest.fixture
def run(capsysbinary):
    """Run a command: exit code, standard output, standard error."""

    def call(*arguments):
        code = main([str(argument) for argument in arguments])
        out, err = capsysbinary.readouterr()
        return code, out.decode(), err.decode()

    return call


def complains(result, code, *words):
    """One sentence on standard error, nothing on standard output, the documented code."""
    found, out, err = result
    assert (found, out) == (code, "")
    assert err.startswith("amxperf: ") and err.count("\n") == 1 and "Traceback" not in err, err
    for word in words:
        assert word in err, err


def test_version(run):
    assert run("--version") == (0, f"amxperf {__version__}\n", "")


def test_commands_are_known():
    assert {(command.name or command.callback.__name__) for command in app.registered_commands} >= set(COMMANDS)


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)])
def test_help(run, command):
    code, out, err = run(*command, "--help")
    assert (code, err) == (0, "") and "Usage: amxperf" in out


def test_usage(run):
    code, out, _ = run()
    assert code == 64 and "Usage: amxperf" in out
    complains(run("prase", "x"), 64, "No such command 'prase'", "try --help")
    complains(run("parse", "--tabel", "lines", "x"), 64, "No such option: --tabel")
    complains(run("parse", "--table", "rows", ONEDNN), 64, "'rows' is not one of")
    complains(run("parse", "--format", "csv", ONEDNN), 64, "--format csv is for tables; add --table")
    complains(run("compare", "vm-onednn", "--baseline", "vm"), 64, "Missing option '--treatment'")
    complains(run("parse", "--reader", "dmsg", ONEDNN), 64, "no format is called 'dmsg'; use one of dmesg")


def test_summary(run):
    code, out, err = run("parse", ONEDNN, DMESG)
    # 68 executions: grep -c ',exec,'; 6 traces: grep -c 'Call Trace:'
    assert (code, err) == (0, "")
    assert f"{ONEDNN}: onednn: 68 measurements" in out and f"{DMESG}: dmesg: " in out and ", 6 traces, " in out


def test_a_log_piped_in(run, monkeypatch):
    for arguments in ((), ("-",), ("-", "--reader", "dmesg")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(DMESG.read_bytes())))
        code, out, err = run("parse", *arguments)
        assert (code, err) == (0, "") and out.startswith("stdin: dmesg: ") and ", 6 traces, " in out


def test_nothing_piped_in(run, monkeypatch):
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    complains(run("parse"), 64, "no file is named; name one or more, or pipe a log in")


@pytest.mark.parametrize(("path", "table"), [(ONEDNN, "measurements"), (DMESG, "frames"), (GUEST, "registers"), (TRACE, "events")])
def test_csv(run, path, table):
    code, out, err = run("parse", path, "--table", table)
    rows = list(csv.DictReader(io.StringIO(out)))
    wanted = schema.exported(table, read(path).table(table))
    assert code == 0 and err.startswith(f"{path}: ")
    assert list(rows[0]) == list(wanted.columns)
    shown = wanted.astype(object).where(wanted.notna(), "").map(str)
    assert rows == shown.to_dict("records")


def test_parquet(run, tmp_path):
    out = tmp_path / "events.parquet"
    assert run("parse", TRACE, "--table", "events", "--format", "parquet", "--out", out)[:2] == (0, "")
    pd.testing.assert_frame_equal(pd.read_parquet(out), read(TRACE).events)
    assert os.listdir(tmp_path) == ["events.parquet"]
    assert run("parse", TRACE, "--table", "events", "--out", tmp_path / "same.parquet")[0] == 0
    assert (tmp_path / "same.parquet").read_bytes() == out.read_bytes()


def test_parquet_is_not_for_terminals(run, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    code, out, err = run("parse", TRACE, "--table", "events", "--format", "parquet")
    assert (code, out) == (64, "") and err.endswith("amxperf: Parquet is binary and would garble the terminal; add --out FILE\n")


def test_json_and_jsonl_of_several_files(run):
    logs = [ONEDNN, DATA / "vm-onednn/vm/avx512-2m-09/matmul.log"]
    rows = json.loads(run("parse", *logs, "--table", "measurements", "--format", "json")[1])
    lines = run("parse", *logs, "--table", "measurements", "--format", "jsonl")[1].splitlines()
    assert rows == [json.loads(line) for line in lines] and len(rows) == 2 * 68
    assert [row["source"] for row in rows] == [str(logs[0])] * 68 + [str(logs[1])] * 68
    assert [row["value"] for row in rows[:68]] == read(logs[0]).measurements["value"].tolist()


def test_bad_files(run, tmp_path):
    (tmp_path / "empty.log").touch()
    (tmp_path / "binary.log").write_bytes(b"\x7fELF\0\0")
    (tmp_path / "utf16.log").write_bytes(AMX_TEST.encode("utf-16-le"))
    (tmp_path / "marked.log").write_bytes(AMX_TEST.encode("utf-16"))
    (tmp_path / "what.log").write_text("hello\n")
    complains(run("parse", tmp_path / "empty.log"), 65, "empty.log: the file is empty; record it again")
    complains(run("parse", tmp_path / "binary.log"), 65, "binary.log: the file is binary; give a text log")
    complains(run("parse", tmp_path / "what.log"), 65, "what.log: the format is not recognised; ")
    complains(run("parse", tmp_path / "none.log"), 66, "none.log: no such file; check the name")
    complains(run("parse", tmp_path), 65, ": this is a folder, not a file; name a file in it")
    complains(run("parse", tmp_path / ("a" * 300)), 65, "cannot be read (File name too long)")
    assert run("parse", tmp_path / "marked.log", tmp_path / "utf16.log")[0] == 0


@pytest.fixture
def unread(tmp_path):
    """Two files that cannot be read: one that is not there (66) and one of no known format (65)."""
    (tmp_path / "what.log").write_text("hello\n")
    return tmp_path / "none.log", tmp_path / "what.log"


def test_bad_files_cost_no_good_one(run, unread):
    none, what = unread
    code, out, err = run("parse", none, ONEDNN, what, DMESG)
    heads = [line.split(": ")[0] for line in out.splitlines() if not line.startswith(" ")]
    assert (code, heads) == (66, [str(ONEDNN), str(DMESG)])
    first, second = err.splitlines()
    assert first.startswith(f"amxperf: {none}: no such file")
    assert second.startswith(f"amxperf: {what}: the format is not recognised")
    assert run("parse", what, ONEDNN, none)[0] == 65


def test_tables_of_the_good_files_are_whole(run, unread, tmp_path):
    table = "parse", "--table", "measurements"
    alone = run(*table, ONEDNN)[1]
    code, out, err = run(*table, unread[0], ONEDNN, unread[1])
    assert (code, out) == (66, alone) and err.count("amxperf: ") == 2 and f"{ONEDNN}: onednn\n" in err
    assert run(*table, ONEDNN, unread[1], "--out", tmp_path / "out.csv")[:2] == (65, "")
    assert (tmp_path / "out.csv").read_text() == alone


@pytest.mark.parametrize("table", [(), ("--table", "measurements")])
def test_bad_files_alone_leave_no_output(run, unread, tmp_path, table):
    code, out, err = run("parse", *unread, *table, "--out", tmp_path / "out.txt")
    assert (code, out, len(err.splitlines())) == (66, "", 2)
    assert os.listdir(tmp_path) == ["what.log"]


def test_an_output_that_cannot_be_meant(run, tmp_path):
    """Said before anything is read."""
    log = tmp_path / "a.log"
    log.write_bytes(DMESG.read_bytes())
    complains(run("parse", log, "--out", tmp_path / "a.parquet"), 64, "a.parquet is to hold a table, and none is named; add ")
    table = "parse", log, "--table", "frames", "--out"
    complains(run(*table, tmp_path / "a.xlsx"), 64, "no form of a table is called 'xlsx'; end ", " or add --format")
    complains(run(*table, tmp_path / "a.csv.gz"), 64, "no form of a table is called 'gz'")
    complains(run(*table, tmp_path / "none/a.csv"), 73, "a.csv: cannot be written (there is no such folder); make it")
    complains(run(*table, log), 64, "a.log is one of the files to read, and would be lost")
    assert log.read_bytes() == DMESG.read_bytes() and os.listdir(tmp_path) == ["a.log"]
    assert run(*table, "/dev/null")[0] == 0


EVIL = "\x1b]8;;http://evil\x1b\\\x1bP+q\x1b\\\x9b31m\u202e\u2066\x1b[2J\x07"


def hostile(text):
    return [char for char in text if not char.isprintable() and char not in "\n\t"]


def test_a_terminal_is_told_nothing_by_a_log(run, tmp_path, monkeypatch):
    """Kept in the data, shown as escapes: of tasks, of file names, in summaries, tables, notes and errors."""
    log = tmp_path / f"a{EVIL.replace('/', '')}\udcff.log"
    lines = f"CPU: 3 PID: 77 Comm: {EVIL} Not tainted 6.8.0 #1", "Call Trace:", " f+0x1/0x2"
    log.write_text("".join(f"[    1.000000] {line}\n" for line in lines))
    piped = run("parse", log, "--table", "traces")[1]
    assert next(csv.DictReader(io.StringIO(piped)))["comm"] == read(log).traces["comm"][0]
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    for arguments in (), ("--table", "lines"), ("--table", "traces", "--format", "json"):
        code, out, err = run("parse", log, *arguments)
        assert code == 0 and "\\x1b" in out and not hostile(out + err)
    code, out, err = run("parse", log, "--reader", "onednn")
    assert (code, out, hostile(err)) == (65, "", []) and "\\udcff" in err


def test_a_terminal_is_told_nothing_by_names_of_benchmarks(run, make, monkeypatch):
    text = arms(vm=(1, 1.1), tdx=(3, 3.1)).replace(",b,time,", f",b[/x][red]{EVIL},time,")
    root = make({"all.csv": text})
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    for form in "table", "csv", "json":
        code, out, err = run("compare", root, "--baseline", "vm", "--treatment", "tdx", "--format", form)
        assert code in (0, 2) and "b[/x][red]\\x1b" in out.replace("\\\\", "\\").replace("\\u001b", "\\x1b"), out
        assert "\x1b]8" not in out and "\x9b" not in out and "\u202e" not in out and not hostile(err)


def test_output_that_cannot_be_written(run, tmp_path):
    code, out, err = run("parse", ONEDNN, "--table", "measurements", "--out", tmp_path)
    assert (code, out) == (73, "") and err.splitlines()[-1].startswith(f"amxperf: {tmp_path}: cannot be written")
    assert os.listdir(tmp_path) == []


# compare


def arms(**values):
    """A table with three launches per environment."""
    rows = [f"{e},{k},b,time,{v},s" for e, several in values.items() for k, v in enumerate(several)]
    return "\n".join(["environment,launch,benchmark,metric,value,unit", *rows]) + "\n"


def test_compare_table(run):
    code, out, err = run("compare", DATA / "vm-onednn", "--baseline", "isa=avx512", "--treatment", "isa=amx")
    assert code == 0 and out.startswith("vm-onednn (recorded): isa=amx over isa=avx512\n")
    # eight comparisons and their geometric mean
    assert out.count("(95 % interval ") == 9 and "implementation differs too: " in out and "warmup-left-out" in out
    assert "40 files: oneDNN v3.12.0" in err


def test_compare_json_and_csv(run):
    call = ("compare", DATA / "vm-onednn", "--baseline", "isa=avx512", "--treatment", "isa=amx", "--format")
    results = json.loads(run(*call, "json")[1])["results"]
    rows = list(csv.DictReader(io.StringIO(run(*call, "csv")[1])))
    assert [float(row["ratio"]) for row in rows] == [result["ratio"] for result in results] and len(rows) == 8


@pytest.mark.parametrize(
    ("values", "code", "verdict"),
    [
        ({"vm": (1.0, 1.01, 0.99), "tdx": (2.0, 2.01, 1.99)}, 0, "different"),
        ({"vm": (1.0, 1.5, 0.7), "tdx": (1.1, 1.4, 0.8)}, 2, "inconclusive"),
        ({"vm": (1.0,), "tdx": (2.0,)}, 3, "not comparable"),
    ],
)
def test_compare_codes(run, make, values, code, verdict):
    found = run("compare", make({"all.csv": arms(**values)}), "--baseline", "vm", "--treatment", "tdx")
    assert found[0] == code and f": {verdict}" in found[1]


def test_compare_refuses_amx_test(run, make):
    root = make({"vm/1/a.log": AMX_TEST, "tdx/1/a.log": AMX_TEST})
    code, out, _ = run("compare", root, "--baseline", "vm", "--treatment", "tdx")
    assert code == 3 and "tdx and vm are not comparable: amx-test never counts its passes: 744 is" in out


def test_compare_nothing_in_common(run, make):
    text = arms(vm=(1.0, 2.0)) + "tdx,1,other,time,1,s\n"
    code, out, _ = run("compare", make({"all.csv": text}), "--baseline", "vm", "--treatment", "tdx")
    assert code == 3 and "The two arms have no benchmark in common." in out and "only tdx has other time" in out


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--baseline", "vm", "--treatment", "vm"), 64, "baseline vm and treatment vm are equal"),
        (
            ("--baseline", "vm", "--treatment", "snp"),
            66,
            "no environment is called 'snp' in the measurements of mine; there are tdx, vm",
        ),
        (("--baseline", "vm,", "--treatment", "tdx"), 64, "the selector 'vm,' is not complete"),
        (("--baseline", "vm", "--treatment", "tdx", "--margin", "2"), 64, "margin 2.0 is not between 0 and 1"),
        (("--baseline", "vm", "--treatment", "tdx", "--margin", "few"), 64, "Invalid value for '--margin'"),
        (("--baseline", "vm", "--treatment", "tdx", "--confidence", "95"), 64, "confidence 95.0 is not between 0.5 and 1"),
        (
            ("--baseline", "vm", "--treatment", "tdx", "--format", "xml"),
            64,
            "no output format is called 'xml'; use table, csv or json",
        ),
    ],
)
def test_compare_usage(run, make, options, code, words):
    found = run("compare", make({"all.csv": arms(vm=(1, 2), tdx=(3, 4))}), *options)
    assert (found[0], found[1]) == (code, "")
    assert words in found[2].splitlines()[-1] and found[2].splitlines()[-1].startswith("amxperf: ")


def test_compare_bad_datasets(run, make, tmp_path):
    tail = ("--baseline", "vm", "--treatment", "tdx")
    complains(run("compare", tmp_path / "none", *tail), 66, "none: no such dataset folder")
    complains(
        run("compare", "nobody-has-this", *tail), 66, "no dataset is called 'nobody-has-this'; there are ", "notes-2024, published"
    )
    complains(run("compare", tmp_path, *tail), 65, "the dataset has no dataset.toml; add one")
    complains(
        run("compare", make({"vm/1/a.log": AMX_TEST}, "kind =", name="broken"), *tail), 65, "broken/dataset.toml:3: not valid TOML"
    )
    code, out, err = run("compare", DATA / "vm-ftrace", *tail)
    assert (code, out) == (64, "") and err.endswith(
        "amxperf: the dataset vm-ftrace holds no measurements; compare needs benchmark logs\n"
    )


# checksum, and the figures of a small fake book


def test_checksum(run, make):
    root = make({"vm/1/a.log": AMX_TEST}, "# a comment\n")
    assert run("checksum", root)[1].startswith('[checksums]\n"vm/1/a.log" = "sha256:')
    assert "[checksums]" not in (root / "dataset.toml").read_text()
    assert run("checksum", root, "--write") == (0, f"1 checksums written to {root / 'dataset.toml'}\n", "")
    assert "# a comment\n" in (root / "dataset.toml").read_text()
    complains(run("checksum", root.parent), 65, "the dataset has no dataset.toml")


@pytest.fixture
def book(tmp_path):
    place = tmp_path / "checkout/_build/html/figures/tiles"
    place.mkdir(parents=True)
    (tmp_path / "checkout/book").mkdir()
    (tmp_path / "checkout/_config.yml").touch()
    metadata = {
        "title": "The tiles",
        "kind": "published",
        "citation": "Cite the tiles.",
        "files": ["tiles.svg", "tiles.metadata.json"],
    }
    (place / "tiles.metadata.json").write_text(json.dumps(metadata))
    (place / "tiles.svg").write_text("<svg/>")
    (place / "tiles.bib").write_text("@misc{tiles}\n")
    return tmp_path / "checkout"


def test_figures_cite_export(run, book, tmp_path):
    assert run("figures", "--root", book) == (0, "tiles  published    The tiles\n", "")
    assert json.loads(run("figures", "--root", book, "--format", "json")[1])[0]["citation"] == "Cite the tiles."
    assert run("cite", "tiles", "--root", book)[1] == "Cite the tiles.\n"
    assert run("cite", "tiles", "--bibtex", "--root", book)[1] == "@misc{tiles}\n"
    to = tmp_path / "report"
    code, out, _ = run("export", "tiles", "--to", to, "--root", book)
    assert (code, out.splitlines()) == (0, [str(to / "tiles.svg"), str(to / "tiles.metadata.json")])
    assert (to / "tiles.svg").read_text() == "<svg/>"


def test_figures_that_are_not_there(run, book, tmp_path):
    complains(run("cite", "tile", "--root", book), 64, "no figure is called 'tile'; there are tiles")
    complains(run("figures", "--root", book, "--format", "xml"), 64, "no output format is called 'xml'")
    complains(run("figures", "--root", tmp_path), 66, "no checkout of the book here")
    (tmp_path / "file").touch()
    complains(run("export", "tiles", "--to", tmp_path / "file", "--root", book), 73, "file: cannot be written (File exists)")
    complains(run("export", "tiles", "--root", book), 64, "Missing option '--to'")


# interrupted, broken, faulty


def test_interrupted(run, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("amxperf.formats.read", stop)
    assert run("parse", ONEDNN)[0] == 130


def test_a_fault_of_ours(run, monkeypatch):
    def fault(*_):
        raise ZeroDivisionError("oops")

    monkeypatch.delenv("AMXPERF_DEBUG", raising=False)
    monkeypatch.setattr("amxperf.formats.read", fault)
    complains(run("parse", ONEDNN), 70, "a fault in amxperf itself: ZeroDivisionError: oops", "AMXPERF_DEBUG=1")
    monkeypatch.setenv("AMXPERF_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        run("parse", ONEDNN)


def module(*arguments, **options):
    command = [sys.executable, "-m", "amxperf", *map(str, arguments)]
    return subprocess.run(command, cwd=DATA.parent, text=True, timeout=60, **options)


def test_as_a_module():
    found = module("parse", "data/vm-onednn/vm/amx-4k-00/matmul.log", capture_output=True)
    assert found.returncode == 0 and "onednn: 68 measurements" in found.stdout and found.stderr == ""


@pytest.mark.parametrize("table", [(), ("--table", "measurements")])
def test_a_closed_pipe_is_no_finding(table):
    reader, writer = os.pipe()
    os.close(reader)
    found = module("parse", ONEDNN, *table, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert found.returncode == 0 and "Broken" not in found.stderr and "Traceback" not in found.stderr


def test_a_table_that_a_file_does_not_have_is_named(run):
    code, out, err = run("parse", "--table", "frames", ONEDNN)
    assert code == 0 and len(out.splitlines()) == 1 and "no frames; it holds measurements" in err


def test_a_plan_names_its_options(run):
    assert "give --width, --change or --margin" in run("plan", "vm-onednn", "--baseline", "isa=amx")[2]
