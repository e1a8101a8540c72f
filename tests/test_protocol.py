"""Which steps of enabling AMX a capture shows. Lines were found with grep -n; they are what a reader of the log sees."""

import pytest

from amxperf import open_dataset
from amxperf.errors import MissingInput
from amxperf.protocol import STEPS, enabling

PERMISSION, BUFFER = "guest_perm_request", "fpstate_realloc"


def line_of(dataset, source, text):
    """Number of the first line that holds a text, as grep -n counts."""
    lines = (dataset.root / source).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def steps(dataset, environment):
    return enabling(dataset, environment).set_index("step")


def test_plain_guest(data):
    notes = data("notes-2024")
    found = steps(notes, "vm")
    assert list(found.index) == [step.name for step in STEPS]
    assert found["expected"].all()
    # the guest's log of the notes stops at boot, so its later steps are not captured
    # and its host's log of the first use ends before KVM is asked to emulate the guest's write to XFD_ERR
    unseen = ["task permission", "#NM handler", "clear XFD_ERR", "emulate the clear", "task buffer", "disarm XFD"]
    assert list(found.index[~found["seen"]]) == unseen
    assert found.loc["arm XFD", ["source", "line", "timestamp"]].tolist() == ["vm/boot/guest.dmesg", 1, 0.637404]
    nm = found.loc["#NM injection"]
    assert nm["line"] == line_of(notes, "vm/first-use/host.dmesg", "queue #nm") and nm["timestamp"] == 37606.468613
    assert set(found.loc[found["seen"], "order"]) == {"ok"}


def test_tdx_guest(data):
    """Steps that the host takes for a plain guest are not expected: IA32_XFD belongs to the TD."""
    notes = data("notes-2024")
    found = steps(notes, "tdx")
    absent = ["XFD_ERR reads", "reset XFD", "reset XFD_ERR", "emulate the write", "#NM exit", "#NM injection", "emulate the clear"]
    assert list(found.index[~found["expected"]]) == absent
    assert not found.loc[absent, "seen"].any()
    source = "tdx/first-use/guest.dmesg"
    assert found.loc["#NM handler", "line"] == line_of(notes, source, "handle_xfd_event on CPU0")
    assert found.loc["task buffer", "line"] == line_of(notes, source, "fpstate_realloc (2292 amx-test-ok)")


RESET = "[    1.000000] kvm_set_msr_common set MSR_XFD_ERR to 0x0 on vcpu1 cpu1\n"
FAULT = "[    2.000000] vmx_handle_nm_fault_irqoff read XFD_ERR as 0x40000\n"
CLEAR = "[    3.000000] kvm_set_msr_common set MSR_XFD_ERR to 0x0 on vcpu1 cpu1\n"


@pytest.mark.parametrize(
    ("log", "reset", "clear"),
    [(RESET, 1, 0), (RESET + FAULT, 1, 0), (RESET + FAULT + CLEAR, 1, 3), (FAULT + CLEAR, 0, 2), (RESET + CLEAR, 1, 0)],
    ids=["reset only", "no clear", "both", "clear only", "two resets"],
)
def test_reset_and_clear_look_alike(make, log, reset, clear):
    """The same message stands for QEMU's reset of XFD_ERR and, below an exit for #NM, for the guest's write. 0: not seen."""
    rule = "[[files]]\nmatch = '*.dmesg'\nside = 'host'\n"
    found = steps(open_dataset(make({"vm/1/a.dmesg": log}, rule)), "vm")
    assert found.loc[["reset XFD_ERR", "emulate the clear"], "line"].tolist() == [reset, clear]


def test_the_clear_counts_in_the_file_of_its_fault_only(make):
    rule = "[[files]]\nmatch = '*.dmesg'\nside = 'host'\n"
    found = steps(open_dataset(make({"vm/1/a.dmesg": FAULT, "vm/1/b.dmesg": "\n\n\n" + RESET}, rule)), "vm")
    assert found.loc["reset XFD_ERR", "source"] == "vm/1/b.dmesg" and not found.loc["emulate the clear", "seen"]


