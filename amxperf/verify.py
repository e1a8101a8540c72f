"""Checksums: are the bytes of a dataset those that its manifest names?"""

from __future__ import annotations

import hashlib
from pathlib import Path

from .capture import Note
from .document import load
from .errors import ChecksumError
from .layout import sources
from .manifest import NAME, Manifest, parse

SUMS = "SHA256SUMS"
"""Beside the datasets of the project: hashes of their manifests, so that a manifest cannot be changed unseen either."""


def verify(root: Path) -> None:
    """Hash every file of a dataset without reading it; ChecksumError names the first that is not as it was."""
    manifest = parse(root / NAME)
    found = sources(root, manifest)
    check_names(root, found, manifest, vouched(root / NAME))
    for source, digest in manifest.checksums.items():
        load(root / source, sha256=digest)


def vouched(path: Path) -> bool:
    """True where the folder above vouches for this manifest; ChecksumError where the bytes differ."""
    sums = path.parent.parent / SUMS
    if not sums.is_file():
        return False
    for row in sums.read_text().splitlines():
        digest, _, name = row.partition("  ")
        if name == f"{path.parent.name}/{NAME}":
            if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
                raise ChecksumError(
                    f"the manifest was changed since {SUMS} was written",
                    path=path,
                    hint=f"restore it, or run `amxperf checksum --write {path.parent}` if the change is meant",
                )
            return True
    return False


def check_names(root: Path, found: list[str], manifest: Manifest, owned: bool) -> list[Note]:
    """Every file has a checksum and every checksum its file, where there are checksums; a note where there are none."""
    if not manifest.checksums:
        if owned:
            raise ChecksumError("the manifest has no checksums", path=manifest.path, hint=f"run `amxperf checksum --write {root}`")
        message = "the dataset has no checksums: a changed file would not be noticed; `amxperf checksum DATASET --write` adds them"
        return [Note("no-checksums", message, NAME)]
    for source in manifest.checksums:
        if source not in found:
            raise ChecksumError("a file of the manifest is missing", path=root / source, hint="restore it")
    for source in found:
        if source not in manifest.checksums:
            hint = f"take it away, or run `amxperf checksum --write {root}` if it belongs there"
            raise ChecksumError("the file is not in the manifest's checksums", path=root / source, hint=hint)
    return []


def checksums(root: Path) -> dict[str, str]:
    """`sha256:...` of every capture in a dataset's folder, by relative path."""
    manifest = parse(root / NAME)
    return {source: "sha256:" + load(root / source).sha256 for source in sources(root, manifest)}
