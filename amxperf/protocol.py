"""How AMX becomes usable in a guest, step by step, and which steps a capture shows.

The steps follow Linux 6.16.1 (arch/x86/kernel/fpu/xstate.c, core.c, arch/x86/kvm/vmx/vmx.c) and the TDX module 1.5.01.
A step that a TDX guest takes without the host is not expected in the host's log of one.
A host step is seen in the messages of an instrumented kernel or in the tracepoints of a stock one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import MissingInput

if TYPE_CHECKING:
    import pandas as pd

    from .dataset import Dataset

XFD, XFD_ERR, TILEDATA = 0x1C4, 0x1C5, 1 << 18
NM, FAULT_BITS = 0x8000_0007, 0x8000_00FF
"""Interruption information of an exit for #NM: valid (bit 31), vector 7 (bits 7 to 0)."""


def _is_nm(events: pd.DataFrame) -> pd.Series:
    known = events["intr_info"].fillna(0).astype("uint64")
    return (events["reason"] == "EXCEPTION_NMI") & ((known & FAULT_BITS) == NM)


STOCK: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "kvm_msr": lambda events: events["reason"] == "write",  # by the guest; without "#GP": KVM took it
    "kvm_exit": _is_nm,
    "kvm_inj_exception": lambda events: events["reason"].str.contains(r"#NM\b", regex=True),
}
"""Tracepoint of a stock KVM -> which of its events can show a step."""


@dataclass(frozen=True)
class Step:
    """One step.

    It is seen where an event of `kinds` (with `msr` and `value`, if given) or a frame of `function` is;
    :data:`STOCK` says which events of a stock kernel's tracepoints count;
    with `room` also where an x86_fpu event shows a buffer with room for tile data (xcomp_bv bit 18).
    One event can mean two steps: QEMU's reset and a guest's own write look alike in the host's log. So an event counts only below
    the first event of the step `after` in the same file, and only above that of the step `before`, if these are given.
    """

    name: str
    side: str
    actor: str
    what: str
    kinds: tuple[str, ...] = ()
    msr: int | None = None
    value: int | None = None
    function: str = ""
    room: bool = False
    tdx: bool = True
    after: str = ""
    before: str = ""

    def events(self, events: pd.DataFrame) -> pd.DataFrame:
        """The rows that show this step."""
        found = events[events["kind"].isin(self.kinds) & (events["side"] == self.side)]
        for kind in STOCK.keys() & set(self.kinds):
            found = found[(found["kind"] != kind) | STOCK[kind](found)]
        if self.msr is not None:
            found = found[found["msr"].eq(self.msr).fillna(False)]
        if self.value is not None:
            found = found[found["value"].eq(self.value).fillna(False)]
        if self.room:
            roomy = (events["xcomp_bv"].fillna(0).to_numpy("uint64") & TILEDATA) != 0
            found = events[events.index.isin(found.index) | (roomy & (events["side"] == self.side))]
        return found


STEPS = (
    Step(
        "guest permission", "host", "QEMU", "asks for ARCH_REQ_XCOMP_GUEST_PERM before the first virtual processor",
        ("guest_perm_request",), function="fpu_xstate_prctl",
    ),
    Step(
        "host buffer", "host", "QEMU", "KVM_SET_CPUID2: the virtual processor's fpstate is enlarged",
        ("fpstate_realloc",), function="fpstate_realloc",
    ),
    Step(
        "XFD_ERR reads", "host", "KVM", "stops intercepting reads of IA32_XFD_ERR",
        function="vmx_vcpu_after_set_cpuid", tdx=False,
    ),
    Step("reset XFD", "host", "QEMU", "KVM_SET_MSRS: IA32_XFD = 0", ("kvm_set_msr",), XFD, 0, tdx=False),
    Step(
        "reset XFD_ERR", "host", "QEMU", "KVM_SET_MSRS: IA32_XFD_ERR = 0",
        ("kvm_set_msr",), XFD_ERR, 0, tdx=False, before="#NM exit",
    ),
    Step(
        "arm XFD", "guest", "guest kernel", "boot: writes IA32_XFD, so that tile data fault",
        ("write_xfd",), XFD, TILEDATA,
    ),
    Step(
        "emulate the write", "host", "KVM", "first non-zero write of IA32_XFD exits; afterwards #NM is intercepted",
        ("kvm_set_msr", "kvm_msr"), XFD, TILEDATA, tdx=False,
    ),
    Step(
        "task permission", "guest", "application", "asks for ARCH_REQ_XCOMP_PERM",
        ("perm_request", "sys_arch_prctl"), function="fpu_xstate_prctl",
    ),
    Step(
        "#NM exit", "host", "KVM", "the first tile-data instruction exits; KVM reads IA32_XFD_ERR",
        ("nm_exit_read_xfd_err", "kvm_exit"), tdx=False,
    ),
    Step(
        "#NM injection", "host", "KVM", "queues #NM for the next entry",
        ("nm_queued", "kvm_inj_exception"), function="handle_exception_nmi", tdx=False,
    ),
    Step(
        "#NM handler", "guest", "guest kernel", "takes #NM and reads IA32_XFD_ERR",
        ("handle_xfd_event", "read_msr"), function="exc_device_not_available",
    ),
    Step("clear XFD_ERR", "guest", "guest kernel", "writes IA32_XFD_ERR = 0", ("write_msr",), XFD_ERR, 0),
    Step(
        "emulate the clear", "host", "KVM", "the guest's write of IA32_XFD_ERR = 0 exits: only reads are passed through",
        ("kvm_set_msr", "kvm_msr"), XFD_ERR, 0, tdx=False, after="#NM exit",
    ),
    Step(
        "task buffer", "guest", "guest kernel", "allocates the thread's larger fpstate",
        ("fpstate_realloc",), function="fpstate_realloc", room=True,
    ),
    Step("disarm XFD", "guest", "guest kernel", "writes IA32_XFD = 0 for this thread", ("write_msr",), XFD, 0),
)  # fmt: skip
"""The sequence, in the order in which it happens."""


