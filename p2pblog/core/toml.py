"""Read what a person set in a TOML file, with one error and in a bounded time.

`tomllib` reads a dotted key in the square of its parts, 25 s for one of 46 KB; and a number of
thousands of digits is to Python a number that cannot be, rather than a file that cannot be read.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any, Final

from p2pblog.core.limits import KEY_PARTS_MAX

_PART = r"""(?:(?<![\w-])[\w-]++|"(?:\\.|[^"\\\n])*+"|'[^'\n]*')"""
_TOO_DEEP: Final = re.compile(rf"(?:{_PART}[ \t]*+\.[ \t]*+){{{KEY_PARTS_MAX}}}")


def read_toml(text: str) -> dict[str, Any]:
    """Return what stands in `text`.

    Raises:
        ValueError: it is not TOML, or nests deeper than any setting; says so in one line.
    """
    if _TOO_DEEP.search(text):
        raise ValueError(f"a key has more than {KEY_PARTS_MAX} parts")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("it nests too deep") from error
    except tomllib.TOMLDecodeError as error:
        raise ValueError(str(error).splitlines()[0]) from error
    except ValueError as error:
        raise ValueError("a number is too long, or a date is none") from error
