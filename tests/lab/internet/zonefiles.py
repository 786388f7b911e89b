"""Zone files from the domains: completed, delegated, signed, and broken where the entry says so.

The key of a zone is derived from its name (`keys.py`), so that the DS of the root, the trust anchor, is a constant.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import dns.dnssec
import dns.name
import dns.rdataset
import dns.rrset
import dns.zone
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS
from internet import keys
from internet.certificates import Issued, tlsa
from internet.domains import ADDRESSES, Domain, zone_of

_TTL = 300
_DAY_S = 86400
_HAS_NO_DS = ("unsigned", "island")
_IS_NOT_SIGNED = ("unsigned", "ds-only")
_FLAGS = dns.dnssec.Flag.ZONE | dns.dnssec.Flag.SEP
_VALIDITY_DAYS: Mapping[str, tuple[float, float]] = {
    "expired": (-40, -3),
    "early": (5, 19),
    "ending": (-13.7, 0.3),
    "online": (-1, 1),
}
_ALGORITHMS = {"rsasha1": dns.dnssec.Algorithm.RSASHA1, "rsasha512": dns.dnssec.Algorithm.RSASHA512}
_DIGESTS = {"sha1-ds": ("SHA1",), "two-ds": ("SHA1", "SHA256")}


def trust_anchor() -> str:
    """The DS of the root, in presentation format."""
    return f". IN DS {_ds('.', _public('.'), 'SHA256').to_text()}"


def write(domains: Mapping[str, Domain], issued: Mapping[str, Issued], directory: Path) -> dict[str, list[str]]:
    """Write `<zone>.zone` for every zone, with TLSA records for the certificates that its hosts were `issued`.

    Gives the zones of each Knot server, the root as ".". Two processes share the work, which is most of the start-up.
    """
    zones = [d for d in domains.values() if d.is_delegated]
    below: dict[str, list[Domain]] = {d.name: [] for d in zones}
    for zone in zones:
        if zone.name != ".":
            below[zone_of(_parent(zone.name), zones).name].append(zone)
    served = [zone for zone in zones if zone.is_served]

    def write_some(some: Iterable[Domain]) -> None:
        for zone in some:
            _zone(zone, below[zone.name], issued).to_file(str(directory / file_name(zone.name)), relativize=False)

    other = multiprocessing.get_context("fork").Process(target=write_some, args=(served[1::2],))
    other.start()
    write_some(served[::2])
    other.join()
    if other.exitcode:
        raise RuntimeError(f"Writing zones ended with status {other.exitcode}.")
    hosted: dict[str, list[str]] = {"root": [], "tld": [], "leaf": []}
    for zone in served:
        hosted[next((s for s in zone.servers if s in ("root", "tld")), "leaf")].append(zone.name)
    return hosted


def file_name(zone: str) -> str:
    return f"{'root' if zone == '.' else zone}.zone"


def name_servers(zone: Domain) -> list[tuple[str, str]]:
    """Names, with trailing dot, and addresses of the zone's servers; all in the zone itself, so with glue."""
    suffix = "" if zone.name == "." else zone.name + "."
    return [(f"ns{number}.{suffix}", ADDRESSES[server]) for number, server in enumerate(zone.servers, 1)]


def _parent(name: str) -> str:
    return name.partition(".")[2] or "."


def _zone(zone: Domain, below: Iterable[Domain], issued: Mapping[str, Issued]) -> dns.zone.Zone:
    servers = name_servers(zone)
    lines = [f"$TTL {_TTL}", f"@ SOA {servers[0][0]} hostmaster.{servers[0][0]} 1 3600 600 86400 60"]
    lines += _delegation("@", zone)
    for child in below:
        lines += _delegation(child.name + ".", child)
        if child.signing not in _HAS_NO_DS:
            lines += [f"{child.name}. DS {ds.to_text()}" for ds in _signers(child)]
    for host in zone.hosts:
        lines += [f"_25._tcp.{host.name}. TLSA {tlsa(issued[host.name], record)}" for record in host.tlsa]
    text = "\n".join([*lines, zone.zone or ""]) + "\n"
    data = dns.zone.from_text(text, origin=zone.name, relativize=False)
    if zone.signing not in _IS_NOT_SIGNED:
        _sign(data, zone)
    return data


def _delegation(owner: str, zone: Domain) -> list[str]:
    servers = name_servers(zone)
    return [f"{owner} NS {name}" for name, _ in servers] + [f"{name} A {address}" for name, address in servers]


def _sign(data: dns.zone.Zone, zone: Domain) -> None:
    now = int(time.time())
    begin, end = _VALIDITY_DAYS.get(zone.signing, (-1, 14))
    dns.dnssec.sign_zone(
        data,
        keys=[_key(zone)],
        inception=now + int(begin * _DAY_S),
        expiration=now + int(end * _DAY_S),
        deterministic=False,  # needs an OpenSSL newer than some that are in use
    )
    if zone.signing == "bogus":
        _spoil(data)


def _spoil(data: dns.zone.Zone) -> None:
    """Flip a bit of every signature but those of the keys, so that the chain of keys is whole and nothing else is."""
    for node in data.nodes.values():
        for rdataset in node.rdatasets:
            if rdataset.rdtype == RdataType.RRSIG and rdataset.covers != RdataType.DNSKEY:
                for rdata in list(rdataset):
                    flipped = bytes([rdata.signature[0] ^ 1]) + rdata.signature[1:]
                    rdataset.remove(rdata)
                    rdataset.add(rdata.replace(signature=flipped))


def _key(zone: Domain) -> tuple[EllipticCurvePrivateKey | RSAPrivateKey, DNSKEY]:
    """Its key, private and public: of the curve P-256 unless the entry asks for an old algorithm."""
    if zone.signing not in _ALGORITHMS:
        return keys.ecdsa(zone.name), _public(zone.name)
    key = keys.rsa_2048()
    return key, dns.dnssec.make_dnskey(key.public_key(), _ALGORITHMS[zone.signing], flags=_FLAGS)


def _public(name: str) -> DNSKEY:
    return dns.dnssec.make_dnskey(keys.ecdsa(name).public_key(), dns.dnssec.Algorithm.ECDSAP256SHA256, flags=_FLAGS)


def _signers(zone: Domain) -> list[DS]:
    key = _public(f"other {zone.name}") if zone.signing == "other-ds" else _key(zone)[1]
    return [_ds(zone.name, key, digest) for digest in _DIGESTS.get(zone.signing, ("SHA256",))]


def _ds(name: str, key: DNSKEY, digest: str) -> DS:
    return dns.dnssec.make_ds(dns.name.from_text(name), key, digest, policy=dns.dnssec.allow_all_policy)
