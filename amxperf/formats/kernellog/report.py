"""The lines of a kernel report around its call traces: what names the fault, what is detail, what opens a further stack.

A report is what the kernel prints of one fault: a BUG, a WARNING, a hung task, a KASAN, lockdep or kmemleak finding.
:mod:`.calltrace` asks these functions about lines that are neither header nor frame.
"""

from __future__ import annotations

import re
from typing import Any

from .kernel_events import VMCS

_FAULT = re.compile(
    r"INFO: (?!(?:Allocated|Freed) in |(?:Slab|Object) 0x)|"
    r"(?:BUG|WARNING|UBSAN|Oops|watchdog: BUG|rcu: INFO|NMI watchdog|Kernel panic - not syncing|unchecked MSR access error"
    r"|Internal error|double fault|int3|divide error|invalid opcode|stack segment|alignment check|PANIC|Unhandled fault): |"
    r"kernel BUG at |BUG [\w-]{1,64}(?: \(.{1,80}?\))?: |NMI backtrace for cpu \d{1,6}$|unreferenced object 0x|"
    r"FAULT_INJECTION: forcing a failure|Unable to handle kernel |"
    r"=== WARNING|\[ (?:BUG|INFO): |Oops\[#\d|(?:general protection fault|divide error|invalid opcode|stack segment)\b|"
    r".{1,64} invoked oom-killer: |.{1,64}: page allocation (?:failure|stalls)\b|irq \d{1,10}: nobody cared"
)
_ESCAPED = re.compile(r"(?:#01[125]\s{0,60}+)++(?!:)")
_CUT = re.compile(r"-{4,}\[ cut here \]-{4,}")
_END = re.compile(r"---\[ end ")
_AFTER = re.compile(
    r"Modules linked in:|Kernel Offset: |Rebooting in |Dumping ftrace buffer:|Instruction dump:|The buggy address|Object at f"
    r"|Memory state around|kfence-#|irq event stamp|page dumped because|flags: 0x|Reported by Kernel Concurrency|value changed: "
    rf"|{VMCS}"
)
_DETAIL = re.compile(
    r"Hardware name: |Tainted: \[|Workqueue: |Sched_ext: |Stopper: |Call site: |"
    r"(?:hardirqs last |softirqs last |preempt_count|Preemption disabled at|\d{1,3} locks? held by|no locks held by"
    r"|Showing (?:all locks|busy workqueues)|Sending NMI from CPU|NMI backtrace for cpu \d{1,6} skipped"
    r"|in_atomic\(\): |Read of size|Write of size|which belongs to|raw: "
    r"|page:|head:|PID = \d|workqueue \S{1,64}: flags="
    r"|pwq \d|pending: |in-flight: |inactive: |pool \d{1,6}:|R:\d T:\d|\^$|PACATMSCRATCH \[|[#>]?[0-9a-f]{16}: [0-9a-f]{4,12}\s"
    r"|#PF: |IP: \[<|last sysfs file: |Bytes \d|Memory access of size |comm \"|ret_ip|task: |Stack:"
    r"|KASAN: |Disabling lock debugging|Kernel panic - not syncing|pgd = |PGD |Thread overran stack|Not tainted"
    r"|\"echo 0 > /proc/sys"
    r"|Internal error|\(detected by |\(t=\d|rcu: \t|Mem-Info:|hex dump \(first)|"
    r"cpu=\d{1,6} pid=\d{1,10}$|"
    r"[#=~*-]{16,}$|\.\.\.$|\[\.\.\.\]$|\(stack is not available\)|=+$|Exception stack\(0x|Segment Routing|SMP |Rebooting in "
)
_SHORT = re.compile(r".{0,400} at(?: \S{1,300}:\d{1,10})?$")
_WORDS = re.compile(  # the first is what a mailer breaks off a line of registers
    r"(?:: ?)?[0-9a-f]{11,18}|"
    r"[>#]?(?:<[0-9a-f]{2}>\s{0,60}+|[0-9a-f]{2,16}:? ?:?\s{0,60}+|\^\s*+|[x.?]{2,16}\s++){2,}+(?:[!-~]{1,17})?"
)
_PLACE = re.compile(
    r"(?:hard|soft)irqs last .{1,60}: \[<[0-9a-f]{4,16}>\]$"
    r"|(?:Last Breaking-Event-Address|Preemption disabled at):$|.{0,400}\}, at:$"
    r"|The buggy address belongs to the variable:$|and is located at offset \d{1,9} in frame:$"
    r"|\[[0-9a-f]{8,16}, [0-9a-f]{8,16}\) created by:$"
)
_STACK = re.compile(
    r"(?:kfence-#\d{1,9} \[.{1,99}\] )?(?:Allocated|Freed|Uninit was (?:stored to memory|created)|allocated|freed)\b.{0,100}:$|"
    r"(?:Last potentially related|Second to last potentially related|Last call_rcu|Second to last call_rcu)\b.{0,60}:$|"
    r"[Bb]acktrace(?: \(crc [0-9a-f]{1,16}\))?:$|[Ss]tack [Tt]race:$|Stack (?:information|dump)\b.{1,80}:$|Backtrace for .{0,60}:$|"
    r"(?:Out-of-bounds|Use-after-free|(?:Memory|memory) corruption|Corrupted memory|Invalid (?:read|write|free))\b.{0,160}:$|"
    r"(?:(?:read-write|read|write|assert no (?:accesses|writes))(?: \([a-z, ]{1,40}\))? to |race at unknown origin)"
    r".{0,160} on cpu \d{1,6}:$|"
    r"->? ?#\d{1,4} \(.{1,200}:.{0,20}$|.{0,160}\bat:$|.{0,160} users? at$|.{0,100}\binserted at$|.{0,100}stack trace:$|"
    r"(?:INFO: )?(?:Allocated|Freed) in .{1,100} (?:pid|age)=\d{1,10}$|page last (?:allocated|free)\b.{0,300}$"
)
_OWNERS = (
    re.compile(r"by task (?P<pid>\d{1,10})(?: on cpu (?P<cpu>\d{1,6}))?"),
    re.compile(r"by interrupt on cpu (?P<cpu>\d{1,6})"),
    re.compile(r"by thread (?P<pid>\d{1,10}) on CPU (?P<cpu>\d{1,6}):$"),  # KTSAN
    re.compile(r"cpu=(?P<cpu>\d{1,6}) pid=(?P<pid>\d{1,10})"),
    re.compile(r"Task dump for CPU (?P<cpu>\d{1,6}):$"),
    re.compile(r"pid (?P<pid>\d{1,10}),? tgid \d{1,10}(?: \((?P<comm>.{1,64})\),)?"),
)
_NAMED = (
    re.compile(r'comm "(?P<comm>.{0,64})", pid (?P<pid>\d{1,10})'),  # kmemleak
    re.compile(r"cpu=(?P<cpu>\d{1,6}) pid=(?P<pid>\d{1,10})$"),  # SLUB, broken off by a mailer
    re.compile(r"PID = (?P<pid>\d{1,10})$"),  # KASAN of Linux 4.4 to 4.10
    re.compile(r"(?:Read|Write|Free) (?:of|at) .{1,80}by task (?P<comm>.{1,64})/(?P<pid>\d{1,10})$"),  # KASAN
)
_TASKS = (
    re.compile(r"WARNING: .{1,400} at .{1,200}, CPU#(?P<cpu>\d{1,6}): (?P<comm>.{1,64})/(?P<pid>\d{1,10})$"),  # since Linux 6.19
    re.compile(r"WARNING: CPU: (?P<cpu>\d{1,6}) PID: (?P<pid>\d{1,10}) at "),
    re.compile(r".{0,40}BUG: soft lockup - CPU#(?P<cpu>\d{1,6}) stuck for \d{1,9}s!(?: \[(?P<comm>.{1,64}):(?P<pid>\d{1,10})\])?"),
    re.compile(r"INFO: task (?P<comm>.{1,64}):(?P<pid>\d{1,10}) blocked "),
    re.compile(r"NMI backtrace for cpu (?P<cpu>\d{1,6})$"),
    re.compile(r"sysrq: CPU(?P<cpu>\d{1,6}):$"),
)


