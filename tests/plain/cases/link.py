"""Cases of protocol/06-links.md sections 2, 3 and 5: one end of a link, packet by packet."""

from __future__ import annotations

from typing import Any

from nacl import bindings

from tests.plain.cases.writing import Bytes, Cases, spell, whole
from tests.plain.hashes import Key, key
from tests.plain.link import MESSAGE_MOST, End, dh

NOTES = {
    "Length": "a handshake packet of another length",
    "Network": "the first packet that arrives does not decrypt",
    "Device": "the Ed25519 key is not that of the static key, or not the one wanted",
    "Altered": "a later packet does not decrypt",
    "Order": "packets repeated, left out or exchanged",
    "Fragment": "a flag or piece that is none",
    "TooLarge": "pieces of more than 1,048,576 bytes",
    "ZeroResult": "an X25519 result of zero",
    "Cut": "a message in several packets",
}
NETWORK = b"\x10" * 32
SEEDS = {"initiator": 0x21, "responder": 0x22}
SECRETS = {"initiator": b"\x31" * 32, "responder": b"\x32" * 32}
OTHER = {"initiator": "responder", "responder": "initiator"}


class Play:
    """A link between two plain ends, written down as one of them sees it."""

    def __init__(
        self, role: str, *, expect: bytes | None = None, most: int = 65_535, **liar: Any
    ) -> None:
        self.role, self.most = role, most
        self.steps: list[dict[str, Any]] = []
        self.device = key(SEEDS[role])
        self.given = {
            "role": role,
            "seed": self.device.seed.hex(),
            "ephemeral": SECRETS[role].hex(),
            "network": NETWORK.hex(),
            "expect": expect and expect.hex(),
            "packet_most": most,
            "steps": self.steps,
        }
        self.us = End(role, self.device, NETWORK, SECRETS[role], expect=expect)
        other = OTHER[role]
        device: Key = liar.pop("device", key(SEEDS[other]))
        network = liar.pop("network", NETWORK)
        self.them = End(other, device, network, SECRETS[other], **liar)

    def out(self, packet: bytes) -> bytes:
        """This end sends a packet."""
        self.steps.append({"out": packet.hex()})
        return packet

    def into(self, packet: Bytes) -> bytes:
        """A packet reaches this end."""
        self.steps.append({"in": spell(packet)})
        return whole(packet)

    def shake(self) -> None:
        """Go through the handshake."""
        if self.role == "initiator":
            self.them.read_1(self.out(self.us.write_1()))
            self.us.read_2(self.into(self.them.write_2()))
            self.them.read_3(self.out(self.us.write_3()))
        else:
            self.us.read_1(self.into(self.them.write_1()))
            self.them.read_2(self.out(self.us.write_2()))
            self.us.read_3(self.into(self.them.write_3()))

    def say(self, message: Bytes) -> None:
        """This end says a message."""
        self.steps.append({"say": spell(message)})
        for packet in self.us.say(whole(message), self.most):
            self.out(packet)

    def hear(self, packet: bytes) -> None:
        """A packet of the transport reaches this end."""
        message = self.us.hear(self.into(packet))
        if message is not None:
            self.steps[-1]["hears"] = message.hex()

    def hear_sealed(self, flag: bytes, zeros: int) -> None:
        """A packet of zeros reaches this end; written down as what is sealed in it."""
        assert self.them.keys is not None
        step = {"n": self.them.sent, "key": self.them.keys[0].hex()}
        self.steps.append(step | {"sealed": [[flag.hex(), 1], ["00", zeros]]})
        self.us.hear(self.them.fragment(flag + bytes(zeros)))

    def hear_all(self, message: bytes, most: int = 65_535) -> None:
        """The other end says a message."""
        for packet in self.them.say(message, most):
            self.hear(packet)


def flip(data: bytes, at: int) -> bytes:
    """Return the bytes with one bit of byte `at` changed."""
    at %= len(data)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def cases() -> Cases:
    """Return the cases."""
    made = Cases("protocol/06-links.md", NOTES)
    for role in SEEDS:
        whole_links(made, role)
        refused_handshakes(made, role)
        refused_packets(made, role)
    return made


