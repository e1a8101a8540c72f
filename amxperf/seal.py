"""Write a dataset's checksums into its manifest."""

from __future__ import annotations

import hashlib
from pathlib import Path

from .manifest import NAME
from .output import write
from .verify import SUMS, checksums


def section(root: Path) -> str:
    """The ``[checksums]`` section of a dataset, as TOML."""
    rows = "".join(f'"{source}" = "{digest}"\n' for source, digest in checksums(root).items())
    return f"[checksums]\n{rows}"


def seal(root: Path) -> int:
    """Replace the manifest's checksums and return their number; comments and the other keys stay as they are.

    Where the folder above vouches for its manifests (SHA256SUMS), its entry is renewed too.
    Raises OutputError where a file cannot be written.
    """
    import tomlkit

    path = root / NAME
    sums = checksums(root)
    document = tomlkit.parse(path.read_text(encoding="utf-8"))
    table = tomlkit.table()
    for source, digest in sums.items():
        table[source] = digest
    document["checksums"] = table
    write(tomlkit.dumps(document).encode(), path)
    _vouch(path)
    return len(sums)


def _vouch(path: Path) -> None:
    """Renew the manifest's line in the SHA256SUMS of the folder above, if that has one."""
    listing = path.parent.parent / SUMS
    if not listing.is_file():
        return
    name = f"{path.parent.name}/{NAME}"
    rows = [row for row in listing.read_text().splitlines() if not row.endswith(f"  {name}")]
    rows.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}")
    write(("\n".join(sorted(rows, key=lambda row: row.partition("  ")[2])) + "\n").encode(), listing)
