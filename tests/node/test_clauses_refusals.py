"""Property of protocol/09-sessions.md section 8: who is refused hears why, and the link ends."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from p2pblog.core.encoding import encode
from p2pblog.core.errors import ProtocolError
from p2pblog.sync import messages as m
from p2pblog.sync.codec import decode_messages, encode_message
from tests.node.test_clauses_hub import hub_over, linked, store_of
from tests.sync.message_forms import FORMS, arrays, misses

bad = st.one_of(
    st.sampled_from(sorted(FORMS)).flatmap(lambda kind: st.sampled_from(misses(kind))).map(encode),
    arrays().map(lambda array: encode(array) + b"\0"),
    st.sampled_from([3, 7]).map(lambda number: encode([0, 1, None, number])),
)
good = st.lists(arrays(st.sampled_from([5, 6, 17, 18, 20])).map(encode), max_size=3)


@pytest.mark.proves("S-26", "S-27")
@settings(deadline=None, max_examples=40)
@given(good, bad, good)
def test_whatever_is_refused_a_bye_says_why_and_the_link_ends(
    before: list[bytes], wrong: bytes, after: list[bytes]
) -> None:
    code = "unexpected-message"
    try:
        decode_messages(wrong)
    except ProtocolError as error:
        code = error.code
    pings = sum(data[1] == m.Type.PING for data in before)

    async def meet() -> None:
        hub = hub_over(store_of(b"one"))
        async with linked(hub) as other:
            other.say(m.Hello(1, None))
            await other.hear(m.Told)
            other.link.send(*before, wrong, *after, encode_message(m.Ping(77)))
            heard = await other.rest()
        assert heard[-1] == m.Bye(code)
        assert sum(isinstance(one, m.Bye) for one in heard) == 1
        assert sum(isinstance(one, m.Pong) for one in heard) <= pings
        assert hub.counters == {code: 1}
        assert hub.peers == []

    asyncio.run(meet())
