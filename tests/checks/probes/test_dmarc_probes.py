"""The DMARC probes against a name server on the loopback interface: what they ask, and every pair of answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import combinations, product

import pytest
from built import domain, use
from built_dmarc import receiving

from bot.demo.nameserver import Fault, Nameserver, Zone
from checks.engine import judge
from checks.evidence.dmarc import DmarcEvidence, DmarcPlaceEvidence, DmarcReportsEvidence
from checks.net.dns import Dns
from checks.probes.dmarc import MAX_DESTINATIONS, ask_dmarc, ask_dmarc_place, ask_dmarc_reports
from checks.probes.run import Run
from checks.rules import dmarc_destinations, dmarc_place, dmarc_policy, dmarc_record, dmarc_reports, dmarc_syntax

PROBES = {DmarcEvidence: ask_dmarc, DmarcPlaceEvidence: ask_dmarc_place, DmarcReportsEvidence: ask_dmarc_reports}
RECORD = '"v=DMARC1; p=reject; rua=mailto:a@{r}"'
QUESTIONS: Mapping[str, tuple[str, str]] = {
    "{d}": ("TXT", RECORD),
    "_dmarc.{d}": ("TXT", RECORD),
    "_dmarc._dmarc.{d}": ("TXT", RECORD),
    "_dmarc.{d}.{d}": ("TXT", RECORD),
    "_dmarc.{r}": ("TXT", '"v=DMARC1; p=none"'),
    "{d}._report._dmarc.{r}": ("TXT", '"v=DMARC1;"'),
    "{r}": ("MX", "10 mx.{r}."),
    "{r} A": ("A", "192.0.2.1"),
    "{r} AAAA": ("AAAA", "2001:db8::1"),
}
USUAL = dict.fromkeys(QUESTIONS, "record") | {
    "{d}": "absent",
    "_dmarc._dmarc.{d}": "absent",
    "_dmarc.{d}.{d}": "absent",
}
KINDS = ("record", "absent", "SERVFAIL")


def published(case: Mapping[str, str], number: int) -> tuple[list[str], list[Fault]]:
    """The records and faults of one case: d<number>.example and the destination of its reports, r<number>.example."""
    names = {"d": f"d{number}.example", "r": f"r{number}.example"}
    lines, faults = [f"{name}. TXT x" for name in names.values()], []
    for question, kind in case.items():
        name, (rdtype, value) = question.split()[0].format(**names), QUESTIONS[question]
        if kind == "record":
            lines.append(f"{name}. {rdtype} {value.format(**names)}")
        elif kind != "absent":
            faults.append(Fault(name, rdtype, rcode=kind))
    return lines, faults


async def run_for(dns: Dns, name: str) -> tuple[DmarcEvidence, DmarcPlaceEvidence, DmarcReportsEvidence]:
    run = Run(name, name, dns.run(60.0), datetime.now(UTC), PROBES)
    try:
        dmarc, place, reports = await asyncio.gather(*(run.evidence(kind) for kind in PROBES))
    finally:
        await run.close()
    return dmarc, place, reports  # type: ignore[return-value]


async def found(dns: Dns, name: str) -> set[str]:
    dmarc, place, reports = await run_for(dns, name)
    judged = [
        judge(dmarc_record.CHECK, dmarc, use(name), domain(name, name), place, receiving(name)),
        judge(dmarc_place.CHECK, dmarc, place, use(name), domain(name)),
        judge(dmarc_syntax.CHECK, dmarc, use(name), receiving(name)),
        judge(dmarc_policy.CHECK, dmarc, use(name), receiving(name)),
        judge(dmarc_reports.CHECK, dmarc, use(name), receiving(name)),
        judge(dmarc_destinations.CHECK, dmarc, reports),
    ]
    return {finding.rule.id for result in judged for finding in result.findings}


def expected(case: Mapping[str, str]) -> set[str]:
    """What these answers show, and no more: of a failed one nothing follows."""
    own, agreed = case["_dmarc.{d}"], case["{d}._report._dmarc.{r}"]
    rules = {"DMARC001"} if own == "absent" else set()
    rules |= {"DMARC105"} if case["{d}"] == "record" else set()
    if own == "absent":
        rules |= {"DMARC105"} if case["_dmarc._dmarc.{d}"] == "record" else set()
        rules |= {"DMARC107"} if case["_dmarc.{d}.{d}"] == "record" else set()
    if own == "record":
        rules |= {"DMARC303"} if agreed == "absent" and case["_dmarc.{r}"] in ("record", "absent") else set()
        rules |= {"DMARC304"} if {case["{r}"], case["{r} A"], case["{r} AAAA"]} == {"absent"} else set()
    return rules


@pytest.mark.parametrize("first", QUESTIONS)
def test_every_pair_of_answers_shows_what_it_shows_and_nothing_is_missing_that_failed(first: str) -> None:
    pairs = [(one, two) for one, two in combinations(QUESTIONS, 2) if one == first]
    cases = [USUAL | {one: a, two: b} for one, two in pairs for a, b in product(KINDS, KINDS)] or [USUAL]
    # Without MX, addresses decide; every pair of these three with the third one absent as well.
    cases += [case | {"{r} AAAA": "absent"} for case in cases if case["{r}"] == "absent"]

    async def all_cases() -> list[set[str]]:
        built = [published(case, number) for number, case in enumerate(cases)]
        lines = [line for of_case, _ in built for line in of_case]
        faults = [fault for _, of_case in built for fault in of_case]
        async with Nameserver([Zone("example", "\n".join(lines))], faults=faults) as server:
            dns = Dns([server.address], try_s=3.0, max_outstanding=30)
            try:
                return list(await asyncio.gather(*(found(dns, f"d{number}.example") for number in range(len(cases)))))
            finally:
                await dns.aclose()

    told = asyncio.run(all_cases())
    wrong = [(case, rules, expected(case)) for case, rules in zip(cases, told, strict=True) if rules != expected(case)]
    assert not wrong


def asked(records: Iterable[str], name: str = "d.example") -> tuple[DmarcReportsEvidence, list[tuple[str, str]]]:
    async def ask() -> tuple[DmarcReportsEvidence, list[tuple[str, str]]]:
        async with Nameserver([Zone("example", "\n".join(records))]) as server:
            dns = Dns([server.address], try_s=3.0)
            try:
                *_, reports = await run_for(dns, name)
                return reports, sorted(set(server.log))
            finally:
                await dns.aclose()

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("record", "rules"),
    [('d.hosted TXT "v=DMARC1; p=none; rua=mailto:a@d.example"', {"DMARC201"}), ("", {"DMARC001"})],
)
def test_a_record_behind_a_cname_is_known_to_stand_there(record: str, rules: set[str]) -> None:
    zone = Zone("d.example", f"@ MX 10 mx\n_dmarc CNAME d.hosted\n{record}")

    async def ask() -> tuple[DmarcEvidence, set[str]]:
        async with Nameserver([zone], empty_zones=["example"]) as server:
            dns = Dns([server.address], try_s=3.0)
            try:
                return (await run_for(dns, "d.example"))[0], await found(dns, "d.example")
            finally:
                await dns.aclose()

    dmarc, told = asyncio.run(ask())
    assert (dmarc.walk.alias_of("d.example"), dmarc.walk.alias_of("example")) == ("d.hosted.d.example", None)
    assert told == rules


def test_no_more_than_ten_destinations_are_asked() -> None:
    uris = ",".join(f"mailto:a@r{i}.example" for i in range(30))
    parts = " ".join(f'"{text}"' for text in (f"v=DMARC1; p=none; rua={uris}"[i : i + 200] for i in range(0, 800, 200)))
    reports, log = asked([f"_dmarc.d TXT {parts}"])
    assert (len(reports.destinations), reports.not_asked) == (MAX_DESTINATIONS, 30 - MAX_DESTINATIONS)
    # The domain's TXT and its walk; of each destination the walk, the consent, MX, A and AAAA.
    assert len(log) <= 3 + 5 * MAX_DESTINATIONS


def test_a_mailbox_of_the_own_domain_asks_for_no_consent_and_one_name_is_asked_once() -> None:
    record = '"v=DMARC1; p=none; rua=mailto:a@d.example,mailto:b@D.example; ruf=mailto:c@d.example"'
    reports, log = asked([f"_dmarc.d TXT {record}", "d MX 10 mx.d"])
    (destination,) = reports.destinations
    assert (destination.domain, destination.tags, destination.authorisation) == ("d.example", ("rua", "ruf"), None)
    assert log == [("_dmarc.d.example", "TXT"), ("_dmarc.example", "TXT"), ("d.example", "MX"), ("d.example", "TXT")]


def test_without_a_record_no_destination_is_asked_and_the_two_other_places_are() -> None:
    reports, log = asked(["d MX 10 mx.d"])
    assert reports.destinations == ()
    assert {name for name, _ in log} == {
        "d.example",
        "_dmarc.d.example",
        "_dmarc.example",
        "_dmarc._dmarc.d.example",
        "_dmarc.d.example.d.example",
    }


@pytest.mark.parametrize("record", ["v=DMARC1; p=none", "v=dmarc1; p=none"])
def test_where_something_is_in_place_the_other_places_are_not_asked(record: str) -> None:
    _, log = asked([f'_dmarc.d TXT "{record}"'])
    assert [name for name, _ in log] == ["_dmarc.d.example", "_dmarc.example", "d.example"]


def test_who_inherits_asks_for_the_consent_to_the_domain_that_has_the_record() -> None:
    reports, log = asked(['_dmarc.d TXT "v=DMARC1; p=none; rua=mailto:a@r.example"'], "news.d.example")
    assert [d.authorised_at for d in reports.destinations] == ["d.example._report._dmarc.r.example"]
    assert ("d.example._report._dmarc.r.example", "TXT") in log
