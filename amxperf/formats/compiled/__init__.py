"""Machine code for the readers of large files: what compiles, keeps and loads it, and loops and arrays that all of them use.

It knows no format. A package that has functions for a compiler names its modules: :mod:`amxperf.formats.kernellog`,
:mod:`amxperf.formats.trace`.
"""
