"""What live tiles add: a log written by hand, so that every median is known."""

import math

import pytest

import amxperf as ap
from amxperf.liveness import COLUMNS, added, moved

LOG = """\
amxprobe 1
fact emulated no
series 1 exit time time s lower leaf=0x0 state=released
series 2 exit time time s lower leaf=0x0 state=live
series 3 xsave time time s lower op=xsavec component=tiles state=init
series 4 xsave time time s lower op=xsavec component=tiles state=live
series 5 xsave time time s lower op=xsavec component=vector state=live
series 6 ctxsw time time s lower state=none
1 0 1 9000
2 0 1 9000
{rows}
done
"""


def test_known_medians(make):
    """Warm-up (iteration 0) is left out; the launch whose clock ran slow moves both states, not their difference."""
    logs = {}
    for launch, slow in enumerate((1, 1, 1.5)):
        rows = []
        for iteration in (1, 2, 3):
            times = {1: 100, 2: 130, 3: 10, 4: 50, 5: 999, 6: 7}
            rows += [f"{series} {iteration} 1 {slow * time + (iteration - 2):g}" for series, time in times.items()]
        logs[f"tdx/b1/l{launch}/probe.log"] = LOG.format(rows="\n".join(rows))
    table = added(ap.open_dataset(make(logs, "warmup = 1\n")))
    assert tuple(table.columns) == COLUMNS and table["operation"].tolist() == ["exit 0x0", "xsave xsavec"]
    assert table["added_ns"].tolist() == pytest.approx([30, 40]) and table["launches"].tolist() == [3, 3]
    assert table["released_ns"].tolist() == pytest.approx([100, 10]) and set(table["environment"]) == {"tdx"}


def test_without_tiles(data):
    assert len(added(data("vm-probe-controls"))) == 0 and len(added(data("vm-onednn"))) == 0


BANDWIDTH = """\
amxprobe 1
fact emulated no
series 1 tileload bandwidth rate B higher op=load access=sequential size=16384 isa=avx2
series 2 tileload bandwidth rate B higher op=store access=sequential size=16384 isa=avx2
series 3 tileload bandwidth rate B higher op=load access=sequential size=1048576 isa=avx2
series 4 tileload bandwidth rate B higher op=store access=sequential size=1048576 isa=avx2
series 5 tileload bandwidth rate B higher op=load access=random size=1048576 isa=avx2
1 1 8192 100
2 1 8192 200
3 1 8192 1000
4 1 8192 1000
5 1 8192 999999
done
"""


def test_the_time_to_move_the_tiles(make, data):
    """The 8 KiB of all tiles go out in 200 ns and come back in 100 where the first cache holds them; from memory 1 us each way."""
    found = ap.open_dataset(make({"vm/b1/l1/probe.log": BANDWIDTH}))
    assert moved(found) == pytest.approx((300e-9, 2e-6))
    assert all(map(math.isnan, moved(data("vm-onednn"))))
