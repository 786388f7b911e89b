"""MX names, their addresses and reverse names, HELO and return paths as they are really asked for, and how often."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TypeVar

from bot.demo.nameserver import Fault, Nameserver, Zone
from checks.evidence.dmarc import DmarcResultEvidence
from checks.evidence.helo import HeloEvidence
from checks.evidence.message import MessageEvidence, SessionEvidence, SpfResultEvidence
from checks.evidence.mx import MxEvidence, SenderTargetsEvidence
from checks.evidence.ptr import ClientReverseEvidence, MxReverseEvidence
from checks.evidence.spf import SpfEvidence
from checks.model import Absent, Seen, Unreachable, Why
from checks.net.dns import Dns
from checks.probes.dmarc_result import ask_dmarc_result
from checks.probes.message import ask_message
from checks.probes.mx import (
    MAX_ADDRESSES,
    MAX_HOSTS,
    MAX_MX_PTR_NAMES,
    MAX_PTR_NAMES,
    ask_client_reverse,
    ask_helo,
    ask_mx,
    ask_mx_reverse,
    ask_sender_targets,
)
from checks.probes.run import Run
from checks.probes.session import ask_session
from checks.probes.spf import ask_spf
from checks.probes.spf_result import ask_spf_result

E = TypeVar("E")
HOSTS = 40
FORWARD = "".join(f"@ MX 10 m{i}\nm{i} A 192.0.2.{i}\nm{i} AAAA 2001:db8::{i:x}\n" for i in range(HOSTS))
REVERSE = "".join(f"{i} PTR p{j}.d.example.\n" for i in range(HOSTS) for j in range(30))
PROBES = {
    SessionEvidence: ask_session,
    MessageEvidence: ask_message,
    MxEvidence: ask_mx,
    MxReverseEvidence: ask_mx_reverse,
    ClientReverseEvidence: ask_client_reverse,
    HeloEvidence: ask_helo,
    SenderTargetsEvidence: ask_sender_targets,
    SpfEvidence: ask_spf,
    SpfResultEvidence: ask_spf_result,
    DmarcResultEvidence: ask_dmarc_result,
}


def asked(
    kind: type[E],
    *,
    zones: Iterable[Zone] = (Zone("d.example", FORWARD), Zone("2.0.192.in-addr.arpa", REVERSE)),
    faults: tuple[Fault, ...] = (),
    mail_from: str | None = "a@d.example",
    helo: str | None = "mx.example",
    raw: bytes | None = None,
    has_author: bool = True,
) -> tuple[E, list[tuple[str, str]]]:
    async def ask() -> tuple[E, list[tuple[str, str]]]:
        async with Nameserver(zones, faults=faults, empty_zones=["arpa", "example"]) as server:
            dns = Dns([server.address], try_s=0.3, tries=2)
            session = SessionEvidence("192.0.2.7", helo, mail_from, None, None)
            now = datetime.now(UTC)
            run = Run(
                "d.example", "d.example", dns.run(10.0), now, PROBES, session=session, raw=raw, has_author=has_author
            )
            try:
                return await run.evidence(kind), sorted(server.log)
            finally:
                await run.close()
                await dns.aclose()

    return asyncio.run(ask())


def test_mx_addresses_are_bounded_and_nothing_is_asked_twice() -> None:
    evidence, log = asked(MxReverseEvidence)
    assert len(evidence.reverse) == MAX_ADDRESSES
    assert sum(isinstance(r.names, Seen) for r in evidence.reverse) == MAX_ADDRESSES // 2
    assert len(log) == len(set(log))
    # The MX records and the domain's own addresses, those of each host, the reverse names, and those that they give.
    assert len(log) <= 3 + 2 * MAX_HOSTS + MAX_ADDRESSES + MAX_MX_PTR_NAMES


def test_an_mx_address_with_more_reverse_names_than_are_looked_up_is_not_said_to_be_unconfirmed() -> None:
    evidence, _ = asked(MxReverseEvidence)
    named = [r for r in evidence.reverse if isinstance(r.names, Seen)]
    assert {r.unconfirmed_why for r in named} == {Why.NOT_COVERED}


def test_the_reverse_name_of_an_mx_is_its_own_name_and_costs_no_further_question() -> None:
    zones = [Zone("d.example", "@ MX 10 mx\nmx A 192.0.2.7\n"), Zone("2.0.192.in-addr.arpa", "7 PTR mx.d.example.\n")]
    evidence, log = asked(MxReverseEvidence, zones=zones)
    assert [r.confirmed for r in evidence.reverse] == ["mx.d.example"]
    assert len(log) == len(set(log)) == 6


def test_of_a_client_as_many_names_are_looked_up_as_an_spf_check_would() -> None:
    evidence, log = asked(ClientReverseEvidence)
    assert evidence.reverse is not None
    assert isinstance(evidence.reverse.names, Seen)
    assert evidence.reverse.unconfirmed_why is None
    assert len([name for name, rdtype in log if rdtype == "A"]) == MAX_PTR_NAMES


def test_only_a_name_is_looked_up_of_the_greeting() -> None:
    zones = [Zone("d.example", "mx A 192.0.2.7\n")]
    evidence, log = asked(HeloEvidence, zones=zones, helo="mx.d.example")
    assert (evidence.kind, isinstance(evidence.ipv4, Seen), evidence.ipv6) == ("name", True, Absent("nodata"))
    assert log == [("mx.d.example", "A"), ("mx.d.example", "AAAA")]
    for greeting in ("[192.0.2.7]", "localhost", "x" * 5000, "a..b", None):
        evidence, log = asked(HeloEvidence, zones=zones, helo=greeting)
        assert (evidence.resolves, log) == (False, [])
    failing = Fault("mx.d.example", rcode="SERVFAIL")
    evidence, _ = asked(HeloEvidence, zones=zones, helo="mx.d.example", faults=(failing,))
    assert (evidence.resolves, evidence.unknown) == (None, Why.SERVFAIL)


FROM = b"From: a@d.example\r\n\r\nx\r\n"
RECEIVING = (Zone("d.example", "@ MX 10 mx\nbounce MX 0 .\n"),)


def targets(**more: object) -> list[tuple[str, str, bool | None]]:
    evidence, _ = asked(SenderTargetsEvidence, zones=RECEIVING, **({"raw": FROM} | more))  # type: ignore[arg-type]
    return [(t.domain, t.role, t.receives) for t in evidence.targets]


def test_replies_go_to_the_author_and_bounces_to_the_return_path() -> None:
    own = ("d.example", "from", True)
    assert targets() == [own]
    assert targets(mail_from="a@bounce.d.example") == [own, ("bounce.d.example", "return_path", False)]
    assert targets(mail_from="a@BOUNCE.d.example.") == [own, ("bounce.d.example", "return_path", False)]
    assert targets(mail_from="a@gone.d.example") == [own, ("gone.d.example", "return_path", False)]
    for no_domain in ("", None, "a", "a@[192.0.2.7]", "a@b@", "a@" + "x" * 5000):
        assert targets(mail_from=no_domain) == [own]
    assert targets(has_author=False, mail_from="a@bounce.d.example") == [("bounce.d.example", "return_path", False)]


def test_the_return_path_of_a_forwarder_is_not_the_senders() -> None:
    forwarded = b"Resent-From: b@other.example\r\n" + FROM
    assert targets(raw=forwarded, mail_from="a@bounce.d.example") == [("d.example", "from", True)]


def test_the_own_return_path_of_a_newsletter_is_looked_at_although_it_has_a_list_id() -> None:
    own = Zone("d.example", '@ MX 10 mx\nbounce MX 0 .\nbounce TXT "v=spf1 ip4:192.0.2.7 -all"\n')
    strange = Zone("d.example", '@ MX 10 mx\nbounce MX 0 .\nbounce TXT "v=spf1 -all"\n')
    newsletter = b"List-Id: <1.esp.example>\r\n" + FROM
    for zone, domains in ((own, ["d.example", "bounce.d.example"]), (strange, ["d.example"])):
        evidence, _ = asked(SenderTargetsEvidence, zones=[zone], raw=newsletter, mail_from="a@bounce.d.example")
        assert [target.domain for target in evidence.targets] == domains


def test_a_target_whose_lookup_failed_is_unknown() -> None:
    failing = (Fault("d.example", "MX", rcode="SERVFAIL"),)
    evidence, _ = asked(SenderTargetsEvidence, zones=RECEIVING, raw=FROM, faults=failing)
    assert [(t.is_null, t.receives, t.unknown) for t in evidence.targets] == [(None, None, Why.SERVFAIL)]
    assert isinstance(evidence.targets[0].records, Unreachable)
