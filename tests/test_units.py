"""Units against worked values, and properties of the conversion."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amxperf.units import UNITS, number, to_base

BASES = {"s", "1", "B", "B/s", "Hz", "op", "op/s", "J", "W"}


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [  # by hand: 1 KiB = 1024 B, 1 GB/s = 1e9 B/s, 8 Gbit/s = 1e9 B/s, 1 h = 3600 s
        (1, "s", (1.0, "s")),
        (0.176025, "ms", (0.000176025, "s")),
        (250, "us", (0.00025, "s")),
        (250, "µs", (0.00025, "s")),
        (21, "ns", (2.1e-8, "s")),
        (2, "min", (120.0, "s")),
        (1, "h", (3600.0, "s")),
        (2063, "MiB/s", (2063 * 1048576.0, "B/s")),
        (12.7, "GB/s", (12.7e9, "B/s")),
        (8, "Gbit/s", (1e9, "B/s")),
        (6.2, "TOP/s", (6.2e12, "op/s")),
        (3.1, "TFLOP/s", (3.1e12, "op/s")),
        (160, "1/s", (160.0, "op/s")),
        (8, "KiB", (8192.0, "B")),
        (2.6, "GHz", (2.6e9, "Hz")),
        (5, "count", (5.0, "1")),
        (95, "%", (95.0, "%")),
        (3, "MS", (3.0, "MS")),
        (3, "", (3.0, "")),
    ],
)
def test_worked_values(value, unit, expected):
    result = to_base(value, unit)
    assert result[1] == expected[1]
    assert math.isclose(result[0], expected[0], rel_tol=1e-15)


def test_every_base_is_its_own_base():
    assert {base for _, _, base in UNITS.values()} == BASES
    for base in BASES - {"1"}:
        assert to_base(7.25, base) == (7.25, base)


@settings(deadline=None, max_examples=50)
@given(st.floats(allow_nan=False, allow_infinity=False, width=32), st.sampled_from(sorted(UNITS)))
def test_conversion_is_idempotent_and_keeps_sign(value, unit):
    once = to_base(value, unit)
    assert to_base(*once) == once
    assert math.copysign(1, once[0]) == math.copysign(1, value)


@settings(deadline=None, max_examples=50)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_number_reads_what_python_writes(value):
    assert number(repr(value)) == value


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=12))
def test_number_is_none_or_finite(text):
    value = number(text)
    assert value is None or math.isfinite(value)
