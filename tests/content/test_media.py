"""A picture is known by its first bytes, and by nothing else."""

from __future__ import annotations

import pytest

from p2pblog.content.media import HEAD_BYTES, PICTURE_TYPES, picture_type

PNG = b"\x89PNG\r\n\x1a\n"
PICTURES = [
    (PNG + b"\0\0\0\rIHDR", "image/png"),
    (b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01", "image/jpeg"),
    (b"\xff\xd8\xff\xe1\0\x10Exif\0\0", "image/jpeg"),
    (b"GIF87a\x01\0\x01\0\x80\0", "image/gif"),
    (b"GIF89a\x01\0\x01\0\x80\0", "image/gif"),
    (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
]


@pytest.mark.parametrize(("data", "kind"), PICTURES)
def test_the_four_kinds_are_known_by_their_first_bytes(data: bytes, kind: str) -> None:
    assert picture_type(data) == kind
    assert picture_type(data[:HEAD_BYTES]) == kind
    assert kind in PICTURE_TYPES


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"root:x:0:0:root:/root:/bin/bash\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'>",
        b"\x89PNG\n\x1a\n",  # a PNG whose line ends were converted
        b"\x89PNG\r\n\x1a",
        b" " + PNG,
        b"GIF88a\x01\0",
        b"\xff\xd8\xfe\xe0",
        b"RIFF\x24\0\0\0WAVEfmt ",
        b"RIFX\x24\0\0\0WEBPVP8 ",
        b"RIFF\x24\0\0\0WEB",
        b"BM" + bytes(20),
        b"%PDF-1.7\n...",
    ],
)
def test_anything_else_is_no_picture(data: bytes) -> None:
    assert picture_type(data) is None