def said(text: str) -> str:
    """The text without the line end in front that a syslog daemon wrote as an octal number.

    >>> said("#012-> #1 (&lock){+.+.}-{3:3}:"), said("#0: (fs_reclaim){+.+.}-{0:0}, at: f+0x1/0x2")
    ('-> #1 (&lock){+.+.}-{3:3}:', '#0: (fs_reclaim){+.+.}-{0:0}, at: f+0x1/0x2')
    """
    return _ESCAPED.sub("", text, count=1) if text.startswith("#01") and _ESCAPED.match(text) else text


def names_fault(text: str) -> bool:
    """Whether the line says what went wrong, so that it is the headline of the trace below.

    >>> names_fault("BUG: kernel NULL pointer dereference, address: 0000000000000008"), names_fault("usb 1-1: new device")
    (True, False)
    """
    return _FAULT.match(said(text)) is not None


def is_short(text: str) -> bool:
    """Whether a line that names a fault ends with its place, so that the next may hold the function that a mailer broke off.

    >>> is_short("WARNING: CPU: 1 PID: 7 at mm/gup.c:144"), is_short("WARNING: CPU: 1 PID: 7 at mm/gup.c:144 f+0x1/0x2")
    (True, False)
    """
    return _SHORT.match(text) is not None


def part(text: str) -> str:
    """What a line of a report is: cut (it begins), end, after (it goes on behind the trace), place, stack, detail or ''.

    Behind a `place` stands one address that is no trace; behind a `stack` stand the frames of one.

    >>> part("---[ end trace 0000000000000000 ]---"), part("Hardware name: QEMU"), part("Freed by task 7:"), part("usb 1-1: x")
    ('end', 'detail', 'stack', '')
    """
    text = said(text)
    if _END.match(text):
        return "end"
    if _CUT.match(text):
        return "cut"
    if _PLACE.fullmatch(text):
        return "place"
    if _AFTER.match(text) and not text.endswith(":"):  # KFENCE of Linux 5.12 says of its object by whom it was allocated
        return "after"
    if _STACK.match(text):
        return "stack"
    if _DETAIL.match(text) or _WORDS.fullmatch(text):
        return "detail"
    return ""


