"""By launch and pooled, against scipy's Welch test on the raw values."""

import numpy as np
import pytest
from scipy import stats

import amxperf as ap
from amxperf.pooling import side_by_side


def test_pooled_half_is_welch_on_all_iterations():
    data = ap.open_dataset("vm-onednn")
    table = side_by_side(data, "isa=avx512,pages=4k", "isa=avx512,pages=2m").set_index("problem")
    rows = data.measurements.query("isa == 'avx512' and problem == '1024x1024:1024x1024' and iteration >= 3")
    arms = [np.log(rows.loc[rows["pages"] == size, "value"].to_numpy()) for size in ("2m", "4k")]
    wanted = stats.ttest_ind(*arms, equal_var=False).confidence_interval(0.95)
    row = table.loc["1024x1024:1024x1024"]
    assert np.log([row["pooled_low"], row["pooled_high"]]) == pytest.approx([wanted.low, wanted.high])
    assert row["narrower"] == pytest.approx(np.log(row["mean_high"] / row["mean_low"]) / (wanted.high - wanted.low))


def test_means_of_launches_are_welch_on_one_value_per_launch():
    data = ap.open_dataset("vm-onednn")
    table = side_by_side(data, "isa=amx,pages=4k", "isa=amx,pages=2m").set_index("problem")
    rows = data.measurements.query("isa == 'amx' and problem == '256x256:256x256' and iteration >= 3")
    arms = []
    for size in ("2m", "4k"):
        launches = rows[rows["pages"] == size].groupby("launch")["value"]
        arms.append([np.log(values.to_numpy()).mean() for _, values in launches])
    wanted = stats.ttest_ind(*arms, equal_var=False).confidence_interval(0.95)
    row = table.loc["256x256:256x256"]
    assert np.log([row["mean_low"], row["mean_high"]]) == pytest.approx([wanted.low, wanted.high])
    assert np.log(row["mean_ratio"]) == pytest.approx(np.mean(arms[0]) - np.mean(arms[1]))


def test_the_other_half_is_compare():
    data = ap.open_dataset("vm-onednn")
    table = side_by_side(data, "isa=amx,pages=4k", "isa=amx,pages=2m")
    results = ap.compare(data, "isa=amx,pages=4k", "isa=amx,pages=2m")
    assert table["low"].tolist() == [result.low for result in results]
    assert table["verdict"].tolist() == [result.alone() for result in results]
