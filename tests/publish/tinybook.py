"""A book of three pages in a temporary checkout: one notebook, one page of text, one list."""

import json
import shutil
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]

LISTS = """# Lists

```{amx-figures}
```

```{amx-claims}
```

{cite}`chen`

```{bibliography}
```
"""

LOG = "first line\nsecond <b>line</b>\nloss 0.305 of the time\n"

SETUP = """
from pathlib import Path
from types import SimpleNamespace
import pandas as pd
from amxperf.publish.page import open_page
toy = SimpleNamespace(name=dataset, kind="recorded", title="A toy", sha256="ab" * 32)
page = open_page("one", toy, out)
line = Path("../data/toy/vm/a.log").read_text().splitlines()[2]
loss = page.fact("loss", float(line.split()[1]), source="vm/a.log", line=3)
"""

DRAW = """
from matplotlib.figure import Figure as Canvas
from amxperf.figures import Figure
from amxperf.provenance import Provenance
canvas = Canvas(figsize=(3, 2))
canvas.subplots().plot([0, 1], [0, loss.value])
origin = Provenance(("toy",), "recorded", "A toy", "2026", "", toy.sha256, "cd" * 32, "parsed", launches=1)
page.figure(Figure("toy-loss", "Loss", canvas, pd.DataFrame({"x": [0, 1]}), "Loss of a toy. Lower is better.",
                   "A line that rises.", origin))
"""


def code(source, *tags):
    return {"cell_type": "code", "source": source.strip(), "metadata": {"tags": list(tags)} if tags else {}}


def text(source):
    return {"cell_type": "markdown", "source": source, "metadata": {}}


def notebook(*cells):
    filled = [
        {**cell, "id": f"c{number}"}
        | ({"outputs": [], "execution_count": None} if cell["cell_type"] == "code" else {})
        for number, cell in enumerate(cells)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return json.dumps({"cells": filled, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}, indent=1)


PARAMETERS = 'dataset: str = "toy"  # dataset: a name in data/, or a path\nout: str = ""  # folder for facts and figures'


class TinyBook:
    """`root` is the checkout; `write` changes a file of it, `swap` replaces text in one."""

    def __init__(self, root):
        self.root = root
        root.mkdir(parents=True)
        shutil.copyfile(CHECKOUT / "_config.yml", root / "_config.yml")
        shutil.copytree(CHECKOUT / "book" / "_static", root / "book" / "_static")
        self.write("requirements.txt", "nothing\n")
        self.write("book/references.bib", "@misc{chen, author={Chen Yu}, title={Notes}, year={2024}}\n")
        self.write("book/_toc.yml", "format: jb-book\nroot: intro\nchapters:\n- file: one\n- file: lists\n")
        self.write("data/toy/dataset.toml", 'kind = "recorded"\ntitle = "A toy"\n')
        self.write("data/toy/vm/a.log", LOG)
        self.write("book/intro.md", "# Toy\n\nThe loss is {fact}`one.loss`; see {numref}`fig-toy-loss`, $x^2$.\n")
        cells = [
            text("# One\n\n{claim}`a` Loss: {fact}`loss`, from {capture}`toy/vm/a.log:3`."),
            code(PARAMETERS, "parameters"),
            code(SETUP),
            code(DRAW),
            code("from IPython.display import Markdown; Markdown('| file |\\n|---|\\n| README.md |')"),
            code("page.missing('exits', 'record `a.log` anew')"),
        ]
        self.write("book/one.ipynb", notebook(*cells))
        self.write("book/claims.csv", "id,kind,claim,status,finding,source,chapter\na,fact,It `loses`,holds,yes,here,one\n")
        self.write("book/lists.md", LISTS)

    def write(self, name, content):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")

    def swap(self, name, old, new):
        content = (self.root / name).read_text(encoding="utf-8")
        assert old in content, f"{old!r} is not in {name}"
        self.write(name, content.replace(old, new))
