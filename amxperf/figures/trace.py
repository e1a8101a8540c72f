"""A captured call chain and a register dump, every line linked to its place in the capture."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ..architecture import ARCH_PRCTL, SYS_ARCH_PRCTL, XTILEDATA, names
from .rendering import Linker, Rendering, anchor, html_table, notice, text_table

if TYPE_CHECKING:
    import pandas as pd

    from ..dataset import Dataset


def _absent(dataset: Dataset, source: str, trace: int) -> Rendering:
    return notice(
        f"The dataset {dataset.name} holds no call trace {trace} in {source}. "
        "To see one here, put a kernel log with that trace in that place."
    )


def _rows(table: pd.DataFrame, source: str, trace: int) -> pd.DataFrame:
    return table[(table["source"] == source) & (table["trace"] == trace)]


def call_trace(dataset: Dataset, source: str, trace: int) -> Rendering:
    """Draw one call trace, innermost frame first.

    Frames marked `?` are set in grey: the unwinder found the address on the stack but does not vouch that it was called.

    Parameters
    ----------
    dataset : an open dataset.
    source : file of the dataset, such as ``vm/boot/host.dmesg``.
    trace : number of the trace in that file, from 1.
    """
    heads = _rows(dataset.traces, source, trace)
    if not len(heads):
        return _absent(dataset, source, trace)
    head, frames = heads.iloc[0], _rows(dataset.frames, source, trace)
    title = head["headline"] or "call trace"
    who = _who(head, dataset.timed)
    text = [f"{source}:{head['line']}  {title}", f"  {who}"] + [f"  {_frame_text(row)}" for _, row in frames.iterrows()]

    def html(link: Linker) -> str:
        items = []
        for _, row in frames.iterrows():
            kind = "" if row["reliable"] else ' class="amx-unreliable"'
            items.append(f"<li{kind}>{anchor(link, source, int(row['line']), _frame_html(row))}</li>")
        label = anchor(link, source, int(head["line"]), escape(f"{source}, line {head['line']}"))
        dim = int((~frames["reliable"]).sum()) if len(frames) else 0
        foot = f"{len(frames)} frames" + (f", {dim} of them marked ? (grey)" if dim else "")
        return (
            f'<figure class="amx-trace" role="group" aria-label="Call trace: {escape(title)}">'
            f"<figcaption><strong>{escape(title)}</strong><br>{escape(who)}<br><small>{label} · {foot}</small></figcaption>"
            f'<ol class="amx-frames">{"".join(items)}</ol></figure>'
        )

    return Rendering(html, "\n".join(text))


def _who(head: pd.Series, timed: bool) -> str:
    pid = "" if str(head["pid"]) == "<NA>" else f" (pid {head['pid']})"
    parts = [
        "" if str(head["cpu"]) == "<NA>" else f"CPU {head['cpu']}",
        f"task {head['comm']}{pid}" if head["comm"] else "",
        f"kernel {head['kernel']}" if head["kernel"] else "",
        f"{head['timestamp']:.6f} s" if timed and head["timestamp"] == head["timestamp"] else "",
    ]
    return ", ".join(part for part in parts if part)


def _place(row: pd.Series) -> str:
    if str(row["offset"]) == "<NA>":
        return ""
    return f"+0x{int(row['offset']):x}/0x{int(row['size']):x}"


def _frame_text(row: pd.Series) -> str:
    module = f" [{row['module']}]" if row["module"] else ""
    return f"{'' if row['reliable'] else '? '}{row['symbol']}{_place(row)}{module}"


def _frame_html(row: pd.Series) -> str:
    mark = "" if row["reliable"] else '<span class="amx-mark" title="not vouched for">? </span>'
    module = f' <span class="amx-module">{escape(row["module"])}</span>' if row["module"] else ""
    return f'{mark}<code>{escape(row["symbol"])}</code><span class="amx-offset">{escape(_place(row))}</span>{module}'


def register_dump(dataset: Dataset, source: str, trace: int) -> Rendering:
    """Show the registers of one trace, with what those mean that speak of AMX."""
    registers = _rows(dataset.registers, source, trace)
    if not len(registers):
        return _absent(dataset, source, trace)
    values = {row["name"]: row["value"] for _, row in registers.iterrows()}
    rows = [(row["name"], row["value"], meaning(row["name"], values), int(row["line"])) for _, row in registers.iterrows()]
    headers = ["register", "value", "meaning"]
    caption = f"Registers of call trace {trace} in {source}"

    def html(link: Linker) -> str:
        cells = [
            [anchor(link, source, line, f"<code>{escape(name)}</code>"), f"<code>{escape(value)}</code>", escape(means)]
            for name, value, means, line in rows
        ]
        return html_table(headers, cells, caption)

    return Rendering(html, caption + "\n" + text_table(headers, [[name, value, means] for name, value, means, _ in rows]))


def meaning(name: str, values: dict[str, str]) -> str:
    """What a register says about AMX in a dump at a system call or at an AMX instruction; '' where nothing.

    >>> meaning("RDI", {"ORIG_RAX": "000000000000009e", "RDI": "0000000000001025"})
    'first argument: ARCH_REQ_XCOMP_GUEST_PERM'
    """
    text = values.get(name, "")
    if name == "CODE":
        marked = text[text.find("<") :].replace("<", "").replace(">", "").split()
        return "at <..>: " + (_instruction(marked) or "not decoded")
    try:
        number = int(text, 16)
    except ValueError:
        return ""
    call = _integer(values.get("ORIG_RAX", "")) == SYS_ARCH_PRCTL
    if name == "ORIG_RAX" and call:
        return f"system call {SYS_ARCH_PRCTL}: arch_prctl"
    if name == "RDI" and call and number in ARCH_PRCTL:
        return f"first argument: {ARCH_PRCTL[number]}"
    if name == "RSI" and call and number == XTILEDATA:
        return f"second argument: component {XTILEDATA}, XTILEDATA"
    if number in (0x40000, 0x60000, 0x602E7, 0x600E7):
        return "component bitmap: " + ", ".join(names(number))
    return ""


def _integer(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        return -1


def _instruction(code: list[str]) -> str:
    """The instruction at the marked byte, for the few that the argument needs.

    VEX.128 map 0F38, opcode 4B: TILELOADD with the prefix F2 (pp = 3), TILESTORED with F3 (SDM vol. 2).
    The instruction before a system call's return address is `0f 05`, so the marked byte there is simply the next one.
    """
    if len(code) >= 4 and code[0] == "c4" and code[3] == "4b":
        kind = {3: "TILELOADD", 2: "TILESTORED"}.get(int(code[2], 16) & 3)
        if kind:
            return f"{kind}, tmm{int(code[4], 16) >> 3 & 7}" if len(code) > 4 else kind
    if len(code) >= 2 and code[:2] == ["48", "3d"]:
        return "the instruction after syscall (compares the result)"
    return ""
