"""The table of SPF includes that a main domain does not need, in `unneeded_includes.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Literal


@dataclass(frozen=True, slots=True)
class UnneededInclude:
    """`include`: the name, with everything below it. `return_path`: whose domain receivers look for SPF at instead.

    `source`: the page that says so, as read on the day `read`.
    """

    service: str
    include: str
    return_path: Literal["service", "subdomain"]
    source: str
    read: date


@cache
def unneeded_includes() -> tuple[UnneededInclude, ...]:
    """The rows, in the order of the table."""
    text = (resources.files("checks") / "data" / "unneeded_includes.toml").read_text("utf-8")
    return tuple(UnneededInclude(**row) for row in tomllib.loads(text)["include"])


def unneeded_include(target: str) -> UnneededInclude | None:
    """The row for the target of an include; None where the table has none."""
    name = target.lower()
    return next((u for u in unneeded_includes() if name == u.include or name.endswith("." + u.include)), None)