def enabling(dataset: Dataset, environment: str = "") -> pd.DataFrame:
    """Which steps the captures of one environment show.

    Returns
    -------
    One row per step: step, side, actor, what, expected (False for a host step that a TDX guest does not cause), seen, source, line,
    timestamp (s, of the first sight; NaN where unseen or unstamped), order (``ok``, or ``early`` where the step's stamp lies before
    that of an earlier step of the same file).

    Raises MissingInput where the dataset has no such environment.
    """
    import pandas as pd

    sources = {run.source for run in dataset.files if not environment or run.environment == environment}
    if not sources:
        there = sorted({run.environment for run in dataset.files} - {""})
        raise MissingInput(
            f"no environment is called {environment!r} in {dataset.name}",
            hint=f"there are {', '.join(there)}" if there else "its files lie in no environment's folder",
        )
    tdx = environment == "tdx"
    rows, latest = [], {}
    for step in STEPS:
        sight = _sight(dataset, step, sources)
        source, line, stamp = sight if sight else ("", 0, float("nan"))
        order = "" if not sight else "early" if stamp < latest.get(source, stamp) else "ok"
        if sight and stamp == stamp and not step.room:  # the larger buffer shows only when it is next saved
            latest[source] = max(stamp, latest.get(source, stamp))
        rows.append(
            {
                "step": step.name,
                "side": step.side,
                "actor": step.actor,
                "what": step.what,
                "expected": step.tdx or not tdx,
                "seen": bool(sight),
                "source": source,
                "line": line,
                "timestamp": stamp,
                "order": order,
            }
        )
    return pd.DataFrame(rows)


def _sight(dataset: Dataset, step: Step, sources: set[str]) -> tuple[str, int, float] | None:
    """Source, line and stamp of the first event or frame that shows a step."""
    events = step.events(dataset.events)
    events = events[events["source"].isin(sources)]
    if step.after:
        events = events.loc[_below(dataset, events, step.after)]
    if step.before:
        events = events.loc[[not below for below in _below(dataset, events, step.before)]]
    if step.name == "task permission":
        events = events[(events["kind"] == "perm_request") | events["value"].eq(0x1023).fillna(False)]
    if step.name == "#NM handler":
        events = events[(events["kind"] == "handle_xfd_event") | events["msr"].eq(XFD_ERR).fillna(False)]
    if len(events):
        first = events.iloc[0]
        return str(first["source"]), int(first["line"]), float(first["timestamp"])
    if not step.function:
        return None
    frames = dataset.frames
    frames = frames[(frames["function"] == step.function) & frames["source"].isin(sources) & frames["reliable"]]
    for _, row in frames.iterrows():
        if dataset.side(row["source"]) == step.side:
            traces = dataset.traces
            head = traces[(traces["source"] == row["source"]) & (traces["trace"] == row["trace"])].iloc[0]
            return str(row["source"]), int(row["line"]), float(head["timestamp"])
    return None


def _below(dataset: Dataset, events: pd.DataFrame, name: str) -> list[bool]:
    """Which events stand below the first event of the step `name` in their own file; none where the file has no such event."""
    step = next(step for step in STEPS if step.name == name)
    first = step.events(dataset.events).groupby("source")["line"].min().to_dict()
    pairs = zip(events["source"], events["line"], strict=True)
    return [source in first and line > first[source] for source, line in pairs]
