"""The prefixes of a kernel-log line."""

import time
from math import isnan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amxperf.formats.kernellog.prefix import FACILITIES, LEVELS, pieces, split

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


@pytest.mark.parametrize(
    ("prefix", "fields"),
    [
        ("[   12,345678] ", {}),
        ("    [   12.345678] ", {}),
        (">> > [   12.345678] ", {}),
        ("host login: [   12.345678] ", {}),
        ("15:21:34.5 [   12.345678] ", {"wall": "15:21:34.5"}),
        ("1751030494.5 kern  :warn  : [   12.345678] ", {"wall": "1751030494.5", "level": "warn"}),
        ("Jun 27 15:21:34 host kern.warn kernel: [   12.345678] ", {"wall": "Jun 27 15:21:34"}),
        ("Jun 27 15:21:34 kernel: [   12.345678] ", {"wall": "Jun 27 15:21:34"}),
        ("<4>1 2025-06-27T15:21:34.5Z host kernel - - - [   12.345678] ", {"wall": "2025-06-27T15:21:34.5Z", "level": "warn"}),
        ("[   12.345678 <    0.000004>] host kernel: ", {}),
        ("\x00\x00[   12.345678] ", {}),
        ("\x1b[32m[   12.345678] \x1b[0m\x1b[K", {}),
    ],
)
def test_further_prefixes(prefix, fields):
    parts = split(prefix + BODY)
    assert (parts.message, parts.timestamp) == (BODY, 12.345678)
    assert {name: getattr(parts, name) for name in fields} == fields


@pytest.mark.parametrize(
    ("prefix", "fields"),
    [
        ("[    T7] ", {"caller": "T7"}),
        ("[ven. juin 27 15:21:34 2025] ", {"wall": "ven. juin 27 15:21:34 2025"}),
        ("[Fri Jun 27 15:21:34 2025 <    0.000004>] ", {"wall": "Fri Jun 27 15:21:34 2025"}),
        ("[<    0,000004>] ", {}),
    ],
)
def test_further_prefixes_without_seconds(prefix, fields):
    parts = split(prefix + BODY)
    assert parts.message == BODY and isnan(parts.timestamp)
    assert {name: getattr(parts, name) for name in fields} == fields


@pytest.mark.parametrize("line", ["    kvm_x+0x1/0x2", "\tindented", "[T1] x", "  > 3", "[C1] y", ">ffff8881003d5000: fa fb"])
def test_an_indent_without_a_prefix_belongs_to_the_message(line):
    assert split(line).message == line


def test_control_characters_are_shown_and_those_of_a_task_are_kept():
    assert split("a\x07b\tc").message == "a\\x07b\tc"
    comm = split("[    1.000000] CPU: 1 PID: 7 Comm: \x1b[31mevil\x1b[0m Not tainted 6.7.0 #1")
    assert comm.message == "CPU: 1 PID: 7 Comm: \\x1b[31mevil\\x1b[0m Not tainted 6.7.0 #1"
    assert split("\x1b[1mCPU: 1 PID: 7 Comm: cat Not tainted\x1b[0m").message == "CPU: 1 PID: 7 Comm: cat Not tainted"
    assert split("\x1b[33mkvm\x1b[0m: \x1b[31mx\x1b[0m").message == "kvm: x"


def test_what_dev_kmsg_escapes():
    assert split(r"4,1,1,-;\x09f \x5c \xc3\xa4 \x1b[0m").message == "\tf \\ \u00e4 \\x1b[0m"
    assert split(r"[    1.000000] \x09f").message == r"\x09f"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Starting x...[   12.500000] a", [("Starting x...", None, False), ("a", 12.5, True)]),
        ("[   12.500000] a[   12.500001][    T7] b<4>[   12.500002] c",
         [("a", 12.5, True), ("b", 12.500001, True), ("c", 12.500002, True)]),
        ("** 3 printk messages dropped ** [   12.500000] a", [("** 3 printk messages dropped **", None, True), ("a", 12.5, True)]),
        ("[   12.500000] took [1.5] s, not [ 1.500000]", [("took [1.5] s, not [ 1.500000]", 12.5, True)]),
    ],
)  # fmt: skip
def test_prints_glued_together(line, expected):
    found = [(part.message, None if isnan(part.timestamp) else part.timestamp, part.kernel) for part in pieces(line)]
    assert found == expected


@pytest.mark.parametrize(
    ("line", "wall"),
    [
        ("lis 16 19:01:53 r6 kernel:  f+0x1/0x2", "lis 16 19:01:53"),
        ("\u0438\u044e\u043b 27 14:08:03 dom kernel:  f+0x1/0x2", "\u0438\u044e\u043b 27 14:08:03"),
        ("1\u6708 19 21:11:37 node kernel:  f+0x1/0x2", "1\u6708 19 21:11:37"),
        ("Tue Jan 10 12:24:53 2023 kern.warn kernel: [92612.657213]  f+0x1/0x2", "Tue Jan 10 12:24:53 2023"),
        ("Aug 29 18:25:03 10.0.0.7 [  956.128533]  f+0x1/0x2", "Aug 29 18:25:03"),
        ("10.0.0.7: kern: warning: [2021-01-28T16:34:09.437804804Z]:  f+0x1/0x2", "2021-01-28T16:34:09.437804804Z"),
    ],
)
def test_heads_of_other_recorders(line, wall):
    found = split(line)
    assert (found.message.strip(), found.wall, found.kernel) == ("f+0x1/0x2", wall, True)


@pytest.mark.parametrize("line", ["lis 16 19:01:53 r6 sshd[7]: x", "Tue Jan 10 12:24:53 2023 daemon.info dnsmasq[7]: x"])
def test_another_program_in_such_a_log_is_not_the_kernel(line):
    assert not split(line).kernel
