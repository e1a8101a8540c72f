"""The exception tree: codes, sentences, and that errors survive the way between processes."""

import pickle

import pytest

from amxperf import errors

CODES = {  # from the tree in the module's docstring, and sysexits.h for the numbers
    "AmxperfError": 70, "UsageError": 64, "OutOfReach": 64, "DataError": 65, "FormatError": 65, "ManifestError": 65,
    "ChecksumError": 65, "BuildError": 65, "MissingInput": 66, "OutputError": 73,
}  # fmt: skip


def test_codes():
    found = {name: kind.exit_code for name, kind in vars(errors).items() if isinstance(kind, type)}
    assert found == CODES


def test_every_error_is_in_the_drawing():
    for name, code in CODES.items():
        assert f"{name} " in errors.__doc__ and f"[{code}]" in errors.__doc__


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "it broke"),
        ({"path": "a.log"}, "a.log: it broke"),
        ({"path": "a.log", "line": 3}, "a.log:3: it broke"),
        ({"line": 3}, "it broke"),
        ({"hint": "mend it"}, "it broke; mend it"),
        ({"path": "a.log", "line": 3, "hint": "mend it"}, "a.log:3: it broke; mend it"),
    ],
)
def test_sentence(fields, sentence):
    assert str(errors.DataError("it broke", **fields)) == sentence


def test_survives_pickling():
    error = pickle.loads(pickle.dumps(errors.ChecksumError("changed", path="a", line=2, hint="restore it")))
    assert type(error) is errors.ChecksumError
    assert (error.message, error.path, error.line, error.hint) == ("changed", "a", 2, "restore it")
