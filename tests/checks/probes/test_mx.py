"""MX names, their addresses and reverse names as they are really asked for, and how often."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from bot.demo.nameserver import Nameserver, Zone
from checks.evidence.message import SessionEvidence
from checks.evidence.mx import MxEvidence
from checks.evidence.ptr import ClientReverseEvidence, MxReverseEvidence
from checks.model import Seen
from checks.net.dns import Dns
from checks.probes.mx import MAX_ADDRESSES, MAX_HOSTS, MAX_PTR_NAMES, ask_client_reverse, ask_mx, ask_mx_reverse
from checks.probes.run import Run
from checks.probes.session import ask_session

HOSTS = 40
FORWARD = "".join(f"@ MX 10 m{i}\nm{i} A 192.0.2.{i}\nm{i} AAAA 2001:db8::{i:x}\n" for i in range(HOSTS))
REVERSE = "".join(f"{i} PTR p{j}.d.example.\n" for i in range(HOSTS) for j in range(30))


def asked(evidence: type) -> tuple[object, list[tuple[str, str]]]:
    async def ask() -> tuple[object, list[tuple[str, str]]]:
        zones = [Zone("d.example", FORWARD), Zone("2.0.192.in-addr.arpa", REVERSE)]
        async with Nameserver(zones, empty_zones=["arpa"]) as server:
            dns = Dns([server.address], try_s=0.5, tries=2)
            session = SessionEvidence("192.0.2.7", "mx.example", "a@d.example", None, None)
            probes = {
                SessionEvidence: ask_session,
                MxEvidence: ask_mx,
                MxReverseEvidence: ask_mx_reverse,
                ClientReverseEvidence: ask_client_reverse,
            }
            run = Run("d.example", "d.example", dns.run(10.0), datetime.now(UTC), probes, session=session)
            try:
                return await run.evidence(evidence), sorted(set(server.log))
            finally:
                await run.close()
                await dns.aclose()

    return asyncio.run(ask())


def test_the_reverse_names_of_mx_addresses_are_not_looked_up_forward() -> None:
    evidence, log = asked(MxReverseEvidence)
    assert isinstance(evidence, MxReverseEvidence)
    assert len(evidence.reverse) == MAX_ADDRESSES
    assert all(r.confirmed is None for r in evidence.reverse)
    assert sum(isinstance(r.names, Seen) for r in evidence.reverse) == MAX_ADDRESSES // 2
    assert not [name for name, rdtype in log if name.startswith("p") and rdtype != "PTR"]
    # The MX records and the domain's own addresses, those of each host, and the reverse names.
    assert len(log) <= 3 + 2 * MAX_HOSTS + MAX_ADDRESSES


def test_only_of_the_client_it_is_asked_whether_its_names_lead_back() -> None:
    evidence, log = asked(ClientReverseEvidence)
    assert isinstance(evidence, ClientReverseEvidence)
    assert evidence.reverse is not None
    assert isinstance(evidence.reverse.names, Seen)
    assert len([name for name, rdtype in log if rdtype == "A"]) == MAX_PTR_NAMES
