"""Two ends of a data channel on 127.0.0.1, for tests."""

from __future__ import annotations

import asyncio

from p2pblog.net.rtc import RtcEnd
from p2pblog.net.webrtc import WebRtcCarrier

LOOPBACK = ("127.0.0.1",)


async def rtc_pair() -> tuple[WebRtcCarrier, WebRtcCarrier]:
    """Return the ends of an offer (the initiator) and of its answer, connected."""
    offering = await RtcEnd.gather(offers=True, hosts=LOOPBACK)
    answering = await RtcEnd.gather(offers=False, hosts=LOOPBACK)
    offer = offering.signal()
    answer = answering.signal(offer.ufrag)
    left, right = await asyncio.gather(offering.connect(answer), answering.connect(offer))
    return left, right
