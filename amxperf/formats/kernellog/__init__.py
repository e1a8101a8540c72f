"""What the reader of kernel logs (:mod:`amxperf.formats.dmesg`) is made of.

The plain reader: :mod:`.prefix` and :mod:`.dialect` bare the message of a line,
:mod:`.calltrace` puts call traces together, :mod:`.kernel_events` knows messages.
Large logs: :mod:`.engine` and :mod:`.stream` make the same tables; of each
distinct text they ask the plain reader once (:mod:`.memo`), the rest is done by the functions of
:mod:`.scan` and :mod:`.replay`.
"""
