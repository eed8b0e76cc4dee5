"""Write protocol/vectors/: `python -m tests.plain.generate`, from the root of the checkout.

The same bytes every time: keys, times and salts are fixed.  noise.json is not made here: it
comes from elsewhere, as it says.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from tests.plain.cases import (
    blob,
    body,
    bundle,
    bundling,
    channel,
    encoding,
    entry,
    fork,
    frame,
    frontier,
    hearsay,
    identity,
    link,
    message,
    pairing,
    placing,
    said,
    segment,
    session,
    signal,
    signature,
    text,
    textform,
)
from tests.plain.cases.writing import Cases

VECTORS = Path(__file__).parents[2] / "protocol" / "vectors"
FILES: dict[str, Callable[[], Cases]] = {
    "encoding": encoding.cases,
    "textform": textform.cases,
    "entry": entry.cases,
    "signature": signature.cases,
    "segment": segment.cases,
    "placing": placing.cases,
    "fork": fork.cases,
    "identity": identity.cases,
    "said": said.cases,
    "pairing": pairing.cases,
    "body": body.cases,
    "text": text.cases,
    "frame": frame.cases,
    "link": link.cases,
    "message": message.cases,
    "reconcile": frontier.cases,
    "session": session.cases,
    "blob": blob.cases,
    "bundle": bundle.cases,
    "bundling": bundling.cases,
    "signal": signal.cases,
    "channel": channel.cases,
    "hearsay": hearsay.cases,
}


def written(name: str) -> str:
    """Return the text of the file `name`.json: one line a case, so that changes can be read."""
    document = FILES[name]().document()
    lines = [json.dumps(test) for test in document["tests"]]
    notes = json.dumps(document["notes"], indent=1)
    head = f'{{"spec": {json.dumps(document["spec"])},\n"notes": {notes},\n"tests": [\n'
    return head + ",\n".join(lines) + "\n]}\n"


def main() -> None:
    """Write every file, and say how many cases it holds."""
    for name in FILES:
        page = written(name)
        (VECTORS / f"{name}.json").write_text(page, encoding="ascii")
        sys.stdout.write(f"{name}: {len(json.loads(page)['tests'])} cases\n")


if __name__ == "__main__":
    main()
