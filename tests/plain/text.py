"""Chapter 4, section 7: cleaning, names, tags and mentions, a character at a time."""

from __future__ import annotations

import unicodedata
from functools import cache

import regex

SCRIPTS = (
    *("Arabic", "Syriac", "Nko", "Mongolian", "Khmer", "Myanmar", "Tibetan", "Devanagari"),
    *("Bengali", "Gurmukhi", "Gujarati", "Oriya", "Tamil", "Telugu", "Kannada", "Malayalam"),
    "Sinhala",
)
SHAPED = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
ESC, BEL, ST = "\x1b", "\x07", "\x9c"


@cache
def has(char: str, name: str) -> bool:
    """Tell whether a character, or none, has a property of the Unicode Character Database."""
    return regex.fullmatch(rf"\p{{{name}}}", char) is not None


def among(char: str, low: str, high: str) -> bool:
    """Tell whether a character, or none, lies between two."""
    return char != "" and low <= char <= high


def at(text: str, here: int) -> str:
    """Return the character there, or nothing."""
    return text[here] if 0 <= here < len(text) else ""


def clean(text: str) -> str:
    """Return a text as it is shown."""
    text = lines(text)
    text = without_sequences(text)
    text = without_invisible(text)
    text = "".join(
        "\ufffd" if any(has(c, name) for name in ("Co", "Cn", "Cs")) else c for c in text
    )
    text = "".join(" " if has(c, "Zs") and c not in " \u3000" else c for c in text)
    shown = "\n".join(line.rstrip(" \u3000") for line in text.split("\n"))
    while "\n\n\n" in shown:
        shown = shown.replace("\n\n\n", "\n\n")
    return "\n".join(map(based, without_towers(shown.strip("\n")).split("\n")))


def lines(text: str) -> str:
    """Step 1."""
    for ending in ("\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"):
        text = text.replace(ending, "\n")
    return text.replace("\t", " " * 4)


def without_sequences(text: str) -> str:
    """Step 2."""
    kept, here = "", 0
    while here < len(text):
        ends = [end for end in (csi(text, here), string(text, here), other(text, here)) if end]
        if ends:
            here = ends[0]
        else:
            kept += text[here]
            here += 1
    return kept


def run(text: str, here: int, low: str, high: str) -> int:
    """Return where a row of characters between two ends."""
    while among(at(text, here), low, high):
        here += 1
    return here


def csi(text: str, here: int) -> int:
    """Return where a CSI sequence that begins here ends, or 0."""
    if text.startswith(ESC + "[", here):
        here += 2
    elif at(text, here) == "\x9b":
        here += 1
    else:
        return 0
    here = run(text, run(text, here, "0", "?"), " ", "/")
    return here + 1 if among(at(text, here), "@", "~") else 0


def string(text: str, here: int) -> int:
    """Return where a string for the terminal that begins here ends, or 0."""
    if at(text, here) == ESC and at(text, here + 1) in set("]PX^_"):
        here += 2
    elif at(text, here) in set("\x90\x98\x9d\x9e\x9f"):
        here += 1
    else:
        return 0
    while at(text, here) not in ("", BEL, ESC, ST):
        here += 1
    if at(text, here) in set(BEL + ST):
        return here + 1
    return here + 2 if text.startswith(ESC + "\\", here) else 0


def other(text: str, here: int) -> int:
    """Return where any other escape sequence that begins here ends, or 0."""
    if at(text, here) != ESC:
        return 0
    here = run(text, here + 1, " ", "/")
    last = at(text, here)
    fits = among(last, "0", "Z") or last == "\\" or among(last, "^", "~")
    return here + 1 if fits else 0


def without_invisible(text: str) -> str:
    """Step 3."""
    kept, here = "", 0
    while here < len(text):
        stays = max(flag(text, here), pictures(text, here), keycap(text, here))
        if stays:
            kept += text[here:stays]
            here = stays
            continue
        char = text[here]
        hidden = char != "\n" and any(
            has(char, name) for name in ("Cc", "Cf", "Default_Ignorable_Code_Point")
        )
        if not hidden or joins(text, here) or ord(char) in SHAPED:
            kept += char
        here += 1
    return kept


