"""What the names in SPF records lead to, against a name server on the loopback interface."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from spf_world import looked_up, running, zone

from bot.demo.nameserver import ALWAYS, Fault, Nameserver, Zone
from checks.catalogue import CheckResult
from checks.engine import judge
from checks.evidence.message import SessionEvidence
from checks.evidence.spf import SpfEvidence, SpfLookupEvidence, SpfTermLookups
from checks.model import Outcome, Severity, Why
from checks.net.dns import Dns, DnsRun
from checks.probes.run import Run
from checks.probes.spf import ask_spf
from checks.probes.spf_lookups import MAX_QUESTIONS, MAX_TERMS_ASKED, ask_spf_lookups
from checks.rules import spf_includes, spf_lookups, spf_macros, spf_mx_names, spf_void_lookups

NO_SESSION = SessionEvidence(None, None, None, None, None)


def terms(
    records: Mapping[str, str], at: str = "d.example", *, faults: tuple[Fault, ...] = ()
) -> dict[str, SpfTermLookups]:
    _, lookups = looked_up(records, faults=faults)
    return {term.text: told for term, told in lookups.by_record()[at].items()}


def test_each_family_has_its_own_questions() -> None:
    told = terms(
        {
            "d": "v=spf1 a a:four.example mx:m.example exists:six.example a:none.example mx:none.example -all\n"
            "A 192.0.2.1\nAAAA 2001:db8::1",
            "four": "A 192.0.2.2",
            "six": "AAAA 2001:db8::2",
            "m": "MX 10 four.example.\nMX 5 six.example.",
        }
    )
    assert {text: (t.void_ipv4, t.void_ipv6) for text, t in told.items()} == {
        "a": ((), ()),
        "a:four.example": ((), ("AAAA four.example",)),
        "mx:m.example": (("A six.example",), ("AAAA four.example",)),
        "exists:six.example": (("A six.example",), ("A six.example",)),
        "a:none.example": (("A none.example",), ("AAAA none.example",)),
        "mx:none.example": (("MX none.example",), ("MX none.example",)),
    }
    assert (told["a:four.example"].finds_ipv4, told["a:four.example"].finds_ipv6) == (True, False)
    assert told["mx:m.example"].mx_records == 2


def test_names_that_nobody_can_ask_for_are_not_void() -> None:
    told = terms({"d": "v=spf1 mx:null.example a:x..example a:%{d} ptr -all", "null": "MX 0 ."})
    assert sorted(told) == ["a:x..example", "mx:null.example"]
    assert all((t.void_ipv4, t.void_ipv6, t.why_ipv4, t.why_ipv6) == ((), (), None, None) for t in told.values())


def test_of_a_crowded_mx_no_address_is_asked_for() -> None:
    told = terms({"d": "v=spf1 mx -all\n" + "\n".join(f"MX 10 h{i}.example." for i in range(11))})
    assert (told["mx"].mx_records, told["mx"].void_ipv4) == (11, ())


def test_branches_are_counted_with_all_below_them() -> None:
    _, lookups = looked_up(
        {
            "d": "v=spf1 a:x.example include:a.example include:b.example -all",
            "a": "v=spf1 a:x.example a:y.example include:b.example ~all",
            "b": "v=spf1 mx:h.example exists:z.example ~all",
            "h": "A 192.0.2.1\nMX 10 h.example.",
        }
    )
    told = [(b.depth, b.term, b.lookups, b.voids_ipv4, b.voids_ipv6) for b in lookups.branches]
    assert told == [
        (0, "", 10, 5, 7),
        (1, "include:a.example", 5, 3, 4),
        (2, "include:b.example", 2, 1, 2),
        (1, "include:b.example", 2, 1, 2),
    ]


def test_without_a_single_record_nothing_is_asked_for() -> None:
    for records in ({"d": "v=other"}, {"d": "v=spf1 a -all\nv=spf1 mx -all"}, {"e": "A 192.0.2.1"}):
        _, lookups = looked_up(records)
        assert (lookups.records, lookups.branches) == ((), ())


def test_nothing_is_asked_twice_and_no_more_than_is_bounded() -> None:
    async def asked(records: Mapping[str, str]) -> list[tuple[str, str]]:
        async with running([zone(records)]) as (run, server):
            await asyncio.gather(run.evidence(SpfLookupEvidence), run.evidence(SpfEvidence))
            return server.log

    log = asyncio.run(
        asked({"d": "v=spf1 a mx a/24 include:a.example include:a.example", "a": "v=spf1 a:d.example mx:d.example a"})
    )
    assert len(log) == len(set(log)) == 1 + 3 + 1 + 2
    wide = asyncio.run(asked({"d": "v=spf1 " + " ".join(f"a:h{i}.example" for i in range(150))}))
    assert len(set(wide)) == 1 + 2 * MAX_TERMS_ASKED
    many = {f"m{i}": "\n".join(f"MX 10 h{i}-{n}.example." for n in range(10)) for i in range(100)}
    many |= {f"i{n}": "v=spf1 " + " ".join(f"mx:m{n * 10 + i}.example" for i in range(10)) for n in range(10)}
    log = asyncio.run(asked(many | {"d": "v=spf1 " + " ".join(f"include:i{n}.example" for n in range(10))}))
    assert len(set(log)) == 11 + MAX_QUESTIONS


def test_two_levels_of_includes_take_five_round_trips() -> None:
    """Each answer takes 0.8 s: the names of a record are asked for as soon as it is there."""
    records = {
        "d": "v=spf1 include:a.example mx:m.example -all",
        "a": "v=spf1 include:b.example mx:m1.example ~all",
        "b": "v=spf1 mx:m2.example ~all",
    }
    records |= {m: f"MX 10 h{m}.example." for m in ("m", "m1", "m2")} | {
        f"h{m}": "A 192.0.2.1" for m in ("m", "m1", "m2")
    }
    faults = [Fault(f"{name}.example", delay_s=0.8) for name in records]

    async def asked() -> float:
        async with running([zone(records)], faults=faults, try_s=6.0, deadline_s=20.0) as (run, _):
            begun = asyncio.get_running_loop().time()
            await asyncio.gather(run.evidence(SpfLookupEvidence), run.evidence(SpfEvidence))
            return asyncio.get_running_loop().time() - begun

    assert 4.0 <= asyncio.run(asked()) < 4.8


def test_a_slow_host_holds_up_only_those_who_wait_for_it() -> None:
    records = {"d": "v=spf1 a:h.example include:a.example -all", "a": "v=spf1 -all", "h": "A 192.0.2.1"}

    async def asked() -> tuple[bool, SpfLookupEvidence]:
        faults = (Fault("h.example", drop=ALWAYS),)
        async with running([zone(records)], faults=faults) as (run, _):
            slow = asyncio.ensure_future(run.evidence(SpfLookupEvidence))
            await run.evidence(SpfEvidence)
            return slow.done(), await slow

    was_done, lookups = asyncio.run(asked())
    assert not was_done
    (told, *_), *_ = (record.terms for record in lookups.records if record.domain == "d.example")
    assert (told.why_ipv4, told.why_ipv6, told.void_ipv4) == (Why.TIMEOUT, Why.TIMEOUT, ())


RECORDS = {
    "d": "v=spf1 a:v1.example a:v2.example a:h.example mx:m.example include:a.example exists:%{d}.example -all",
    "h": "A 192.0.2.1\nAAAA 2001:db8::1",
    "m": "MX 10 mh.example.",
    "mh": "A 192.0.2.2\nAAAA 2001:db8::2",
    "a": "v=spf1 a:h2.example -all",
    "h2": "A 192.0.2.3\nAAAA 2001:db8::3",
}
QUESTIONS = [
    *[("d", "TXT"), ("h", "A"), ("h", "AAAA"), ("m", "MX"), ("mh", "A"), ("mh", "AAAA"), ("a", "TXT")],
    *[("h2", "A"), ("h2", "AAAA")],
]
KINDS: Mapping[str, Mapping[str, object]] = {
    "answer": {"delay_s": 0.0},
    "nodata": {"rcode": "NOERROR"},
    "nxdomain": {"rcode": "NXDOMAIN"},
    "servfail": {"rcode": "SERVFAIL"},
    "timeout": {"drop": ALWAYS},
}
Case = tuple[tuple[tuple[str, str], str], tuple[tuple[str, str], str]]
CASES: list[Case] = [
    ((first, one), (second, two))
    for first, second in itertools.combinations(QUESTIONS, 2)
    for one, two in itertools.product(KINDS, repeat=2)
    # With an answer for one of them it is the other alone that matters: once is enough.
    if "answer" not in (one, two) or (two == "answer" and second == QUESTIONS[-1])
]
OF_TREE = (spf_lookups.CHECK, spf_includes.CHECK)
OF_NAMES = (spf_mx_names.CHECK, spf_macros.CHECK)


async def results_of(cases: list[Case]) -> list[dict[str, CheckResult]]:
    """All side by side, each in a zone of its own: what is silent costs its time once. No burst overruns the server."""
    zones = [Zone(f"w{n}", zone(RECORDS).records.replace(".example", f".w{n}")) for n in range(len(cases))]
    faults = [
        Fault(f"{name}.w{n}", rdtype, **KINDS[kind])  # type: ignore[arg-type]
        for n, case in enumerate(cases)
        for (name, rdtype), kind in case
    ]
    async with Nameserver(zones, faults=faults) as server:
        dns = Dns([server.address], try_s=0.5, tries=3, max_outstanding=100)
        try:
            return await asyncio.gather(*(_results(dns.run(60.0), f"d.w{n}") for n in range(len(cases))))
        finally:
            await dns.aclose()


async def _results(dns: DnsRun, domain: str) -> dict[str, CheckResult]:
    run = Run(domain, domain, dns, datetime.now(UTC), {})
    spf, lookups = await asyncio.gather(ask_spf(run), ask_spf_lookups(run))
    results = [judge(check, spf) for check in OF_TREE] + [judge(check, spf, lookups) for check in OF_NAMES]
    return {r.id: r for r in [*results, judge(spf_void_lookups.CHECK, spf, lookups, NO_SESSION)]}


@pytest.mark.parametrize("first", QUESTIONS[:-1], ids=lambda q: f"{q[1]}-{q[0]}")
def test_no_pair_of_answers_makes_something_missing_that_was_not_told(first: tuple[str, str]) -> None:
    """With two void lookups before: an empty answer is the third, a failed one is not, whatever else is answered."""

    cases = [case for case in CASES if case[0][0] == first]
    for case, results in zip(cases, asyncio.run(results_of(cases)), strict=True):
        kinds = dict(case)
        absent = {q for q, kind in kinds.items() if kind in ("nodata", "nxdomain")}
        failed = {q for q, kind in kinds.items() if kind in ("servfail", "timeout")}
        findings = [f for result in results.values() for f in result.findings]
        rules = {f.rule.id for f in findings}
        errors = {f.rule.id for f in findings if f.severity is Severity.ERROR}
        has_tree = ("d", "TXT") not in absent | failed
        # What the include leads to is met only where it has a record, and is not where it has none.
        is_reached = ("a", "TXT") not in absent | failed
        met = {("h", "A"), ("m", "MX"), ("mh", "A")} | ({("h2", "A")} if is_reached else set())
        if ("m", "MX") in absent | failed:
            met -= {("mh", "A")}
        assert ("SPF303" in errors) == (has_tree and bool(absent & met)), case
        assert "SPF303" not in rules - errors or any(rdtype == "AAAA" for _, rdtype in absent), case
        assert ("SPF304" in rules) == (has_tree and ("a", "TXT") in absent), case
        assert rules <= {"SPF303", "SPF304", "SPF310"}, case
        voids = results["spf.voids"]
        if has_tree and failed & met and not absent & met:
            assert (voids.outcome, voids.reason) in {(Outcome.UNKNOWN, Why.SERVFAIL), (Outcome.UNKNOWN, Why.TIMEOUT)}, (
                case
            )
        if not has_tree:
            outcomes = {result.outcome for result in results.values()}
            assert outcomes == {Outcome.UNKNOWN if ("d", "TXT") in failed else Outcome.NOT_APPLICABLE}, case
