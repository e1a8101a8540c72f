"""The probe, compiled once for all tests."""

import platform
import shutil

import pytest


@pytest.fixture(scope="session")
def program(tmp_path_factory):
    """amxprobe, compiled with the first compiler that is there."""
    from amxperf.probe.program import COMPILERS, compile

    if platform.machine() != "x86_64" or not any(map(shutil.which, COMPILERS)):
        pytest.skip("needs an x86-64 processor and a C compiler")
    return compile(tmp_path_factory.mktemp("probe") / "amxprobe", extra=("-Wall", "-Wextra", "-Werror"))
