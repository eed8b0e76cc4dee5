"""The one tree of errors.

Two branches, because two different parties are at fault: `LocalError` is ours (a mistyped
key, a full disk), `ProtocolError` is a peer's or a file's.  The first line of a class's
docstring is what a person reads; `code` is what the wire, the local API and the test
vectors name.  A message that needs a detail passes it to the constructor.
"""

from __future__ import annotations

from typing import ClassVar


class P2PBlogError(Exception):
    """Something went wrong in p2pblog."""

    code: ClassVar[str] = "error"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail

    @classmethod
    def summary(cls) -> str:
        """Return the one sentence that this kind of error says to a person."""
        return (cls.__doc__ or cls.code).strip().splitlines()[0].strip()

    def __str__(self) -> str:
        if not self.detail:
            return self.summary()
        # What happened, to what, and then what to do about it.
        what, semicolon, advice = self.summary().rstrip(".").partition(";")
        return f"{what}: {self.detail}{semicolon}{advice}"


class LocalError(P2PBlogError):
    """This device cannot do that."""

    code = "local-error"


class ProtocolError(P2PBlogError):
    """The other side broke the protocol."""

    code = "protocol-error"


# --- encoding and text forms -------------------------------------------------------


class NonCanonical(ProtocolError):
    """These bytes are not in the one canonical encoding."""

    code = "non-canonical"


class Unencodable(LocalError):
    """This value has no canonical encoding."""

    code = "unencodable"


class BadTextForm(LocalError):
    """This is not a key or id of p2pblog, nor the beginning of one; copy it again."""

    code = "bad-key"


class BadOffer(BadTextForm):
    """That is not what p2pblog connect gave the other person, or not all of it; copy it again."""

    code = "bad-offer"


class BadWords(LocalError):
    """These are not the 24 words of an identity."""

    code = "bad-words"


# --- entries and segments ----------------------------------------------------------


class BadStructure(ProtocolError):
    """A message or record does not have the fields that it must have."""

    code = "bad-structure"


class TooLarge(ProtocolError):
    """Something is larger than the protocol allows."""

    code = "too-large"


class BadSignature(ProtocolError):
    """A signature does not verify, so the entries before it are not authentic."""

    code = "bad-signature"


class BrokenChain(ProtocolError):
    """These entries do not lead to the id that was asked for."""

    code = "broken-chain"


class SeqGap(ProtocolError):
    """Earlier entries of this log are missing; fetch them, then try again."""

    code = "seq-gap"


class ForkFound(ProtocolError):
    """Two different entries of one log bear the same number; the log takes no more."""

    code = "fork"


class BadBody(ProtocolError):
    """The body of this entry does not follow the rules of its kind."""

    code = "bad-body"


class BodyTooLarge(LocalError):
    """That is too long: the body of an entry holds at most 8 KiB."""

    code = "body-too-large"


# --- links and sessions ------------------------------------------------------------


class NotP2PBlog(ProtocolError):
    """The other side does not speak the p2pblog protocol."""

    code = "not-p2pblog"


class OtherNetwork(ProtocolError):
    """The other side does not have this network's key."""

    code = "other-network"


class BadFrame(ProtocolError):
    """A frame on the link could not be decrypted or put together."""

    code = "bad-frame"


class WrongDevice(ProtocolError):
    """The device at the other end is not the one it says it is."""

    code = "wrong-device"


class UnexpectedMessage(ProtocolError):
    """A message came that the session does not allow at this point."""

    code = "unexpected-message"


class PeerTimeout(ProtocolError):
    """The other side has been silent for too long."""

    code = "timeout"


class LinkRefused(ProtocolError):
    """The other side hung up on us; perhaps it is on another network, or is not p2pblog."""

    code = "link-refused"


class Unreachable(LocalError):
    """Nobody answers at that address; is p2pblog running there, and is the address right?"""

    code = "unreachable"


class OwnAddress(LocalError):
    """That address is this very node's own; give it the address of another one."""

    code = "own-address"


class NoPath(LocalError):
    """No way to the other machine was found; if a router is between, see "stun" in docs/node.md."""

    code = "no-path"


