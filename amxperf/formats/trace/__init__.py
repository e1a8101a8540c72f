"""What the reader of trace text (:mod:`amxperf.formats.ftrace`) is made of.

The plain reader: :mod:`.traceline` takes a line apart, by the layouts of
:mod:`.tracepoints`.
Large files: :mod:`.tracebulk` makes the same tables with the functions that
:mod:`.traceengine` lists.
"""
