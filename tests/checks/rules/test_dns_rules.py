"""The name and DNSSEC: yielded, not yielded, and unknown where a lookup failed."""

from __future__ import annotations

from built import NODATA, NXDOMAIN, SERVFAIL, TIMEOUT, domain, yields

from checks.engine import judge
from checks.evidence.dnssec import DnssecEvidence
from checks.model import ExtendedError, Outcome, Seen, Unreachable, Why
from checks.rules import dns_name, dnssec_zone


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
