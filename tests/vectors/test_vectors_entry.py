"""protocol/vectors/entry.json against p2pblog.log.entry."""

from __future__ import annotations

from p2pblog.core.crypto import SigningKey
from p2pblog.core.encoding import encode
from p2pblog.log.entry import HEADER_VERSION, Tip, make_entry, sign_id, verify_id
from tests.vectors.running import Case, each, read_bytes, read_optional


@each("entry")
def test_headers_ids_and_signatures_are_those_of_the_vector(case: Case) -> None:
    key = SigningKey(bytes.fromhex(case["seed"]))
    assert key.public.hex() == case["log"]
    prev = read_optional(case["prev"])
    tip = None if prev is None else Tip(case["seq"] - 1, prev)
    entry = make_entry(key.public, tip, case["time_ms"], read_bytes(case["body"]))
    assert (entry.seq, entry.body_size) == (case["seq"], case["body_size"])
    assert entry.body_hash.hex() == case["body_hash"]
    assert encode([HEADER_VERSION, *entry[:6]]).hex() == case["header"]
    assert entry.id.hex() == case["entry_id"]
    assert sign_id(key, entry.id).hex() == case["signature"]
    assert verify_id(key.public, entry.id, bytes.fromhex(case["signature"]))
