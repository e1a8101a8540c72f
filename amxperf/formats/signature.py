"""Signatures of call traces: which traces are the same.

Two per trace: the *signature* is made of the plain names of the reliable frames without those that every report has
(:data:`GENERIC`), so that it stays the same over builds; the *exact* one is made of every frame as printed, with its offset.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

GENERIC = re.compile(
    r"(?:__)?dump_stack(?:_lvl)?|show_stack|show_trace\w*|unwind_backtrace|dump_backtrace\w*|print_(?:address_description|report)\w*"
    r"|(?:__)?kasan_\w+|__asan_\w+|__msan_\w+|__kasan_\w+|check_(?:memory_region|region_inline)\w*|kasan_check_range"
    r"|(?:__)?warn(?:_slowpath\w*|_printk)?|__warn|report_bug|handle_bug|fixup_bug|panic|die|oops_end|no_context|page_fault_oops"
    r"|(?:exc|asm_exc|do)_(?:invalid_op|page_fault|general_protection|divide_error|int3|nmi)|do_(?:trap|error_trap|user_addr_fault)"
    r"|invalid_op|page_fault|general_protection|bad_area\w*|__bad_area\w*|kernelmode_fixup_or_oops|die_addr|nmi|asm_sysvec_\w+"
    r"|sysvec_\w+|nmi_(?:cpu_backtrace|trigger_cpumask_backtrace|handle|panic)\w*|arch_trigger_cpumask_backtrace"
    r"|entry_SYSCALL\w*|do_syscall_\w+|x64_sys_call|system_call_fastpath|ret_from_fork\w*|kthread|worker_thread|process_one_work"
    r"|el0\w*|invoke_syscall\w*|do_el0_svc\w*|ret_fast_syscall|secondary_startup\w*|common_startup_64|start_secondary"
)
"""Functions that say how a trace was printed or entered, not what it is of."""


def signatures(frames: pd.DataFrame) -> pd.DataFrame:
    """One row per trace of a frames table: source, trace, functions, signature, exact.

    `functions` is text: the plain names, innermost first, behind one another with `` < ``. `signature` and `exact` are its
    hash, and that of all frames, in 16 hexadecimal digits. Where no frame is left, all reliable ones count, then all.

    >>> from amxperf.formats import dmesg
    >>> from amxperf.document import Document
    >>> text = b"Call Trace:\\n dump_stack+0x1/0x2\\n kvm_x.isra.0+0x3/0x4 [kvm]\\n ? y+0x1/0x2\\n kvm_z+0x1/0x9 [kvm]\\n"
    >>> signatures(dmesg.read(Document("a", text, ""), {})[0]["frames"])[["trace", "functions"]].values.tolist()
    [[1, 'kvm_x < kvm_z']]
    """
    import pandas as pd

    table = pd.DataFrame({name: frames[name] for name in ("source", "trace", "reliable")})
    for name in ("source", "symbol", "function", "module"):
        table[name] = frames[name].astype(object)
    names = pd.Series(table["function"].unique(), dtype=object)
    generic = set(names[[GENERIC.fullmatch(name) is not None for name in names]])
    rank = 2 - table["reliable"].astype(int) - (table["reliable"] & ~table["function"].isin(generic)).astype(int)
    keys = [table["source"], table["trace"]]
    kept = rank == rank.groupby(keys, sort=False).transform("min")
    plain = table["function"][kept].groupby([key[kept] for key in keys], sort=False).agg(" < ".join)
    offset, size = (frames[name].astype("float64").fillna(-1).astype("int64").astype(str) for name in ("offset", "size"))
    mark = table["reliable"].map({True: "", False: "? "})
    printed = mark + table["symbol"] + "+" + offset.astype(object) + "/" + size.astype(object) + " " + table["module"]
    exact = printed.groupby(keys, sort=False).agg("\n".join)
    data = plain.rename("functions").reset_index()
    data["signature"] = data["functions"].map(_hash)
    data["exact"] = exact.reindex(plain.index).map(_hash).to_numpy()
    return data


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()
