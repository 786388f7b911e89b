"""What one authoritative server says of a zone, asked without the resolver."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import dns.message
from dns.rdatatype import RdataType

from checks.model import Answer, Known
from checks.net.exchange import Reply, Server
from checks.net.reach import is_global
from checks.net.response import name_text

PORT = 53
TRY_S = 0.6
TRIES = 3
"""A server that is silent costs 2.9 seconds: 0.6, 0.9 and 1.35."""
_MAX_GLUE = 50


@dataclass(frozen=True, slots=True)
class DirectAnswer:
    """`outcome` as for a resolver; for NS of a zone below the server's own, the names of its referral.

    `authoritative`: the AA bit. `glue`: the IPv4 and IPv6 addresses that came with a referral, by name.
    """

    outcome: Known[Answer[Any]]
    authoritative: bool = False
    glue: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def public_server(address: str) -> Server | None:
    """The name server at a globally reachable address; None for any other, which is nobody's to ask.

    What stands in strangers' zones must not make us send packets into our own network (127.0.0.0/8, 10.0.0.0/8 ...).
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return None
    return Server(str(ip), PORT) if is_global(ip) else None


def direct_answer(reply: Reply) -> DirectAnswer:
    return DirectAnswer(reply.outcome, reply.authoritative, _glue(reply.message) if reply.message else {})


def _glue(message: dns.message.Message) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for rrset in message.additional[:_MAX_GLUE]:
        if rrset.rdtype in (RdataType.A, RdataType.AAAA):
            name = name_text(rrset.name)
            found[name] = found.get(name, ()) + tuple(sorted(str(rdata.address) for rdata in rrset))
    return found
