"""An executed notebook becomes a page."""

import copy
import json

from amxperf.publish.normalise import FIGURE_MIME, normalise
from amxperf.publish.page import FACT_MIME

EXECUTED = {
    "cells": [
        {"cell_type": "markdown", "id": "x1", "metadata": {"papermill": {"duration": 0.1}}, "source": ["# A\n", "b"]},
        {
            "cell_type": "code", "id": "x2", "execution_count": 1, "outputs": [], "source": 'dataset = "d"',
            "metadata": {"tags": ["parameters"], "papermill": {"start_time": "2026-01-01"}},
        },
        {
            "cell_type": "code", "id": "random", "execution_count": 2, "outputs": [],
            "source": '# Parameters\ndataset = "mine"\nout = "/home/somebody/out"\n', "metadata": {"tags": ["injected-parameters"]},
        },
        {
            "cell_type": "code", "id": "x3", "execution_count": 3, "source": "figure", "metadata": {},
            "outputs": [
                {"output_type": "stream", "name": "stdout", "text": "hello"},
                {"output_type": "execute_result", "execution_count": 3, "metadata": {"a": 1},
                 "data": {FIGURE_MIME: {"name": "loss"}, "image/png": "AAAA"}},
            ],
        },
        {
            "cell_type": "code", "id": "x4", "execution_count": 4, "source": "fact", "metadata": {"tags": ["remove-input"]},
            "outputs": [
                {"output_type": "execute_result", "execution_count": 4, "metadata": {}, "data": {FACT_MIME: {}}},
                {"output_type": "execute_result", "execution_count": 4, "metadata": {"a": 1}, "data": {"text/plain": "7"}},
            ],
        },
    ],
    "metadata": {
        "kernelspec": {"name": "python3", "display_name": "anything"},
        "papermill": {"end_time": "2026-01-01", "output_path": "/home/somebody"},
        "amxperf": {"key": "k"},
        "language_info": {"name": "python", "version": "3.11.4"},
    },
    "nbformat": 4,
    "nbformat_minor": 5,
}  # fmt: skip


def tags(cell):
    return cell["metadata"].get("tags", [])


def test_figures_become_directives_after_their_cell():
    cells = normalise(EXECUTED)["cells"]
    assert [cell["cell_type"] for cell in cells] == ["markdown", "code", "code", "code", "markdown", "code"]
    assert cells[4]["source"] == "```{amx-figure} loss\n```"
    assert [output["output_type"] for output in cells[3]["outputs"]] == ["stream"]


def test_code_is_folded_unless_the_author_says_otherwise():
    cells = normalise(EXECUTED)["cells"]
    assert tags(cells[1]) == ["hide-input", "parameters"]
    assert tags(cells[2]) == ["hide-input", "injected-parameters"]  # what the page was built with
    assert tags(cells[3]) == ["hide-input"]
    assert tags(cells[5]) == ["remove-input"]


def test_nothing_of_the_run_is_left():
    written = json.dumps(normalise(EXECUTED))
    for word in ("papermill", "somebody", "2026-01-01", "random", "3.11.4", "out ="):
        assert word not in written
    cells = normalise(EXECUTED)["cells"]
    assert [cell["id"] for cell in cells] == [f"cell-{n}" for n in range(1, 7)]
    assert {cell.get("execution_count") for cell in cells} == {None}
    assert cells[5]["outputs"] == [
        {"output_type": "execute_result", "execution_count": None, "metadata": {}, "data": {"text/plain": "7"}}
    ]


def test_an_injected_cell_with_nothing_but_the_folder_goes():
    executed = copy.deepcopy(EXECUTED)
    executed["cells"][2]["source"] = '# Parameters\nout = "/somewhere"\n'
    assert len(normalise(executed)["cells"]) == 5


def test_each_cell_knows_its_number_in_the_notebook_as_written():
    # as written: 1 text, 2 parameters, 3 the figure's cell, 4 the fact's; papermill's cell and the directive are guests
    assert normalise(EXECUTED)["metadata"]["source_map"] == [10000, 20000, 20000, 30000, 30000, 40000]


def test_the_input_is_left_alone():
    before = copy.deepcopy(EXECUTED)
    assert normalise(EXECUTED) == normalise(EXECUTED)
    assert before == EXECUTED
