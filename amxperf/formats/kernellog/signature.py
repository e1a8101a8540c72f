"""Signatures of call traces: which traces are the same.

Two per trace: the *signature* is made of the plain names of the reliable frames without those that every report has
(:data:`GENERIC`), so that it stays the same over builds; the *exact* one is made of every frame as printed, with its offset.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
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
    import numpy as np
    import pandas as pd

    if not len(frames):
        return pd.DataFrame({name: pd.Series(dtype="str") for name in ("source", "trace", "functions", "signature", "exact")})
    found = calls(frames)
    frames, starts, owner, kept = found.frames, found.starts, found.owner, found.kept
    names, functions, reliable = found.names, found.functions, frames["reliable"].to_numpy(bool)
    columns = [_codes(frames[name])[0] for name in ("symbol", "module")]
    columns += [reliable, *(frames[name].astype("float64").fillna(-1).to_numpy("int64") for name in ("offset", "size"))]
    shown = [reliable, *(frames[name].astype(object).to_numpy() for name in ("symbol", "module")), *columns[3:]]
    plain = equal(functions[kept], owner[kept])
    exact = equal(_mixed(columns), owner)

    def called(rows: np.ndarray) -> str:
        return " < ".join(names[code] for code in functions[rows[kept[rows]]])

    def printed(rows: np.ndarray) -> str:
        return "\n".join(map(_line, *(values[rows] for values in shown)))

    ends = np.r_[starts[1:], len(frames)]
    texts, which = _texts(plain, starts, ends, called)
    lines, other = _texts(exact, starts, ends, printed)
    return pd.DataFrame(
        {
            "source": frames["source"].astype(object).to_numpy()[starts],
            "trace": found.traces[starts],
            "functions": np.array(texts, dtype=object)[which],
            "signature": np.array([_hash(text) for text in texts], dtype=object)[which],
            "exact": np.array([_hash(text) for text in lines], dtype=object)[other],
        }
    )


@dataclass
class Calls:
    """The frames of a table, those of a trace together and in order.

    starts: the first row of each trace; owner, traces: the number of the trace of each row, from 0, and as the table has it;
    functions: the number of each name in `names`; kept: which rows make the signature.
    """

    frames: pd.DataFrame
    traces: np.ndarray
    starts: np.ndarray
    owner: np.ndarray
    functions: np.ndarray
    names: list[str]
    kept: np.ndarray


def calls(frames: pd.DataFrame) -> Calls:
    """What signatures are made of, for a table that is not empty: source, trace, function and reliable are looked at."""
    import numpy as np

    sources, traces = _codes(frames["source"])[0], frames["trace"].to_numpy("int64")
    if (traces[1:] < traces[:-1]).any() or sources.any():
        order = np.lexsort((np.arange(len(frames)), traces, sources))
        frames, sources, traces = frames.iloc[order], sources[order], traces[order]
    starts = np.flatnonzero(np.r_[True, (np.diff(traces) != 0) | (np.diff(sources) != 0)])
    functions, names = _codes(frames["function"])
    generic = np.array([_generic(name) for name in names])[functions]
    reliable = frames["reliable"].to_numpy(bool)
    rank = 2 - reliable.astype("int8") - (reliable & ~generic)
    owner = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, len(frames)]))
    return Calls(frames, traces, starts, owner, functions, names, rank == np.minimum.reduceat(rank, starts)[owner])


@lru_cache(1 << 16)
def _generic(name: str) -> bool:
    return GENERIC.fullmatch(name) is not None


def _codes(words: pd.Series) -> tuple[np.ndarray, list[str]]:
    """Number of each word, and the words."""
    import pandas as pd

    data = words.astype("category")
    return data.cat.codes.to_numpy("int64"), pd.Index(data.cat.categories).astype(object).tolist()


def _mixed(columns: list[np.ndarray]) -> np.ndarray:
    """One number of 64 bits per row; equal rows have equal ones."""
    import numpy as np

    number = np.zeros(len(columns[0]), dtype="uint64")
    for column in columns:
        number = (number ^ column.astype("int64").view("uint64")) * np.uint64(0x9E3779B97F4A7C15)
        number ^= number >> np.uint64(29)
    return number


def equal(numbers: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """One number of 64 bits per owner (whose rows stand together): a polynomial of its rows' numbers, in their order."""
    import numpy as np

    starts = np.flatnonzero(np.r_[True, np.diff(owner) != 0])
    place = np.arange(len(owner)) - np.repeat(starts, np.diff(np.r_[starts, len(owner)]))
    powers = np.full(int(place.max()) + 1, 0xD6E8FEB86659FD93, dtype="uint64")
    powers = np.multiply.accumulate(powers)
    return np.add.reduceat((_mixed([numbers.view("int64")]) + np.uint64(1)) * powers[place], starts)


def _texts(
    keys: np.ndarray, starts: np.ndarray, ends: np.ndarray, text: Callable[[np.ndarray], str]
) -> tuple[list[str], np.ndarray]:
    """The text of one trace of each key, and the place of every trace's text in that list."""
    import numpy as np

    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    return [text(np.arange(starts[trace], ends[trace])) for trace in first], which


def _line(reliable: bool, symbol: str, module: str, offset: int, size: int) -> str:
    return f"{'' if reliable else '? '}{symbol}+{offset}/{size} {module}"


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()
