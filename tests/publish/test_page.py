"""Facts and figures on file; expected numbers are rounded by hand."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amxperf.errors import UsageError
from amxperf.publish.page import FACT_MIME, open_page
from amxperf.publish.values import dump, plain, show

DATA = SimpleNamespace(name="toy", kind="recorded", title="A toy", sha256="ab" * 32)


def facts(folder, page="p"):
    return json.loads((folder / "facts" / f"{page}.json").read_text(encoding="utf-8"))


def test_a_fact_carries_dataset_kind_hash_and_place(tmp_path):
    page = open_page("p", DATA, tmp_path)
    fact = page.fact("ratio", np.float64(0.30512345678912), unit="s", source="vm/a.log", line=np.int64(7), note="median")
    assert str(fact) == "0.305 s"
    record = facts(tmp_path)
    assert record["facts"]["ratio"] == {
        "dataset": "toy",
        "kind": "recorded",
        "line": 7,
        "note": "median",
        "sha256": "ab" * 32,
        "source": "vm/a.log",
        "text": "0.305 s",
        "unit": "s",
        "value": 0.3051234568,
    }
    assert (record["page"], record["dataset"], record["kind"], record["sha256"]) == ("p", "toy", "recorded", "ab" * 32)


def test_the_order_of_facts_does_not_change_the_bytes(tmp_path):
    for name, order in (("x", "ab"), ("y", "ba")):
        page = open_page("p", DATA, tmp_path / name)
        for fact in order:
            page.fact(fact, 1)
    assert (tmp_path / "x/facts/p.json").read_bytes() == (tmp_path / "y/facts/p.json").read_bytes()


def test_without_a_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = open_page("p", DATA)
    page.fact("a", 1)
    page.fact("a", 2)  # a cell run again
    page.figure(SimpleNamespace(save=pytest.fail))
    assert list(tmp_path.iterdir()) == []
    assert page.links == ""


def test_in_a_build_links_lead_into_the_captures(tmp_path):
    page = open_page("p", DATA, tmp_path)
    assert page.links == "captures/toy/"
    assert page.show(SimpleNamespace(linked=lambda prefix: prefix)) == "captures/toy/"
    assert page.show(3) == 3


def test_one_name_cannot_hold_two_numbers(tmp_path):
    page = open_page("p", DATA, tmp_path)
    page.fact("a", 1)
    page.fact("a", 1)
    with pytest.raises(UsageError, match="set twice"):
        page.fact("a", 2)


@pytest.mark.parametrize("name", ["", "A", "a.b", "a b", "-a", "../a"])
def test_bad_names_are_refused(tmp_path, name):
    with pytest.raises(UsageError):
        open_page("p", DATA, tmp_path).fact(name, 1)
    with pytest.raises(UsageError):
        open_page(name, DATA, tmp_path)


def test_a_fact_of_another_dataset_says_so(tmp_path):
    other = SimpleNamespace(name="other", kind="published", title="", sha256="cd" * 32)
    fact = open_page("p", DATA, tmp_path).fact("a", 1, dataset=other)
    assert (fact.dataset, fact.kind, fact.sha256) == ("other", "published", "cd" * 32)


def test_a_figure_is_saved_below_figures(tmp_path):
    seen = []
    figure = SimpleNamespace(save=seen.append)
    assert open_page("p", DATA, tmp_path).figure(figure) is figure
    assert seen == [tmp_path / "figures"]


def test_missing_is_a_sentence_and_an_admonition(tmp_path):
    notice = open_page("p", DATA).missing("exits of <b>", "`amxperf collect`")
    assert str(notice) == "This data does not show exits of <b>. To see it: `amxperf collect`."
    assert "&lt;b&gt;" in notice._repr_html_() and "<code>amxperf collect</code>" in notice._repr_html_()


def test_jupyter_shows_a_fact_and_the_book_can_drop_it(tmp_path):
    bundle = open_page("p", DATA).fact("a", 1.5)._repr_mimebundle_()
    assert bundle["text/plain"] == "p.a = 1.50" and FACT_MIME in bundle


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (-0.0451, "-0.0451"), (999.96, "1000"), (0.99996, "1.00"), (143258, "143258"), (True, "True"), (None, "unknown")],
)
def test_numbers_as_sentences_show_them(value, text):
    assert show(value) == text


@settings(deadline=None, max_examples=50)
@given(st.floats(allow_nan=True, allow_infinity=True))
def test_any_number_is_valid_json_and_rounding_is_stable(value):
    once = plain(value)
    assert plain(once) == once
    assert json.loads(dump({"v": value}))["v"] == once
