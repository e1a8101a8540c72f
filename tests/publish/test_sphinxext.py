"""Roles and directives, seen in a built tiny book; numbers and lines come from tinybook.py."""

import html
import json
import re
import shutil
import subprocess
import sys

import pytest
from tinybook import LOG

from amxperf.publish.captures import capture_page
from amxperf.publish.figures import data_line
from amxperf.publish.roles import hover
from amxperf.publish.sphinxrun import call, complaint


@pytest.fixture(scope="module")
def read(tiny_built):
    return lambda name: (tiny_built.html / name).read_text(encoding="utf-8")


def test_a_fact_shows_its_text_and_leads_to_its_line(read):
    for page in ("intro.html", "one.html"):
        found = re.search(r'<a class="amx-fact amx-kind-recorded" href="([^"]+)" title="([^"]+)">([^<]+)</a>', read(page))
        assert found[1] == "captures/toy/vm/a.log.html#L3"
        assert found[2] == "dataset toy (recorded), vm/a.log:3, sha256 abababababab"
        assert found[3] == "0.305"


def test_a_capture_role_leads_to_the_line(read):
    assert '<a class="amx-capture" href="captures/toy/vm/a.log.html#L3">' in read("one.html")


def test_a_capture_page_holds_every_line_escaped(read):
    page = read("captures/toy/vm/a.log.html")
    rows = re.findall(r'<span class="l" id="L(\d+)"><a href="#L\1">\1</a>(.*?)</span>', page)
    assert [(int(number), html.unescape(text)) for number, text in rows] == list(enumerate(LOG.splitlines(), 1))
    assert "<b>line" not in page and "&lt;b&gt;line" in page
    assert 'href="../../../index.html"' in page and "color-scheme:light dark" in page
    assert 'href="toy/vm/a.log.html"' in read("captures/index.html")


def test_a_long_capture_says_that_it_goes_on():
    page = capture_page("d", "a.log", ["x"] * 50_001)
    assert page.count('class="l"') == 50_000 and "The first 50000 of 50001 lines." in page


def test_a_figure_has_number_caption_alternative_kind_and_links(read):
    page = read("one.html")
    figure = re.search(r'<figure class="amx-figure[^>]*id="fig-toy-loss">.*?</figure>', page, re.S)[0]
    assert '<img alt="A line that rises." src="_images/toy-loss.svg" />' in figure
    assert "Fig. 1" in figure and "Loss of a toy. Lower is better." in figure
    assert "Kind of data: recorded. Dataset toy (2026); 1 launch; parsed; sha256 abababababab." in figure
    for ending in ("svg", "png", "pdf", "csv", "metadata.json", "bib", "citation.txt"):
        assert f'href="figures/toy-loss/toy-loss.{ending}"' in figure
    assert 'href="one.html#fig-toy-loss"><span class="std std-numref">Fig. 1</span>' in read("intro.html")


def test_a_figure_has_a_page_of_its_own_that_leads_back(read, tiny_built):
    page = read("figures/toy-loss/index.html")
    assert 'href="../../one.html#fig-toy-loss">Back to “One”' in page
    assert 'alt="A line that rises."' in page and "@incollection{amxperf-toy-loss" in page
    files = {path.name for path in (tiny_built.html / "figures/toy-loss").iterdir()}
    ends = ("svg", "png", "pdf", "csv", "metadata.json", "bib", "citation.txt")
    assert files == {"index.html", *(f"toy-loss.{ending}" for ending in ends)}


def test_the_list_of_figures_has_number_name_title_and_kind(read):
    row = re.search(r"<tr[^>]*>(?:(?!</tr>).)*fig-toy-loss.*?</tr>", read("lists.html"), re.S)[0]
    cells = [re.sub("<[^>]+>", "", cell) for cell in re.findall(r"<td>(.*?)</td>", row, re.S)]
    assert cells[:4] == ["Fig. 1", "toy-loss", "Loss", "recorded"]


def test_claims_are_a_table_that_leads_to_the_chapters(read):
    page = read("lists.html")
    assert 'id="row-a"' in page
    assert re.search(r'href="one.html#claim-a"[^>]*>a</a>', page)
    assert '<span class="pre">loses</span>' in page  # inline markup works in cells
    assert 'id="claim-a"' in read("one.html")


def test_formulas_need_no_network(read, tiny_built):
    assert "_static/mathjax/tex-svg.js" in read("intro.html")
    assert (tiny_built.html / "_static/mathjax/tex-svg.js").stat().st_size > 1_000_000


def test_a_file_name_in_a_table_is_no_link(read):
    assert "<p>README.md</p></td>" in read("one.html") and "http://README.md" not in read("one.html")


