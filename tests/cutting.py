"""A property of readers of counters: a log cut anywhere gives its first rows, or is refused as bad data."""

from hypothesis import strategies as st

from amxperf.document import Document
from amxperf.errors import AmxperfError


def first_rows_remain(read, text, data, columns=("metric", "value", "line")):
    """Cut `text` where `data` of hypothesis draws, and compare the columns of the measurements with those of the whole."""
    whole, part = Document("x.txt", text.encode(), ""), text[: data.draw(st.integers(1, len(text)))]
    try:
        found = read(Document("x.txt", part.encode(), ""), {})[0]["measurements"]
    except AmxperfError as error:
        assert error.exit_code == 65
        return
    names = list(columns)
    assert found[names].values.tolist() == read(whole, {})[0]["measurements"][names].values.tolist()[: len(found)]