def flag(text: str, here: int) -> int:
    """Return where the flag of a region that begins here ends, or 0."""
    if at(text, here) != "\U0001f3f4":
        return 0
    end = run(text, here + 1, "\U000e0061", "\U000e007a")
    letters = end - here - 1
    return end + 1 if 1 <= letters <= 6 and at(text, end) == "\U000e007f" else 0


def picture(text: str, here: int) -> int:
    """Return where a picture that begins here ends, or 0."""
    char = at(text, here)
    if not has(char, "Extended_Pictographic") or has(char, "Cn"):
        return 0
    behind = at(text, here + 1)
    return here + 2 if has(behind, "Emoji_Modifier") or behind == "\ufe0f" else here + 1


def pictures(text: str, here: int) -> int:
    """Return where a picture, and those joined to it, end, or 0."""
    end = picture(text, here)
    for _ in range(4 if end else 0):
        if at(text, end) != "\u200d" or not picture(text, end + 1):
            break
        end = picture(text, end + 1)
    return end


def keycap(text: str, here: int) -> int:
    """Return where a keycap that begins here ends, or 0."""
    if at(text, here) not in set("0123456789#*"):
        return 0
    return here + 3 if text[here + 1 : here + 3] == "\ufe0f\u20e3" else 0


def of_scripts(char: str) -> bool:
    """Tell whether a character is of a script with joiners."""
    return any(has(char, f"Script={script}") for script in SCRIPTS)


def joins(text: str, here: int) -> bool:
    """Tell whether a joiner or non-joiner stands where a script needs it."""
    before, char, behind = at(text, here - 1), text[here], at(text, here + 1)
    if (before, char, behind) == ("\u09b0", "\u200d", "\u09cd"):
        return True
    return (
        char in "\u200c\u200d"
        and (of_scripts(before) or has(before, "M"))
        and not has(before, "Default_Ignorable_Code_Point")
        and of_scripts(behind)
        and has(behind, "L")
    )


def without_towers(text: str) -> str:
    """Step 7, the first half."""
    kept, marks = "", 0
    for char in text:
        marks = marks + 1 if has(char, "M") else 0
        kept += char if marks <= 5 else ""
    return kept


def based(line: str) -> str:
    """Step 7, the other half."""
    return "\u25cc" + line if has(at(line, 0), "M") else line


def name(text: str) -> str:
    """Return a name as it is shown."""
    line = ""
    for char in clean(text):
        blank = char in "\n \u3000\u2800"
        if not blank:
            line += char
        elif not line.endswith(" "):
            line += " "
    return based(line.strip(" "))


def is_word(char: str) -> bool:
    """Tell whether a character, or none, is a word character."""
    return any(has(char, name) for name in ("Alphabetic", "Join_Control", "M", "Nd", "Pc"))


def begins_word(char: str) -> bool:
    """Tell whether a tag or a name may begin with a character, or none."""
    return is_word(char) and not has(char, "M")


def tags(text: str) -> list[str]:
    """Return the tags of a text that count."""
    shown = clean(text)
    found: list[str] = []
    for here, char in enumerate(shown):
        before = at(shown, here - 1)
        if char != "#" or is_word(before) or before in set("/&#"):
            continue
        if not begins_word(at(shown, here + 1)):
            continue
        end = here + 1
        while is_word(at(shown, end)):
            end += 1
        tag = unicodedata.normalize("NFC", shown[here + 1 : end].casefold())
        if len(tag) <= 64 and not all(has(c, "Nd") for c in tag) and tag not in found:
            found.append(tag)
    return found[:32]


def mentions(text: str) -> list[str]:
    """Return the names that a text mentions."""
    shown = clean(text)
    found: dict[str, str] = {}
    for here, char in enumerate(shown):
        before = at(shown, here - 1)
        if char != "@" or is_word(before) or before in set("/.@"):
            continue
        if not begins_word(at(shown, here + 1)):
            continue
        end = here + 1
        while is_word(at(shown, end)) or at(shown, end) in set(".-"):
            end += 1
        called = shown[here + 1 : end].rstrip(".-")
        found.setdefault(called.casefold(), called)
    return list(found.values())[:16]
