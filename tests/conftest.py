"""Fixtures of all tests."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("same", derandomize=True)
if os.environ.get("AMXPERF_RANDOM") != "1":  # the same examples in each run: a change is judged by what it changes
    settings.load_profile("same")

CHECKOUT = Path(__file__).resolve().parents[1]


def pytest_sessionfinish(session, exitstatus):
    """With AMXPERF_NO_SKIPS=1, as CI sets it, a test that skips is a failure: everything that it needs is installed there."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if skipped and os.environ.get("AMXPERF_NO_SKIPS") == "1":
        for report in skipped:
            reporter.write_line(f"skipped, which counts as a failure here: {report.nodeid}: {report.longrepr[-1]}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_collection_modifyitems(items):
    """Where tests run in several processes (`make test`), those that build a book stay together: it is built once."""
    for item in items:
        if "built_book" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("book"))
        elif item.path.parent.name in ("publish", "probe"):  # and the probe is compiled once
            item.add_marker(pytest.mark.xdist_group(item.path.parent.name))


@pytest.fixture(scope="session")
def built_book() -> Path:
    """The whole book, as `amxperf build` leaves it in _build/html; built here where it is not up to date."""
    from amxperf.publish.build import build

    return build(CHECKOUT)


@pytest.fixture
def make(tmp_path):
    """Write a dataset: `make({"vm/a.log": "text"}, "warmup = 1", name="mine")` returns its folder."""

    def write(files, manifest="", name="mine", head='kind = "recorded"\ntitle = "a test"\n'):
        root = tmp_path / name
        root.mkdir(parents=True, exist_ok=True)
        (root / "dataset.toml").write_text(head + manifest)
        for source, text in files.items():
            path = root / source
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return root

    return write


@pytest.fixture(scope="session")
def data():
    """Datasets of the checkout by name, opened once: `data("vm-onednn")`."""
    from functools import cache

    from amxperf import open_dataset

    return cache(lambda name: open_dataset(CHECKOUT / "data" / name))