def test_tracepoints(data):
    found = steps(data("vm-ftrace"), "vm")
    seen = found[found["seen"]]
    assert set(seen["side"]) == {"guest"}
    assert list(seen.index) == ["task permission", "#NM handler", "clear XFD_ERR", "task buffer", "disarm XFD"]
    text = (data("vm-ftrace").root / seen.loc["#NM handler", "source"]).read_text().splitlines()
    assert "read_msr: 1c5, value 40000" in text[seen.loc["#NM handler", "line"] - 1]
    assert "write_msr: 1c5, value 0" in text[seen.loc["clear XFD_ERR", "line"] - 1]
    assert "write_msr: 1c4, value 0" in text[seen.loc["disarm XFD", "line"] - 1]


EXIT = "kvm_exit: vcpu 1 reason EXCEPTION_NMI rip 0x401234 info1 0x0 info2 0x0 intr_info 0x{:x} error_code 0x0"
STOCK = [  # what trace-cmd records on a host without the instrumentation of the notes
    "kvm_msr: msr_write 1c5 = 0x0",  # before the #NM exit: not its clear
    "kvm_msr: msr_read 1c4 = 0x40000",
    "kvm_msr: msr_write 1c4 = 0x40000 (#GP)",
    "kvm_msr: msr_write 1c4 = 0x40000",  # line 4
    EXIT.format(0x80000306),  # #UD
    EXIT.format(0x307),  # not valid
    "kvm_exit: vcpu 1 reason EXTERNAL_INTERRUPT rip 0x401234 info1 0x0 info2 0x0 intr_info 0x80000007 error_code 0x0",
    EXIT.format(0x80000307),  # line 8: #NM
    "read_msr: 1c5, value 40000",
    "kvm_inj_exception: #GP (0x0)",
    "kvm_inj_exception: #NM",  # line 11
    "kvm_msr: msr_write 1c5 = 0x40000",
    "kvm_msr: msr_write 1c5 = 0x0",  # line 13
]


@pytest.mark.parametrize("side", ["host", "guest"])
def test_stock_tracepoints_of_a_host(make, side):
    """The lines are those marked above; the same file as a guest's shows no step of the host."""
    text = "".join(f"  CPU 1/KVM-4374  [002] d..1.  12.{k:06}: {event}\n" for k, event in enumerate(STOCK))
    rule = f"[[files]]\nmatch = '*.trace'\nformat = 'ftrace'\nside = '{side}'\n"
    found = steps(open_dataset(make({"vm/1/host.trace": text}, rule)), "vm")
    host = found[(found["side"] == "host") & found["seen"]]
    wanted = {"emulate the write": 4, "#NM exit": 8, "#NM injection": 11, "emulate the clear": 13}
    assert host["line"].to_dict() == (wanted if side == "host" else {})
    assert set(host["order"]) <= {"ok"}


def test_out_of_order_is_said(make):
    log = "[    9.000000] write xfd to cpu0 with 0x40000\n[    8.500000] handle_xfd_event on CPU0\n"
    files = {"vm/1/a.dmesg": log}
    rule = "[[files]]\nmatch = '*.dmesg'\nside = 'guest'\n"
    found = steps(open_dataset(make(files, rule)), "vm")
    assert found.loc["arm XFD", "order"] == "ok" and found.loc["#NM handler", "order"] == "early"


def test_nothing_to_see(data):
    assert not enabling(data("vm-onednn"), "vm")["seen"].any()


def test_no_such_environment(data):
    with pytest.raises(MissingInput, match=r"no environment is called 'snp' in notes-2024; there are tdx, vm"):
        enabling(data("notes-2024"), "snp")
    with pytest.raises(MissingInput, match=r"its files lie in no environment's folder"):
        enabling(data("published"), "vm")
