"""The prefixes of a kernel-log line."""

import time
from math import isnan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amxperf.formats.prefix import FACILITIES, LEVELS, split

BODY = " <TASK>"  # the indent belongs to the message

# Expected values written by hand from the formats: util-linux dmesg(1), journalctl(1), Documentation/ABI/testing/dev-kmsg.
STAMPED = [
    ("[   12.345678] ", {}),
    ("[   12.345678][    T0] ", {"caller": "T0"}),
    ("[   12.345678][   C11] ", {"caller": "C11"}),
    ("[   12.345678] [    T7] ", {"caller": "T7"}),
    ("<4>[   12.345678] ", {"level": "warn", "facility": "kern"}),
    ("<30>[   12.345678] ", {"level": "info", "facility": "daemon"}),
    ("kern  :warn  : [   12.345678] ", {"level": "warn", "facility": "kern"}),
    ("user  :notice: [   12.345678] ", {"level": "notice", "facility": "user"}),
    ("4,123,12345678,-;", {"level": "warn", "facility": "kern"}),
    ("6,123,12345678,-,caller=T1;", {"level": "info", "facility": "kern", "caller": "T1"}),
    ("Jun 27 15:21:34 host kernel: [   12.345678] ", {"wall": "Jun 27 15:21:34"}),
    ("Jun  7 15:21:34.123456 host kernel: [   12.345678] ", {"wall": "Jun  7 15:21:34.123456"}),
    ("2025-06-27T15:21:34+02:00 host kernel: [   12.345678] ", {"wall": "2025-06-27T15:21:34+02:00"}),
    ("2025-03-04T11:22:33 [   12.345678] ", {"wall": "2025-03-04T11:22:33"}),
    ("[2025-03-04 11:22:33] [   12.345678] ", {"wall": "2025-03-04 11:22:33"}),
    ("[2025-03-04 11:22:33.250] <4>[   12.345678][    T7] ",
     {"wall": "2025-03-04 11:22:33.250", "level": "warn", "facility": "kern", "caller": "T7"}),
    ("2025-03-04T11:22:33.000125+01:00 [   12.345678] ", {"wall": "2025-03-04T11:22:33.000125+01:00"}),
    ("Mar 04 11:22:33 [   12.345678] ", {"wall": "Mar 04 11:22:33"}),
    ("[Tue Mar  4 11:22:33 2025][   12.345678] ", {"wall": "Tue Mar  4 11:22:33 2025"}),
    ("[   12.345678] host kernel: ", {}),
    ("kernel: [   12.345678] ", {}),
    ("[   12.345678 <    0.000004>] ", {}),
    ("> [   12.345678] ", {}),
    ("\x1b[32m[   12.345678] \x1b[0m", {}),
]
UNSTAMPED = [
    ("", {}),
    ("<4>", {"level": "warn", "facility": "kern"}),
    ("[Fri Jun 27 15:21:34 2025] ", {"wall": "Fri Jun 27 15:21:34 2025"}),
    ("[Jun27 15:21] ", {"wall": "Jun27 15:21"}),
    ("[  +0.000004] ", {}),
    ("[<    0.000004>] ", {}),
    ("2025-06-27T15:21:34,123456+02:00 ", {"wall": "2025-06-27T15:21:34,123456+02:00"}),
    ("Jun 27 15:21:34 host kernel: ", {"wall": "Jun 27 15:21:34"}),
    ("2025-06-27T15:21:34+0200 host kernel: ", {"wall": "2025-06-27T15:21:34+0200"}),
    ("Fri 2025-06-27 15:21:34 CEST host kernel: ", {"wall": "Fri 2025-06-27 15:21:34 CEST"}),
    ("1751030494.123456 host kernel: ", {"wall": "1751030494.123456"}),
]


@pytest.mark.parametrize(("prefix", "fields"), STAMPED + UNSTAMPED, ids=lambda value: repr(value) if isinstance(value, str) else "")
def test_every_prefix(prefix, fields):
    parts = split(prefix + BODY)
    assert parts.message == BODY
    assert isnan(parts.timestamp) if (prefix, fields) in UNSTAMPED else parts.timestamp == 12.345678
    for name in ("level", "facility", "caller", "wall"):
        assert getattr(parts, name) == fields.get(name, ""), name
    assert parts.kernel


@pytest.mark.parametrize(
    "line",
    [
        "[drm] Initialized",
        "[Firmware Bug]: TPM",
        "<TASK>",
        "1,2,3,4",
        "1.5",
        "a: b",
        "kernel panic",
        "[12] x",
        "Code: 5b 41 <48> 3d",
        "[2025-03-04 11:22:33] login: root",
        "2025-03-04T11:22:33 [drm] Initialized",
    ],
)
def test_what_only_looks_like_a_prefix_stays(line):
    assert split(line).message == line
    assert isnan(split(line).timestamp)


def test_other_programs_of_a_journal_are_told_apart():
    parts = split("Jun 27 15:21:34 host systemd[1]: Started x")
    assert not parts.kernel
    assert parts.message == "systemd[1]: Started x"


def test_priorities():
    assert [split(f"<{n}>x").level for n in range(8)] == list(LEVELS)
    assert [split(f"<{8 * n}>x").facility for n in range(24)] == list(FACILITIES)
    assert split("<999>x")[:4] != ()
    assert (split("<999>x").level, split("<999>x").facility) == ("", "")


@settings(deadline=None, max_examples=200)
@given(st.text())
def test_random_text_never_raises(line):
    assert split(line).message.isprintable() or "\t" in line or not line.isprintable()
    assert not any(ord(c) < 32 and c != "\t" for c in split(line).message)


@pytest.mark.parametrize(
    "line",
    [
        "[" + " " * 200_000,
        "> " * 100_000,
        "4,1,1,-," + "a" * 200_000,
        "Jun 27 15:21:34 " + "h " * 100_000,
        "<" * 200_000,
        "1" * 200_000,
    ],
    ids=["blanks", "quotes", "kmsg", "host", "angles", "digits"],
)
def test_long_lines_take_linear_time(line):
    began = time.perf_counter()
    split(line)
    assert time.perf_counter() - began < 0.5  # quadratic time would be minutes
