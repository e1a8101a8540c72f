"""Counted signatures: the same numbers as one text per trace gives."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from amxperf import schema
from amxperf.formats.kernellog import kinds
from amxperf.formats.kernellog.signature import signatures

NAMES = ("dump_stack", "kvm_x", "kvm_z", "do_syscall_64", "f", "g")
FRAME = st.tuples(st.sampled_from(NAMES), st.booleans())


def by_texts(frames, traces: int) -> dict[str, int]:
    """Every signature, the most frequent first, of equally frequent ones the one that comes first."""
    found = signatures(frames)
    named = dict(zip(found["trace"].tolist(), found["functions"].tolist(), strict=True))
    counts = Counter(named.get(trace, kinds.BARE) for trace in range(1, traces + 1))
    return dict(sorted(counts.items(), key=lambda pair: -pair[1]))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(FRAME, max_size=3), min_size=1, max_size=12), st.integers(1, 5), st.sampled_from([1, 1 << 20]))
def test_counts_are_those_of_the_texts(traces, pieces, many):
    def table(first: int, last: int):
        return schema.frame("frames", [
            {"source": "a", "trace": trace + 1, "function": name, "symbol": name, "reliable": reliable}
            for trace in range(first, min(last, len(traces))) for name, reliable in traces[trace]
        ])  # fmt: skip

    tables = [table(first, first + pieces) for first in range(0, len(traces), pieces)]
    found, before = kinds.Kinds(), kinds.MANY
    kinds.MANY = many
    try:
        for piece in tables:
            found.add(piece)
    finally:
        kinds.MANY = before
    want = by_texts(table(0, len(traces)), len(traces))
    got, number = found.most(3, len(traces), tables.__getitem__)
    assert list(got.items()) == list(want.items())[:3]
    assert number == len(want)
