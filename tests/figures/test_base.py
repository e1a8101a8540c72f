"""A figure's files: complete, citable, and the same bytes each time."""

import hashlib
import json
import warnings

import matplotlib
import pandas as pd
import pytest

from amxperf import __version__, compare, figures, open_dataset
from amxperf.errors import OutputError
from amxperf.figures.theme import any_script
from amxperf.provenance import SITE, provenance

ENDINGS = ("svg", "png", "pdf", "csv", "bib", "citation.txt", "metadata.json")
KEYS = {
    "name", "title", "data_title", "caption", "alt", "version", "address", "citation", "files", "columns", "rows",
    "datasets", "kind", "date", "source", "data", "code", "processing", "sources", "boots", "launches", "owned",
}  # fmt: skip


def timeline(data):
    return figures.timeline(
        data("vm-ftrace"), "vm/first-use/guest.trace", name="first-use", title="First use", around="read_msr", window=(-50, 300)
    )


def hashes(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.fixture
def nowhere(monkeypatch):
    monkeypatch.delenv(SITE, raising=False)


def test_same_bytes(data, tmp_path, nowhere):
    figure = timeline(data)
    once, twice, again = (f.save(tmp_path / n) for n, f in (("1", figure), ("2", figure), ("3", timeline(data))))
    assert set(hashes(once)) == {f"first-use.{ending}" for ending in ENDINGS}
    assert hashes(once) == hashes(twice) == hashes(again)
    with matplotlib.rc_context({"savefig.dpi": 40, "svg.fonttype": "none", "font.size": 20}):
        assert hashes(once) == hashes(figure.save(tmp_path / "4"))


def test_files(data, tmp_path, nowhere):
    figure = timeline(data)
    place = figure.save(tmp_path)
    table = pd.read_csv(place / "first-use.csv", keep_default_na=False)
    assert list(table.columns) == list(figure.data.columns) and len(table) == len(figure.data)
    assert table["us"].tolist() == pytest.approx(figure.data["us"].tolist(), rel=1e-9)
    assert table["what"].tolist() == figure.data["what"].tolist() and table["line"].tolist() == figure.data["line"].tolist()
    metadata = json.loads((place / "first-use.metadata.json").read_text())
    assert metadata["title"] == figure.title and metadata["data_title"] == figure.origin.title
    assert set(metadata) == KEYS and metadata["rows"] == len(table) and metadata["columns"] == list(table.columns)
    assert sorted(metadata["files"]) == sorted(path.name for path in place.iterdir())
    assert (metadata["kind"], metadata["datasets"], metadata["version"], metadata["address"]) == (
        "recorded",
        ["vm-ftrace"],
        __version__,
        "",
    )
    assert (metadata["title"], metadata["data_title"]) == ("First use", data("vm-ftrace").title)
    assert (place / "first-use.citation.txt").read_text() == metadata["citation"] + "\n"
    assert "url" not in (place / "first-use.bib").read_text()
    svg = (place / "first-use.svg").read_text()
    assert "<text" not in svg and "<dc:date>" not in svg and "http-equiv" not in svg  # words are paths: no font is needed
    assert (place / "first-use.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n" and (place / "first-use.pdf").read_bytes()[
        :5
    ] == b"%PDF-"


def test_address(data, monkeypatch):
    monkeypatch.setenv(SITE, "https://example.org/amx/")
    figure = timeline(data)
    address = "https://example.org/amx/figures/first-use/"
    assert figure.metadata["address"] == address and figure.citation.endswith(address) and address in figure.bibtex


def test_kind_is_the_weakest_and_is_seen(data):
    from dataclasses import replace

    from amxperf.figures.theme import drawing, sign

    origin = provenance([data("vm-onednn"), data("simulations")], "aggregated")
    with drawing() as (canvas, _):
        sign(canvas, origin)
    assert origin.kind == "synthetic" and "SYNTHETIC DATA" in [text.get_text() for text in canvas.texts]
    assert "vm-onednn, simulations (synthetic)" in canvas._supxlabel.get_text()
    figure = replace(timeline(data), origin=origin)
    assert "vm-onednn, simulations (synthetic" in figure.citation and figure.metadata["kind"] == "synthetic"


def test_shown_in_a_notebook(data):
    figure = timeline(data)
    bundle = figure._repr_mimebundle_()
    assert bundle[figures.MIME] == {"name": "first-use"} and bundle["image/png"][:4] == b"\x89PNG"
    assert bundle["text/plain"] == f"First use\n{figure.caption}"


def test_cannot_be_saved(data, tmp_path):
    (tmp_path / "file").write_text("kept")
    with pytest.raises(OutputError, match=r"file/first-use: the figure cannot be written"):
        timeline(data).save(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "kept"


def test_drawing_leaves_the_settings_alone(data):
    before = dict(matplotlib.rcParams)
    timeline(data)
    assert dict(matplotlib.rcParams) == before


def test_letters_that_the_font_lacks_are_no_warning(make, tmp_path):
    """DejaVu Sans has no Chinese; a build takes a warning for a fault. Any other warning still shows."""
    rows = [f"{arm},{k},矩阵乘法,time,{k + 5},s" for arm in ("vm", "tdx") for k in range(3)]
    table = "\n".join(["environment,launch,benchmark,metric,value,unit", *rows]) + "\n"
    dataset = open_dataset(make({"times.csv": table}))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = figures.ratios(dataset, compare(dataset, "vm", "tdx"), name="own", title="own")
        assert {path.suffix for path in figure.save(tmp_path).iterdir()} >= {".svg", ".png", ".pdf"}
        assert figure._repr_mimebundle_()["image/png"]
        assert figure.data["label"].tolist() == ["矩阵乘法 time"]
        with pytest.raises(UserWarning, match="another"), any_script():
            warnings.warn("another", UserWarning, stacklevel=1)
