"""The tables: their columns, units, types and meaning.

This module is the only definition of the tables. Readers build their frames by it (:mod:`amxperf.schema`), the book prints
:data:`TABLES` as its data dictionary, tests compare both.

A row always says where it came from: `source` (path relative to the dataset, or as given) and `line` (1-based, 0 for a whole file).
Words that recur (file, task, function ...) are ``category``, so that a table of millions of rows stays small: one word is kept
once, in sorted order. Whole numbers that are never missing are ``int32``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One column. `dtype` is a pandas type; `hexadecimal` says that exports print '0x...'."""

    name: str
    dtype: str
    meaning: str
    unit: str = ""
    hexadecimal: bool = False


@dataclass(frozen=True)
class Table:
    """One table. `open` tables take further columns (the factors of a benchmark)."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    open: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


def _text(name: str, meaning: str) -> Column:
    return Column(name, "str", meaning)


def _name(name: str, meaning: str) -> Column:
    """A word that recurs."""
    return Column(name, "category", meaning)


def _count(name: str, meaning: str, unit: str = "") -> Column:
    return Column(name, "Int64", meaning, unit)


def _number(name: str, meaning: str) -> Column:
    """A whole number that every row has."""
    return Column(name, "int32", meaning)


def _narrow(name: str, meaning: str) -> Column:
    """A whole number that not every row has, below 2^31."""
    return Column(name, "Int32", meaning)


def _word(name: str, meaning: str) -> Column:
    return Column(name, "UInt64", meaning, hexadecimal=True)


def _real(name: str, meaning: str, unit: str = "") -> Column:
    return Column(name, "float64", meaning, unit)


def _flag(name: str, meaning: str) -> Column:
    return Column(name, "bool", meaning)


SOURCE = _text("source", "file the row was read from, relative to the dataset")
LINE = Column("line", "int64", "line in that file, from 1; 0 where a whole file is meant")
BOOT = _text("boot", "boot the row belongs to; empty where nothing says so")
FILE, ROW, START = _name("source", SOURCE.meaning), _number("line", LINE.meaning), _name("boot", BOOT.meaning)
TIMESTAMP = _real("timestamp", "kernel time stamp; NaN where the line has none", "s")

MEASUREMENTS = Table(
    "measurements",
    "one row per value that a benchmark printed",
    (
        _text("dataset", "name of the dataset; empty for a single file"),
        _text("environment", "bare-metal, vm, tdx or the user's own label"),
        BOOT,
        _text("launch", "process start within the boot"),
        _text("thread", "thread or process within the launch; empty where not told apart"),
        _count("iteration", "number of the repeat within launch and benchmark, from 0"),
        _text("benchmark", "what was run"),
        _text("metric", "what was measured"),
        _real("value", "the measured value, in `unit`"),
        _text("unit", "base SI: s, B/s, op/s; 1 for a count"),
        _text("better", "lower, higher or none"),
        _flag("informative", "False for a value that cannot depend on speed"),
        _text("reason", "why the value carries no information; empty otherwise"),
        SOURCE,
        LINE,
    ),
    open=True,
)

LINES = Table(
    "lines",
    "one row per line of a log",
    (
        FILE,
        ROW,
        START,
        TIMESTAMP,
        _name("level", "printk level, where the capture keeps it"),
        _name("facility", "syslog facility, where the capture keeps it"),
        _name("caller", "printk caller: T<pid> or C<cpu>"),
        _text("message", "the text after all prefixes; control characters escaped"),
        _name("role", "what the line was taken for: header, marker, frame ...; other for a line left over"),
    ),
)

TRACES = Table(
    "traces",
    "one row per call trace",
    (
        _number("trace", "number of the trace within its source, from 1"),
        FILE,
        _number("line", "line of the `Call Trace:` (or `<stack trace>`) marker"),
        _number("end", "last line that belongs to the trace"),
        _narrow("event", "line of the event in the events table that the stack belongs to; missing where no event is known"),
        START,
        TIMESTAMP,
        _text("headline", "the message that the trace illustrates; empty where none stands above it"),
        _count("cpu", "logical processor"),
        _count("pid", "process id"),
        _name("comm", "task name; may hold blanks, as in `CPU 0/KVM`"),
        _name("kernel", "kernel release; empty where the header leaves it out"),
        _name("taint", "`Not tainted` or the taint flags"),
        _name("hardware", "the `Hardware name:` line"),
        _name(
            "complete",
            "how the trace ended: closed, next marker, unrelated line, end of file, no frames, head cut, lost messages",
        ),
    ),
)

FRAMES = Table(
    "frames",
    "one row per stack frame, innermost first",
    (
        FILE,
        _number("trace", "number of the trace within its source"),
        ROW,
        _number("depth", "0 for the innermost frame"),
        _name("symbol", "as printed"),
        _name("function", "without compiler suffixes such as .constprop, .isra, .part, .cold"),
        Column("offset", "Int32", "offset in the function", "B"),
        Column("size", "Int32", "size of the function", "B"),
        _name("module", "kernel module; empty for built-in code"),
        _name("build_id", "build id, where printed"),
        _flag("reliable", "False for a frame marked `?`: found on the stack, perhaps not called"),
        _flag("inlined", "True for a frame marked [inline]"),
        _name("context", "TASK, IRQ, NMI ... : the context mark that the frame stands in"),
    ),
)

REGISTERS = Table(
    "registers",
    "one row per register of a register dump",
    (
        FILE,
        Column("trace", "Int32", "number of the trace within its source; missing where the dump has none"),
        ROW,
        _name("name", "RIP, RAX, ... ; CODE for the instruction bytes"),
        _text("value", "as printed: hexadecimal; RIP and RSP with the segment; the bytes for CODE"),
    ),
)

EVENTS = Table(
    "events",
    "one row per AMX, XFD, KVM or TDX event, from printk messages or tracepoints",
    (
        FILE,
        ROW,
        TIMESTAMP,
        _name("side", "host or guest, from the reader's view of the file; empty where unknown"),
        _name("kind", "tracepoint name, or the package's name for a printk message"),
        _count("cpu", "logical processor"),
        _count("vcpu", "virtual processor, where the event tells it"),
        _count("pid", "process id"),
        _name("comm", "task name"),
        _word("msr", "MSR number"),
        _name("msr_name", "name of the MSR, where the SDM or the kernel gives one"),
        _word("value", "MSR value, or what the event is about: address, frame number, si_code, a system call's option or return"),
        _word("xfeatures", "xfeatures of an x86_fpu event"),
        _word("xcomp_bv", "xcomp_bv of an x86_fpu event"),
        _name("reason", "exit reason, signal, next or woken task: the event's main name"),
        _word("intr_info", "VM-exit interruption information"),
        _name("interrupt", "the exception or interrupt in words: #NM, NMI, interrupt 236"),
        _narrow("vector", "vector of the exception or interrupt"),
        _word("error_code", "error code of an exception, page fault or VM exit"),
        _word("rip", "instruction pointer; 0 in an exit of a TDX guest, whose registers are hidden"),
        _word("info1", "exit information 1: the exit qualification on Intel"),
        _word("info2", "exit information 2"),
        _narrow("level", "page level of a page-table entry: 1 = 4 KiB, 2 = 2 MiB, 3 = 1 GiB"),
        _word("old", "page-table entry before the change"),
        _word("new", "page-table entry after the change"),
        _narrow("target_pid", "task that is switched to, woken, moved or signalled"),
        _narrow("target_cpu", "processor that the task is woken on or moved to"),
        _real("duration", "time that the event tells: halt, poll, run or function time", "s"),
        _text("detail", "the payload as printed"),
    ),
)

OVERHEADS = Table(
    "overheads",
    "one row per overhead that a publication states",
    (
        _text("study", "short name of the study"),
        _count("year", "year of publication"),
        _text("comparison", "what is compared: tdx-vm, tdx-metal, vm-metal, pages, numa, tdx-tdx"),
        _text("workload", "what was run"),
        _text("amx", "yes, no or unknown"),
        _text("sockets", "number of sockets; empty where not stated"),
        _text("metric", "what was measured"),
        _text("better", "lower, higher or none"),
        _text("baseline_env", "environment that the overhead is relative to"),
        _text("treatment_env", "environment that pays the overhead"),
        _real("baseline_value", "value of the baseline, in `unit`; NaN where only a percentage is published"),
        _real("treatment_value", "value of the treatment, in `unit`"),
        _text("unit", "unit of the two values; % where only a percentage is published"),
        _real("overhead_percent", "above 0: the treatment is worse; throughput (1-t/b)*100, time (t/b-1)*100", "%"),
        _text("qualitative", "what the source says in words where it gives no number"),
        _text("hardware", "machine, as stated"),
        _text("source_title", "title of the source"),
        _text("source_url", "address of the source"),
        _text("quote_location", "page, figure or section"),
        _real("time_ratio", "treatment time over baseline time; a throughput loss L is 1/(1-L)"),
        SOURCE,
        LINE,
    ),
)

TABLES: dict[str, Table] = {
    table.name: table for table in (MEASUREMENTS, LINES, TRACES, FRAMES, REGISTERS, EVENTS, OVERHEADS)
}
