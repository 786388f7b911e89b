"""SPF306 and SPF311: ptr, terms that others cover, and includes that a main domain does not need."""

from __future__ import annotations

import pytest
from built import TIMEOUT, use
from spf_judged import judged, new, of, single, unanswered
from spf_world import published

from bot.demo.nameserver import Fault
from checks.catalogue import CannotTell, NotApplicable, Rule
from checks.data.unneeded_includes import unneeded_includes
from checks.engine import judge
from checks.evidence.spf import SpfEvidence, SpfNode
from checks.model import Absent, Answer, Outcome, Seen, Severity, Tier, Why
from checks.parse.spf import parse_spf
from checks.rules import spf_terms

CHECK = spf_terms.CHECK
USE = use("d.example")


@pytest.mark.parametrize("term", ["ptr", "ptr:d.example", "?PTR"])
def test_ptr(term: str) -> None:
    finding = single(CHECK, of(f"v=spf1 mx {term} ~all"), USE)
    assert (finding.rule.id, finding.severity, finding.tier) == ("SPF306", Severity.WARNING, Tier.NONE)
    assert (finding.facts["term"], new(finding)) == (term, None)


@pytest.mark.parametrize(
    ("record", "proposal"),
    [
        ("mx a MX ~all", "mx a ~all"),
        ("mx a:d.example a ?all", "mx a:d.example ~all"),
        ("ip4:11.1.0.0/24 ip4:11.1.0.10 -all", "ip4:11.1.0.0/24 -all"),
        ("ip4:11.1.0.0/25 ip4:11.1.0.0/24 -all", "ip4:11.1.0.0/24 -all"),
        ("mx mx a, ~all", "mx a ~all"),
        ("mx mx moo ~all", None),
    ],
)
def test_repeated_and_covered_terms(record: str, proposal: str | None) -> None:
    finding = single(CHECK, of(f"v=spf1 {record}"), USE)
    assert (finding.rule.id, finding.severity, finding.tier) == ("SPF311", Severity.NOTICE, Tier.NONE)
    assert new(finding) == (proposal and f"v=spf1 {proposal}")


def test_an_include_that_a_record_of_the_domain_leads_to() -> None:
    found = single(
        CHECK,
        published(
            {
                "d": "v=spf1 include:_spf.d.example include:b.example ~all",
                "_spf.d": "v=spf1 include:b.example ~all",
                "b": "v=spf1 mx",
            }
        ),
        USE,
    )
    assert (found.facts["redundant"], new(found)) == (("include:b.example",), "v=spf1 include:_spf.d.example ~all")


def test_an_include_that_its_own_operator_leads_to() -> None:
    found = single(
        CHECK,
        published(
            {
                "d": "v=spf1 include:_spf.b.example include:net.b.example ~all",
                "_spf.b": "v=spf1 include:net.b.example ~all",
                "net.b": "v=spf1 mx",
            }
        ),
        USE,
    )
    assert new(found) == "v=spf1 include:_spf.b.example ~all"


def test_an_include_is_needed_although_a_third_party_leads_there_too() -> None:
    """A service that sends through the domain's own platform today may use another one tomorrow."""
    evidence = of(
        "v=spf1 include:a.example include:b.example ~all", a="v=spf1 include:b.example ~all", b="v=spf1 mx ~all"
    )
    assert judged(CHECK, evidence, USE) == []


@pytest.mark.parametrize(
    "record",
    [
        "-all",
        "a mx ~all",
        "a:h.example a mx a/24 ~all",
        "+a:sv.example +a:d.example +mx ~all",
        "mx ~all mx",
        "?mx mx ~all",
        "ip4:11.1.0.0/24 ip4:11.1.1.0/24 -all",
        "a:x.example mx:x.example exists:x.example -all",
    ],
)
def test_nothing_superfluous(record: str) -> None:
    assert judged(CHECK, of(f"v=spf1 {record}"), USE) == []


def included(target: str) -> SpfEvidence:
    text = f"v=spf1 mx include:{target} ~all"
    record = parse_spf(text)
    inside = "v=spf1 ip4:11.2.0.0/24 -all"
    child = SpfNode(target.lower(), record.terms[1], Seen((inside,)), parse_spf(inside), (), 0)
    answer = Seen(Answer("d.example", "TXT", (text.encode(),)))
    return SpfEvidence("d.example", answer, (text,), SpfNode("d.example", None, Seen((text,)), record, (child,), 2))


@pytest.mark.parametrize(
    ("target", "service", "variant"),
    [
        ("amazonses.com", "Amazon SES", "subdomain"),
        ("send.klaviyo.com", "Klaviyo", "subdomain"),
        ("Servers.mcsv.net", "Mailchimp", "service"),
        ("4711.spf05.hubspotemail.net", "HubSpot", "service"),
    ],
)
def test_an_include_that_a_main_domain_does_not_need_is_named_and_stays(
    target: str, service: str, variant: str
) -> None:
    finding = single(CHECK, included(target), USE)
    assert (finding.rule.id, finding.subject, finding.variant) == ("SPF311", target.lower(), variant)
    assert (finding.facts["service"], finding.facts["lookups"], new(finding)) == (service, 1, None)
    assert judged(CHECK, included(target), use("send.d.example", is_below=True)) == []


@pytest.mark.parametrize("target", ["_spf.google.com", "amazonses.com.example", "xamazonses.com", "sendgrid.net"])
def test_other_includes_may_be_needed(target: str) -> None:
    assert judged(CHECK, included(target), USE) == []


def test_every_row_of_the_table_has_its_source_and_date() -> None:
    rows = unneeded_includes()
    assert len({row.include for row in rows}) == len(rows)
    for row in rows:
        assert row.source.startswith("https://")
        assert row.read.year >= 2026
        assert row.return_path in spf_terms.REDUNDANT_TERM.variants


def test_what_was_found_stands_beside_what_failed() -> None:
    evidence = published(
        {"d": "v=spf1 mx mx include:a.example ~all"}, faults=(Fault("a.example", "TXT", rcode="SERVFAIL"),)
    )
    result = judge(CHECK, evidence, USE)
    assert [f.rule.id for f in result.findings] == ["SPF311"]
    assert (result.outcome, result.reason) == (Outcome.UNKNOWN, Why.SERVFAIL)


def test_without_an_answer_and_without_a_record() -> None:
    with pytest.raises(CannotTell):
        judged(CHECK, unanswered(TIMEOUT), USE)
    with pytest.raises(NotApplicable):
        judged(CHECK, unanswered(Absent()), USE)


@pytest.mark.parametrize("rule", CHECK.rules, ids=lambda rule: rule.id)
def test_the_samples_do_what_they_show(rule: Rule) -> None:
    assert single(CHECK, of(rule.sample.bad), USE).rule is rule
    assert judged(CHECK, of(rule.sample.good), USE) == []
