"""What in a text is told by the properties of its characters, which `re` does not know.

Pure.  The library takes a moment to import and these to compile, and most text can do without
(see text.py); so this module is imported where a text needs it.
"""

from __future__ import annotations

import regex

from p2pblog.core.limits import MARKS_PER_CHARACTER_MAX

ODD_SPACE = regex.compile(r"[\p{Zs}--[ \u3000]]", regex.V1)

# Scripts in which a joiner or non-joiner changes how letters are read.
_JOINING = (
    r"\p{Arab}\p{Syrc}\p{Nkoo}\p{Mong}\p{Deva}\p{Beng}\p{Guru}\p{Gujr}\p{Orya}\p{Taml}\p{Telu}"
    r"\p{Knda}\p{Mlym}\p{Sinh}\p{Khmr}\p{Mymr}\p{Tibt}"
)
# A neighbour that is dropped itself would leave the joiner with another one.
_JOINED_BEFORE = rf"[[{_JOINING}\p{{M}}]--\p{{Default_Ignorable_Code_Point}}]"
_JOINED_AFTER = rf"[[{_JOINING}]&&\p{{L}}]"
# What is not assigned yet is not shown either, so nothing may be joined to it.
_PICTURE = r"[\p{Extended_Pictographic}--\p{Cn}](?:\p{Emoji_Modifier}|\ufe0f)?"
INVISIBLE = regex.compile(
    r"(?P<keep>\U0001f3f4[\U000e0061-\U000e007a]{1,6}\U000e007f"  # flags of regions
    rf"|{_PICTURE}(?:\u200d{_PICTURE}){{0,4}}"  # families, skin tones
    r"|[0-9#*]\ufe0f\u20e3"  # keycaps
    rf"|(?<={_JOINED_BEFORE})[\u200c\u200d](?={_JOINED_AFTER})"
    r"|(?<=\u09b0)\u200d(?=\u09cd)"  # the Bengali ra before a ya-phalaa
    r"|[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd])"  # they have a shape
    r"|[[\p{Cc}--[\n]]\p{Cf}\p{Default_Ignorable_Code_Point}]",
    regex.V1,
)
UNKNOWN = regex.compile(r"[\p{Cs}\p{Co}\p{Cn}]")
TOWER = regex.compile(rf"(\p{{M}}{{{MARKS_PER_CHARACTER_MAX}}})\p{{M}}+")
MARK_WITHOUT_BASE = regex.compile(r"(?m)^(?=\p{M})")

GRAPHEME = regex.compile(r"\X")
TAG = regex.compile(r"(?<![\w/&#])#((?!\p{M})\w+)")
MENTION = regex.compile(r"(?<![\w/.@])@((?!\p{M})\w(?:[\w.-]*\w)?)")
# Addresses as well, in which nobody is mentioned.
MENTION_OR_ADDRESS = regex.compile(rf"https?://\S+|{MENTION.pattern}")
