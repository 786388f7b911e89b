"""DNS blocklists: is the sending address or the domain listed (RFC 5782)?

A list that does not answer its own test entry as documented is not believed; an answer that refuses us is not a
listing.
"""

from __future__ import annotations

import asyncio
import ipaddress

from checks.data.blocklists import Blocklist, blocklists
from checks.evidence.blocklist import BlocklistAnswer, ClientBlocklistEvidence, DomainBlocklistEvidence, Listing
from checks.evidence.message import SessionEvidence
from checks.model import Answer, Known, Seen, Unreachable, Why
from checks.net.dns import DnsRun
from checks.probes.run import Run

_TEST_ENTRY = {"ip": "2.0.0.127", "domain": "test"}
"""Entries that every list has (RFC 5782 section 5)."""
_MAX_REASON = 300


async def ask_domain_blocklists(run: Run) -> DomainBlocklistEvidence:
    answers = await asyncio.gather(*(_ask(run.dns, bl, run.domain) for bl in blocklists("domain")))
    return DomainBlocklistEvidence(run.domain, tuple(answers))


async def ask_client_blocklists(run: Run) -> ClientBlocklistEvidence:
    session = await run.evidence(SessionEvidence)
    if session.client_ip is None:
        return ClientBlocklistEvidence(None, ())
    entry = reversed_address(session.client_ip)
    answers = await asyncio.gather(*(_ask(run.dns, bl, entry) for bl in blocklists("ip")))
    return ClientBlocklistEvidence(session.client_ip, tuple(answers))


def reversed_address(address: str) -> str:
    """The labels under which a list keeps an address: octets, or nibbles for IPv6, reversed (RFC 5782 section 2)."""
    pointer = ipaddress.ip_address(address).reverse_pointer
    return pointer.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")


async def _ask(dns: DnsRun, bl: Blocklist, entry: str) -> BlocklistAnswer:
    answer, test = await asyncio.gather(
        dns.addresses(f"{entry}.{bl.zone}", "A"), dns.addresses(f"{_TEST_ENTRY[bl.kind]}.{bl.zone}", "A")
    )
    told = _read(bl, answer)
    works = _read(bl, test)
    if not isinstance(told, Unreachable) and not isinstance(works, Seen):
        fails = Unreachable(Why.BLOCKED, f"{bl.zone} fails its own test entry")
        told = works if isinstance(works, Unreachable) else fails
    if isinstance(told, Seen):
        told = Seen(Listing(told.value.codes, await _reason(dns, f"{entry}.{bl.zone}")))
    return BlocklistAnswer(bl.zone, bl.title, bl.decisive, bl.delisting, told)


def _read(bl: Blocklist, answer: Known[Answer[str]]) -> Known[Listing]:
    """127.255.255.252 says that we typed the zone wrong: our bug, so it raises.

    Anything outside 127/8 is a resolver's invention.
    """
    if not isinstance(answer, Seen):
        return answer
    values = answer.value.values
    if "127.255.255.252" in values:
        raise RuntimeError(f"{bl.zone} says that this zone name is wrong")
    outside = [v for v in values if not v.startswith("127.")]
    if outside:
        return Unreachable(Why.BLOCKED, f"{bl.zone} answered {outside[0]}: a resolver rewrites its answers")
    if codes := tuple(v for v in values if bl.means_listed(v)):
        return Seen(Listing(codes, ""))
    return Unreachable(Why.BLOCKED, f"{bl.zone} answered {values[0]}, which is no listing but refuses the one who asks")


async def _reason(dns: DnsRun, name: str) -> str:
    text = await dns.txt(name)
    if not isinstance(text, Seen) or not text.value.values:
        return ""
    return text.value.values[0].decode("utf-8", "replace")[:_MAX_REASON]
