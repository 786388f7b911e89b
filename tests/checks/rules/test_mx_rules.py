"""MX records, null MX and reverse names of MX: yielded, not yielded, and unknown where a lookup failed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from built import NODATA, NXDOMAIN, SERVFAIL, TIMEOUT, addresses, mx, txt, yields

from checks.catalogue import Check, Finding
from checks.engine import judge
from checks.evidence.mx import MailTarget, MxEvidence, MxTarget, SenderTargetsEvidence, is_global
from checks.evidence.spf import SpfEvidence, SpfNode
from checks.model import Absent, Answer, Known, MxHost, Outcome, Seen, Severity, Tier, Unreachable, Why
from checks.parse.spf import parse_spf
from checks.rules import msg_sender, mx_addresses, mx_names, mx_record, null_mx

RECORD, NAMES, ADDRESSES = mx_record.CHECK, mx_names.CHECK, mx_addresses.CHECK
NULL, NULL_OF_SENDER = null_mx.CHECKS
SENDER = msg_sender.CHECK
DOMAIN = "example.co.jp"
PUBLIC, PRIVATE = addresses("11.1.0.10"), addresses("192.168.1.25")
ERROR, WARNING = (Severity.ERROR, Tier.MAIL), (Severity.WARNING, Tier.NONE)


def target(host: str, ipv4: Known[Any] = PUBLIC, ipv6: Known[Any] = NODATA, **more: Any) -> MxTarget:
    return MxTarget(host, 10, ipv4, ipv6, **more)


def evidence(
    *targets: MxTarget, records: Known[Any] | None = None, own4: Known[Any] = NODATA, own6: Known[Any] = NODATA
) -> MxEvidence:
    return MxEvidence(DOMAIN, records or (mx(*(t.host for t in targets)) if targets else NODATA), targets, own4, own6)


def only(check: Check, *seen: object) -> Finding:
    (finding,) = judge(check, *seen).findings
    return finding


def said(check: Check, *seen: object) -> list[tuple[str, tuple[Severity, Tier]]]:
    return [(f.rule.id, (f.severity, f.tier)) for f in judge(check, *seen).findings]


NULL_MX = evidence(records=mx(""))
ALIVE, DEAD, INSIDE = target("mx1"), target("old", NXDOMAIN, NXDOMAIN), target("inside", PRIVATE)
LITERAL = target("11.1.0.9", NXDOMAIN, NXDOMAIN, literal=True)
SILENT = target("slow", TIMEOUT, NODATA)


def test_no_mail_server_needs_neither_mx_nor_address() -> None:
    assert yields(RECORD, evidence()) == ["MX001"]
    assert yields(RECORD, evidence(ALIVE)) == []
    assert judge(RECORD, evidence(own4=TIMEOUT)).reason is Why.TIMEOUT
    assert judge(RECORD, evidence(records=SERVFAIL)).reason is Why.SERVFAIL


def test_without_mx_the_address_of_the_name_receives() -> None:
    finding = only(RECORD, evidence(own4=PUBLIC, own6=TIMEOUT))
    assert (finding.rule.id, finding.severity, finding.facts["addresses"]) == (
        "MX002",
        Severity.NOTICE,
        ("11.1.0.10",),
    )
    assert yields(RECORD, evidence(own6=addresses("2001:db8::1"))) == ["MX002"]
    assert yields(RECORD, evidence(ALIVE, own4=PUBLIC)) == []


def test_the_null_mx_has_to_stand_alone() -> None:
    both = evidence(ALIVE, records=mx("", "mx1"))
    finding = only(RECORD, both)
    assert (finding.rule.id, finding.severity, finding.tier) == ("MX104", *ERROR)
    assert [(r.old, r.new) for r in finding.records] == [("0 .", None)]
    assert yields(RECORD, NULL_MX) == []
    assert yields(RECORD, evidence(ALIVE)) == []


@pytest.mark.parametrize(
    ("targets", "expected", "reason"),
    [
        ([ALIVE], [], None),
        ([DEAD], [("MX103", ERROR)], None),
        ([DEAD, ALIVE], [("MX103", WARNING)], None),
        ([INSIDE], [("MX105", ERROR)], None),
        ([INSIDE, ALIVE], [("MX105", WARNING)], None),
        ([DEAD, INSIDE], [("MX103", ERROR), ("MX105", ERROR)], None),
        ([target("mixed", PUBLIC, addresses("fd00::1"))], [("MX105", WARNING)], None),
        ([target("half", PRIVATE, TIMEOUT)], [], Why.TIMEOUT),
        ([INSIDE, SILENT], [], Why.TIMEOUT),
        ([DEAD, SILENT], [], Why.TIMEOUT),
        ([DEAD, SILENT, ALIVE], [("MX103", WARNING)], None),
        ([target("mx", TIMEOUT, addresses("2400:1::1"))], [], None),
        ([LITERAL], [], Why.NO_MX),
        ([LITERAL, DEAD], [("MX103", ERROR)], None),
    ],
    ids=[
        "fine",
        "dead",
        "dead beside",
        "private",
        "private beside",
        "dead and private",
        "one address private",
        "private and unknown",
        "private beside unknown",
        "dead beside unknown",
        "dead, unknown and fine",
        "half known",
        "an address is no name",
        "an address beside a dead name",
    ],
)
def test_how_bad_an_mx_is_depends_on_the_others(
    targets: list[MxTarget], expected: list[Any], reason: Why | None
) -> None:
    seen = evidence(*targets)
    assert said(ADDRESSES, seen) == expected
    assert judge(ADDRESSES, seen).reason is reason


def test_mx_findings_name_who_still_serves() -> None:
    assert only(ADDRESSES, evidence(DEAD, ALIVE)).facts["others"] == ("mx1",)
    alone = only(ADDRESSES, evidence(INSIDE))
    assert (alone.facts["others"], alone.facts["addresses"]) == (("-",), ("192.168.1.25",))
    for finding in (alone, only(ADDRESSES, evidence(DEAD)), only(NAMES, evidence(LITERAL))):
        assert finding.variant == "alone"
        assert "has no other MX" in finding.why("en")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("11.1.0.10", True),
        ("2400:1::1", True),
        ("10.0.0.1", False),
        ("127.0.0.10", False),
        ("100.64.0.1", False),
        ("192.0.2.25", False),
        ("169.254.1.1", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("fec0::1", False),
        ("2001:db8::1", False),
        ("::ffff:10.0.0.1", False),
        ("::1", False),
    ],
)
def test_only_what_the_whole_internet_can_reach_is_global(address: str, expected: bool) -> None:
    assert is_global(address) is expected


@pytest.mark.parametrize("check", [NAMES, ADDRESSES], ids=["names", "addresses"])
def test_without_mx_the_question_does_not_arise_and_a_failed_lookup_is_unknown(check: Check) -> None:
    for nothing in (evidence(), NULL_MX):
        assert (judge(check, nothing).outcome, judge(check, nothing).reason) == (Outcome.NOT_APPLICABLE, Why.NO_MX)
    assert judge(check, evidence(records=TIMEOUT)).reason is Why.TIMEOUT


def aliased(host: str) -> MxTarget:
    return target(host, Seen(Answer(host, "A", ("11.1.0.10",), alias_of="real.example.net")))


def test_an_mx_that_is_an_alias_is_found_by_either_answer() -> None:
    finding = only(NAMES, evidence(aliased("mail")))
    assert (finding.rule.id, finding.severity, finding.tier) == ("MX101", *WARNING)
    assert [(r.old, r.new) for r in finding.records] == [("10 mail.", "10 real.example.net.")]
    dangling = target("mail", Absent("nxdomain", alias_of="gone.example.net"), TIMEOUT)
    assert yields(NAMES, evidence(dangling)) == ["MX101"]
    assert yields(NAMES, evidence(ALIVE, SILENT)) == []


def test_whether_an_mx_is_an_alias_is_unknown_only_if_both_lookups_failed() -> None:
    result = judge(NAMES, evidence(target("mx", SERVFAIL, TIMEOUT)))
    assert (result.outcome, result.reason) == (Outcome.UNKNOWN, Why.SERVFAIL)


@pytest.mark.parametrize(
    ("targets", "expected", "reason"),
    [
        ([LITERAL], [("MX102", ERROR)], None),
        ([LITERAL, ALIVE], [("MX102", WARNING)], None),
        ([LITERAL, DEAD], [("MX102", ERROR)], None),
        ([LITERAL, INSIDE], [("MX102", ERROR)], None),
        ([LITERAL, SILENT], [], Why.TIMEOUT),
        ([ALIVE], [], None),
    ],
    ids=["alone", "beside a good one", "beside a dead one", "beside a private one", "beside an unknown one", "none"],
)
def test_an_address_in_place_of_a_name(targets: list[MxTarget], expected: list[Any], reason: Why | None) -> None:
    seen = evidence(*targets)
    assert said(NAMES, seen) == expected
    assert judge(NAMES, seen).reason is reason


def test_a_name_for_the_address_and_the_mx_that_gives_it_are_shown() -> None:
    changes = only(NAMES, evidence(LITERAL)).records
    assert [(c.name, c.type, c.old, c.new) for c in changes] == [
        (f"mx1.{DOMAIN}", "A", None, "11.1.0.9"),
        (DOMAIN, "MX", "10 11.1.0.9.", f"10 mx1.{DOMAIN}."),
    ]


def test_the_new_name_is_no_other_mx_and_two_addresses_get_two() -> None:
    six = target("2400:1::1", NXDOMAIN, NXDOMAIN, literal=True)
    found = judge(NAMES, evidence(LITERAL, six, target(f"mx1.{DOMAIN}"))).findings
    added = [(c.name, c.type, c.new) for f in found for c in f.records if c.old is None]
    assert added == [(f"mx2.{DOMAIN}", "A", "11.1.0.9"), (f"mx3.{DOMAIN}", "AAAA", "2400:1::1")]


def test_a_private_address_gets_no_name() -> None:
    inside = target("192.168.1.25", NXDOMAIN, NXDOMAIN, literal=True)
    assert [(c.type, c.new) for c in only(NAMES, evidence(inside)).records] == [("MX", None)]


def spf(record: str, *below: SpfNode) -> SpfEvidence:
    parsed = parse_spf(record)
    tree = SpfNode(DOMAIN, None, Seen((record,)), parsed, below, 0)
    return SpfEvidence(DOMAIN, txt(record), (record,), tree)


def node(record: str, answer: str | Unreachable) -> SpfNode:
    via = parse_spf(record).terms[0]
    if isinstance(answer, Unreachable):
        return SpfNode("_spf.x", via, answer, None, (), 0)
    return SpfNode("_spf.x", via, Seen((answer,)), parse_spf(answer), (), 0)


INCLUDES = "v=spf1 include:_spf.x -all"


@pytest.mark.parametrize(
    ("record", "below", "expected"),
    [
        ("v=spf1 ip4:11.1.0.1 -all", None, True),
        ("v=spf1 -all", None, False),
        ("v=spf1 ~all", None, False),
        ("v=spf1 -ip4:11.1.0.1 -all", None, False),
        ("v=spf1 mx -all", None, False),
        ("v=spf1 a -all", None, False),
        ("v=spf1 a:other.example -all", None, True),
        (INCLUDES, "v=spf1 ip4:11.1.0.1 -all", True),
        (INCLUDES, "v=spf1 -all", False),
        (INCLUDES, TIMEOUT, None),
        ("v=spf1 redirect=_spf.x", "v=spf1 ip4:11.1.0.1 -all", True),
    ],
)
def test_a_null_mx_contradicts_an_spf_record_that_lets_anybody_pass(
    record: str, below: str | Unreachable | None, expected: bool | None
) -> None:
    tree = spf(record, *(() if below is None else (node(record, below),)))
    result = judge(NULL, NULL_MX, tree)
    assert [(f.rule.id, f.severity, f.tier) for f in result.findings] == ([("MX106", *WARNING)] if expected else [])
    assert result.outcome is {True: Outcome.FAILED, False: Outcome.PASSED, None: Outcome.UNKNOWN}[expected]


def test_the_web_server_of_a_name_with_null_mx_may_be_whom_spf_permits() -> None:
    with_address = replace(NULL_MX, own_ipv4=PUBLIC)
    assert yields(NULL, with_address, spf("v=spf1 a -all")) == ["MX106"]
    assert judge(NULL, replace(NULL_MX, own_ipv4=TIMEOUT), spf("v=spf1 a -all")).outcome is Outcome.UNKNOWN


def test_without_null_mx_the_question_does_not_arise() -> None:
    record = spf("v=spf1 ip4:11.1.0.1 -all")
    for seen in (evidence(), evidence(ALIVE), evidence(ALIVE, records=mx("", "mx1"))):
        assert judge(NULL, seen, record).outcome is Outcome.NOT_APPLICABLE
    assert judge(NULL, evidence(records=SERVFAIL), record).reason is Why.SERVFAIL
    failed = SpfEvidence(DOMAIN, TIMEOUT, (), None)
    assert judge(NULL, NULL_MX, failed).reason is Why.TIMEOUT
    assert yields(NULL, NULL_MX, SpfEvidence(DOMAIN, NODATA, (), None)) == []


def senders(*targets: MailTarget) -> SenderTargetsEvidence:
    return SenderTargetsEvidence(targets)


def of(
    records: Known[Answer[MxHost]], ipv4: Known[Any] = NODATA, ipv6: Known[Any] = NODATA, role: Any = "from"
) -> MailTarget:
    return MailTarget(DOMAIN, role, records, ipv4, ipv6)


@pytest.mark.parametrize(
    ("target", "null", "cannot", "reason"),
    [
        (of(mx("mx1")), False, False, None),
        (of(NODATA, PUBLIC, TIMEOUT), False, False, None),
        (of(mx("")), True, True, None),
        (of(mx("", "mx1")), False, False, None),
        (of(NXDOMAIN, NXDOMAIN, NXDOMAIN), False, True, None),
        (of(NODATA, TIMEOUT), False, False, Why.TIMEOUT),
        (of(SERVFAIL), False, False, Why.SERVFAIL),
    ],
    ids=["mx", "address", "null", "null beside", "nothing", "address unknown", "mx unknown"],
)
def test_whoever_sends_has_to_be_able_to_receive(
    target: MailTarget, null: bool, cannot: bool, reason: Why | None
) -> None:
    seen = senders(target)
    assert said(NULL_OF_SENDER, seen) == ([("MX106", ERROR)] if null else [])
    assert said(SENDER, seen) == ([("MSG401", ERROR)] if cannot else [])
    assert judge(SENDER, seen).reason is reason


def test_the_return_path_has_its_own_words_and_a_failure_leaves_the_other_finding() -> None:
    result = judge(SENDER, senders(of(TIMEOUT), of(NODATA, role="return_path")))
    assert [f.variant for f in result.findings] == ["return_path"]
    assert judge(SENDER, senders()).outcome is Outcome.NOT_APPLICABLE
    assert judge(NULL_OF_SENDER, senders()).outcome is Outcome.NOT_APPLICABLE
