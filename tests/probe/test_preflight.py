"""What the preflight says, from facts as the program prints them."""

import pytest

from amxperf.probe.preflight import findings

QUIET = {
    "amx": "yes", "load": "0.02", "governor": "performance", "clocksource": "tsc", "thp": "always [madvise] never",
    "cpus_allowed": "4", "smt": "0", "no_turbo": "1", "last_level_cache": "1000", "largest_working_set": "8000",
    "unaccepted_kib": "0",
}  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "code", "words"),
    [
        ({"amx": "the processor has no AMX", "flags": ""}, "no-amx", "only the controls are measured: the processor has no AMX"),
        ({"amx": "no", "flags": "tdx_guest"}, "no-amx", "XFAM"),
        ({"load": "3.10"}, "load", "load 3.1"),
        ({"governor": "powersave"}, "governor", "cpupower frequency-set -g performance"),
        ({"clocksource": "hpet"}, "clock", "hpet"),
        ({"thp": "always madvise [never]"}, "no-huge-pages", "echo madvise"),
        ({"cpus_allowed": "1"}, "one-cpu", "wake-ups are left out"),
        ({"smt": "1"}, "smt", "sibling"),
        ({"no_turbo": "0"}, "turbo", "no_turbo"),
        ({"largest_working_set": "2000"}, "little-memory", "2.0 times the last-level cache, not 8"),
        ({"unaccepted_kib": "4096"}, "unaccepted", "4096 KiB"),
    ],
)
def test_each(facts, code, words):
    found = findings({**QUIET, **facts})
    assert [one.code for one in found] == [code] and words in str(found[0]) and f"[{code}]" in str(found[0])


def test_quiet_and_unknown_machines():
    assert findings(QUIET) == [] and findings({}) == [] and findings(dict.fromkeys(QUIET, "unknown")) == []
