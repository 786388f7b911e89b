"""DNS blocklists: is the sending address, the domain, or an address that receives listed (RFC 5782)?"""

from __future__ import annotations

import asyncio
import ipaddress

from checks.data.blocklists import Blocklist
from checks.data.pools import owner_of
from checks.evidence.blocklist import (
    BlocklistAnswer,
    ClientBlocklistEvidence,
    DomainBlocklistEvidence,
    MxBlocklistEvidence,
)
from checks.evidence.message import SessionEvidence
from checks.evidence.mx import MxEvidence
from checks.evidence.ptr import ClientReverseEvidence
from checks.parse.domain import registrable
from checks.probes.listing import Family, labels
from checks.probes.run import Run

MAX_MX_ADDRESSES = 4
"""So many MX addresses are looked up in the lists: being listed hardly matters there, and each costs a query a list."""


async def ask_domain_blocklists(run: Run) -> DomainBlocklistEvidence:
    lists = run.blocklists.lists("domain")
    entries = [(registrable(run.domain) or run.domain) if bl.registered else run.domain for bl in lists]
    answers = (_ask(run, bl, "domain", entry, entry) for bl, entry in zip(lists, entries, strict=True))
    return DomainBlocklistEvidence(run.domain, tuple(await asyncio.gather(*answers)))


async def ask_client_blocklists(run: Run) -> ClientBlocklistEvidence:
    session = await run.evidence(SessionEvidence)
    if session.client_ip is None:
        return ClientBlocklistEvidence(None, ())
    answers, reverse = await asyncio.gather(_of_address(run, session.client_ip), run.evidence(ClientReverseEvidence))
    confirmed = reverse.reverse.confirmed if reverse.reverse else None
    return ClientBlocklistEvidence(session.client_ip, answers, owner_of(confirmed or ""))


async def ask_mx_blocklists(run: Run) -> MxBlocklistEvidence:
    mx = await run.evidence(MxEvidence)
    addresses = dict.fromkeys(a for t in mx.targets for a in t.addresses if ipaddress.ip_address(a).is_global)
    some = await asyncio.gather(*(_of_address(run, a) for a in list(addresses)[:MAX_MX_ADDRESSES]))
    return MxBlocklistEvidence(run.domain, tuple(answer for answers in some for answer in answers))


async def _of_address(run: Run, text: str) -> tuple[BlocklistAnswer, ...]:
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or ipaddress.IPv6Address(int(address))  # no zone of a link-local address
    family: Family = "ipv4" if address.version == 4 else "ipv6"
    lists = [bl for bl in run.blocklists.lists("ip") if family in bl.families]
    return tuple(await asyncio.gather(*(_ask(run, bl, family, labels(address), text) for bl in lists)))


async def _ask(run: Run, bl: Blocklist, family: Family, asked: str, entry: str) -> BlocklistAnswer:
    answer = await run.blocklists.ask(run.dns, bl, family, asked)
    return BlocklistAnswer(bl.zone, bl.title, bl.decisive, bl.delisting, answer, entry, bl.refused_by)
