"""The probe for machines without Python: a binary, a shell script and a README; and taking their results in."""

from __future__ import annotations

import shutil
from pathlib import Path

from ..document import load
from ..errors import DataError, FormatError, MissingInput, OutputError
from ..formats.probe import facts, whole
from ..layout import HOST_PART
from . import host, launch, manifest, program, trace

SCRIPT = """\
#!/bin/sh
# Measure what AMX costs on this machine; needs no Python and no compiler.
# Usage: ./collect.sh OUT [LAUNCHES] [options of amxprobe, such as --quick]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
probe=$here/amxprobe
case ${1:--h} in -*) sed -n 2,3p "$0"; exit 64 ;; esac
[ "$(uname -m)" = x86_64 ] || { echo "amxprobe measures x86-64 processors on Linux, and this is $(uname -m)" >&2; exit 66; }
out=$1
shift
launches=10
case ${1:--} in
  -*) ;;
  *[!0-9]*) echo "$1 is no number of launches" >&2; exit 64 ;;
  *) launches=$1; shift ;;
esac
facts=$("$probe" --facts)
fact() { printf '%s\\n' "$facts" | sed -n "s/^fact $1 //p"; }
environment=bare-metal
[ "$(fact hypervisor)" = none ] || environment=vm
[ "$(fact tdx_leaf_0x21)" = yes ] && environment=tdx
case " $(fact flags) " in *" tdx_guest "*) environment=tdx ;; esac
amx=$(fact amx)
[ "$amx" = yes ] || echo "Only the controls are measured: $amx" >&2
case $(fact emulated) in
  no) ;;
  *) echo "no time here would be a measurement: $(fact emulated)" >&2; exit 64 ;;
esac
boot=boot-$(fact boot | cut -c1-8)
number=1
done=0
while [ "$done" -lt "$launches" ]; do
  folder=$out/$environment/$boot/$(printf 'launch-%03d' "$number")
  number=$((number + 1))
  [ -e "$folder/probe.log" ] && continue
  mkdir -p "$folder"
  echo "launch $((done + 1)) of $launches: $folder" >&2
  seed=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')
  "$probe" --seed "$seed" "$@" > "$folder/probe.log.part"
  mv "$folder/probe.log.part" "$folder/probe.log"
  done=$((done + 1))
done
echo "Copy $out to a machine with amxperf, and there: amxperf collect DATASET --from $(basename "$out")"
"""

README = """\
# amxprobe

What AMX costs on a machine, measured without Python.

    ./collect.sh results            # 10 launches, less than 15 minutes
    ./collect.sh results 5 --quick  # a short look, less than two minutes
    ./amxprobe --help

Run it in a plain guest and in a TDX guest, in each after several boots: page placement and timing change from boot to boot.
Then copy the folders to a machine with amxperf:

    amxperf collect mydata --from results
    amxperf compare mydata --baseline vm --treatment tdx

The logs hold the processor, kernel, hypervisor and settings of the machine; no host name, user name or address.
Licence of the program: Apache-2.0. Source: amxperf/probe in the project amxperf; hash {digest}.
"""


def write(folder: Path) -> list[Path]:
    """Compile the program into a folder, statically where that works, with script and README; returns the three files.

    Raises OutputError where the folder cannot be written; compiler errors as :func:`~amxperf.probe.program.compile`.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        script, readme = folder / "collect.sh", folder / "README.md"
        script.write_text(SCRIPT, encoding="utf-8")
        script.chmod(0o755)
        readme.write_text(README.format(digest=program.digest()), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"the bundle cannot be written ({error.strerror})", path=folder, hint="name another folder") from error
    target = folder / program.NAME
    try:
        program.compile(target, extra=("-static",))
    except DataError:  # no static C library: the binary then needs one like this machine's
        program.compile(target)
    return [target, script, readme]


def take(root: Path, source: Path) -> list[str]:
    """Copy the launches below `source` (results of a bundle, or another collection) into a dataset and renew its manifest.

    A launch that the dataset has already is left out; a different one of the same name gets the next number.
    Returns the places of the launches that were added.

    Raises MissingInput where there is no log, DataError for a log of emulated instructions, FormatError for one that is no log.
    """
    logs = sorted(source.glob(f"*/*/*/{launch.LOG}")) if source.is_dir() else []
    sessions = sorted(source.glob(f"*/{HOST_PART}*/*/{host.LOG}")) if source.is_dir() else []
    if not logs and not sessions:
        hint = "name the folder of the results"
        raise MissingInput("no log of the probe lies below ENVIRONMENT/BOOT/LAUNCH", path=source, hint=hint)
    for log in (*logs, *sessions):
        _check(log)
    have = {path.read_bytes() for path in root.glob(f"*/*/*/{launch.LOG}")}
    added = []
    for log in logs:
        if log.read_bytes() in have:
            continue
        boot = root / log.parent.parent.relative_to(source)
        name = log.parent.name if not (boot / log.parent.name / launch.LOG).exists() else launch.next_name(boot)
        added.append(_copy(log.parent, boot / name, root))
    for path in (*(log.parent for log in sessions), *(path.parent for path in source.glob(f"*/*/*/{trace.TRACE}"))):
        target = root / path.relative_to(source)
        if not any(_same(path, other) for other in target.parent.glob("*")):
            added.append(_copy(path, _free(target), root))
    manifest.save(root)
    return added


def _check(log: Path) -> None:
    document = load(log)
    if not document.text.startswith("amxprobe "):
        raise FormatError("this is no log of the probe", path=log, hint="remove it")
    if facts(document).get("emulated", "no") != "no":
        raise DataError("the processor or its tiles were emulated, so this is no measurement", path=log, hint="remove it")
    if not whole(document):
        raise DataError("the log has no end", path=log, hint="run that launch again, or remove it")


def _same(one: Path, other: Path) -> bool:
    """True for two folders of the same files."""
    names = [sorted(path.name for path in folder.iterdir()) for folder in (one, other)] if other.is_dir() else [[""], []]
    return names[0] == names[1] and all((one / name).read_bytes() == (other / name).read_bytes() for name in names[0])


def _free(target: Path) -> Path:
    """The folder, or the next one of its kind that is not there: session-2, traced-002 ..."""
    kind, _, number = target.name.rpartition("-")
    count = int(number) if number.isdigit() else 1
    while target.exists():
        count += 1
        target = target.with_name(f"{kind}-{count:0{len(number)}}")
    return target


def _copy(source: Path, target: Path, root: Path) -> str:
    try:
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.part"), dirs_exist_ok=True)
    except (OSError, shutil.Error) as error:
        raise OutputError(f"the results cannot be copied ({error})", path=target, hint="free some space") from error
    return target.relative_to(root).as_posix()
