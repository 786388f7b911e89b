"""What the display name of From shows beside a name: another address, an emoji."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from checks.parse.message.encoded_words import decode_words
from checks.parse.message.fields import Field

_MAX_OCTETS = 4000
_ADDRESS = re.compile(
    r"[^\s@＠<>()\[\]\"',;:（）「」＜＞]{1,64}[@＠][a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}", re.IGNORECASE
)
_EMOJI = re.compile(
    "[\u231a\u231b\u23e9-\u23ec\u23f0\u23f3\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693\u26a1\u26aa\u26ab\u26bd\u26be"
    "\u26c4\u26c5\u26ce\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2705\u270a\u270b\u2728\u274c\u274e\u2753-\u2755\u2757"
    "\u2795-\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55\U0001f004\U0001f0cf\U0001f18e\U0001f191-\U0001f19a"
    "\U0001f1e6-\U0001f1ff\U0001f201\U0001f300-\U0001f64f\U0001f680-\U0001f6ff\U0001f7e0-\U0001f7f0\U0001f90c-\U0001faff]|\ufe0f"
)
"""Characters that are shown as emoji by default (Unicode's Emoji_Presentation, by blocks from U+1F300 on), and the
selector that makes one of any other: a plain star or telephone sign is text."""


class Shown(NamedTuple):
    shows_address: bool = False
    shows_emoji: bool = False


def shown_in_name(fields: Sequence[Field], address: str | None) -> Shown:
    """What the display name of the one From field shows. `address`: of the author, None where there is none."""
    if len(fields) != 1 or address is None:
        return Shown()
    value = decode_words(fields[0].value[:_MAX_OCTETS])
    name, bracket, _ = value.rpartition("<")
    if not bracket:
        return Shown()
    others = (found.group().replace("＠", "@").casefold() for found in _ADDRESS.finditer(name))
    local, _, domain = address.rpartition("@")
    own = {address.casefold(), f"{local}@{domain}".casefold()}
    return Shown(any(other.rstrip(".-") not in own for other in others), _EMOJI.search(name) is not None)
