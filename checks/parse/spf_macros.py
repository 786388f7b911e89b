"""Expansion of SPF macros (RFC 7208 section 7)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TypeAlias
from urllib.parse import quote

MAX_NAME = 253
"""Characters of a name (section 7.3): what is longer loses labels from the left."""

_MACRO = re.compile(
    r"%(?:(?P<plain>[%_-])|\{(?P<letter>[slodiphcrtv])(?P<digits>[0-9]*)(?P<reverse>r?)(?P<delimiters>[.\-+,/_=]*)\})",
    re.IGNORECASE,
)
_PLAIN = {"%": "%", "_": " ", "-": "%20"}

Values: TypeAlias = Callable[[str], str]
"""The value of a macro letter, given in lower case."""


class BadMacro(ValueError):
    """The text has a `%` that begins no macro (section 7.1)."""


def expand(text: str, values: Values) -> str:
    """The text with its macros replaced. `values` is asked only for what the text uses. Raises BadMacro."""
    return "".join(_pieces(text, values))


def expand_domain(spec: str, values: Values) -> str:
    """The target name of a domain-spec (section 4.8), without trailing dot, cut to MAX_NAME. Raises BadMacro."""
    name = expand(spec, values).removesuffix(".")
    if len(name) <= MAX_NAME:
        return name
    cut = name.find(".", len(name) - MAX_NAME - 1)
    return name[cut + 1 :] if cut >= 0 else name.rpartition(".")[2]


def letters(text: str) -> frozenset[str]:
    """The macro letters that the text uses, in lower case."""
    return frozenset(m["letter"].lower() for m in _MACRO.finditer(text) if m["letter"])


def _pieces(text: str, values: Values) -> Iterator[str]:
    begin = 0
    while (found := text.find("%", begin)) >= 0:
        match = _MACRO.match(text, found)
        if match is None:
            raise BadMacro(text[found : found + 20])
        yield text[begin:found]
        yield _PLAIN[match["plain"]] if match["plain"] else _value(match, values)
        begin = match.end()
    yield text[begin:]


def _value(match: re.Match[str], values: Values) -> str:
    digits = match["digits"]
    kept = digits.lstrip("0")
    if digits and not kept:
        raise BadMacro(match.group()[:20])
    letter = match["letter"]
    parts = re.split("[" + re.escape(match["delimiters"] or ".") + "]", values(letter.lower()))
    if match["reverse"]:
        parts.reverse()
    if kept:
        # Nothing has a million parts; int() refuses texts of thousands of digits.
        parts = parts[-int(kept[:6]) :]
    value = ".".join(parts)
    return quote(value, safe="") if letter.isupper() else value
