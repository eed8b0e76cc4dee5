"""protocol/vectors/blob.json against p2pblog.store.blobs."""

from __future__ import annotations

from p2pblog.core.crypto import digest
from p2pblog.store.blobs import check_chunk, read_chunk_list
from tests.vectors.running import Case, each, outcome, read_bytes


@each("blob", op="list")
def test_a_list_is_taken_or_refused_as_the_vector_says(case: Case) -> None:
    blob, listed = bytes.fromhex(case["blob"]), read_bytes(case["list"])
    found = outcome(case, lambda: read_chunk_list(blob, listed))
    if found is not None:
        assert (found[0], len(found[1])) == (case["size"], case["chunks"])


@each("blob", op="chunk")
def test_a_chunk_is_taken_or_refused_as_the_vector_says(case: Case) -> None:
    listed, chunk = read_bytes(case["list"]), read_bytes(case["chunk"])
    size, hashes = read_chunk_list(digest(listed), listed)
    outcome(case, lambda: check_chunk(chunk, case["index"], size, hashes))
