"""DNS blocklists: is the sending address or the domain listed (RFC 5782)?

A list that does not answer its own test entries as documented is not believed: one that must be listed, and one that
must not, for a list that was given up, or a resolver, may answer everything alike. An answer that refuses us is
not a listing. Only the decisive lists are asked: by no other a rule judges.
"""

from __future__ import annotations

import asyncio
import ipaddress

from checks.data.blocklists import Blocklist, blocklists
from checks.evidence.blocklist import BlocklistAnswer, ClientBlocklistEvidence, DomainBlocklistEvidence, Listing
from checks.evidence.message import SessionEvidence
from checks.model import Absent, Answer, Known, Seen, Unreachable, Why
from checks.net.dns import DnsRun
from checks.probes.run import Run

_MAX_REASON = 300


def _labels(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    """The labels under which a list keeps an address: octets, or nibbles for IPv6, reversed (RFC 5782 section 2)."""
    return address.reverse_pointer.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")


_TEST_ENTRIES = {
    "ipv4": ("2.0.0.127", "1.0.0.127"),
    "ipv6": (_labels(ipaddress.IPv6Address("::ffff:7f00:2")), _labels(ipaddress.IPv6Address("::ffff:7f00:1"))),
    "domain": ("test", "invalid"),
}
"""The entry that every list has, and the one that none may have (RFC 5782 section 5)."""


async def ask_domain_blocklists(run: Run) -> DomainBlocklistEvidence:
    lists = [bl for bl in blocklists("domain") if bl.decisive]
    answers = await asyncio.gather(*(_ask(run.dns, bl, "domain", run.domain) for bl in lists))
    return DomainBlocklistEvidence(run.domain, tuple(answers))


async def ask_client_blocklists(run: Run) -> ClientBlocklistEvidence:
    session = await run.evidence(SessionEvidence)
    if session.client_ip is None:
        return ClientBlocklistEvidence(None, ())
    client = ipaddress.ip_address(session.client_ip)
    if isinstance(client, ipaddress.IPv6Address):
        client = client.ipv4_mapped or ipaddress.IPv6Address(int(client))  # without the zone of a link-local address
    family = f"ipv{client.version}"
    lists = [bl for bl in blocklists("ip") if bl.decisive and family in bl.families]
    answers = await asyncio.gather(*(_ask(run.dns, bl, family, _labels(client)) for bl in lists))
    return ClientBlocklistEvidence(session.client_ip, tuple(answers))


async def ask_test_entries(dns: DnsRun, bl: Blocklist) -> tuple[Unreachable | None, tuple[str, ...]]:
    """Why the list would not be believed, by its entries for IPv4 or for domains; None: it answers as documented.

    Beside it the addresses that came for the entry which every list has.
    """
    names = _TEST_ENTRIES["ipv4" if bl.kind == "ip" else "domain"]
    answers = await asyncio.gather(*(dns.addresses(f"{name}.{bl.zone}", "A") for name in names))
    listed, clean = (_read(bl, answer) for answer in answers)
    return _fault(bl, listed, clean), answers[0].value.values if isinstance(answers[0], Seen) else ()


async def _ask(dns: DnsRun, bl: Blocklist, tested_by: str, entry: str) -> BlocklistAnswer:
    names = (entry, *_TEST_ENTRIES[tested_by])
    answers = await asyncio.gather(*(dns.addresses(f"{name}.{bl.zone}", "A") for name in names))
    told, listed, clean = (_read(bl, answer) for answer in answers)
    if not isinstance(told, Unreachable) and (fault := _fault(bl, listed, clean)) is not None:
        told = fault
    if isinstance(told, Seen):
        told = Seen(Listing(told.value.codes, await _reason(dns, f"{entry}.{bl.zone}")))
    return BlocklistAnswer(bl.zone, bl.title, bl.decisive, bl.delisting, told)


def _fault(bl: Blocklist, listed: Known[Listing], clean: Known[Listing]) -> Unreachable | None:
    """Why the list is not believed, by what it says of its two test entries."""
    for answer in (listed, clean):
        if isinstance(answer, Unreachable):
            return answer
    if isinstance(listed, Absent):
        return Unreachable(Why.BLOCKED, f"{bl.zone} does not list its own test entry")
    if isinstance(clean, Seen):
        return Unreachable(Why.BLOCKED, f"{bl.zone} lists the test entry that no list may have")
    return None


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
