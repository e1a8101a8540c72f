"""Loops over the columns of large tables, for a compiler."""

from __future__ import annotations

from typing import Any

ENTRIES = {
    "tally": "b* q q*",
    "tally_words": "i* q q*",
    "spread_bytes": "i* q b* b*",
    "spread_halves": "i* q h* h*",
    "spread_words": "i* q i* i*",
}
"""The functions that are called from outside and their parameters: see :func:`.native.entries`."""


def tally(codes: Any, count: int, seen: Any) -> int:
    """Count the codes."""
    for i in range(count):
        seen[codes[i]] += 1
    return count


def tally_words(codes: Any, count: int, seen: Any) -> int:
    """The same for codes of four bytes."""
    for i in range(count):
        seen[codes[i]] += 1
    return count


def spread_bytes(codes: Any, count: int, table: Any, out: Any) -> int:
    """Fill `out` with the item of the table that each code stands for."""
    for i in range(count):
        out[i] = table[codes[i]]
    return count


def spread_halves(codes: Any, count: int, table: Any, out: Any) -> int:
    """The same for items of two bytes."""
    for i in range(count):
        out[i] = table[codes[i]]
    return count


def spread_words(codes: Any, count: int, table: Any, out: Any) -> int:
    """The same for items of four bytes."""
    for i in range(count):
        out[i] = table[codes[i]]
    return count
