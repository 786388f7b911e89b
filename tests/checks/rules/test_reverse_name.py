"""Reverse names: of the client that sent, and of the addresses that receive."""

from __future__ import annotations

from typing import Any

import pytest
from built import NODATA, NXDOMAIN, SERVFAIL, TIMEOUT, addresses, mx, names, yields

from checks.engine import judge
from checks.evidence.message import ArcEvidence, MessageEvidence
from checks.evidence.mx import MxEvidence, MxTarget
from checks.evidence.ptr import ClientReverseEvidence, MxReverseEvidence, ReverseName
from checks.model import LANGS, Known, Outcome, Severity, Tier, Why
from checks.parse.reverse_name import generic_sign
from checks.rules.reverse_name import CHECKS

PTR_MX, PTR_CLIENT = CHECKS
ADDRESS = "11.1.0.10"
NAME = "mx1.example.co.jp"
MESSAGE = MessageEvidence(1, ("a",), None, "example.co.jp", "", (), ArcEvidence("none", 0), (), 1, False, ())
NOTICE = (Severity.NOTICE, Tier.NONE)


def client(told: Known[Any], **more: Any) -> ClientReverseEvidence:
    return ClientReverseEvidence(ReverseName(ADDRESS, NAME, told, **more))


def mx_seen(*answers: Known[Any]) -> MxEvidence:
    targets = tuple(MxTarget("mx1", 10, answer, NODATA) for answer in answers)
    return MxEvidence("example.co.jp", mx(*("mx1" for _ in targets)) if targets else NODATA, targets, NODATA, NODATA)


def reverse(*found: ReverseName) -> MxReverseEvidence:
    return MxReverseEvidence("example.co.jp", found)


def test_a_missing_ptr_costs_the_sender_but_not_the_mx() -> None:
    (finding,) = judge(PTR_CLIENT, client(NXDOMAIN), MESSAGE).findings
    assert (finding.rule.id, finding.severity, finding.tier) == ("PTR001", Severity.ERROR, Tier.MAIL)
    assert finding.facts["pointer"] == "10.0.1.11.in-addr.arpa"
    (inbound,) = judge(PTR_MX, reverse(ReverseName(ADDRESS, "mx1", NXDOMAIN)), mx_seen(addresses(ADDRESS))).findings
    assert (inbound.rule.id, inbound.severity, inbound.tier) == ("PTR001", *NOTICE)
    assert yields(PTR_CLIENT, client(names(NAME), confirmed=NAME), MESSAGE) == []


@pytest.mark.parametrize(
    ("helo", "named"),
    [
        ("mx1.example.co.jp", "mx1.example.co.jp"),
        ("relay.example.net.", "relay.example.net."),
        ("localhost.localdomain", "mail-10.example.co.jp"),
        ("localhost", "mail-10.example.co.jp"),
        ("[11.1.0.10]", "mail-10.example.co.jp"),
        ("11.1.0.10", "mail-10.example.co.jp"),
        ("", "mail-10.example.co.jp"),
    ],
)
def test_no_ptr_is_proposed_that_cannot_lead_back(helo: str, named: str) -> None:
    (finding,) = judge(PTR_CLIENT, ClientReverseEvidence(ReverseName(ADDRESS, helo, NXDOMAIN)), MESSAGE).findings
    for lang in LANGS:
        assert f"`{named}`" in finding.fix(lang)
        assert "local" not in finding.fix(lang)


def test_the_name_that_is_proposed_is_one_for_every_address() -> None:
    reverse = ReverseName("2001:db8::", "localhost", NXDOMAIN)
    (finding,) = judge(PTR_CLIENT, ClientReverseEvidence(reverse), MESSAGE).findings
    assert "`mail-0.example.co.jp`" in finding.fix("en")


def test_a_ptr_lookup_that_failed_is_unknown() -> None:
    assert judge(PTR_CLIENT, client(SERVFAIL), MESSAGE).reason is Why.SERVFAIL
    assert judge(PTR_CLIENT, ClientReverseEvidence(None), MESSAGE).reason is Why.NOT_PROVIDED


def test_a_reverse_name_has_to_lead_back() -> None:
    (finding,) = judge(PTR_CLIENT, client(names(NAME)), MESSAGE).findings
    assert (finding.rule.id, finding.severity, finding.facts["names"]) == ("PTR401", Severity.ERROR, (NAME,))
    assert judge(PTR_CLIENT, client(names(NAME), confirmed=NAME), MESSAGE).outcome is Outcome.PASSED
    assert judge(PTR_CLIENT, client(names(NAME), unconfirmed_why=Why.TIMEOUT), MESSAGE).reason is Why.TIMEOUT


