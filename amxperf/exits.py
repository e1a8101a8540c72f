"""How a run of the command line ends: an exit code, and for an error one sentence on standard error.

Exit codes: 0 ok, 1 a finding, 2 cannot tell, 3 not comparable, 64 usage, 65 bad data, 66 no input, 70 internal, 73 cannot write,
130 interrupted.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from contextlib import suppress

import typer

from .errors import AmxperfError, OutputError, UsageError
from .terminal import printable


def ended(run: Callable[[], int | None]) -> int:
    """Run it and return the exit code; errors become one sentence."""
    try:
        return run() or 0
    except AmxperfError as error:
        return told(str(error), error.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        return told("interrupted", 130)
    except _click_error() as error:
        if type(error).__name__ != "NoArgsIsHelpError":  # the help is on the screen already
            told(f"{error.format_message().rstrip('.').replace('Value error, ', '')}; try --help", 0)
        return UsageError.exit_code
    except (BrokenPipeError, SystemExit):  # typer turns the first into the second, with the code of a finding
        _drop_output()
        return 0
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO):
            raise
        _drop_output()
        return told(f"the output cannot be written ({error.strerror})", OutputError.exit_code)
    except Exception as error:
        if os.environ.get("AMXPERF_DEBUG"):
            raise
        where = "set AMXPERF_DEBUG=1 and run again for the traceback, and report it"
        return told(f"a fault in amxperf itself: {type(error).__name__}: {error}; {where}", AmxperfError.exit_code)


def _click_error() -> type[Exception]:
    """The class of usage errors: typer carries its own click, older ones use the separate package."""
    return next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")


def _drop_output() -> None:
    """Whoever read the pipe has gone: what is still buffered goes nowhere, and nobody is told."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def told(sentence: str, code: int) -> int:
    """Say one sentence on standard error; the code given."""
    typer.echo(f"amxperf: {printable(sentence)}", err=True)
    return code
