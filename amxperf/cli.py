"""The command line: argument parsing and printing, nothing else; :mod:`.exits` says how a run ends."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from . import __version__, exits
from .errors import DataError, MissingInput, UsageError
from .terminal import printable

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Read captures of AMX, KVM and TDX, compare runs, and build the book.",
)


class Format(StrEnum):
    csv = "csv"
    json = "json"
    jsonl = "jsonl"
    parquet = "parquet"


class TableName(StrEnum):
    lines = "lines"
    traces = "traces"
    frames = "frames"
    registers = "registers"
    events = "events"
    measurements = "measurements"
    overheads = "overheads"


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:
    if version:
        typer.echo(f"amxperf {__version__}")
        raise typer.Exit()


@app.command()
def parse(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE", help="Captures or benchmark logs: paths, addresses, or - for standard input."),
    ] = None,
    table: Annotated[TableName | None, typer.Option(help="Print this table; a summary of each file if left out.")] = None,
    format: Annotated[Format | None, typer.Option(help="How to print the table; by the ending of --out, else csv.")] = None,
    reader: Annotated[str | None, typer.Option(help="Format of the files, if it is not to be recognised.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write to this file; on a terminal parquet needs it.")] = None,
) -> None:
    """Read files: say what was recognised, or print one table. Without a file, what is piped in.

    A file that cannot be read is named on standard error and costs none of the others; the exit code is then the first such file's.
    """
    from . import large, output
    from .formats import read
    from .summary import summary

    if format and not table:
        raise UsageError(f"--format {format.value} is for tables", hint="add --table measurements, or leave it out")
    if not files and sys.stdin.isatty():
        raise UsageError("no file is named", hint="name one or more, or pipe a log in")
    form = output.form(format.value if format else None, out, table=table is not None)
    output.check(out, form, files or [])
    if files and len(files) == 1 and large.streams(files[0], reader, table.value if table else None):
        if table:
            large.export(files[0], table.value, form, out)
        else:
            output.write((large.summary(files[0]) + "\n").encode(), out)
        return
    captures, codes = [], []
    for path in files or ["-"]:
        try:
            captures.append(read(path, reader))
        except (DataError, MissingInput) as error:
            codes.append(exits.told(str(error), error.exit_code))
    stop = typer.Exit(codes[0] if codes else 0)
    if not captures:
        raise stop
    if table is None:
        text = "\n".join(summary(capture) for capture in captures) + "\n"
        output.write((text if out else output.wrapped(text, sys.stdout)).encode(), out)
        raise stop
    for capture in captures:
        held = capture.counts()
        lacks = "" if table.value in held else f": no {table.value}; it holds {', '.join(held) or 'nothing'}"
        typer.echo(printable(f"{capture.source}: {capture.format}{lacks}"), err=True)
        for note in capture.notes:
            typer.echo(printable(str(note)), err=True)
    output.write(output.serialise(table.value, [capture.table(table.value) for capture in captures], form), out, form)
    raise stop


@app.command()
def compare(
    dataset: Annotated[str, typer.Argument(help="Name (data/NAME) or path of a dataset.")],
    baseline: Annotated[str, typer.Option(help="Selector of the baseline: vm, or isa=avx512,pages=4k.")],
    treatment: Annotated[str, typer.Option(help="Selector of the treatment.")],
    margin: Annotated[float, typer.Option(help="What counts as negligible, as a fraction.")] = 0.02,
    confidence: Annotated[float, typer.Option(help="Confidence of the intervals.")] = 0.95,
    within: Annotated[str, typer.Option(help="Ratio of ratios: selector of the reference, such as isa=avx512.")] = "",
    filter: Annotated[str, typer.Option(help="Only these rows: size>=512,isa!=amx.")] = "",
    group_by: Annotated[str, typer.Option(help="One geometric mean per value of these columns: isa,pages.")] = "",
    differs: Annotated[str, typer.Option(help="Columns and machine keys that are meant to differ: kernel,vcpus.")] = "",
    format: Annotated[str, typer.Option(help="table, csv or json.")] = "table",
    steady: Annotated[bool | None, typer.Option(help="Find warm-up by change points; if left out as dataset.toml says.")] = None,
    diagnose: Annotated[bool, typer.Option("--diagnose", help="Look for drift, order, series, states, outliers.")] = False,
    gate: Annotated[bool, typer.Option("--gate", help="Fail where the treatment costs more than the margin allows.")] = False,
    junit: Annotated[Path | None, typer.Option(help="With --gate: write JUnit XML to this file.")] = None,
    figure: Annotated[Path | None, typer.Option(help="Draw the ratios, with data and citation, into this folder.")] = None,
) -> None:
    """Compare two arms of a dataset, benchmark by benchmark.

    Exit code 0: every question has an answer; 2: one or more are inconclusive or refused; 3: nothing is comparable.
    With --gate: 0 pass, 1 regression, 2 cannot tell, 3 not comparable; with --group-by the geometric means are judged, too.
    """
    from . import output
    from .comparison import compare as run
    from .dataset import open_dataset
    from .gate import gate as judge

    if format not in ("table", "csv", "json"):
        raise UsageError(f"no output format is called {format!r}", hint="use table, csv or json")
    if junit and not gate:
        raise UsageError("--junit is for a gate", hint="add --gate")
    data = open_dataset(dataset)
    for place in (junit, figure):
        if place and place.resolve().is_relative_to(data.root):
            raise UsageError(f"{place} lies in the dataset and would be read as one of its logs", hint="name a place outside of it")
    typer.echo(output.wrapped(output.notes(data.notes), sys.stderr), err=True, nl=False)
    declared = tuple(word.strip() for word in differs.split(",") if word.strip())
    results = run(data, baseline, treatment, margin=margin, confidence=confidence, within=within, filter=filter,
                  group_by=group_by, differs=declared, steady=steady, diagnose=diagnose)  # fmt: skip
    if figure:
        typer.echo(output.drawn(data, results, figure), err=True)
    judged = judge(results, margin) if gate else None
    if judged and junit:
        output.write(judged.junit(), junit)
    typer.echo(output.comparisons(results, format, judged), nl=False)
    raise typer.Exit(judged.exit_code if judged else output.verdict_code(results))


@app.command()
def plan(
    dataset: Annotated[str | None, typer.Argument(help="The pilot: name or path of a dataset.")] = None,
    baseline: Annotated[str | None, typer.Option(help="Selector of the baseline in the pilot.")] = None,
    treatment: Annotated[str | None, typer.Option(help="Selector of the treatment, if it was measured.")] = None,
    filter: Annotated[str, typer.Option(help="Only these rows of the pilot: size>=512,isa!=amx.")] = "",
    width: Annotated[float | None, typer.Option(help="Goal: half width of the interval, as a fraction.")] = None,
    change: Annotated[float | None, typer.Option(help="Goal: a change to be found, as a fraction.")] = None,
    margin: Annotated[float | None, typer.Option(help="Goal: equivalence within this margin.")] = None,
    power: Annotated[float, typer.Option(help="Share of experiments that find the change or show the equivalence.")] = 0.8,
    confidence: Annotated[float, typer.Option(help="Confidence of the interval.")] = 0.95,
    replicate: Annotated[str | None, typer.Option(help="boot or launch: what the treatment is assigned to.")] = None,
    spread: Annotated[float | None, typer.Option(help="Spread between replicates, as a fraction; replaces the pilot's.")] = None,
    noise: Annotated[float, typer.Option(help="Spread of iterations, as a fraction, without a pilot.")] = 0.02,
    iterations: Annotated[int | None, typer.Option(help="Iterations per launch; the cheapest number if left out.")] = None,
    launches: Annotated[int | None, typer.Option(help="Launches per boot; the cheapest number if left out.")] = None,
    cost_boot: Annotated[float, typer.Option(help="What a boot costs, in any unit.")] = 60,
    cost_launch: Annotated[float, typer.Option(help="What a launch costs.")] = 5,
    cost_iteration: Annotated[float, typer.Option(help="What an iteration costs.")] = 1,
    format: Annotated[str, typer.Option(help="table, csv or json.")] = "table",
) -> None:
    """How many boots, launches and iterations reach a goal: from a pilot, or from a spread that you state.

    Exit code 0: planned; 2: the pilot cannot tell how much replicates differ.
    """
    from . import output
    from .planning import assumed, plan_dataset
    from .stats.plan import Costs

    if format not in ("table", "csv", "json"):
        raise UsageError(f"no output format is called {format!r}", hint="use table, csv or json")
    goal = {"width": width, "change": change, "margin": margin, "power": power, "confidence": confidence,
            "iterations": iterations, "launches": launches, "costs": Costs(cost_boot, cost_launch, cost_iteration)}  # fmt: skip
    if sum(value is not None for value in (width, change, margin)) != 1:
        raise UsageError("a plan has one goal", hint="give --width, --change or --margin")
    if dataset is None:
        if spread is None:
            raise UsageError("there is no pilot", hint="name a dataset, or state --spread and --noise")
        found = assumed(spread, noise, replicate=replicate or "boot", **goal)
    else:
        if baseline is None:
            raise UsageError("the pilot's arms are not named", hint="add --baseline SELECTOR")
        found = plan_dataset(dataset, baseline, treatment, filter=filter, replicate=replicate, spread=spread, **goal)
    typer.echo(output.plans(found, format), nl=False)
    raise typer.Exit(0 if found.worst else 2)


@app.command()
def build(
    dataset: Annotated[str | None, typer.Option(help="Your dataset: compared, and shown if `collect` made it.")] = None,
    baseline: Annotated[str | None, typer.Option(help="Baseline of that page.")] = None,
    treatment: Annotated[str | None, typer.Option(help="Treatment of that page.")] = None,
    filter: Annotated[str | None, typer.Option(help="Only these rows on that page: size>=512,isa!=amx.")] = None,
    group_by: Annotated[str | None, typer.Option(help="Groups on that page, with a geometric mean each: isa,pages.")] = None,
    root: Annotated[Path, typer.Option(help="The checkout; found from the working folder upwards.")] = Path(),
    jobs: Annotated[int, typer.Option(help="Notebooks run at a time.", min=1)] = 2,
) -> None:
    """Run every notebook and build the book into _build/html."""
    from .checkout import find_root
    from .publish.build import build as run

    def progress(done: int, total: int, text: str) -> None:
        typer.echo(f"[{done}/{total}] {text}", err=True)

    own = {"baseline": baseline, "treatment": treatment, "filter": filter, "group_by": group_by}
    place = run(find_root(root), dataset=dataset, jobs=jobs, progress=progress, **own)
    typer.echo(f"The book is in {place / 'index.html'}")


@app.command()
def collect(
    out: Annotated[Path | None, typer.Argument(metavar="OUT", help="Folder of the dataset; made, or added to.")] = None,
    launches: Annotated[int, typer.Option(help="Process starts; 10, or 5 with --quick, if left out.", min=0)] = 0,
    experiments: Annotated[str, typer.Option(help="Names with commas; all if left out.")] = "",
    quick: Annotated[bool, typer.Option("--quick", help="Less than two minutes.")] = False,
    environment: Annotated[str, typer.Option(help="bare-metal, vm or tdx as detected, if left out.")] = "",
    seed: Annotated[int | None, typer.Option(help="Seed of all random orders; drawn and recorded if left out.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a collection that was interrupted.")] = False,
    with_trace: Annotated[bool, typer.Option("--with-trace", help="One more launch, with tracepoints; needs root.")] = False,
    host: Annotated[bool, typer.Option("--host", help="On the host, while a guest is measured: what KVM counts.")] = False,
    vm: Annotated[int | None, typer.Option(help="With --host: process id of the guest.")] = None,
    bundle: Annotated[Path | None, typer.Option(help="Write a program for machines without Python into this folder.")] = None,
    take: Annotated[Path | None, typer.Option("--from", help="Take in the results of a bundle, or of another collection.")] = None,
) -> None:
    """Measure what AMX costs on this machine, as a dataset that compare and build take."""
    from .probe import talk

    if bundle:
        typer.echo(talk.bundled(bundle))
        raise typer.Exit()
    if out is None:
        raise UsageError("no folder is named", hint="give OUT, the folder of the dataset")
    if vm is not None and not host:
        raise UsageError("--vm names a guest for --host", hint="add --host, on the host")
    if take:
        typer.echo(talk.taken(out, take))
        raise typer.Exit()
    if host:
        names = ("launches", "experiments", "quick", "resume", "with-trace")
        for name, value in zip(names, (launches, experiments, quick, resume, with_trace), strict=True):
            if value:
                raise UsageError(f"--{name} does nothing with --host: the guest is measured, not the host", hint="leave it out")
        typer.echo(talk.host(out, environment, vm))
        raise typer.Exit()
    from .probe.collect import collect as run

    names = [name.strip() for name in experiments.split(",") if name.strip()]
    with talk.watching() as progress:
        done = run(
            out, launches=launches, experiments=names, quick=quick, environment=environment, seed=seed, resume=resume,
            with_trace=with_trace, ready=talk.preflight, progress=progress,
        )  # fmt: skip
    typer.echo(talk.ending(done))


@app.command()
def figures(
    format: Annotated[str, typer.Option(help="table or json.")] = "table",
    root: Annotated[Path, typer.Option(help="The checkout; found from the working folder upwards.")] = Path(),
) -> None:
    """List the figures of the built book."""
    from . import output
    from .catalogue import catalogue

    typer.echo(output.figures(catalogue(root), format), nl=False)


@app.command()
def cite(
    name: Annotated[str, typer.Argument(help="Name of a figure.")],
    bibtex: Annotated[bool, typer.Option("--bibtex", help="As BibTeX.")] = False,
    root: Annotated[Path, typer.Option(help="The checkout; found from the working folder upwards.")] = Path(),
) -> None:
    """Print the citation of a figure."""
    from .catalogue import figure

    entry = figure(name, root)
    typer.echo(entry.bibtex if bibtex else entry.citation)


@app.command()
def export(
    name: Annotated[str, typer.Argument(help="Name of a figure.")],
    to: Annotated[Path, typer.Option(help="Folder for the files; made if it is not there.")],
    root: Annotated[Path, typer.Option(help="The checkout; found from the working folder upwards.")] = Path(),
) -> None:
    """Copy a figure's pictures, data, metadata and citation into a folder."""
    from .catalogue import figure

    for path in figure(name, root).export(to):
        typer.echo(path)


@app.command()
def checksum(
    dataset: Annotated[str, typer.Argument(help="Name or path of a dataset.")],
    write: Annotated[bool, typer.Option("--write", help="Write them into dataset.toml.")] = False,
) -> None:
    """Print the checksums of a dataset's files, or write them into its dataset.toml."""
    from .dataset import find
    from .seal import seal, section

    root = find(dataset)
    if write:
        typer.echo(f"{seal(root)} checksums written to {root / 'dataset.toml'}")
    else:
        typer.echo(section(root), nl=False)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code; errors become one sentence on standard error."""
    return exits.ended(lambda: app(arguments, standalone_mode=False, prog_name="amxperf"))