def test_for_an_mx_address_that_is_advice() -> None:
    seen = mx_seen(addresses(ADDRESS))
    (finding,) = judge(PTR_MX, reverse(ReverseName(ADDRESS, "mx1", names(NAME))), seen).findings
    assert (finding.rule.id, finding.severity, finding.tier) == ("PTR401", *NOTICE)
    assert yields(PTR_MX, reverse(ReverseName(ADDRESS, "mx1", names(NAME), NAME)), seen) == []
    unsure = ReverseName(ADDRESS, "mx1", names(NAME), unconfirmed_why=Why.TIMEOUT)
    assert judge(PTR_MX, reverse(unsure), seen).reason is Why.TIMEOUT


def test_mx_without_any_address_have_no_reverse_names_to_judge() -> None:
    result = judge(PTR_MX, reverse(), mx_seen(NXDOMAIN))
    assert (result.outcome, result.reason) == (Outcome.NOT_APPLICABLE, Why.NO_MX)


def test_the_reverse_names_of_an_unknown_mx_are_unknown() -> None:
    nothing = reverse()
    unknown = MxEvidence("example.co.jp", TIMEOUT, (), NODATA, NODATA)
    assert judge(PTR_MX, nothing, unknown).reason is Why.TIMEOUT
    assert judge(PTR_MX, nothing, mx_seen(SERVFAIL)).reason is Why.SERVFAIL
    null = MxEvidence("example.co.jp", mx(""), (), NODATA, NODATA)
    for seen in (mx_seen(), null):
        assert (judge(PTR_MX, nothing, seen).outcome, judge(PTR_MX, nothing, seen).reason) == (
            Outcome.NOT_APPLICABLE,
            Why.NO_MX,
        )


def test_an_address_is_named_once_and_a_private_one_not_at_all() -> None:
    twice = reverse(ReverseName(ADDRESS, "mx1", NXDOMAIN), ReverseName(ADDRESS, "mx2", NXDOMAIN))
    assert yields(PTR_MX, twice, mx_seen(addresses(ADDRESS))) == ["PTR001"]
    assert yields(PTR_MX, reverse(ReverseName("10.0.0.1", "mx1", NXDOMAIN)), mx_seen(addresses("10.0.0.1"))) == []


GENERIC = [
    ("ec2-203-0-113-25.ap-northeast-1.compute.amazonaws.com", "203.0.113.25", "address"),
    ("25.113.0.203.bc.googleusercontent.com", "203.0.113.25", "address"),
    ("i203-000-113-025.s01.a013.ap.example.ne.jp", "203.0.113.25", "address"),
    ("cb007119.example.net", "203.0.113.25", "address"),
    ("203000113025.example.net", "203.0.113.25", "address"),
    ("p12-ipngn.adsl.example.ne.jp", "203.0.113.25", "word"),
    ("host-113-25.example.net", "203.0.113.25", "word"),
    ("ik1-123-45678.vs.sakura.ne.jp", "203.0.113.25", "default"),
    ("2001-db8-0-0-0-0-0-25.example.net", "2001:db8::25", "address"),
    ("20010db8000000000000000000000025.v6.example.net", "2001:db8::25", "address"),
    ("mx1.example.co.jp", "203.0.113.25", ""),
    ("mail25.example.co.jp", "203.0.113.25", ""),
    ("mail-sor-f41.google.com", "209.85.220.41", ""),
    ("a8-30.smtp-out.amazonses.com", "54.240.8.30", ""),
    ("o1.ptr8734.sendgrid.net", "203.0.113.25", ""),
    ("dynamics.example.com", "203.0.113.25", ""),
    ("mail.v6.example.co.jp", "2001:db8::25", ""),
    ("", "203.0.113.25", ""),
]


@pytest.mark.parametrize(("name", "address", "sign"), GENERIC, ids=[name or "none" for name, _, _ in GENERIC])
def test_a_name_made_from_a_pattern_shows_it(name: str, address: str, sign: str) -> None:
    assert generic_sign(name, address) == sign


def test_a_generic_name_is_advice_for_both_and_the_confirmed_one_counts() -> None:
    generic = "11-1-0-10.dyn.example.ne.jp"
    (finding,) = judge(PTR_CLIENT, client(names(generic), confirmed=generic), MESSAGE).findings
    assert (finding.rule.id, finding.severity, finding.tier, finding.variant) == ("PTR201", *NOTICE, None)
    assert yields(PTR_CLIENT, client(names(generic, NAME), confirmed=NAME), MESSAGE) == []
    assert yields(PTR_CLIENT, client(names(generic, NAME)), MESSAGE) == ["PTR401"]
    found = reverse(ReverseName(ADDRESS, "mx1", names(generic), generic))
    (inbound,) = judge(PTR_MX, found, mx_seen(addresses(ADDRESS))).findings
    assert (inbound.rule.id, inbound.variant) == ("PTR201", "mx")
    assert judge(PTR_CLIENT, client(TIMEOUT), MESSAGE).findings == ()
