"""Shapes of the launches of a dataset."""

import numpy as np

from amxperf import open_dataset
from amxperf.settling import shape_counts, shapes

HEAD = "environment,launch,benchmark,metric,value,unit,better,iteration\n"


def rows(launch, values, better="lower"):
    return "".join(f"vm,{launch},b,time,{value},s,{better},{i}\n" for i, value in enumerate(values))


def test_launches_by_shape(make):
    flat, warm = [1.0, 1.001] * 6, [2.0, 1.5] + [1.0, 1.001] * 5
    text = HEAD + rows("a", flat) + rows("b", warm) + rows("c", warm[:5]) + rows("d", [0.0, *flat])
    table = shapes(open_dataset(make({"t.csv": text})))
    assert dict(zip(table["launch"], table["shape"], strict=True)) == {"a": "flat", "b": "warm-up", "c": "too short"}
    assert table["left_out"].tolist() == [0, 2, 0]  # launch d has a 0 and no levels
    counts = shape_counts(table, "benchmark")
    assert counts[["flat", "warm-up", "too short", "left out (most)"]].to_numpy().tolist() == [[1, 1, 1, 2]]


def test_rates_rise_where_times_fall(make):
    text = HEAD + rows("a", 1 / np.array([2.0, 1.5] + [1.0, 1.001] * 5), "higher")
    assert shapes(open_dataset(make({"t.csv": text})))["shape"].tolist() == ["warm-up"]


def test_values_without_iterations_have_no_order(make):
    text = "environment,launch,benchmark,metric,value,unit\n" + "vm,a,b,time,1,s\n" * 12
    assert len(shapes(open_dataset(make({"t.csv": text})))) == 0
