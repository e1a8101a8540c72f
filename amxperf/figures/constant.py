"""What amx-test prints, whatever the speed of the machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import MissingInput
from ..formats.amx_test import printed_constant
from ..provenance import provenance
from .base import Figure
from .theme import COLOURS, drawing, sign

if TYPE_CHECKING:
    from ..dataset import Dataset


def printed_constant_figure(
    dataset: Dataset, *, name: str, title: str, durations: Sequence[int] = (1, 2, 5, 10, 20, 30, 60)
) -> Figure:
    """Draw the constant that amx-test prints for each duration, and the values that the dataset's logs hold.

    Raises MissingInput where the dataset holds no amx-test value.
    """
    import pandas as pd

    logs = dataset.measurements
    logs = logs[logs["benchmark"] == "amx-test"]
    if not len(logs):
        raise MissingInput(f"{dataset.name} holds no value of amx-test", hint="open the dataset notes-2024")
    logs = logs[logs["duration"] != ""] if "duration" in logs else logs.iloc[:0]
    if not len(logs):
        raise MissingInput(f"no amx-test log of {dataset.name} tells its duration", hint="keep the command line in the log")
    model = pd.DataFrame(
        {"duration": list(durations), "value": [printed_constant(d) for d in durations], "what": "constant of the program"}
    )
    seen = pd.DataFrame({"duration": logs["duration"].astype(int), "value": logs["value"], "what": "printed in " + logs["source"]})
    origin = provenance(dataset, "modelled", launches=int(logs["launch"].nunique()), sources=sorted(set(logs["source"])))
    with drawing(6.4, 3.1) as (canvas, axes):
        axes.plot(
            model["duration"], model["value"], "-", color=COLOURS["plain"], linewidth=1, marker=".", label="8192 // (duration + 1)"
        )
        axes.plot(
            seen["duration"],
            seen["value"],
            "o",
            color=COLOURS["avx512"],
            markersize=9,
            markerfacecolor="none",
            markeredgewidth=2,
            label="in the logs",
        )
        for _, row in seen.iterrows():
            axes.annotate(f"{row['value']:.0f}", (row["duration"], row["value"]), textcoords="offset points", xytext=(9, 7))
        axes.set(xscale="log", yscale="log", xlabel="duration asked for, -d (s)", ylabel="printed value (B/s)")
        axes.set_xticks(list(durations), [str(d) for d in durations])
        axes.set_yticks(sorted(set(model["value"])), [str(value) for value in sorted(set(model["value"]))])
        axes.minorticks_off()
        axes.legend()
        sign(canvas, origin)
    same = all(row["value"] == printed_constant(int(row["duration"])) for _, row in seen.iterrows())
    return Figure(
        name,
        title,
        canvas,
        pd.concat([model, seen], ignore_index=True),
        caption=(
            "The line is what amx-test prints for its default buffer whenever one pass over it takes less than a second: "
            "8192 divided by the duration plus one, rounded down. "
            f"The circles are the values of the logs ({len(seen)}); "
            + ("every one lies on the line, so it says nothing about speed. " if same else "not every one lies on the line. ")
            + f"Both axes are logarithmic. Data: {dataset.credit}."
        ),
        alt="A falling line from 4096 at one second to 134 at sixty seconds, with the logged values as circles.",
        origin=origin,
    )
