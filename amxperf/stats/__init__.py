"""Statistics: arrays in, frozen results out. This package knows nothing of files, datasets or figures.

One location per replicate, Welch's t on the logs; rank methods for flat samples; a verdict from interval and margin.
A *replicate* is the highest level at which the treatment was assigned: boots for VM against TDX, launches for ISA or
page size inside one guest. Iterations are never pooled, launches of one boot are never taken for boots.

>>> import amxperf.stats as st
>>> result = st.compare_samples([[1.00, 1.01], [1.02, 1.03], [0.99, 0.98]], [[1.31, 1.30], [1.34, 1.33], [1.29, 1.30]])
>>> result.verdict, result.replicate, result.treatment_n.launches
('different', 'launch', 3)
"""

from .batch import Batch
from .compare import compare_many, compare_nested, compare_samples
from .result import Caution, Comparison, Counts, not_comparable
from .variances import Variances

__all__ = [
    "Batch", "Caution", "Comparison", "Counts", "Variances", "compare_many", "compare_nested", "compare_samples", "not_comparable",
]  # fmt: skip
