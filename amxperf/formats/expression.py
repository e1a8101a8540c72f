"""A regular expression that is compiled when it is first used: a large one takes a millisecond, and a file needs few of them."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any


class Expression:
    """The methods of a compiled expression; each is looked up once."""

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self.pattern, self.flags = pattern, flags

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The compiled expression.

        >>> expression = Expression(r"a+", re.ASCII)
        >>> bool(expression.fullmatch("aa")), expression.search("b") is None, "compiled" in vars(expression)
        (True, True, True)
        """
        return re.compile(self.pattern, self.flags)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(self.compiled, name)
        setattr(self, name, found)
        return found
