"""The table of DNS blocklists in `blocklists.toml`."""

from __future__ import annotations

import ipaddress
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

_ERRORS = ipaddress.IPv4Network("127.255.255.0/24")


@dataclass(frozen=True, slots=True)
class Part:
    """What a list means by some of its answers. `name`: its own word, "" where it has only one meaning.

    `short_lived`: such an entry ends by itself within days of the last mail that caused it. `policy`: a kind of address
    that is not to send mail at all, whatever it sent.
    """

    name: str
    codes: tuple[ipaddress.IPv4Network, ...]
    short_lived: bool
    policy: bool


@dataclass(frozen=True, slots=True)
class Blocklist:
    """One list.

    `families`: the kinds of addresses that it lists, none for a list of domains. `registered`: it keeps registered
    domains only. `refusals`: answers that refuse the one who asks. `test`: the entry that it always lists, "" for that
    of RFC 5782 section 5. `keyed`: the zone for whoever has the key called `key`, with "{key}" in its place.
    """

    zone: str
    title: str
    kind: Literal["ip", "domain"]
    families: frozenset[str]
    decisive: bool
    refused_by: tuple[str, ...]
    parts: tuple[Part, ...]
    refusals: frozenset[str]
    delisting: str
    registered: bool
    test: str
    key: str
    keyed: str
    needs_key: bool

    def parts_of(self, answer: str) -> tuple[Part, ...]:
        """What the list says by this answer (an IPv4 address); nothing where it is no listing."""
        address = ipaddress.IPv4Address(answer)
        if answer in self.refusals:
            return ()
        return tuple(part for part in self.parts if any(address in network for network in part.codes))

    def means_listed(self, answer: str) -> bool:
        return bool(self.parts_of(answer))

    def refuses(self, answer: str) -> bool:
        """The answer speaks of the question, not of the entry."""
        return answer in self.refusals or ipaddress.IPv4Address(answer) in _ERRORS


@cache
def blocklists(kind: Literal["ip", "domain"], keys: frozenset[str] = frozenset()) -> tuple[Blocklist, ...]:
    """The lists of one kind that can be asked by whoever has these keys, in the order of the table."""
    return tuple(bl for bl in _table() if bl.kind == kind and (not bl.needs_key or bl.key in keys))


def key_names() -> frozenset[str]:
    """The names under which a key can be given."""
    return frozenset(bl.key for bl in _table() if bl.key)


@cache
def _table() -> tuple[Blocklist, ...]:
    text = (resources.files("checks") / "data" / "blocklists.toml").read_text("utf-8")
    return tuple(map(_row, tomllib.loads(text)["list"]))


def _row(row: dict[str, Any]) -> Blocklist:
    return Blocklist(
        zone=row["zone"],
        title=row["title"],
        kind=row["kind"],
        families=frozenset(row.get("families", ())),
        decisive=row["decisive"],
        refused_by=tuple(row.get("refused_by", ())),
        parts=tuple(map(_part, row["parts"])),
        refusals=frozenset(row["refusals"]),
        delisting=row["delisting"],
        registered=row.get("registered", False),
        test=row.get("test", ""),
        key=row.get("key", ""),
        keyed=row.get("keyed", ""),
        needs_key=row.get("needs_key", False),
    )


def _part(row: dict[str, Any]) -> Part:
    networks = tuple(ipaddress.IPv4Network(code) for code in row["codes"])
    return Part(row["name"], networks, row.get("short", False), row.get("policy", False))
