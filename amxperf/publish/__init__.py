"""From notebooks to the built book.

::

    page.py          what a notebook writes: facts and figures, as plain files
    notebooks.py     run the notebooks, keep their results
    normalise.py     an executed notebook becomes a page, the same bytes each time
    stage.py         the folder that Sphinx reads
    build.py         all of it in order; a failed build leaves the last good book (swap.py)
    sphinxext.py     roles and directives for facts, figures, captures and claims
    check.py         look at a built book: links, anchors, alternative text, offline

Nothing is imported here: `amxperf.open_page` must not pay for Sphinx.
"""
