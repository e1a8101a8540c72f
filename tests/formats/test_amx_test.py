"""amx-test logs: the three captures, the constant against a simulation of the program's loop, torn and mixed lines."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from amxperf.document import Document, load
from amxperf.errors import AmxperfError, FormatError, UsageError
from amxperf.formats import amx_test
from amxperf.formats.amx_test import printed_constant, read, sniff


def doc(text: str) -> Document:
    return Document("x.log", text.encode(), "")


def test_the_value_of_the_notes(pytestconfig):
    # awk '/Throughput/{print $3}' data/notes-2024/tdx/first-use/amx-test.log -> 744; 8192 // 11 = 744
    document = load(pytestconfig.rootpath / "data/notes-2024/tdx/first-use/amx-test.log")
    tables, notes = read(document, {})
    row = tables["measurements"].iloc[0]
    assert len(tables["measurements"]) == 1 and not notes
    assert (row["value"], row["unit"], row["benchmark"], row["metric"]) == (744.0, "B/s", "amx-test", "throughput")
    assert (row["thread"], row["line"], row["better"], row["source"]) == ("0", 2, "higher", document.source)
    assert (row["duration"], row["threads"], row["isa"]) == ("10", "1", "amx")
    assert not row["informative"]
    assert "744 is 1 x 8192 B // (10 + 1) s" in row["reason"]


@pytest.mark.parametrize("side", ["vm", "tdx"])
def test_a_refused_run_gives_no_value(pytestconfig, side):
    # grep -n Illegal data/notes-2024/*/no-permission/amx-test.log -> line 2 of both
    tables, notes = read(load(pytestconfig.rootpath / f"data/notes-2024/{side}/no-permission/amx-test.log"), {})
    assert tables["measurements"].empty
    assert [(note.code, note.line) for note in notes] == [("sigill", 2)]


def simulate(duration: int, size: int, start: float, passes: list[float]) -> int:
    """The program's loop on a simulated clock: time(NULL) is the clock in whole seconds. Passes repeat for ever."""
    chunks = size // 8192 or 1
    clock, k = start, 0
    begin = now = int(clock)
    while now < begin + 1 + duration:
        clock += passes[k % len(passes)]
        k += 1
        now = int(clock)
    return chunks * 8192 // (now - begin)


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 40),
    st.integers(0, (1 << 31) - 1),
    st.floats(0, 1e4),
    st.lists(st.floats(0.01, 0.99), min_size=1, max_size=20),
)
@example(10, 8192, 0.999, [0.99])
def test_the_constant_is_what_the_loop_prints(duration, size, start, passes):
    assert printed_constant(duration, size) == simulate(duration, size, start, passes)


def test_a_pass_of_more_than_a_second_is_not_the_constant():
    assert simulate(2, 8192, 0.0, [2.5]) == 8192 // 5 != printed_constant(2)


@pytest.mark.parametrize("arguments", [(-1,), (1, -1), (1, 1 << 31)])
def test_the_constant_has_a_range(arguments):
    with pytest.raises(UsageError):
        printed_constant(*arguments)


def test_threads_interleave_in_any_order():
    text = "$ ./amx-test -d 2 -t 3 -i 1 -s 65536\n" + "".join(
        f"Throughput thread{k}: 21845 bytes per second\n" for k in (2, 0, 1)
    )
    data = read(doc(text), {})[0]["measurements"]
    assert list(data["thread"]) == ["2", "0", "1"] and list(data["iteration"]) == [0, 0, 0]
    assert all("21845 is 8 x 8192 B // (2 + 1) s" in reason for reason in data["reason"])  # 65536 // 3 = 21845
    assert set(data["threads"]) == {"3"}


