"""The name, DNSSEC, MX, reverse names and blocklists: yielded, not yielded, and unknown where a lookup failed."""

from __future__ import annotations

import pytest
from built import NODATA, NXDOMAIN, SERVFAIL, TIMEOUT, addresses, domain, mx, names, yields

from checks.engine import judge
from checks.evidence.blocklist import BlocklistAnswer, ClientBlocklistEvidence, DomainBlocklistEvidence, Listing
from checks.evidence.dnssec import DnssecEvidence
from checks.evidence.mx import MxEvidence, MxTarget
from checks.evidence.ptr import ClientReverseEvidence, MxReverseEvidence, ReverseName
from checks.model import ExtendedError, Outcome, Seen, Severity, Tier, Unreachable, Why
from checks.rules import blocklist, dns_name, dnssec_zone, mx_addresses, reverse_name

MX_RECORD, MX_ADDRESSES = mx_addresses.CHECKS
PTR_MX, PTR_CLIENT = reverse_name.CHECKS
BL_DOMAIN, BL_CLIENT = blocklist.CHECKS


def test_a_name_is_missing_only_by_nxdomain():
    assert yields(dns_name.CHECK, domain(soa=NXDOMAIN)) == ["DNS001"]
    assert yields(dns_name.CHECK, domain(soa=NODATA)) == []
    assert judge(dns_name.CHECK, domain(soa=TIMEOUT)).reason is Why.TIMEOUT


def test_dnssec_states_are_kept_apart():
    def state(value, *errors):
        return judge(dnssec_zone.CHECK, DnssecEvidence("example.co.jp", value, errors), domain())

    assert state(Seen("secure")).outcome is Outcome.PASSED
    assert [f.rule.id for f in state(Seen("insecure")).findings] == ["SEC001"]
    bogus = state(Seen("bogus"), ExtendedError(7, "expired")).findings[0]
    assert (bogus.rule.id, bogus.facts["error"]) == ("SEC201", "EDE 7 Signature Expired")
    assert state(SERVFAIL).reason is Why.SERVFAIL
    assert state(Unreachable(Why.NOT_VALIDATING)).reason is Why.NOT_VALIDATING


def mx_evidence(records=NODATA, *targets, own4=NODATA, own6=NODATA):
    return MxEvidence("example.co.jp", records, targets, own4, own6)


def test_no_mail_server_needs_neither_mx_nor_address():
    assert yields(MX_RECORD, mx_evidence()) == ["MX001"]
    assert yields(MX_RECORD, mx_evidence(mx("mx1"))) == []
    assert yields(MX_RECORD, mx_evidence(own6=addresses("2001:db8::1"))) == []
    assert judge(MX_RECORD, mx_evidence(own4=TIMEOUT)).reason is Why.TIMEOUT
    assert judge(MX_RECORD, mx_evidence(SERVFAIL)).reason is Why.SERVFAIL


def test_an_mx_without_address_is_an_error_unless_another_serves():
    dead, alive = MxTarget("old", 10, NXDOMAIN, NXDOMAIN), MxTarget("mx1", 10, addresses("192.0.2.1"), NODATA)
    alone = judge(MX_ADDRESSES, mx_evidence(mx("old"), dead)).findings[0]
    assert (alone.rule.id, alone.severity, alone.tier) == ("MX103", Severity.ERROR, Tier.MAIL)
    beside = judge(MX_ADDRESSES, mx_evidence(mx("old", "mx1"), dead, alive)).findings[0]
    assert (beside.severity, beside.tier, beside.facts["others"]) == (Severity.WARNING, Tier.NONE, ("mx1",))
    assert yields(MX_ADDRESSES, mx_evidence(mx("mx1"), alive)) == []


def test_an_mx_whose_address_lookup_failed_is_not_without_address():
    result = judge(MX_ADDRESSES, mx_evidence(mx("mx1"), MxTarget("mx1", 10, TIMEOUT, NODATA)))
    assert (result.outcome, result.reason) == (Outcome.UNKNOWN, Why.TIMEOUT)


def test_without_mx_the_question_does_not_arise():
    assert judge(MX_ADDRESSES, mx_evidence()).outcome is Outcome.NOT_APPLICABLE


def test_the_null_mx_has_no_address_and_no_reverse_name_to_look_at():
    null = mx_evidence(mx(""))
    for result in (judge(MX_ADDRESSES, null), judge(PTR_MX, MxReverseEvidence("example.co.jp", ()), null)):
        assert (result.outcome, result.reason) == (Outcome.NOT_APPLICABLE, Why.NO_MX)


