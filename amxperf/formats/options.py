"""What a reader's caller, or ``[[files]]`` in dataset.toml, may say about a file: checked, so that a typo is an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import UsageError

BETTER = ("lower", "higher", "none")


def only(options: Mapping[str, Any], format: str, *known: str) -> None:
    """Refuse options that the reader does not know; `side` (host or guest) may stand with any file.

    >>> only({"secconds": 10}, "bpftrace", "seconds")
    Traceback (most recent call last):
    ...
    amxperf.errors.UsageError: format bpftrace takes no option 'secconds'; use seconds
    """
    for name in options:
        if name not in (*known, "side"):
            raise UsageError(
                f"format {format} takes no option {name!r}",
                hint=f"use {', '.join(known)}" if known else "leave it out",
            )


def side_of(options: Mapping[str, Any]) -> str:
    """The option `side`; UsageError for another word than host or guest."""
    side = options.get("side", "")
    if side not in ("", "host", "guest"):
        raise UsageError(f"option side is {side!r}", hint="use host or guest")
    return side


def text(options: Mapping[str, Any], name: str, default: str) -> str:
    """An option that is a text."""
    value = options.get(name, default)
    if not isinstance(value, str):
        raise UsageError(f"option {name} must be a text, not {value!r}", hint=f"write {name} = \"...\"")
    return value


def better(options: Mapping[str, Any], default: str) -> str:
    """The option `better`: lower, higher or none."""
    value = text(options, "better", default)
    if value not in BETTER:
        raise UsageError(f"option better is {value!r}", hint=f"use {', '.join(BETTER)}")
    return value


def mapping(options: Mapping[str, Any], name: str) -> dict[str, str]:
    """An option that maps texts to texts; empty where it is left out."""
    value = options.get(name, {})
    if not isinstance(value, Mapping) or not all(isinstance(x, str) for pair in value.items() for x in pair):
        raise UsageError(f"option {name} must map texts to texts, not {value!r}", hint=f'write {name} = {{a = "b"}}')
    return dict(value)


def positive(options: Mapping[str, Any], name: str, *, whole: bool = False) -> float | int | None:
    """An option that is a number above 0; None where it is left out.

    >>> positive({"seconds": 10}, "seconds")
    10
    """
    value = options.get(name)
    if value is None:
        return None
    kinds = (int,) if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not 0 < value < float("inf"):
        kind = "a whole number" if whole else "a number"
        raise UsageError(f"option {name} must be {kind} above 0, not {value!r}", hint=f"write {name} = 10")
    return value
