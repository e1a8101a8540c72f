"""Which launches are to be run: the plan of a collection, kept beside the data so that an interrupted one can go on."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from random import Random

from ..errors import DataError, OutputError, UsageError

FILE = ".collect.json"
"""Name of the plan in a dataset's folder; names with a dot are no captures."""


@dataclass(frozen=True)
class Schedule:
    """A collection: how many launches, of what, and the names of those that are complete.

    `seed` gives the seed of every launch, and that one every random order within it; the logs record theirs.
    """

    environment: str
    launches: int
    seed: int
    experiments: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    trace: bool = False
    done: tuple[str, ...] = field(default=())
    traced: bool = False

    @property
    def left(self) -> int:
        """Launches that are still to be run."""
        return max(0, self.launches - len(self.done))

    @property
    def complete(self) -> bool:
        """True where nothing is left to run, not even a traced launch.

        >>> Schedule("vm", 1, seed=7, trace=True, done=("vm/boot/launch-001",)).complete
        False
        """
        return not self.left and (self.traced or not self.trace)

    def launch_seed(self, number: int) -> int:
        """Seed of the launch with that number, from 0.

        >>> Schedule("vm", 2, seed=7).launch_seed(1) == Schedule("vm", 9, seed=7).launch_seed(1)
        True
        """
        return Random(self.seed * 1_000_003 + number).getrandbits(48)

    def command(self, number: int) -> list[str]:
        """Arguments of the program for the launch with that number."""
        return ["--seed", str(self.launch_seed(number)), *self.options, *self.experiments]

    def finished(self, name: str) -> Schedule:
        """The same plan with one more complete launch."""
        return replace(self, done=(*self.done, name))

    def save(self, root: Path) -> None:
        """Write the plan into the dataset's folder; OutputError where that cannot be written."""
        try:
            (root / FILE).write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            hint = "check permissions and space"
            raise OutputError(f"cannot be written ({error.strerror})", path=root / FILE, hint=hint) from error


def load(root: Path) -> Schedule | None:
    """The plan of a dataset's folder; None where there is none. DataError for a damaged one."""
    path = root / FILE
    if not path.is_file():
        return None
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        lists = {name: tuple(raw.pop(name)) for name in ("experiments", "options", "done")}
        return Schedule(**raw, **lists)
    except (ValueError, TypeError, KeyError) as error:
        raise DataError("the plan of the last collection is damaged", path=path, hint="remove it and collect again") from error


def check(launches: int, wanted: list[str], known: list[str]) -> tuple[str, ...]:
    """The experiments to run; UsageError for one that the program does not know, or for no launch.

    >>> check(1, ["tmul"], ["tmul", "exit"])
    ('tmul',)
    """
    if launches < 1:
        raise UsageError(f"{launches} launches", hint="give 1 or more")
    for name in wanted:
        if name not in known:
            raise UsageError(f"there is no experiment {name!r}", hint=f"use some of {', '.join(known)}")
    return tuple(dict.fromkeys(wanted))