def test_a_synthetic_figure_is_marked(tiny):
    """Kind `synthetic` in the metadata is enough: the caption has the mark before its first sentence."""
    tiny.swap("book/one.ipynb", 'recorded\\", \\"A toy\\", \\"2026', 'synthetic\\", \\"A toy\\", \\"2026')
    from amxperf.publish.build import build

    page = (build(tiny.root) / "one.html").read_text()
    assert re.search(r'<strong>Loss.</strong> <strong class="amx-synthetic">Synthetic data.</strong> Loss of a toy', page)
    assert "Kind of data: synthetic." in page
    assert "Synthetic data." in (tiny.root / "_build/html/figures/toy-loss/index.html").read_text()


FAULTS = {
    "{fact}`one.gain`": "unknown fact one.gain",
    "{fact}`two.loss`": "unknown fact two.loss",
    "{fact}`loss`": "unknown fact intro.loss",
    "{capture}`toy/vm/b.log`": "unknown capture toy/vm/b.log",
    "{capture}`toy/../../_config.yml`": "unknown capture toy/../../_config.yml",
    "{capture}`toy/vm/a.log:4`": "toy/vm/a.log has no line 4",
    "{claim}`z`": "claim z is not in claims.csv",
    "{numref}`fig-nothing`": "undefined label: 'fig-nothing'",
    "```{amx-figure} nothing\n```": "unknown figure nothing",
    "```{amx-figure} toy-loss\n```": "figure toy-loss is shown twice",
}


@pytest.fixture(scope="module")
def faulty(tiny_built, tmp_path_factory):
    """Sphinx alone, on the tiny book's stage with the faults added to one page and a claim to the table; no notebook runs."""
    folder = tmp_path_factory.mktemp("faulty")
    stage = folder / "stage"
    shutil.copytree(tiny_built.root / "_build" / "stage", stage)
    with (stage / "intro.md").open("a") as stream:
        stream.write("".join(f"\n{fault}\n" for fault in FAULTS))
    with (stage / "claims.csv").open("a") as stream:
        stream.write("b,fact,Two,holds,yes,here,one\nc,fact,Three,holds,yes,here,gone\n")
    done = call(stage, tiny_built.root / "_config.yml", folder / "work")
    assert done.returncode != 0
    return stage, re.sub(r"\x1b\[[0-9;]*m", "", done.stderr)


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_not_there_is_a_warning_with_page_and_line(faulty, fault):
    stage, said = faulty
    text = (stage / "intro.md").read_text()
    line = text[: text.index(fault)].count("\n") + 1
    [found] = [warning for warning in said.splitlines() if FAULTS[fault] in warning]
    if "twice" in found:  # the page that is read later: the notebook, whose fourth cell draws it
        assert found.startswith(f"{stage}/one.ipynb:4000")
    else:
        assert found.startswith(f"{stage}/intro.md: " if "claim" in fault else f"{stage}/intro.md:{line}: ")


def test_a_claim_without_its_anchor_or_chapter_is_a_warning(faulty):
    stage, said = faulty
    assert f"{stage}/lists.md:6: WARNING: claim b: one has no anchor for it" in said
    assert f"{stage}/lists.md:6: WARNING: claim c: gone is no page of the book" in said


def test_the_data_line_counts_in_words():
    meta = {"kind": "published", "datasets": ["a", "b"], "boots": 2, "launches": None, "data": "", "processing": ""}
    assert data_line(meta) == "Kind of data: published. Datasets a, b; 2 boots."
    assert data_line({"kind": "synthetic"}) == "Kind of data: synthetic."


def test_hover_text_names_the_whole_number():
    fact = {"dataset": "d", "kind": "recorded", "sha256": "ab" * 32, "source": "", "line": 0, "note": "median of 40"}
    assert hover({**fact, "value": 0.30512, "text": "0.305 s", "unit": "s"}) == (
        "median of 40; value 0.30512 s; dataset d (recorded), sha256 abababababab"
    )


def test_complaints_are_read_as_page_and_line(tmp_path):
    said = f"\x1b[91m{tmp_path}/a.ipynb:30003: WARNING: no such thing [ref.ref]\x1b[39m\n{tmp_path}/b.md:1: ERROR: x"
    error = complaint(said, tmp_path)
    assert (error.path, error.line) == ("book/a.ipynb", None)
    assert error.message == "cell 3, line 2: no such thing (and 1 more)"
    assert complaint("Traceback\nOops: bad\n", tmp_path).message == "Sphinx failed: Oops: bad"


def test_facts_on_file_are_what_the_stage_holds(tiny_built):
    record = json.loads((tiny_built.root / "_build/stage/_amx/facts/one.json").read_text())
    assert record["facts"]["loss"]["value"] == 0.305


def test_the_extension_names_no_sphinx_until_it_is_used():
    """`amxperf.open_page` and a build with nothing to do must not pay for Sphinx."""
    heavy = "{'sphinx', 'docutils', 'pandas', 'papermill', 'nbformat'}"
    script = f"import sys, amxperf.publish.build, amxperf.publish.page; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
