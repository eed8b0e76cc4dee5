"""Tell a picture from any other file, by its first bytes.

A name says what somebody wants a file to be; the first bytes say what a program will take it
for.  Pictures are PNG, JPEG, GIF and WebP.  Not SVG: that is a program as much as a picture.
Pure: no I/O.
"""

from __future__ import annotations

from typing import Final

HEAD_BYTES: Final = 12
"""How much of a file `picture_type` looks at."""

_BEGINNINGS: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
PICTURE_TYPES: Final = frozenset({kind for _, kind in _BEGINNINGS} | {"image/webp"})
WHAT_PICTURES_ARE: Final = "pictures are PNG, JPEG, GIF or WebP"


def picture_type(data: bytes) -> str | None:
    """Return the MIME type of the picture that begins with `data`, or None if it is none.

    Args:
        data: the file, or at least its first `HEAD_BYTES` bytes.
    """
    for beginning, kind in _BEGINNINGS:
        if data.startswith(beginning):
            return kind
    # RIFF holds sound and films as well; what it holds stands behind its size.
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return None
