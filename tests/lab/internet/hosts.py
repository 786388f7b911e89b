"""What answers at the mail and web servers of the lab, read from the key `hosts` of the entries (see `domains.py`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

SMTP = (
    "starttls",
    "plain",
    "starttls-refused",
    "handshake-fails",
    "old-tls",
    "greylisting",
    "busy",
    "slow",
    "silent",
    "refused",
    "open-relay",
    "percent-relay",
)
HTTPS = ("serves", "redirects", "too-large", "slow", "silent", "refused")
CERTIFICATES = ("good", "wildcard", "expired", "early", "ending", "other-name", "self-signed", "unknown-authority")
KEYS = ("ecdsa", "rsa")
_TLSA = re.compile(r"[0-9]+ [01] [012]( wrong)?")
_ADDRESS = re.compile(r"^(\S+)\s+A\s+(\S+)\s*$", re.MULTILINE)
_MX = re.compile(r"^(\S+)\s+MX\s+\d+\s+(\S+)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Host:
    """A server. `name`: A-labels, without trailing dot; it speaks SMTP on port 25, HTTPS on port 443, or both."""

    name: str
    address: str
    smtp: str | None = None
    https: str | None = None
    certificate: str = "good"
    key: str = "ecdsa"
    tlsa: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)


def declared(zone: str, text: str, entries: Mapping[str, Mapping[str, object]]) -> list[Host]:
    """The hosts of one zone. Raises ValueError with a sentence for one that is wrong."""
    found = _addresses(zone, text)
    hosts = []
    for label, entry in entries.items():
        name = _absolute(label, zone)
        if name not in found:
            raise ValueError(f"{name}: a host needs an A record in the zone")
        if entry.keys() & {"name", "address"}:
            raise ValueError(f"{name}: name and address come from the zone")
        try:
            host = Host(name, found[name], **{**entry, "tlsa": tuple(entry.get("tlsa", ()))})
        except TypeError as error:
            raise ValueError(f"{name}: {error}") from None
        _refuse_unknown(host)
        hosts.append(host)
    return hosts


def defaults(zones: Mapping[str, str], hosts: Iterable[Host]) -> list[Host]:
    """Correct mail servers for all names that an MX gives, that have an address and that nobody has declared."""
    taken = {host.name for host in hosts}
    wanted = {exchange for _, exchange in _exchanges(zones)} - taken
    addresses = {name: address for zone, text in zones.items() for name, address in _addresses(zone, text).items()}
    return [Host(name, addresses[name], smtp="starttls") for name in sorted(wanted & addresses.keys())]


def mail_domains(zones: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """The domains whose mail each host receives; for a wildcard the name with its asterisk."""
    received: dict[str, frozenset[str]] = {}
    for owner, exchange in _exchanges(zones):
        received[exchange] = received.get(exchange, frozenset()) | {owner}
    return received


def refuse_doubles(hosts: Iterable[Host]) -> None:
    """Raises ValueError where two hosts have one port of one address."""
    taken: dict[tuple[str, str], str] = {}
    for host in hosts:
        for protocol in ("smtp", "https"):
            if getattr(host, protocol):
                other = taken.setdefault((host.address, protocol), host.name)
                if other != host.name:
                    raise ValueError(f"{host.name} and {other} both speak {protocol} at {host.address}")


def _exchanges(zones: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(_absolute(m[1], zone), _absolute(m[2], zone)) for zone, text in zones.items() for m in _MX.finditer(text)]


def _addresses(zone: str, text: str) -> dict[str, str]:
    return {_absolute(match[1], zone): match[2] for match in _ADDRESS.finditer(text)}


def _absolute(name: str, zone: str) -> str:
    if name == "@":
        return zone
    return name[:-1] if name.endswith(".") else f"{name}.{zone}"


def _refuse_unknown(host: Host) -> None:
    for given, possible in (
        (host.smtp, (None, *SMTP)),
        (host.https, (None, *HTTPS)),
        (host.certificate, CERTIFICATES),
        (host.key, KEYS),
    ):
        if given not in possible:
            raise ValueError(f"{host.name}: {given} is none of {possible}")
    if host.smtp is None and host.https is None:
        raise ValueError(f"{host.name}: neither smtp nor https")
    for record in host.tlsa:
        if not _TLSA.fullmatch(record):
            raise ValueError(f"{host.name}: no TLSA record: {record}")
