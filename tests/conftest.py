"""Fixtures of all tests."""

from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def built_book() -> Path:
    """The whole book, as `amxperf build` leaves it in _build/html; built here where it is not up to date."""
    if not (CHECKOUT / "book" / "_toc.yml").is_file():
        pytest.skip("book/_toc.yml is not written yet")
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
