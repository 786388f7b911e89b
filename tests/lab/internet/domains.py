"""The names of the lab: their zones, how they are broken, and the truth about each, read from `zones/*.toml`.

An entry is a name. With `zone` or `servers` it is delegated; without either it is only a name to check, which lies in
another entry's zone or does not exist. Keys of an entry:

    about       one sentence: what is special here
    zone        lines of a master file, relative to the name; SOA, NS and the server's address are added
    signing     "signed" (default), "unsigned", "island" (signed, but no DS above), "ds-only" (DS above, but unsigned),
                "bogus" (no signature fits), "expired", "early" (not valid yet), "ending" (7 hours left of 14 days),
                "online" (valid for two days, as from signers that sign each answer), "rsasha1", "rsasha512" (with
                these algorithms), "sha1-ds" (DS with SHA-1), "two-ds" (one with SHA-1, one with SHA-256),
                "other-ds" (DS of another key)
    servers     who answers for it: "leaf" (default), "root", "tld", or one of the faulty ones in `FAULTY` or "silent"
    rules       the rules that a check has to yield. All others are forbidden. Without this key there is no truth.
                STS001, RPT001 and BIMI001 need not be listed where the zone shows that they are due (`advice.py`).
    advice      which of these three have to be yielded, in place of what the zone shows
    verdict     of the check; absent where the report has none
    final       true: the verdict needs no mail (non-sending, or the name does not exist)
    unknown     pattern of check ids → reason, of every question that cannot be told, those apart that need a mail;
                later ones override earlier ones, and the reason "known" takes out again
    selectors   DKIM selectors that earlier mail used, the newest first
    hosts       the servers at names of the zone that have an A record there, "@" for the zone's own: a table each.
                A name that is an exchange of any MX, and that no table mentions, is a correct mail server.

Keys of a host (`mailers.py` and `web.py` do what they say):

    smtp        on port 25. "starttls": correct; "plain": does not offer it; "starttls-refused": offers it, and answers
                454; "handshake-fails": offers it, and no cipher fits;
                "old-tls": TLS 1.1 at most; "greylisting": 450 for every recipient; "busy": 421 at once;
                "slow": late with the greeting; "silent": accepts, and says nothing; "refused": the port is closed;
                "open-relay": takes mail for everybody; "percent-relay": only with the address in the local part
    https       on port 443. "serves": the files, and 404 for all else; "redirects": to the address that stands in place
                of the file; "too-large": a megabyte of empty lines after the file; "slow": drips it out;
                "silent"; "refused"
    files       path → text, for https
    certificate "good" (default), "wildcard" (good too), "expired", "early" (not valid yet), "ending" (in 6 days),
                "other-name", "self-signed", "unknown-authority"
    key         "ecdsa" (default), "rsa"
    tlsa        TLSA records for port 25: "3 1 1" is usage, selector and matching type, made from the certificate,
                with usage 2 from the authority's; "3 1 1 wrong" is that of another key
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

import idna
from internet.advice import ADVICE, advice
from internet.hosts import Host, declared, defaults, refuse_doubles

ZONES = Path(__file__).parents[1] / "zones"

KNOT = {"root": "11.0.0.1", "tld": "11.0.1.1", "leaf": "11.0.2.1"}
FAULTY = {
    "servfail": "11.0.2.11",
    "refusing": "11.0.2.12",
    "truncating": "11.0.2.13",
    "truncating-only": "11.0.2.14",
    "mx-fails": "11.0.2.15",
    "address-fails": "11.0.2.16",
    "garbage": "11.0.2.17",
    "without-edns": "11.0.2.18",
    "slow": "11.0.2.19",
    "tlsa-fails": "11.0.2.20",
    "alias-beside": "11.0.2.21",
    "alias-first": "11.0.2.22",
}
"""Servers of `odd.py`, which do what no real one can be told to do."""
SILENT = "11.0.9.9"
"""Routed, but nobody is there: queries vanish, as behind a firewall."""
ADDRESSES = {**KNOT, **FAULTY, "silent": SILENT}

_GIVES_NO_ANSWER = frozenset({"servfail", "refusing", "truncating-only", "garbage", "silent"})

SIGNING = (
    "signed",
    "unsigned",
    "island",
    "ds-only",
    "bogus",
    "expired",
    "early",
    "ending",
    "online",
    "rsasha1",
    "rsasha512",
    "sha1-ds",
    "two-ds",
    "other-ds",
)


@dataclass(frozen=True, slots=True)
class Truth:
    """What a check of the name has to say: `rules` and no other; `unknown`: pattern of check ids → reason."""

    rules: frozenset[str]
    verdict: str | None
    provisional: bool
    unknown: Mapping[str, str]
    selectors: tuple[str, ...]
    advice: frozenset[str] | None = None
    """Those of ADVICE that apply, `rules` contains them; None where the entry leaves that to its zone."""

    def reason(self, check_id: str) -> str | None:
        """Why this question is unknown, None where it has an answer or does not arise."""
        said = [reason for pattern, reason in self.unknown.items() if fnmatchcase(check_id, pattern)]
        return said[-1] if said and said[-1] != "known" else None


@dataclass(frozen=True, slots=True)
class Domain:
    """A name of the lab. `name`: A-labels, without trailing dot ("." is the root)."""

    name: str
    shown: str
    about: str
    zone: str | None
    signing: str
    servers: tuple[str, ...]
    truth: Truth | None
    hosts: tuple[Host, ...] = ()

    @property
    def is_delegated(self) -> bool:
        return self.zone is not None

    @property
    def is_served(self) -> bool:
        """A real server has the zone. Otherwise none may: one that also has the zone above would answer from it."""
        return self.is_delegated and not _GIVES_NO_ANSWER.issuperset(self.servers)

    def is_in(self, zone: str) -> bool:
        return zone == "." or self.name == zone or self.name.endswith("." + zone)


def load() -> dict[str, Domain]:
    """All names, by A-label form. Raises ValueError with a sentence for an entry that is wrong."""
    domains: dict[str, Domain] = {}
    for path in sorted(ZONES.glob("*.toml")):
        for shown, entry in tomllib.loads(path.read_text("utf-8")).items():
            domain = _domain(shown, dict(entry))
            if domain.name in domains:
                raise ValueError(f"{path.name}: {shown} stands twice")
            domains[domain.name] = domain
    return {name: _advised(domain, domains.values()) for name, domain in domains.items()}


def _advised(domain: Domain, domains: Iterable[Domain]) -> Domain:
    """The domain with the advice it is due among its rules."""
    truth = domain.truth
    if truth is None:
        return domain
    due = truth.advice
    if due is None:
        zone = zone_of(domain.name, domains)
        owner = "@" if zone is domain else domain.name.removesuffix(f".{zone.name}")
        # Of a zone that no resolver validates nothing can be told.
        told = zone.signing not in ("bogus", "expired", "early", "ds-only", "other-ds")
        due = advice(zone.zone or "", owner, sends=truth.provisional) if told else frozenset()
    return replace(domain, truth=replace(truth, rules=truth.rules | due, advice=due))


def all_hosts(domains: Mapping[str, Domain]) -> list[Host]:
    """The declared servers, and those that need no declaration. Raises ValueError where two are in one place."""
    hosts = [host for domain in domains.values() for host in domain.hosts]
    hosts += [host for host in defaults(texts(domains), hosts) if host.address != SILENT]
    refuse_doubles(hosts)
    return hosts


def texts(domains: Mapping[str, Domain]) -> dict[str, str]:
    """The lines of each zone, as they stand in its entry."""
    return {d.name: d.zone for d in domains.values() if d.zone is not None}


def zone_of(name: str, domains: Iterable[Domain]) -> Domain:
    """The zone in which the name lies; for an apex, itself."""
    domain = Domain(name, name, "", None, "", (), None)
    above = (d for d in domains if d.is_delegated and domain.is_in(d.name))
    return max(above, key=lambda d: len(d.name) if d.name != "." else 0)


def _domain(shown: str, entry: dict[str, object]) -> Domain:
    name = shown if shown.isascii() else idna.encode(shown).decode()
    truth = None
    if "rules" in entry:
        truth = Truth(
            rules=frozenset(entry.pop("rules")),
            verdict=entry.pop("verdict", None),
            provisional=not entry.pop("final", False),
            unknown=entry.pop("unknown", {}),
            selectors=tuple(entry.pop("selectors", ())),
            advice=frozenset(entry.pop("advice")) if "advice" in entry else None,
        )
        if truth.advice is not None and not truth.advice <= ADVICE:
            raise ValueError(f"{shown}: advice can be {sorted(ADVICE)}, not {sorted(truth.advice)}")
    zone = entry.pop("zone", "" if "servers" in entry else None)
    about = entry.pop("about", "")
    signing = entry.pop("signing", "signed")
    servers = tuple(entry.pop("servers", ("leaf",)))
    hosts = tuple(declared(name, zone or "", entry.pop("hosts", {})))
    if entry:
        raise ValueError(f"{shown}: unknown keys {sorted(entry)}")
    if signing not in SIGNING or not set(servers) <= ADDRESSES.keys():
        raise ValueError(f"{shown}: no such signing or server: {signing}, {servers}")
    return Domain(name, shown, about, zone, signing, servers, truth, hosts)
