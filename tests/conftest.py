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
