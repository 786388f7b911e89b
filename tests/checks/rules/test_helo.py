"""The greeting name: its form, whether it is local, and whether it resolves."""

from __future__ import annotations

from typing import Any

import pytest
from built import NODATA, NXDOMAIN, SERVFAIL, TIMEOUT, addresses, yields

from checks.engine import judge
from checks.evidence.helo import HeloEvidence
from checks.evidence.message import ArcEvidence, MessageEvidence
from checks.model import Known, Outcome, Severity, Tier, Why
from checks.parse.helo import kind_of
from checks.rules.helo_name import CHECKS

NAME, ADDRESS, OWNER = CHECKS
MAIL = MessageEvidence(1, ("a",), None, "example.co.jp", "", (), ArcEvidence("none", 0), (), 1, False, ())


def helo(
    text: str | None, ipv4: Known[Any] = NODATA, ipv6: Known[Any] = NODATA, client_ip: str | None = "11.1.0.10"
) -> HeloEvidence:
    return HeloEvidence(client_ip, text, kind_of(text or ""), ipv4, ipv6)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("mx1.example.co.jp", "name"),
        ("mx1.example.co.jp.", "name"),
        ("xn--wgv71a119e.co.jp", "name"),
        ("localhost.localdomain", "name"),
        ("[192.0.2.25]", "literal"),
        ("[IPv6:2001:db8::25]", "literal"),
        ("[X-tag:content]", "literal"),
        ("192.0.2.25", "bare_address"),
        ("2001:db8::25", "bare_address"),
        ("WIN-8F3K2", "one_label"),
        ("localhost", "one_label"),
        ("mail_1.example.co.jp", "bad_name"),
        ("-mx.example.co.jp", "bad_name"),
        ("mx..example", "bad_name"),
        ("mx.example.123", "bad_name"),
        ("日本語.co.jp", "bad_name"),
        ("mx1.example.co.jp evil", "bad_name"),
        ("a." * 130 + "jp", "bad_name"),
        ("", "bad_name"),
        ("[2001:db8::25]", "bad_literal"),
        ("[192.0.2.256]", "bad_literal"),
        ("[mx1]", "bad_literal"),
        ("[192.0.2.25", "bad_literal"),
    ],
)
def test_the_form_of_a_greeting(text: str, kind: str) -> None:
    assert kind_of(text) == kind
    valid = kind in ("name", "literal")
    found = [] if not text else yields(NAME, helo(text))
    assert ("HELO101" in found) is (bool(text) and not valid)


def test_an_invalid_greeting_costs_the_verdict_and_a_local_one_warns() -> None:
    (invalid,) = judge(NAME, helo("localhost")).findings
    assert (invalid.rule.id, invalid.severity, invalid.tier) == ("HELO101", Severity.ERROR, Tier.MAIL)
    for text in ("localhost.localdomain", "mail.corp.LOCAL", "mx.internal", "mx.internal."):
        (local,) = judge(NAME, helo(text)).findings
        assert (local.rule.id, local.severity, local.tier) == ("HELO102", Severity.WARNING, Tier.MAIL)
    for text in ("mx1.example.co.jp", "[192.0.2.25]", "local.example.co.jp", "mx.notlocal.jp"):
        assert yields(NAME, helo(text)) == []


@pytest.mark.parametrize(
    ("ipv4", "ipv6", "rules", "outcome", "reason"),
    [
        (NXDOMAIN, NXDOMAIN, ["HELO401"], Outcome.PASSED, None),
        (NODATA, NODATA, ["HELO401"], Outcome.PASSED, None),
        (addresses("11.1.0.10"), TIMEOUT, [], Outcome.PASSED, None),
        (NODATA, addresses("2400:1::1"), [], Outcome.PASSED, None),
        (NODATA, TIMEOUT, [], Outcome.UNKNOWN, Why.TIMEOUT),
        (SERVFAIL, SERVFAIL, [], Outcome.UNKNOWN, Why.SERVFAIL),
    ],
    ids=["nxdomain", "nodata", "A", "AAAA", "half failed", "failed"],
)
def test_a_greeting_name_has_to_resolve(
    ipv4: Known[Any], ipv6: Known[Any], rules: list[str], outcome: Outcome, reason: Why | None
) -> None:
    result = judge(ADDRESS, helo("mx1.example.co.jp", ipv4, ipv6))
    assert ([f.rule.id for f in result.findings], result.outcome, result.reason) == (rules, outcome, reason)


