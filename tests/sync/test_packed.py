"""Messages that travel packed: protocol/09-sessions.md section 1."""

from __future__ import annotations

import random
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2pblog.core import limits
from p2pblog.core.encoding import encode
from p2pblog.core.errors import BadStructure, ProtocolError
from p2pblog.sync.codec import decode_message, encode_message
from p2pblog.sync.messages import Seek, Type
from p2pblog.sync.packing import wrapped

logs = st.integers(0, 40).map(lambda number: number.to_bytes(32))


def deflated(data: bytes) -> bytes:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflater.compress(data) + deflater.flush()


@given(st.lists(logs, min_size=1, max_size=200), st.booleans())
def test_a_message_is_packed_where_that_saves_an_eighth_and_means_the_same(
    named: list[bytes], alike: bool
) -> None:
    chance = random.Random(len(named))
    seek = Seek(named if alike else [chance.randbytes(32) for _ in named])
    plain = encode_message(seek)
    [sent] = wrapped([plain])
    assert decode_message(sent) == seek
    assert sent == plain or len(sent) < len(plain) * 7 // 8
    assert sent == plain or len(plain) >= limits.PACK_BYTES_MIN
    if alike and len(named) > 100:
        assert sent != plain


@pytest.mark.proves("S-33")
@pytest.mark.parametrize("size", [10, 100_000, limits.MESSAGE_BYTES_MAX])
def test_a_bomb_is_inflated_as_far_as_it_says_and_no_further(size: int) -> None:
    bomb = encode([Type.PACKED.value, size, deflated(bytes(64 * limits.MESSAGE_BYTES_MAX))])
    assert len(bomb) < limits.MESSAGE_BYTES_MAX
    tracemalloc.start()
    with pytest.raises(BadStructure):
        decode_message(bomb)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2 * size + 8 * len(bomb)


@pytest.mark.proves("S-33")
@given(st.binary(max_size=80), st.integers(0, 200), st.booleans())
def test_what_is_packed_is_one_message_or_refused(data: bytes, size: int, stream: bool) -> None:
    inside = deflated(data) if stream else data
    try:
        message = decode_message(encode([Type.PACKED.value, size, inside]))
    except ProtocolError:
        return
    assert decode_message(zlib.decompress(inside, -zlib.MAX_WBITS)) == message