def whole_links(made: Cases, role: str) -> None:
    """Add links that come up."""

    def add(comment: str, flags: str = "", **how: Any) -> None:
        play = Play(role, **how)

        def judge() -> dict[str, Any]:
            play.shake()
            play.say(b"hello")
            play.hear_all(b"hello, too")
            play.hear_all(b"a" * 150, 128)
            play.say(b"b" * 150)
            play.hear_all(b"c")
            return {"remote": play.us.remote.hex(), "handshake_hash": play.us.h.hex()}

        made.add(f"{role}: {comment}", play.given, judge, flags=flags)

    add("a link", "Cut")
    add("a link, the other end is the one wanted", "Cut", expect=key(SEEDS[OTHER[role]]).public)
    add("a link, packets of 128 bytes", "Cut", most=128)


def refused_handshakes(made: Cases, role: str) -> None:
    """Add handshakes that fail."""

    def add(comment: str, flags: str, error: str, play: Play, run: Any) -> None:
        def judge() -> dict[str, Any]:
            run(play)
            return {}

        made.add(f"{role}: {comment}", play.given, judge, flags=flags, error=error)

    def first(change: Any) -> Any:
        """Return what changes the first packet that this end receives."""

        def run(play: Play) -> None:
            if role == "initiator":
                play.them.read_1(play.out(play.us.write_1()))
                play.us.read_2(play.into(change(play.them.write_2())))
            else:
                play.us.read_1(play.into(change(play.them.write_1())))

        return run

    for comment, change in (
        ("the first packet is empty", lambda packet: b""),
        ("the first packet is a byte short", lambda packet: packet[:-1]),
        ("the first packet is a byte long", lambda packet: packet + b"\0"),
        ("the first packet is one of HTTP", lambda packet: b"GET / HTTP/1.1\r\n\r\n"),
    ):
        add(comment, "Length", "not-p2pblog", Play(role), first(change))
    size = 48 if role == "responder" else 128
    for at in (0, size // 2, size - 1):
        change = lambda packet, at=at: flip(packet, at)  # noqa: E731 (one word each)
        add(
            f"byte {at} of the first packet altered",
            "Network",
            "other-network",
            Play(role),
            first(change),
        )
    add(
        "the first packet is random",
        "Network",
        "other-network",
        Play(role),
        first(lambda packet: b"\x5a" * len(packet)),
    )
    if role == "responder":
        other = Play(role, network=b"\x11" * 32)
        add(
            "another network's key", "Network", "other-network", other, first(lambda packet: packet)
        )
        version = Play(role, prologue=b"p2pblog/2")
        add("another prologue", "Network", "other-network", version, first(lambda packet: packet))

        def third(change: Any) -> Any:
            def run(play: Play) -> None:
                play.us.read_1(play.into(play.them.write_1()))
                play.them.read_2(play.out(play.us.write_2()))
                play.us.read_3(play.into(change(play.them.write_3())))

            return run

        for comment, change, error, flag in (
            (
                "the second packet is a byte short",
                lambda packet: packet[:-1],
                "not-p2pblog",
                "Length",
            ),
            (
                "the second packet is a byte long",
                lambda packet: packet + b"\0",
                "not-p2pblog",
                "Length",
            ),
            ("the static key altered", lambda packet: flip(packet, 5), "bad-frame", "Altered"),
            ("the payload altered", lambda packet: flip(packet, 60), "bad-frame", "Altered"),
            ("the last byte altered", lambda packet: flip(packet, -1), "bad-frame", "Altered"),
        ):
            add(comment, flag, error, Play(role), third(change))

        def zero(play: Play) -> None:
            play.them.e = b"\x31" * 32
            play.them.mix_psk()
            public = bytes(32)
            play.them.mix_hash(public)
            play.them.mix_key(public)
            packet = public + play.them.enclose(b"")
            play.us.read_1(play.into(packet))
            play.us.write_2()

        add("an ephemeral key of zeros", "ZeroResult", "bad-frame", Play(role), zero)
    else:

        def zeros(which: str) -> Any:
            """Return what answers with a key of zeros, as if an exchange could give zero."""

            def run(play: Play) -> None:
                them = play.them
                them.read_1(play.out(play.us.write_1()))
                seen = them.re  # the initiator's own
                if which == "ephemeral":
                    them.read_e(public := bytes(32))
                    them.mix_key(bytes(32))
                    packet = public + them.enclose(bindings.crypto_scalarmult_base(them.s))
                    them.mix_key(dh(them.s, seen))
                else:
                    packet = them.write_e()
                    them.mix_key(dh(them.e, seen))
                    packet += them.enclose(bytes(32))
                    them.mix_key(bytes(32))
                play.us.read_2(play.into(packet + them.enclose(them.claims)))

            return run

        for which in ("ephemeral", "static"):
            add(f"a key of zeros, {which}", "ZeroResult", "bad-frame", Play(role), zeros(which))

    def through(play: Play) -> None:
        play.shake()

    wrong = "wrong-device"
    add(
        "another device than the one wanted",
        "Device",
        wrong,
        Play(role, expect=key(3).public),
        through,
    )
    theirs = key(SEEDS[OTHER[role]]).public
    opposite = theirs[:31] + bytes([theirs[31] ^ 0x80])
    add("the wanted key with the other sign", "Device", wrong, Play(role, expect=opposite), through)
    add("names another device's key", "Device", wrong, Play(role, claims=key(3).public), through)
    add(
        "names a key that is no point",
        "Device",
        wrong,
        Play(role, claims=b"\x02" + bytes(31)),
        through,
    )
    add(
        "names a key of small order",
        "Device",
        wrong,
        Play(role, claims=b"\x01" + bytes(31)),
        through,
    )
    add("names zeros", "Device", wrong, Play(role, claims=bytes(32)), through)


def refused_packets(made: Cases, role: str) -> None:
    """Add packets that end a link."""

    def add(comment: str, flags: str, run: Any, error: str = "bad-frame") -> None:
        play = Play(role)

        def judge() -> dict[str, Any]:
            play.shake()
            run(play)
            return {}

        made.add(f"{role}: {comment}", play.given, judge, flags=flags, error=error)

    def raw(plain: bytes) -> Any:
        return lambda play: play.hear(play.them.fragment(plain))

    for at in (0, 2, -1):
        add(
            f"byte {at} of a packet altered",
            "Altered",
            lambda play, at=at: play.hear(flip(play.them.fragment(b"\0hello"), at)),
        )
    add(
        "a packet without its last byte",
        "Altered",
        lambda play: play.hear(play.them.fragment(b"\0hello")[:-1]),
    )
    add("a packet of 15 bytes", "Altered", lambda play: play.hear(b"\x5a" * 15))
    add(
        "this end's own packet sent back",
        "Altered",
        lambda play: play.hear(play.us.fragment(b"\0hello")),
    )

    def repeated(play: Play) -> None:
        packet = play.them.fragment(b"\0hello")
        play.hear(packet)
        play.hear(packet)

    def exchanged(play: Play) -> None:
        play.them.fragment(b"\0one")
        play.hear(play.them.fragment(b"\0two"))

    add("a packet twice", "Order", repeated)
    add("the first packet left out", "Order", exchanged)
    add("flag 02", "Fragment", raw(b"\x02hello"))
    add("flag ff", "Fragment", raw(b"\xffhello"))
    add("an empty last piece", "Fragment", raw(b"\0"))
    add("an empty piece before others", "Fragment", raw(b"\1"))
    add("a flag missing", "Fragment", raw(b""))

    def second_bad(play: Play) -> None:
        play.hear(play.them.fragment(b"\1half a mess"))
        play.hear(play.them.fragment(b"\0"))

    add("an empty piece at the end of a message", "Fragment Cut", second_bad)

    def too_large(play: Play) -> None:
        piece = 65_518
        for _ in range(MESSAGE_MOST // piece):
            play.hear_sealed(b"\1", piece)
        play.hear_sealed(b"\0", MESSAGE_MOST % piece + 1)

    if role == "responder":
        add("a message of 1,048,577 bytes", "TooLarge Cut", too_large, "too-large")
