"""The table of DNS blocklists in `blocklists.toml`."""

from __future__ import annotations

import ipaddress
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal


@dataclass(frozen=True, slots=True)
class Blocklist:
    """One list.

    `families`: the kinds of addresses that it lists, none for a list of domains. `codes`: the networks of answers that
    mean "listed"; `refusals`: answers that refuse the one who asks.
    """

    zone: str
    title: str
    kind: Literal["ip", "domain"]
    families: frozenset[str]
    decisive: bool
    codes: tuple[ipaddress.IPv4Network, ...]
    refusals: frozenset[str]
    delisting: str

    def means_listed(self, answer: str) -> bool:
        address = ipaddress.IPv4Address(answer)
        return answer not in self.refusals and any(address in network for network in self.codes)


@cache
def blocklists(kind: Literal["ip", "domain"]) -> tuple[Blocklist, ...]:
    """The lists of one kind, in the order of the table."""
    text = (resources.files("checks") / "data" / "blocklists.toml").read_text("utf-8")
    return tuple(
        Blocklist(
            row["zone"],
            row["title"],
            row["kind"],
            frozenset(row.get("families", ())),
            row["decisive"],
            tuple(ipaddress.IPv4Network(code) for code in row["codes"]),
            frozenset(row["refusals"]),
            row["delisting"],
        )
        for row in tomllib.loads(text)["list"]
        if row["kind"] == kind
    )