def test_what_is_no_public_name_is_not_asked_for() -> None:
    for text in ("[192.0.2.25]", "localhost", "mx.local"):
        assert judge(ADDRESS, helo(text, NXDOMAIN, NXDOMAIN)).outcome is Outcome.NOT_APPLICABLE


def test_without_a_session_nothing_is_known() -> None:
    assert judge(NAME, helo(None, client_ip=None)).reason is Why.NOT_PROVIDED
    assert judge(ADDRESS, helo(None, client_ip=None)).reason is Why.NOT_PROVIDED
    assert judge(OWNER, helo(None, client_ip=None), MAIL).reason is Why.NOT_PROVIDED
    assert yields(NAME, helo("localhost", client_ip=None)) == ["HELO101"]


@pytest.mark.parametrize(
    ("greeting", "ipv4", "ipv6", "client_ip", "rules", "reason"),
    [
        ("mx1.example.co.jp", addresses("11.1.0.9", "11.1.0.10"), NODATA, "11.1.0.10", [], None),
        ("mx1.example.co.jp", addresses("11.1.0.9"), NODATA, "11.1.0.10", ["HELO402"], None),
        ("MX1.Example.co.jp.", addresses("11.1.0.9"), TIMEOUT, "11.1.0.10", ["HELO402"], None),
        ("mx1.example.co.jp", addresses("11.1.0.9"), NODATA, "2400:1::1", ["HELO402"], None),
        ("mx1.example.co.jp", TIMEOUT, addresses("2400:1::1"), "2400:1::1", [], None),
        ("mx1.example.co.jp", TIMEOUT, addresses("2400:1::1"), "11.1.0.10", [], Why.TIMEOUT),
        ("mx1.example.co.jp", addresses("11.1.0.9"), NODATA, None, [], Why.NOT_PROVIDED),
        ("mx1.example.co.jp", NODATA, TIMEOUT, "11.1.0.10", [], Why.TIMEOUT),
        ("mx1.example.co.jp", NODATA, NODATA, "11.1.0.10", [], None),
        ("out.service.example", addresses("11.1.0.9"), NODATA, "11.1.0.10", [], Why.NO_RECORD),
        ("co.jp", addresses("11.1.0.9"), NODATA, "11.1.0.10", [], Why.NO_RECORD),
    ],
    ids=[
        "its own",
        "another's",
        "in capitals",
        "other family",
        "AAAA",
        "failed",
        "no address",
        "half",
        "none",
        "a service's",
        "suffix",
    ],
)
def test_a_name_of_ours_leads_to_the_server_that_greets_with_it(
    greeting: str, ipv4: Known[Any], ipv6: Known[Any], client_ip: str | None, rules: list[str], reason: Why | None
) -> None:
    result = judge(OWNER, helo(greeting, ipv4, ipv6, client_ip), MAIL)
    assert ([f.rule.id for f in result.findings], result.reason) == (rules, reason)


def test_whose_name_it_is_shows_its_addresses() -> None:
    (found,) = judge(
        OWNER, helo("mx1.example.co.jp", addresses(*(f"11.1.0.{n}" for n in range(20, 30)))), MAIL
    ).findings
    assert found.severity is Severity.NOTICE
    assert "`11.1.0.20`, `11.1.0.21`" in found.why("en")
    assert "11.1.0.24" not in found.why("en")
