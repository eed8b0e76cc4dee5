"""Write a setting into client.toml and leave everything else there as the person wrote it.

`tomlkit` keeps comments, order and spaces.  A file that cannot be read as TOML is not touched.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from p2pblog.core.limits import CONFIG_BYTES_MAX
from p2pblog.core.toml import read_toml


def save_setting(path: Path, name: str, value: str | bool) -> None:
    """Set `name` to `value` in the file at `path`, which is made if it is not there.

    Raises:
        ValueError: the file cannot be read as TOML.
        OSError: it cannot be read or written.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    real = path.resolve()  # a link to where the person keeps their files stays one
    try:
        text = real.read_bytes().decode()
    except FileNotFoundError:
        text = ""
    if len(text) > CONFIG_BYTES_MAX:
        raise ValueError("it is too large")
    read_toml(text)
    try:
        document = tomlkit.parse(text)
        if name in document:
            document[name] = value
            text = tomlkit.dumps(document)
        else:  # at the top, since after a table a line would belong to that
            text = f"{name} = {tomlkit.item(value).as_string()}\n{text}"
        _put(real, text)
    except TOMLKitError as error:
        raise ValueError(str(error)) from error


def _put(path: Path, text: str) -> None:
    """Replace the file at once and whole; it keeps who may read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            os.chmod(name, path.stat().st_mode & 0o777)  # noqa: PTH101 (both are names)
        os.replace(name, path)  # noqa: PTH105
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)  # noqa: PTH108
        raise
