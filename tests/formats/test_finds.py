"""What fuzzing found (benchmarks/fuzz.py): every input that once hung a reader or made it raise something else."""

import time
from pathlib import Path

import pandas as pd
import pytest

from amxperf.document import Document
from amxperf.errors import AmxperfError
from amxperf.formats import FORMATS, ftrace, read_document

FINDS = sorted((Path(__file__).parents[1] / "corpus" / "finds").glob("*.bin"))


OWN = [path for path in FINDS if not path.name.startswith("compiled-")]
LARGE = [path for path in FINDS if path.name.startswith("compiled-")]


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_a_find_stays_mended(path):
    reader = path.name.partition("-")[0]
    assert reader == "any" or reader in FORMATS
    began = time.process_time()
    try:
        capture = read_document(Document(path.name, path.read_bytes(), ""), None if reader == "any" else reader)
        assert capture.format in FORMATS
    except AmxperfError as error:
        assert type(error) is not AmxperfError
    assert time.process_time() - began < 5.0  # the find took more than two minutes


@pytest.mark.parametrize("path", LARGE, ids=lambda path: path.stem)
def test_the_compiled_scan_agrees(path, monkeypatch):
    document = Document(path.name, path.read_bytes(), "")
    monkeypatch.setenv("AMXPERF_ENGINE", "plain")
    plain, notes = ftrace.read(document, {})
    monkeypatch.setenv("AMXPERF_ENGINE", "compiled")
    compiled, told = ftrace.read(document, {})
    assert told == notes
    for name, table in plain.items():
        pd.testing.assert_frame_equal(compiled[name], table)


def test_the_finds_are_there():
    assert OWN and LARGE