def test_a_missing_ptr_costs_the_sender_but_not_the_mx():
    client = judge(PTR_CLIENT, ClientReverseEvidence(ReverseName("192.0.2.1", "mx1", NXDOMAIN))).findings[0]
    assert (client.rule.id, client.severity, client.tier) == ("PTR001", Severity.ERROR, Tier.MAIL)
    assert client.facts["pointer"] == "1.2.0.192.in-addr.arpa"
    target = MxTarget("mx1", 10, addresses("192.0.2.1"), NODATA)
    reverse = MxReverseEvidence("example.co.jp", (ReverseName("192.0.2.1", "mx1", NXDOMAIN),))
    inbound = judge(PTR_MX, reverse, mx_evidence(mx("mx1"), target)).findings[0]
    assert (inbound.severity, inbound.tier) == (Severity.NOTICE, Tier.NONE)
    there = ReverseName("192.0.2.1", "mx1", names("mx1.example.co.jp"), "mx1.example.co.jp")
    assert yields(PTR_CLIENT, ClientReverseEvidence(there)) == []


def test_a_ptr_lookup_that_failed_is_unknown():
    assert judge(PTR_CLIENT, ClientReverseEvidence(ReverseName("192.0.2.1", "mx1", SERVFAIL))).reason is Why.SERVFAIL
    assert judge(PTR_CLIENT, ClientReverseEvidence(None)).reason is Why.NOT_PROVIDED


def test_a_reverse_name_has_to_lead_back():
    there = names("mx1.example.co.jp")

    def told(**more):
        return judge(PTR_CLIENT, ClientReverseEvidence(ReverseName("192.0.2.1", "mx1", there, **more)))

    finding = told().findings[0]
    assert (finding.rule.id, finding.severity, finding.facts["names"]) == (
        "PTR401",
        Severity.ERROR,
        ("mx1.example.co.jp",),
    )
    assert told(confirmed="mx1.example.co.jp").outcome is Outcome.PASSED
    assert told(unconfirmed_why=Why.TIMEOUT).reason is Why.TIMEOUT


def test_the_reverse_names_of_an_unknown_mx_are_unknown():
    nothing = MxReverseEvidence("example.co.jp", ())
    assert judge(PTR_MX, nothing, mx_evidence(TIMEOUT)).reason is Why.TIMEOUT
    assert judge(PTR_MX, nothing, mx_evidence(mx("mx1"), MxTarget("mx1", 10, SERVFAIL, NODATA))).reason is Why.SERVFAIL
    assert judge(PTR_MX, nothing, mx_evidence()).reason is Why.NO_MX


def entry(answer, decisive=True):
    return BlocklistAnswer("zen.example", "Zen", decisive, "https://zen.example/", answer)


@pytest.mark.parametrize(
    ("answers", "rules", "reason"),
    [
        ([entry(Seen(Listing(("127.0.0.2",), "spam")))], ["BL201"], None),
        ([entry(NXDOMAIN)], [], None),
        ([entry(NXDOMAIN), entry(TIMEOUT)], [], None),
        ([entry(Unreachable(Why.BLOCKED))], [], Why.BLOCKED),
        ([entry(TIMEOUT), entry(Unreachable(Why.BLOCKED))], [], Why.TIMEOUT),
        ([entry(Seen(Listing(("127.0.0.2",), "")), decisive=False), entry(NXDOMAIN)], [], None),
    ],
    ids=["listed", "clean", "one answered", "refused", "none answered", "informational"],
)
def test_one_decisive_list_determines(answers, rules, reason):
    for check, evidence in (
        (BL_CLIENT, ClientBlocklistEvidence("192.0.2.1", tuple(answers))),
        (BL_DOMAIN, DomainBlocklistEvidence("example.co.jp", tuple(answers))),
    ):
        result = judge(check, evidence)
        assert [f.rule.id for f in result.findings] == rules
        assert result.reason is reason


def test_a_listing_is_dangerous():
    finding = judge(
        BL_CLIENT, ClientBlocklistEvidence("192.0.2.1", (entry(Seen(Listing(("127.0.0.2",), "spam"))),))
    ).findings[0]
    assert (finding.severity, finding.tier) == (Severity.CRITICAL, Tier.DANGER)
