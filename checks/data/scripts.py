"""The table of the scripts that the characters of domain names are used with, in `scripts.toml`."""

from __future__ import annotations

import tomllib
from bisect import bisect_right
from functools import cache
from importlib import resources

COMMON = "Zyyy"


def scripts_of(character: str) -> frozenset[str]:
    """Codes (ISO 15924) of the recommended scripts it is used with; {Zyyy}: of every script. Empty for all others."""
    starts, rows = _ranges()
    at = bisect_right(starts, ord(character)) - 1
    if at < 0:
        return frozenset()
    end, scripts = rows[at]
    return scripts if ord(character) <= end else frozenset()


@cache
def _ranges() -> tuple[list[int], list[tuple[int, frozenset[str]]]]:
    """Where the ranges start, in order, and for each its last code point and its scripts."""
    text = (resources.files("checks") / "data" / "scripts.toml").read_text("utf-8")
    rows = []
    for names, ranges in tomllib.loads(text).items():
        scripts = frozenset(names.split())
        for written in ranges.split():
            first, _, last = written.partition("-")
            rows.append((int(first, 16), int(last or first, 16), scripts))
    rows.sort(key=lambda row: row[0])
    return [first for first, _, _ in rows], [(last, scripts) for _, last, scripts in rows]