def comes_behind(text: str) -> bool:
    """Whether the header in the next line has no trace of its own: KCSAN prints it behind its stacks.

    >>> comes_behind("Reported by Kernel Concurrency Sanitizer on:")
    True
    """
    return text.startswith("Reported by Kernel Concurrency")


def accuses(text: str) -> bool:
    """Whether the stack below is of the access at fault, as KFENCE prints it: its task stands in the header behind it.

    >>> accuses("Use-after-free read at 0x00000000f2a1b3c4 (in kfence-#12):"), accuses("freed by task 7 on cpu 1 at 2.5s:")
    (True, False)
    """
    return text.startswith(("Out-of-bounds ", "Use-after-free ", "Memory corruption ", "Corrupted memory ", "Invalid "))


def owner(text: str) -> dict[str, Any]:
    """The pid, processor and name that the line above a further stack, or above a header without a processor, names.

    >>> owner("write to 0xffff888102a2c3a8 of 8 bytes by task 123 on cpu 1:")
    {'pid': 123, 'cpu': 1}
    """
    return _first(_OWNERS, text, search=True) or _first(_TASKS, text)


def named(text: str) -> dict[str, Any]:
    """The task of the next stack: kmemleak's ``comm "modprobe", pid 456``, older KASAN's ``PID = 7``; empty for other text."""
    return _first(_NAMED, text)


def task(text: str) -> dict[str, Any]:
    """The processor and task that a headline names itself, for a trace whose header is missing.

    >>> task("WARNING: arch/x86/kvm/x86.c:9 at f+0x1/0x2 [kvm], CPU#3: CPU 0/KVM/4371")
    {'cpu': 3, 'comm': 'CPU 0/KVM', 'pid': 4371}
    """
    return _first(_TASKS, text)


def _first(patterns: tuple[re.Pattern[str], ...], text: str, search: bool = False) -> dict[str, Any]:
    for pattern in patterns:
        if found := (pattern.search if search else pattern.match)(text):
            return {name: value if name == "comm" else int(value) for name, value in found.groupdict().items() if value}
    return {}
