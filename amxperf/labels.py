"""Labels for narrow places, where long ones lose their middle and stay apart; and numbers with their noun."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

LONGEST = 44
"""Characters of a label in a picture; the data hold it whole."""


def shortened(labels: Sequence[str], longest: int = LONGEST) -> list[str]:
    """Labels of at most `longest` characters: long ones lose their middle, and those that would look alike are numbered.

    The cut lies as near to the middle as tells most labels apart.

    >>> shortened(["conv " + "x" * 50 + " f32", "add"], 15)
    ['conv xx…xxx f32', 'add']
    >>> shortened(["a" * 20 + "b" + "c" * 20, "a" * 20 + "d" + "c" * 20], 9)
    ['aa…cc (1)', 'aa…cc (2)']
    """
    distinct = list(dict.fromkeys(labels))
    middle = longest // 2
    heads = sorted(range(1, longest - 1), key=lambda head: abs(head - middle))
    texts = max(([_cut(text, head, longest) for text in distinct] for head in heads), key=lambda cut: len(set(cut)))
    often = Counter(texts)
    seen = 0
    for place, text in enumerate(texts):
        if often[text] > 1:
            seen += 1
            number = f" ({seen})"
            room = longest - len(number)
            texts[place] = _cut(distinct[place], room // 2, room) + number
    short = dict(zip(distinct, texts, strict=True))
    return [short[text] for text in labels]


def _cut(text: str, head: int, longest: int) -> str:
    """The first `head` characters, an ellipsis, and as much of the end as there is room for."""
    return text if len(text) <= longest else f"{text[:head]}…{text[head + 1 - longest :]}"


def counted(least: int, noun: str, most: int | None = None) -> str:
    """A number, or a range, with its noun.

    >>> counted(1, "launch"), counted(2, "iteration"), counted(1, "launch", 5), counted(3, "launch", 3)
    ('1 launch', '2 iterations', '1 to 5 launches', '3 launches')
    """
    many = most not in (None, least)
    plural = noun if least == 1 and not many else f"{noun}es" if noun.endswith("ch") else f"{noun}s"
    return f"{least} to {most} {plural}" if many else f"{least} {plural}"
