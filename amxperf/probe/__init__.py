"""Measuring: amxprobe, a program in C, and what compiles it, runs it and writes its logs as a dataset.

The program's format of lines is in :mod:`amxperf.formats.probe`. One experiment is one C file and one line in main.c.

- :mod:`~amxperf.probe.program`: the program, compiled on this machine
- :mod:`~amxperf.probe.machine`: what its facts say about the machine
- :mod:`~amxperf.probe.schedule`: which launches are to be run, and which are done
- :mod:`~amxperf.probe.launch`: one start of the program
- :mod:`~amxperf.probe.manifest`: dataset.toml, from the logs
- :mod:`~amxperf.probe.collect`: all of that in order, as `amxperf collect`
"""
