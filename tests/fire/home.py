"""The folder that lives through all the kills: a store and its views, as a node has them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TextIO

from p2pblog.core.crypto import SigningKey
from p2pblog.store.leveldb import LevelKeyValue
from p2pblog.store.logs import LogStore
from p2pblog.views.database import Views

ROOT, ME = SigningKey(b"r" * 32), SigningKey(b"m" * 32)
OTHERS = [SigningKey(bytes([number]) * 32) for number in (1, 2, 3)]
START_MS = 1_780_000_000_000
EPOCH = b"e" * 16


class Home:
    """The folder, opened."""

    def __init__(self, folder: Path) -> None:
        self.store = LogStore(LevelKeyValue(folder / "store"), new_epoch=EPOCH)
        self.views = Views(
            folder / "views.sqlite",
            epoch=self.store.epoch,
            self_identity=ROOT.public,
            journal_end=self.store.arrival,
        )

    def fold(self, most: int) -> bool:
        """Fold up to `most` entries; False when there are none."""
        batch = self.store.journal(self.views.indexed, most)
        self.views.apply(batch)
        return bool(batch)

    def close(self) -> None:
        self.views.close()
        self.store.close()


def tell(say: TextIO, *words: object) -> None:
    """Tell whoever started this process something, in a line."""
    say.write(json.dumps(words) + "\n")
