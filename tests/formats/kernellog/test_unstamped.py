"""What stands in front of a log without stamps: told where only a kernel speaks behind it, and nowhere else."""

import pytest

from amxperf.formats.kernellog.recorders import behind
from amxperf.formats.kernellog.unstamped import head_of

REPORT = [
    "CPU: 3 PID: 4242 Comm: CPU 0/KVM Not tainted 6.6.1 #1", "RIP: 0010:vcpu_run+0x10/0x20 [kvm]", "Call Trace:", " <TASK>",
    " kvm_vcpu_ioctl+0x7ba/0x950 [kvm]", " ? __fget_light+0x94/0x100", " </TASK>",
]  # fmt: skip


@pytest.mark.parametrize("front", ["(d1) ", "host/run_3> ", "a.log-17-", "# # ", "run| ", "7 W   :  ", "\u65e5 5\u6708: "])
def test_a_front_before_every_line(front):
    head = head_of([front + line for line in REPORT])
    assert [head.sub("", front + line, count=1).strip() for line in REPORT] == [line.strip() for line in REPORT]


def test_strings_are_undone():
    lines = [f'   "{line}\\n",' for line in [*REPORT, r"a \"name\""]]
    assert [behind(head_of(lines))(line) for line in lines] == [*REPORT, 'a "name"']


@pytest.mark.parametrize("lines", [REPORT, [f"Mar  2 07:15:09 host kernel: {line}" for line in REPORT]])
def test_nothing_before_the_known_forms(lines):
    assert head_of(lines) is None


@pytest.mark.parametrize("front", [" #0:  (&x->lock){+.+.}, at: ", "[c98dde50] [c0250024] ", " [vprintk+769/816] "])
def test_frames_alone_are_no_sign(front):
    assert head_of([f"{front}vprintk+0x301/0x330"] * 9) is None


def test_a_front_of_few_lines_or_of_many_shapes_is_none():
    assert head_of([*REPORT, *("x: " + line for line in REPORT[:3])]) is None
    assert head_of([f"{'.' * number}> {line}" for number, line in enumerate(REPORT)]) is None
    assert head_of([*("x: " + line for line in REPORT), *["no front at all"] * 9]) is None
