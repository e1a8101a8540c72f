"""What fuzzing found (benchmarks/fuzz.py): every input that once hung a reader or made it raise something else."""

import time
from pathlib import Path

import pytest

from amxperf.document import Document
from amxperf.errors import AmxperfError
from amxperf.formats import FORMATS, read_document

FINDS = sorted((Path(__file__).parents[1] / "corpus" / "finds").glob("*.bin"))


@pytest.mark.parametrize("path", FINDS, ids=lambda path: path.stem)
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


def test_the_finds_are_there():
    assert FINDS
