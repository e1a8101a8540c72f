"""Other warm-ups, against scipy's Welch test on medians of the raw logs."""

import math
import statistics
from pathlib import Path

import pytest
from scipy import stats

import amxperf as ap
from amxperf.sensitivity import warmups, with_warmup

DATA = Path(__file__).resolve().parents[1] / "data" / "vm-onednn"


def _medians(pages, skip):
    """Log medians of the AMX launches at 512, read without the package."""
    found = []
    for path in DATA.glob(f"vm/amx-{pages}-*/matmul.log"):
        times = [float(line.split(",")[-1]) for line in path.read_text().splitlines() if ",512x512:512x512," in line]
        found.append(statistics.median(map(math.log, times[skip:])))
    return found


@pytest.mark.parametrize("skip", [0, 3, 10])
def test_against_the_raw_logs(skip):
    table = warmups(ap.open_dataset(DATA), "isa=amx,pages=4k", "isa=amx,pages=2m", (skip,)).set_index("problem")
    wanted = stats.ttest_ind(_medians("2m", skip), _medians("4k", skip), equal_var=False)
    assert table.loc["512x512:512x512", "p"] == pytest.approx(wanted.pvalue)


def test_short_launches_are_left_out():
    table = warmups(ap.open_dataset(DATA), "isa=amx,pages=4k", "isa=amx,pages=2m", (3, 10))
    # 2048 has 8 iterations a launch: nothing is left of them after 10
    assert "2048x2048:2048x2048" not in set(table[table["warmup"] == 10]["problem"]) and len(table) == 4 + 3


def test_the_dataset_stays_as_it_is():
    data = ap.open_dataset(DATA)
    other = with_warmup(data, 7)
    assert (data.manifest.warmup, other.manifest.warmup, other.sha256) == (3, 7, data.sha256)
