"""SPF of a client: every pair of answers to the questions of one record, against a model of RFC 7208 in a few lines."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import combinations, product

import pytest

from bot.demo.nameserver import Fault, Nameserver, Zone
from checks.engine import judge
from checks.evidence.message import ArcEvidence, MessageEvidence, SessionEvidence, SpfResultEvidence
from checks.evidence.ptr import ClientReverseEvidence
from checks.model import Outcome
from checks.net.dns import Dns
from checks.probes.run import Run
from checks.probes.spf_result import ask_spf_result
from checks.rules import spf_result

RECORD = "v=spf1 include:i.{d} a:a.{d} mx:m.{d} exists:e.{d} ptr:{d} redirect=r.{d}"
OTHER = "203.0.113.1"
QUESTIONS: Mapping[str, tuple[str, str, str, str]] = {
    "include": ("i.{d}", "TXT", '"v=spf1 ip4:{ip}"', '"v=spf1 -all"'),
    "a": ("a.{d}", "A", "{ip}", OTHER),
    "mx": ("m.{d}", "MX", "10 h.{d}.", "10 h.{d}."),
    "host": ("h.{d}", "A", "{ip}", OTHER),
    "exists": ("e.{d}", "A", "127.0.0.2", ""),
    "ptr": ("{reverse}", "PTR", "p.{d}.", "p.elsewhere.{d}x."),
    "name": ("p.{d}", "A", "{ip}", OTHER),
    "redirect": ("r.{d}", "TXT", '"v=spf1 ip4:{ip} -all"', '"v=spf1 ~all"'),
}
KINDS = ("yes", "no", "absent", "SERVFAIL")
USUAL = dict.fromkeys(QUESTIONS, "no") | {"mx": "yes", "ptr": "yes"}


def expected(case: Mapping[str, str]) -> str:
    """The terms from left to right: what matches, ends with an error, or is one void lookup more."""
    void = 0
    for term in ("include", "a", "mx", "host", "exists", "ptr", "redirect"):
        kind = case[term]
        if term == "host" and case["mx"] not in ("yes", "no"):
            continue
        if kind == "SERVFAIL" and term != "ptr":
            return "temperror"
        if kind == "absent" or (term == "exists" and kind == "no"):
            if term in ("include", "redirect"):
                return "permerror"
            void += 1
            if void > 2:
                return "permerror"
        matches = case["name"] == "yes" if term == "ptr" else term != "mx"
        if kind == "yes" and matches:
            return "pass"
    return "softfail"


def published(case: Mapping[str, str], number: int) -> tuple[str, list[str], list[str], list[Fault]]:
    """The client of one case, lines of the zone `example`, lines of the reverse zone, faults."""
    octets = (number // 200, number % 200 + 1)
    client = f"198.18.{octets[0]}.{octets[1]}"
    facts = {"d": f"d{number}.example", "ip": client, "reverse": f"{octets[1]}.{octets[0]}.18.198.in-addr.arpa"}
    lines = [f'{facts["d"]}. TXT "{RECORD.format(**facts)}"']
    reverse: list[str] = []
    faults: list[Fault] = []
    for question, kind in case.items():
        name, rdtype, yes, no = (text.format(**facts) for text in QUESTIONS[question])
        value = {"yes": yes, "no": no}.get(kind, "")
        if kind == "SERVFAIL":
            faults.append(Fault(name, rdtype, rcode=kind))
        elif value:
            (reverse if rdtype == "PTR" else lines).append(f"{name}. {rdtype} {value}")
    return client, lines, reverse, faults


async def received(dns: Dns, domain: str, client: str) -> SpfResultEvidence:
    session = SessionEvidence(client, f"mx.{domain}", f"a@{domain}", None, None)
    probes = {SpfResultEvidence: ask_spf_result}
    run = Run(domain, domain, dns.run(60.0), datetime.now(UTC), probes, session=session)
    try:
        return await run.evidence(SpfResultEvidence)
    finally:
        await run.close()


async def all_received(cases: list[dict[str, str]]) -> list[SpfResultEvidence]:
    built = [published(case, number) for number, case in enumerate(cases)]
    zones = [
        Zone("example", "\n".join(line for _, lines, _, _ in built for line in lines)),
        Zone("18.198.in-addr.arpa", "\n".join(line for _, _, lines, _ in built for line in lines)),
    ]
    async with Nameserver(zones, faults=[fault for *_, faults in built for fault in faults]) as server:
        dns = Dns([server.address], try_s=3.0, max_outstanding=30)
        try:
            clients = [client for client, *_ in built]
            return await asyncio.gather(*(received(dns, f"d{n}.example", client) for n, client in enumerate(clients)))
        finally:
            await dns.aclose()


@pytest.mark.parametrize("first", list(QUESTIONS)[:-1])
def test_every_pair_of_answers_gives_what_the_rfc_says(first: str) -> None:
    pairs = [(one, two) for one, two in combinations(QUESTIONS, 2) if one == first]
    cases = [USUAL | {one: a, two: b} for one, two in pairs for a, b in product(KINDS, KINDS)]
    mail = MessageEvidence(1, ("a",), None, "d.example", "", (), ArcEvidence("none", 0), (), 1, False, ())
    for case, told in zip(cases, asyncio.run(all_received(cases)), strict=True):
        assert told.result == expected(case), (case, told.problem)
        assert (told.why is not None) == (told.result == "temperror")
        judged = judge(spf_result.CHECK, told, mail, ClientReverseEvidence(None))
        outcome = {"pass": Outcome.PASSED, "temperror": Outcome.UNKNOWN}.get(str(told.result), Outcome.FAILED)
        assert judged.outcome is outcome
        assert bool(judged.findings) == (outcome is Outcome.FAILED)
