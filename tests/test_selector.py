"""Selectors: what they mean, and what is said of those that mean nothing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amxperf import schema
from amxperf.errors import MissingInput, UsageError
from amxperf.selector import parse

ROWS = [
    {"environment": "vm", "launch": "1", "benchmark": "b", "isa": "amx"},
    {"environment": "tdx", "launch": "1", "benchmark": "b", "isa": "amx"},
    {"environment": "tdx", "launch": "2", "benchmark": "c", "isa": "avx512"},
]
DATA = schema.frame("measurements", ROWS)
WORD = st.text("abcxyz012-_.:/ é", min_size=1).map(str.strip).filter(bool)


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(WORD, WORD | st.builds("{}={}".format, WORD, WORD), min_size=1))
def test_round_trip(terms):
    selector = parse(",".join(f"{key}={value}" for key, value in terms.items()))
    assert selector.terms == tuple(terms.items())
    assert parse(str(selector)) == selector


@settings(deadline=None, max_examples=30)
@given(WORD)
def test_a_bare_word_is_an_environment(word):
    assert parse(word).terms == (("environment", word),)
    assert str(parse(word)) == word


@pytest.mark.parametrize("text", ["", " ", ",", "vm,", "=", "isa=", "=amx", "vm,,isa=amx"])
def test_malformed(text):
    with pytest.raises(UsageError, match=r"is not complete; write tdx, or key=value,key=value"):
        parse(text)


@pytest.mark.parametrize("text", ["isa=amx,isa=avx512", "vm,tdx", "vm,environment=vm"])
def test_twice(text):
    with pytest.raises(UsageError, match=r"names (isa|environment) twice; name it once"):
        parse(text)


def test_rows():
    assert parse("tdx,isa=amx").rows(DATA).index.tolist() == [1]
    assert parse("launch=1").rows(DATA).index.tolist() == [0, 1]


def test_unknown_column():
    with pytest.raises(UsageError, match=r"'value' is not a column to select by; use one of environment, boot, .*, isa"):
        parse("value=1").rows(DATA)


def test_missing_value_names_those_there_are():
    with pytest.raises(MissingInput, match=r"no environment is called 'snp' in the measurements of mine; there are tdx, vm"):
        parse("snp").rows(DATA, "mine")
    with pytest.raises(MissingInput, match=r"no boot is called '1' in the measurements; this data states no boot"):
        parse("boot=1").rows(DATA)
    with pytest.raises(MissingInput, match=r"no measurement of mine matches 'environment=vm,isa=avx512'; pin fewer columns"):
        parse("vm,isa=avx512").rows(DATA, "mine")
