"""Who printed a line, as small numbers: the column `caller` of large logs."""

from __future__ import annotations

from typing import Any

import numpy as np

TAGS = 1 << 36
"""Above the number in a caller: which way it is written (T7 and T07 are two callers)."""


def caller_number(text: str, tags: dict[str, int]) -> int:
    """A caller as a number: 0 for none, pid * 2 + 1, processor * 2 + 2; other spellings have a number of their own above."""
    if not text:
        return 0
    number = int(text[1:])
    if str(number) != text[1:]:
        number += TAGS * tags.setdefault(text, len(tags) + 1)
    return number * 2 + (1 if text[0] == "T" else 2)


def caller_name(number: int, tags: dict[int, str]) -> str:
    """The caller of a number, as printed; `tags` leads from the number above to the spelling."""
    if number <= 0:
        return ""
    kind, value = ("T", number >> 1) if number & 1 else ("C", (number >> 1) - 1)
    return tags[value // TAGS] if value >= TAGS else f"{kind}{value}"


class Numbers:
    """Numbers of 64 bits, none below 0, as small ones in the order of their first sight."""

    def __init__(self, functions: Any) -> None:
        self.functions = functions
        self.keys, self.numbers, self.info = np.full(1 << 10, -1, np.int64), np.zeros(1 << 10, np.int32), np.zeros(1, np.int64)

    def take(self, keys: np.ndarray) -> np.ndarray:
        """The small numbers of some large ones."""
        out, done = np.empty(len(keys), np.int32), 0
        while True:
            done = self.functions.intern(keys, done, len(keys), out, self.keys, self.numbers, len(self.keys) - 1, self.info)
            if done == len(keys):
                return out
            known = self.known()
            size = 4 * len(self.keys)
            self.keys, self.numbers, self.info[0] = np.full(size, -1, np.int64), np.zeros(size, np.int32), 0
            rest = np.empty(len(known), np.int32)
            self.functions.intern(known, 0, len(known), rest, self.keys, self.numbers, size - 1, self.info)

    def known(self) -> np.ndarray:
        """The large numbers in the order of the small ones."""
        used = np.flatnonzero(self.keys >= 0)
        return self.keys[used[np.argsort(self.numbers[used])]]


class Callers(Numbers):
    """Callers as small numbers, in the order of their first sight; 0 is none."""

    def __init__(self, functions: Any, tags: dict[str, int]) -> None:
        super().__init__(functions)
        self.tags = tags
        self.said: list[str] = []
        self.take(np.zeros(1, np.int64))

    def names(self) -> list[str]:
        """Their names, by number."""
        tags = {number: text for text, number in self.tags.items()}
        for caller in self.known()[len(self.said) :].tolist() if self.info[0] > len(self.said) else ():
            self.said.append(f"T{caller >> 1}" if caller & 1 and caller < TAGS else caller_name(caller, tags))
        return self.said
