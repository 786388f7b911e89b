"""The table of the providers' shared sending addresses in `pools.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources


def owner_of(reverse_name: str) -> str | None:
    """Whose pool the address with this reverse name belongs to; None for all that the table does not know."""
    name = reverse_name.lower().rstrip(".")
    found = (owner for suffix, owner in _suffixes() if name == suffix or name.endswith("." + suffix))
    return next(found, None)


@cache
def _suffixes() -> tuple[tuple[str, str], ...]:
    text = (resources.files("checks") / "data" / "pools.toml").read_text("utf-8")
    return tuple((suffix, owner) for owner, suffixes in tomllib.loads(text).items() for suffix in suffixes)
