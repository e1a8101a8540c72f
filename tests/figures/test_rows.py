"""Figures take the filters and groups of `compare`: what is drawn, what is said of it, and what cannot be."""

import pytest

from amxperf import compare, figures
from amxperf.cli import main
from amxperf.errors import MissingInput, UsageError
from amxperf.selector import parse

ARMS = {"baseline": "isa=amx,pages=4k", "treatment": "isa=amx,pages=2m"}
DRAW = {  # kind -> dataset, options, filter, and the column and the values that it leaves
    "launches": ("vm-onednn", {"panel": "problem", "x": "pages", "hue": "isa"}, "problem=256*|512*", "problem",
                 {"256x256:256x256", "512x512:512x512"}),
    "iterations": ("vm-onednn", {"launches": ["amx-4k-00", "amx-4k-01"]}, "problem=256x256:256x256,launch!=amx-4k-01", "launch",
                   {"amx-4k-00"}),
    "settling": ("vm-onednn", {"launches": ["amx-4k-00"]}, "problem=512*", "problem", {"512x512:512x512"}),
    "plan_curves": ("vm-onednn", {**ARMS, "by": "problem"}, "problem!=2048*", "problem",
                    {f"{n}x{n}:{n}x{n}" for n in (256, 512, 1024)}),
    "cases": ("vm-probe-controls", {"benchmark": "exit", "metric": "time", "by": "leaf, state"}, "leaf=0x0", "leaf", {"0x0"}),
    "sizes": ("vm-probe-controls", {"benchmark": "tileload", "metric": "bandwidth", "lines": "isa,pages"},
              "op=load,size>=262144,access=seq*", "size", None),
    "slopes": ("tdx-perf-2024", {"benchmark": "td-lifecycle", "x": "size_gb", "xlabel": "GB"}, "size_gb>=20", "size_gb", None),
    "exits": ("tdx-perf-2024", {}, "environment=tdx", "environment", {"tdx"}),
}  # fmt: skip


@pytest.mark.parametrize("kind", DRAW)
def test_a_filter_leaves_what_it_says(data, kind):
    name, options, filter, column, wanted = DRAW[kind]
    figure = getattr(figures, kind)(data(name), name="x", title="t", filter=filter, **options)
    whole = getattr(figures, kind)(data(name), name="x", title="t", **options) if kind != "iterations" else None
    values = set(map(str, figure.data[column]))
    if wanted is None:
        key, least = filter.split(",")[-1].split(">=") if kind == "slopes" else ("size", "262144")
        assert key == column and values and all(float(value) >= float(least) for value in values)
    else:
        assert values == wanted
    assert whole is None or len(figure.data) < len(whole.data)
    assert f", only {parse(filter)}." in figure.caption and figure.origin.data == data(name).sha256


@pytest.mark.parametrize("kind", DRAW)
def test_a_filter_that_the_data_do_not_know(data, kind):
    name, options, *_ = DRAW[kind]
    for filter, word in (("colour=red", "colour"), ("environment=moon", "moon")):
        with pytest.raises(MissingInput, match=word):
            getattr(figures, kind)(data(name), name="x", title="t", filter=filter, **options)
    with pytest.raises(UsageError, match="is not complete"):
        getattr(figures, kind)(data(name), name="x", title="t", filter="isa=", **options)


def test_groups_that_the_data_do_not_know(data):
    name, options, *_ = DRAW["cases"]
    with pytest.raises(MissingInput, match="'colour' is not a column to group by"):
        figures.cases(data(name), name="x", title="t", **options | {"by": "leaf,colour"})


def test_ratios_stand_in_groups_with_their_geometric_means(data):
    """By page size: four sizes and a diamond, twice; the means are those of the comparison."""
    found = compare(data("vm-onednn"), "isa=avx512", "isa=amx", group_by="pages")
    figure = figures.ratios(data("vm-onednn"), found, name="x", title="t")
    assert figure.data["pages"].tolist() == ["2m"] * 5 + ["4k"] * 5
    means = figure.data[figure.data["benchmark"] == "geometric mean of 4"]
    assert means.index.tolist() == [4, 9] and means["ratio"].tolist() == [mean.ratio for mean in found.geomeans]
    marks = [line.get_marker() for line in figure.canvas.axes[0].lines if len(line.get_xdata()) == 1]
    assert marks[::-1] == [*"oooo", "D"] * 2
    assert figure.data["label"][0] == "matmul exec_time problem=256x256:256x256 pages=2m"
    assert "Grouped by pages; diamonds are geometric means of a group." in figure.caption
    only = figures.ratios(data("vm-onednn"), found, name="x", title="t", filter="pages=2m,problem!=256*", group_by="problem")
    assert len(only.data) == 3 and "Only pages=2m,problem!=256*. Grouped by problem. " in only.caption
    with pytest.raises(UsageError, match="not a column to group by"):
        figures.ratios(data("vm-onednn"), found, name="x", title="t", group_by="colour")


def test_a_filtered_comparison_says_so_in_its_figure_and_its_json(data):
    found = compare(data("vm-onednn"), "isa=avx512", "isa=amx", filter="problem=256*")
    assert "Only problem=256*. " in figures.ratios(data("vm-onednn"), found, name="x", title="t").caption
    assert type(found).from_json(found.to_json()).filter == "problem=256*" and found.title.endswith(", only problem=256*")
    part = compare(data("vm-onednn").where("pages=2m"), "isa=avx512", "isa=amx", filter="problem=256*")
    assert part.filter == "pages=2m,problem=256*" and len(part) == 1


def test_the_command_draws(tmp_path, capsys):
    args = ["compare", "vm-onednn", "--baseline", "isa=avx512", "--treatment", "isa=amx"]
    assert main([*args, "--filter", "pages=2m", "--group-by", "pages", "--figure", str(tmp_path)]) == 0
    place = tmp_path / "isa-amx-over-isa-avx512"
    assert f"The figure is in {place}" in capsys.readouterr().err
    assert {path.suffix for path in place.iterdir()} == {".svg", ".png", ".pdf", ".csv", ".bib", ".txt", ".json"}
    assert (place / f"{place.name}.csv").read_text().count("\n") == 1 + 4 + 1


def test_a_command_with_nothing_to_draw_still_answers(make, tmp_path, capsys):
    rows = "old,1,a,time,1,s\nnew,1,b,time,2,s\n"
    root = make({"t.csv": "environment,launch,benchmark,metric,value,unit\n" + rows})
    assert main(["compare", str(root), "--baseline", "old", "--treatment", "new", "--figure", str(tmp_path / "figures")]) == 3
    said = capsys.readouterr()
    assert "No figure: no comparison of mine has a ratio to draw" in said.err and "no benchmark in common" in said.out
