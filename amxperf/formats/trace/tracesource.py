"""The bytes of a trace file, a range at a time: those of a large file stay on disk."""

from __future__ import annotations

import io

import numpy as np

from ...document import Document

STEP = 1 << 16
"""Bytes in which the end of a line is looked for at once."""


class Source:
    """Ranges of a document's bytes; several threads may read."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.held = "data" in document.__dict__ or not document.path
        self.size = len(document.data) if self.held else document.size

    def read(self, low: int, high: int, buf: np.ndarray) -> int:
        """Put the bytes low to high into `buf` and return their number, which is smaller where the file has become shorter.

        >>> buf = np.zeros(3, np.uint8)
        >>> Source(Document("a", b"abcdef", "")).read(2, 5, buf), buf.tobytes()
        (3, b'cde')
        """
        if self.held:
            buf[: high - low] = np.frombuffer(self.document.data, np.uint8, high - low, low)
            return high - low
        have, view = 0, memoryview(buf)[: high - low]
        with open(self.document.path, "rb", buffering=0) as stream:
            stream.seek(low)
            while have < high - low and (got := stream.readinto(view[have:])):
                have += got
        return have

    def cuts(self, chunk: int, first: int) -> list[int]:
        """Places that cut the bytes into whole lines: the first one about `first` bytes long, the others about `chunk`.

        >>> Source(Document("a", b"one\\ntwo\\nthree", "")).cuts(2, 1)
        [0, 4, 8, 13]
        """
        cuts = [0]
        with io.BytesIO(self.document.data) if self.held else open(self.document.path, "rb", buffering=0) as stream:
            while self.size - cuts[-1] > (size := chunk if len(cuts) > 1 else first):
                at = cuts[-1] + size
                stream.seek(at)
                while data := stream.read(STEP):
                    found = data.find(b"\n") + 1
                    at += found or len(data)
                    if found:
                        break
                if at >= self.size:
                    break
                cuts.append(at)
        return [*cuts, self.size]
