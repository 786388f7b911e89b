"""Tag lists (RFC 6376 section 3.2): `name=value; name=value`, as DKIM, DMARC, TLSRPT and BIMI write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_BLANKS = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag: its name as written, the value without the blanks around it, and where it begins (0-based)."""

    name: str
    value: str
    position: int


class TagListError(ValueError):
    """Not a tag list. `position`: where the offending part begins. `kind`: what is wrong with it."""

    def __init__(self, position: int, kind: Literal["no_equals_sign", "bad_name", "duplicate", "empty"]) -> None:
        super().__init__(f"{kind} at {position}")
        self.position = position
        self.kind = kind


def parse_tag_list(text: str) -> tuple[Tag, ...]:
    """All tags in the order written; a semicolon at the end is allowed.

    Raises TagListError for a part without `=`, an empty part, an impossible name, and a name used twice: such a list is
    invalid as a whole (RFC 6376 section 3.2).
    """
    parts = text.split(";")
    if len(parts) > 1 and not parts[-1].strip(_BLANKS):
        parts.pop()
    tags: list[Tag] = []
    names: set[str] = set()
    offset = 0
    for part in parts:
        start = offset + len(part) - len(part.lstrip(_BLANKS))
        offset += len(part) + 1
        name, equals, value = part.partition("=")
        name = name.strip(_BLANKS)
        if not part.strip(_BLANKS):
            raise TagListError(start, "empty")
        if not equals:
            raise TagListError(start, "no_equals_sign")
        if not _NAME.match(name):
            raise TagListError(start, "bad_name")
        if name in names:
            raise TagListError(start, "duplicate")
        names.add(name)
        tags.append(Tag(name, value.strip(_BLANKS), start))
    return tuple(tags)
