"""DMARC reports: none asked for, to nobody, to somebody who has not agreed, to a domain that receives nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from built import NODATA, NXDOMAIN, SERVFAIL, TIMEOUT, addresses, dmarc, mx, txt, use, yields
from built_dmarc import NAME, destination, receiving, reports

from checks.engine import judge
from checks.model import Absent, Outcome, Seen, Severity, Tier, Why
from checks.rules.dmarc_destinations import CHECK as DESTINATIONS
from checks.rules.dmarc_reports import CHECK as REPORTS

RUA = "rua=mailto:dmarc@example.co.jp"
NULL_MX = mx("")


def told(record: str, **about: bool) -> list[tuple[str, Severity, str | None]]:
    findings = judge(REPORTS, dmarc(NAME, {NAME: txt(record)}), use(**about), receiving()).findings
    return [(f.rule.id, f.severity, f.variant) for f in findings]


def test_no_address_for_reports_is_a_warning_that_lowers_nothing() -> None:
    (finding,) = judge(REPORTS, dmarc(NAME, {NAME: txt("v=DMARC1; p=reject")}), use(), receiving()).findings
    assert (finding.rule.id, finding.severity, finding.tier) == ("DMARC301", Severity.WARNING, Tier.NONE)
    (change,) = finding.records
    assert change.new == "v=DMARC1; p=reject; rua=mailto:dmarc-reports@example.co.jp"
    assert told(f"v=DMARC1; p=reject; {RUA}") == []


def test_a_domain_without_mail_needs_no_reports() -> None:
    assert told("v=DMARC1; p=reject", non_sending=True) == []


def test_a_domain_that_receives_nothing_is_proposed_no_mailbox_of_its_own() -> None:
    found = judge(REPORTS, dmarc(NAME, {NAME: txt("v=DMARC1; p=reject")}), use(), receiving(records=NULL_MX)).findings
    assert [(f.rule.id, f.variant, f.records) for f in found] == [("DMARC301", "no_mailbox", ())]


def test_who_inherits_is_told_where_the_address_is_missing() -> None:
    below = "news.example.co.jp"
    (finding,) = judge(REPORTS, dmarc(below, {NAME: txt("v=DMARC1; p=reject")}), use(below), receiving(below)).findings
    assert (finding.subject, finding.variant) == (NAME, "inherited")
    assert finding.records[0].name == f"_dmarc.{NAME}"
    assert f"_dmarc.{NAME}" in finding.why("en")


@pytest.mark.parametrize(
    ("rua", "found"),
    [
        ("rua=dmarc@example.co.jp", [("DMARC302", Severity.ERROR, None)]),
        ("rua=https://example.co.jp/", [("DMARC302", Severity.ERROR, None)]),
        ("rua=", [("DMARC302", Severity.ERROR, None)]),
        (f"{RUA},dmarc@example.jp", [("DMARC302", Severity.WARNING, "others")]),
        (f"{RUA}!10m", [("DMARC302", Severity.NOTICE, "size_limit")]),
        (f"{RUA}; ruf=somebody", [("DMARC302", Severity.WARNING, None)]),
        (f"{RUA}; ruf=mailto:a@example.co.jp", []),
    ],
)
def test_addresses_that_nobody_can_send_to(rua: str, found: list[tuple[str, Severity, str | None]]) -> None:
    assert told(f"v=DMARC1; p=reject; {rua}") == found


def test_a_hundred_bad_addresses_make_few_findings() -> None:
    assert len(told("v=DMARC1; p=none; rua=" + ",".join(f"a{i}@b.jp" for i in range(300)))) == 5


@pytest.mark.parametrize("check", [REPORTS, DESTINATIONS], ids=lambda check: check.id)
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (NXDOMAIN, (Outcome.NOT_APPLICABLE, Why.NO_RECORD)),
        (NODATA, (Outcome.NOT_APPLICABLE, Why.NO_RECORD)),
        (TIMEOUT, (Outcome.UNKNOWN, Why.TIMEOUT)),
        (SERVFAIL, (Outcome.UNKNOWN, Why.SERVFAIL)),
    ],
)
def test_without_a_record_no_reports_are_missing(check, answer, outcome) -> None:  # type: ignore[no-untyped-def]
    evidence = (use(), receiving()) if check is REPORTS else (reports(destination("b.jp")),)
    result = judge(check, dmarc(NAME, {NAME: answer}), *evidence)
    assert (result.outcome, result.reason, result.findings) == (*outcome, ())


OWN = dmarc(NAME, {NAME: txt(f"v=DMARC1; p=reject; {RUA}")})


def test_another_organization_has_to_agree() -> None:
    (finding,) = judge(DESTINATIONS, OWN, reports(destination("example.net"))).findings
    assert (finding.rule.id, finding.severity, finding.tier) == ("DMARC303", Severity.WARNING, Tier.NONE)
    ours, theirs = finding.records
    assert (theirs.name, theirs.old, theirs.new) == ("example.co.jp._report._dmarc.example.net", None, "v=DMARC1;")
    assert (ours.name, ours.old, ours.later) == (f"_dmarc.{NAME}", f"v=DMARC1; p=reject; {RUA}", True)


@pytest.mark.parametrize(
    ("tags", "new"),
    [
        ("rua=mailto:a@example.net,mailto:d@example.co.jp", "; rua=mailto:d@example.co.jp"),
        ("rua=mailto:a@example.net!10m, mailto:B@Example.net", ""),
        ("rua=mailto:d@example.co.jp; ruf=mailto:a@example.net", "; rua=mailto:d@example.co.jp"),
    ],
)
def test_the_own_record_without_the_address_is_shown_as_the_other_choice(tags: str, new: str) -> None:
    record = dmarc(NAME, {NAME: txt(f"v=DMARC1; p=reject; {tags}")})
    (finding,) = judge(DESTINATIONS, record, reports(destination("example.net"))).findings
    assert finding.records[0].new == f"v=DMARC1; p=reject{new}"


def test_of_several_strangers_no_record_is_shown_for_only_the_owner_knows_which_he_chose() -> None:
    record = dmarc(NAME, {NAME: txt("v=DMARC1; p=reject; rua=mailto:a@example.net,mailto:b@example.org")})
    found = judge(DESTINATIONS, record, reports(destination("example.net"), destination("example.org"))).findings
    assert [(f.variant, [c.name for c in f.records]) for f in found] == [
        ("by_hand", [f"{NAME}._report._dmarc.{domain}"]) for domain in ("example.net", "example.org")
    ]
    assert "as shown" not in found[0].fix("en")


def test_a_record_that_only_the_owner_can_mend_is_not_shown_without_the_address() -> None:
    record = dmarc(NAME, {NAME: txt("v=DMARC1; p=none; p=reject; rua=mailto:a@example.net")})
    (finding,) = judge(DESTINATIONS, record, reports(destination("example.net"))).findings
    assert finding.variant == "by_hand"
    assert "as shown" not in finding.fix("en")
    assert [c.new for c in finding.records] == [None, "v=DMARC1;"]


def test_what_to_take_out_of_the_own_record_is_named() -> None:
    text = "v=DMARC1; p=reject; rua=mailto:a@example.net,mailto:d@example.co.jp; ruf=mailto:B@Example.net"
    record = dmarc(NAME, {NAME: txt(text)})
    (finding,) = judge(DESTINATIONS, record, reports(destination("example.net"))).findings
    assert finding.facts["uris"] == ("mailto:a@example.net", "mailto:B@Example.net")
    assert "If you chose `example.net`" in finding.fix("en")
    assert "`example.net` への送信" in finding.fix("ja")


@pytest.mark.parametrize("consent", ["v=DMARC1;", "v=DMARC1", "v=DMARC1; rua=mailto:other@example.net"])
def test_consent_is_a_record_that_begins_with_the_version(consent: str) -> None:
    assert yields(DESTINATIONS, OWN, reports(destination("example.net", authorisation=txt("x", consent)))) == []


def test_text_that_is_no_dmarc_record_is_no_consent() -> None:
    to = destination("example.net", authorisation=txt("v=spf1 -all"))
    assert yields(DESTINATIONS, OWN, reports(to)) == ["DMARC303"]


def test_the_own_organization_needs_no_consent() -> None:
    below = destination("reports.example.co.jp", organizational=Seen(NAME))
    itself = destination(NAME, organizational=Seen(NAME), authorisation=None)
    assert yields(DESTINATIONS, OWN, reports(below, itself)) == []


def test_a_subdomain_that_is_an_organization_of_its_own_needs_it() -> None:
    apart = destination("lab.example.co.jp", organizational=Seen("lab.example.co.jp"))
    assert yields(DESTINATIONS, OWN, reports(apart)) == ["DMARC303"]


@pytest.mark.parametrize("failed", [SERVFAIL, TIMEOUT], ids=["servfail", "timeout"])
def test_consent_that_could_not_be_asked_for_is_not_missing(failed) -> None:  # type: ignore[no-untyped-def]
    for to in (
        destination("example.net", authorisation=failed),
        destination("example.net", organizational=failed),
        destination("example.net", authorisation=txt("v=DMARC1"), records=failed),
        destination("example.net", authorisation=txt("v=DMARC1"), records=NODATA, ipv4=failed, ipv6=NODATA),
    ):
        result = judge(DESTINATIONS, OWN, reports(to))
        assert (result.outcome, result.reason, result.findings) == (Outcome.UNKNOWN, failed.why, ())


def test_destinations_that_were_not_asked_are_not_told_as_in_order() -> None:
    agreed = destination("example.net", authorisation=txt("v=DMARC1;"), records=mx("mx.example.net"))
    result = judge(DESTINATIONS, OWN, replace(reports(agreed), not_asked=1))
    assert (result.outcome, result.reason) == (Outcome.UNKNOWN, Why.NOT_COVERED)
    assert judge(DESTINATIONS, OWN, reports(agreed)).outcome is Outcome.PASSED


def test_one_that_fails_does_not_hide_another() -> None:
    unknown = destination("example.net", authorisation=SERVFAIL)
    assert yields(DESTINATIONS, OWN, reports(unknown, destination("example.org"))) == ["DMARC303"]


@pytest.mark.parametrize(
    ("records", "ipv4", "ipv6", "found"),
    [
        (NULL_MX, None, None, ["DMARC304"]),
        (NODATA, NODATA, NODATA, ["DMARC304"]),
        (NXDOMAIN, NXDOMAIN, NXDOMAIN, ["DMARC304"]),
        (NODATA, addresses("192.0.2.1"), NODATA, []),
        (NODATA, NODATA, addresses("2001:db8::1"), []),
        (mx("mx.example.net"), None, None, []),
    ],
    ids=["null MX", "nodata", "nxdomain", "A", "AAAA", "MX"],
)
def test_a_destination_has_to_accept_mail(records, ipv4, ipv6, found) -> None:  # type: ignore[no-untyped-def]
    to = destination("example.net", authorisation=txt("v=DMARC1;"), records=records, ipv4=ipv4, ipv6=ipv6)
    assert yields(DESTINATIONS, OWN, reports(to)) == found


def test_no_destination_no_question() -> None:
    result = judge(DESTINATIONS, OWN, reports())
    assert (result.outcome, result.reason) == (Outcome.NOT_APPLICABLE, Why.NO_RECORD)


def test_where_no_record_draws_the_boundary_the_destination_stands_for_itself() -> None:
    assert destination("example.net").organizational == Absent()
    assert yields(DESTINATIONS, OWN, reports(destination("mail.example.net"))) == ["DMARC303"]
