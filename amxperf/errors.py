"""Every error that amxperf raises on purpose.

The tree, with the exit code of the command line in brackets::

    AmxperfError              [70]  anything below; a bug of ours when raised bare
    +-- UsageError            [64]  the call itself is wrong: a selector, an option, a name
    |   +-- OutOfReach        [64]  no plan of any size reaches the goal
    +-- DataError             [65]  a file was read and is not what it should be
    |   +-- FormatError       [65]  unreadable, empty, binary or of no known format
    |   +-- ManifestError     [65]  dataset.toml is missing a key or contradicts the files
    |   +-- ChecksumError     [65]  a file's bytes are not those that the manifest names
    |   +-- BuildError        [65]  a notebook or a page of the book does not build
    +-- MissingInput          [66]  a file, dataset or environment that is not there
    +-- OutputError           [73]  a result cannot be written

A person sees ``str(error)``: one sentence with file and line and what to do.
A program reads the fields ``message``, ``path``, ``line`` and ``hint``.

>>> print(FormatError("the file is empty", path="a.log", hint="record it again"))
a.log: the file is empty; record it again
>>> FormatError("bad stamp", path="a.log", line=3).exit_code
65
"""

from __future__ import annotations

import os


class AmxperfError(Exception):
    """Base of the tree.

    Parameters
    ----------
    message : what is wrong, without path, line or final full stop.
    path : the file concerned, if one is.
    line : 1-based line in `path`, if one is known.
    hint : what to do about it, as an imperative.
    """

    exit_code = 70

    def __init__(
        self,
        message: str,
        *,
        path: str | os.PathLike[str] | None = None,
        line: int | None = None,
        hint: str = "",
    ) -> None:
        self.message = message
        self.path = None if path is None else os.fspath(path)
        self.line = line
        self.hint = hint
        super().__init__(message)

    def __reduce__(self):  # keyword-only fields survive pickling between processes
        return (_rebuild, (type(self), self.message, self.path, self.line, self.hint))

    def __str__(self) -> str:
        where = "" if self.path is None else self.path
        if where and self.line is not None:
            where += f":{self.line}"
        text = f"{where}: {self.message}" if where else self.message
        return f"{text}; {self.hint}" if self.hint else text


def _rebuild(kind, message, path, line, hint):
    return kind(message, path=path, line=line, hint=hint)


class UsageError(AmxperfError):
    """The call itself is wrong."""

    exit_code = 64


class OutOfReach(UsageError):
    """No plan of any size reaches the goal."""


class DataError(AmxperfError):
    """A file was read and is not what it should be."""

    exit_code = 65


class FormatError(DataError):
    """Unreadable, empty, binary or of no known format."""


class ManifestError(DataError):
    """dataset.toml is missing a key or contradicts the files."""


class ChecksumError(DataError):
    """A file's bytes are not those that the manifest names."""


class BuildError(DataError):
    """A notebook or a page of the book does not build."""


class MissingInput(AmxperfError):
    """A file, dataset or environment that is not there."""

    exit_code = 66


class OutputError(AmxperfError):
    """A result cannot be written."""

    exit_code = 73
