"""Which question to the DNS stands behind a piece of evidence: the `dig` line that shows the same."""

from __future__ import annotations

import ipaddress
import string
from collections.abc import Mapping
from typing import Any

_OF_KIND: Mapping[tuple[str, str], tuple[str, str]] = {
    ("DomainEvidence", "start_of_authority"): ("SOA", "{ascii}"),
    ("SpfEvidence", "answer"): ("TXT", "{domain}"),
    ("DmarcPlaceEvidence", "apex"): ("TXT", "{domain}"),
    ("DmarcPlaceEvidence", "nested"): ("TXT", "_dmarc._dmarc.{domain}"),
    ("DmarcPlaceEvidence", "doubled"): ("TXT", "_dmarc.{domain}.{domain}"),
    ("MxEvidence", "records"): ("MX", "{domain}"),
    ("MxEvidence", "own_ipv4"): ("A", "{domain}"),
    ("MxEvidence", "own_ipv6"): ("AAAA", "{domain}"),
    ("DaneEvidence", "records"): ("MX", "{domain}"),
    ("NameServersEvidence", "servers"): ("NS", "{zone}"),
    ("DnssecEvidence", "keys"): ("DNSKEY", "{zone}"),
    ("DnssecEvidence", "signers"): ("DS", "{zone}"),
    ("StsEvidence", "record"): ("TXT", "_mta-sts.{domain}"),
    ("TlsReportEvidence", "record"): ("TXT", "_smtp._tls.{domain}"),
    ("BimiEvidence", "record"): ("TXT", "default._bimi.{domain}"),
}
"""Kind of evidence and field: the type and the name."""

_OF_FIELDS: tuple[tuple[str, frozenset[str], tuple[str, str]], ...] = (
    ("answer", frozenset({"selector", "name"}), ("TXT", "{name}")),
    ("answer", frozenset({"zone", "entry"}), ("A", "{entry}.{zone}")),
    ("answer", frozenset({"domain"}), ("TXT", "_dmarc.{domain}")),
    ("ipv4", frozenset({"host"}), ("A", "{host}")),
    ("ipv6", frozenset({"host"}), ("AAAA", "{host}")),
    ("ipv4", frozenset({"helo"}), ("A", "{helo}")),
    ("ipv6", frozenset({"helo"}), ("AAAA", "{helo}")),
    ("names", frozenset({"address"}), ("-x", "{address}")),
    ("records", frozenset({"name", "validity"}), ("TLSA", "{name}")),
)
"""Field, the fields that stand beside it, and the type and the name; for parts of evidence, and the first that fits."""


def question(kind: str, data: Mapping[str, Any], name: str) -> tuple[str, str] | None:
    """Type and name of what was asked for the field `name`; "-x" for the reverse name of an address.

    Also where there was no answer that would tell them. None where it was no single question.
    """
    if (asked := _OF_KIND.get((kind, name))) is not None:
        return _filled(asked, data)
    for field, beside, asked in _OF_FIELDS:
        if field == name and beside <= data.keys():
            return _filled(asked, data)
    return None


def _filled(asked: tuple[str, str], data: Mapping[str, Any]) -> tuple[str, str] | None:
    rdtype, template = asked
    used = [field for _, field, _, _ in string.Formatter().parse(template) if field]
    if not all(isinstance(data.get(field), str) and data[field] for field in used):
        return None
    if used == ["entry", "zone"]:
        return rdtype, f"{_reversed(data['entry'])}.{data['zone']}"
    return rdtype, template.format(**{field: data[field] for field in used})


def _reversed(entry: str) -> str:
    """As a blocklist is asked: the octets of an IPv4 address, the nibbles of an IPv6 one, the other way round."""
    try:
        pointer = ipaddress.ip_address(entry).reverse_pointer
    except ValueError:
        return entry
    return pointer.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")


def dig_line(asked: tuple[str, str]) -> str:
    rdtype, name = asked
    return f"dig +short -x {name}" if rdtype == "-x" else f"dig +short {rdtype} {name}"
