"""The example of the page on new formats: its module and its test run as they stand, registered and as an installed package."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from amxperf.document import Document

PAGE = Path(__file__).resolve().parents[2] / "book" / "new-format.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path):
    """A folder with the log and the files of the page; a file's block starts with its name as a comment."""
    logs = [text for language, text in BLOCKS if language == "text"]
    assert len(logs) == 1
    (tmp_path / "sysbench.log").write_text(logs[0])
    named = {found[1]: text for _, text in BLOCKS if (found := re.match(r"# (\w+\.py)\n", text))}
    assert set(named) == {"sysbench_log.py", "test_sysbench_log.py"}
    for name, text in named.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def run(folder, *command):
    path = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run([sys.executable, *command], cwd=folder, env=path, capture_output=True, text=True, check=False)


def test_the_test_of_the_page_passes(folder):
    done = run(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_sysbench_log.py")
    assert done.returncode == 0 and "6 passed" in done.stdout, done.stdout[-2000:] + done.stderr[-500:]


def test_the_test_of_the_page_can_fail(folder):
    """A reader that uses a line that may be cut takes 813.8 for a rate: what the page's second test is there for."""
    text = (folder / "sysbench_log.py").read_text()
    careless = text.replace("elif found := _RATE", "if found := _RATE").replace(r"\.\d\d)", r"\.\d+)")
    log = (folder / "sysbench.log").read_text()
    document = Document("cut", log[: log.index("813.8") + 5].encode(), "")
    values = []
    for source in (text, careless):
        module: dict = {}
        exec(compile(source, "sysbench_log.py", "exec"), module)
        values.append(module["read"](document, {})[0]["measurements"]["value"].tolist())
    assert values == [[], [813.8]]


def test_an_installed_package_brings_its_format(folder):
    """What `pip install` leaves of a package with the entry point of the page: its metadata beside the module."""
    (entry,) = [text for language, text in BLOCKS if language == "toml"]
    table, line = entry.strip().splitlines()
    group = re.fullmatch(r'\[project\.entry-points\."(.+)"\]', table)[1]
    info = folder / "sysbench_log-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sysbench-log\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{group}]\n" + line.replace('"', "") + "\n")
    done = run(folder, "-m", "amxperf", "parse", "sysbench.log", "--table", "measurements", "--format", "csv")
    assert done.returncode == 0 and ",813.85,op/s,higher,True,,sysbench.log,15" in done.stdout, done.stderr
    (folder / "sysbench_log.py").write_text("import no_such_module\n")
    done = run(folder, "-c", "from amxperf.formats import discover; discover()")
    assert done.returncode == 1 and "UsageError: the format 'sysbench' of package sysbench-log cannot be loaded" in done.stderr


def test_the_line_for_the_package_is_like_those_there():
    source = (PAGE.parents[1] / "amxperf" / "formats" / "__init__.py").read_text()
    (line,) = [text for language, text in BLOCKS if language == "python" and text.count("\n") == 1]
    pattern = r'"\w+": ".+",\n'
    assert re.fullmatch(pattern, line) and re.search(rf"^    {pattern}", source, re.MULTILINE)