class BadAddress(LocalError):
    """That is not an address; write HOST:PORT, for example 192.168.1.5:4114."""

    code = "bad-address"


class CannotListen(LocalError):
    """Nothing can listen at that address; is it this machine's, and is its port free?"""

    code = "cannot-listen"


# --- homes, stores, nodes ----------------------------------------------------------


class NoIdentity(LocalError):
    """There is no identity here yet; make one with: p2pblog init --name NAME."""

    code = "no-identity"


class IdentityExists(LocalError):
    """This home already has an identity; pick another with --home DIR to make a new one."""

    code = "identity-exists"


class OwnLogBehind(LocalError):
    """The end of your log is not here; link to a peer that has it, or see: p2pblog doctor."""

    code = "own-log-behind"


class Restoring(LocalError):
    """This home has not got its history back yet; go on with: p2pblog init --restore."""

    code = "restoring"


class DeviceRevoked(LocalError):
    """This device has been revoked, what it writes would count for nothing; use another one."""

    code = "device-revoked"


class BadCode(LocalError):
    """That is not the code of an offer; type the six words that the other device shows."""

    code = "bad-code"


class NoOffer(LocalError):
    """No device here answers to that code; does it still wait? If so, add --at HOST:PORT."""

    code = "no-offer"


class OfferEnded(LocalError):
    """No offer of this node waits for that answer; begin again with: p2pblog connect --offer."""

    code = "offer-ended"


class PairingEnded(LocalError):
    """The pairing is over, no device was added; begin again with: p2pblog device add."""

    code = "pairing-ended"


class HomeBusy(LocalError):
    """Another node is using this home; stop it with: p2pblog stop."""

    code = "home-busy"


class HomeUnusable(LocalError):
    """The home directory cannot be used; see: p2pblog doctor."""

    code = "home-unusable"


class BadConfig(LocalError):
    """The settings have a mistake."""

    code = "bad-config"


class StoreCorrupt(LocalError):
    """The log store is damaged, nothing was changed; see: p2pblog doctor."""

    code = "store-corrupt"


class StoreTooNew(LocalError):
    """The log store was written by a newer p2pblog; update this one."""

    code = "store-too-new"


class ViewsDamaged(LocalError):
    """The timelines' file is damaged; it is being built again, ask in a moment."""

    code = "views-damaged"


class DiskFull(LocalError):
    """The disk is full, nothing was written; free some space and try again."""

    code = "disk-full"


class NodeUnreachable(LocalError):
    """The node of this home does not answer; see: p2pblog doctor."""

    code = "node-unreachable"


class NodeCrowded(LocalError):
    """The node of this home already has as many faces as it takes; close one of them."""

    code = "node-crowded"


class NotFound(LocalError):
    """There is no such thing here (it may not have arrived yet)."""

    code = "not-found"


class Nobody(NotFound):
    """Nobody here has that name or id."""

    code = "nobody"


class Ambiguous(LocalError):
    """More than one thing here begins like that; type a few more characters."""

    code = "ambiguous"


class BadRequest(LocalError):
    """That cannot be done."""

    code = "bad-request"


class BadArchive(LocalError):
    """That cannot be imported."""

    code = "bad-archive"


class Unwritable(LocalError):
    """That file cannot be written there."""

    code = "unwritable"


def error_codes() -> dict[str, type[P2PBlogError]]:
    """Return every error class by its code, the whole tree."""
    found: dict[str, type[P2PBlogError]] = {}
    queue: list[type[P2PBlogError]] = [P2PBlogError]
    while queue:
        cls = queue.pop()
        found[cls.code] = cls
        queue.extend(cls.__subclasses__())
    return found


def error_from_code(code: str, message: str) -> P2PBlogError:
    """Rebuild an error that crossed the local API; an unknown code becomes the base class.

    `message` is `str(error)` as the other process said it.
    """
    cls = error_codes().get(code, P2PBlogError)
    if message == cls.summary():
        return cls()
    what, semicolon, advice = cls.summary().rstrip(".").partition(";")
    return cls(message.removeprefix(f"{what}: ").removesuffix(semicolon + advice))