@pytest.mark.parametrize(
    ("command", "value", "words"),
    [
        ("$ ./amx-test -d10 -i1", 744, "744 is 1 x"),
        ("root@td:~# taskset -c 1 ./amx-test --duration=30 | tee log", 264, "264 is 1 x"),
        ("+ /opt/amx-test --dur 5 --buffer-bytes 16384", 2730, "2730 is 2 x 8192 B // (5 + 1) s"),
        ("$ ./amx-test -v", 4096, "4096 is 1 x 8192 B // (1 + 1) s"),
        ("$ ./amx-test -d 10", 800, "the constant 744, not 800"),
        ("$ ./amx-test -d ten", 744, "a constant of its options"),
        ("$ ./amx-test -d 10 -s 4294967296", 744, "its arithmetic fails"),
        ("", 744, "(buffer size) // (duration + 1)"),
    ],
)
def test_the_reason_names_the_constant(command, value, words):
    data = read(doc(f"{command}\nThroughput thread0: {value} bytes per second\n"), {})[0]["measurements"]
    assert words in data["reason"][0] and not data["informative"][0]


def test_options_stand_in_for_the_command():
    text = "Throughput thread0: 1489 bytes per second\n"
    assert "1489 is 2 x 8192 B // (10 + 1) s" in read(doc(text), {"duration": 10, "size": 16384})[0]["measurements"]["reason"][0]
    stated = read(doc("$ amx-test -d 1\n" + text), {"duration": 10, "size": 16384})[0]["measurements"]["reason"][0]
    assert "8192, not 1489" in stated  # the command wins for -d, the option fills -s: 16384 // 2


@pytest.mark.parametrize("options", [{"duration": 0}, {"duration": "10"}, {"size": 1.5}, {"lenght": 1}, {"size": True}])
def test_bad_options_are_refused(options):
    with pytest.raises(UsageError):
        read(doc("Throughput thread0: 744 bytes per second\n"), options)


def test_nothing_of_amx_test_is_an_error():
    with pytest.raises(FormatError, match="no line reads like"):
        read(doc("hello\n"), {})


def test_a_torn_line_is_a_note():
    notes = read(doc("Throughput thread0: 744 bytes per second\nThroughput thread1: 74"), {})[1]
    assert [(note.code, note.line) for note in notes] == [("cut-line", 2)]


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_cut_file_gives_the_first_rows_or_one_of_our_errors(data):
    text = "$ ./amx-test -d 10 -t 2 -i 1 -v\namx: Create thread 0\n" + "".join(
        f"Throughput thread{k}: 744 bytes per second\n" for k in (1, 0)
    ) + "Illegal instruction (core dumped)\n"
    cut = data.draw(st.integers(0, len(text)))
    whole = read(doc(text), {})[0]["measurements"]
    try:
        part = read(doc(text[:cut]), {})[0]["measurements"]
    except AmxperfError:
        return
    assert part["value"].tolist() == whole["value"].tolist()[: len(part)]


@settings(deadline=None, max_examples=100)
@given(st.lists(st.one_of(st.text(max_size=30), st.sampled_from([
    "$ ./amx-test -d 'x", "$ amx-test -d", "$ amx-test -s -1", "Throughput thread0: -5 bytes per second",
    "amx-test -d 99999999999 -i 7",
])), max_size=6))
def test_no_text_breaks_the_reader(lines):
    document = doc("\n".join(lines))
    assert 0 <= sniff(document) <= 100
    try:
        read(document, {})
    except AmxperfError as error:
        assert error.exit_code == 65


def test_sniff_wants_an_amx_test_log():
    assert sniff(doc("Throughput thread0: 744 bytes per second\n")) > 20
    assert sniff(doc("Illegal instruction (core dumped)\n")) == 0
    prose = "The run prints:\n\nThroughput thread0: 744 bytes per second\n\nThis says nothing.\nMore words.\n"
    assert sniff(doc(prose)) == 0
    assert amx_test.TITLE


def test_a_refused_permission():
    """What the program prints with -v where ARCH_REQ_XCOMP_PERM fails: amx-test.c, set_tiledata_use."""
    text = "$ ./amx-test -v -d 10\namx: Running 10 seconds...\namx: Create thread 0, initialize amx configs...\namx: \n"
    text += " Fail to do XFEATURE_XTILEDATA \n\n"
    tables, notes = read(doc(text), {})
    assert tables["measurements"].empty and [(note.code, note.line) for note in notes] == [("refused", 5)]
    assert sniff(doc(text)) == 95 and sniff(doc(" Fail to do XFEATURE_XTILEDATA \n")) == 0
