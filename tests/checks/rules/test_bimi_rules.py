"""BIMI: yielded, not yielded, and unknown where a lookup or the fetching failed."""

from __future__ import annotations

import pytest
from built import NODATA, NXDOMAIN, SERVFAIL, dmarc, txt, use, yields

from checks.engine import judge
from checks.evidence.bimi import (
    BimiAssetsEvidence,
    BimiEvidence,
    CertificateProblem,
    Logo,
    LogoProblem,
    MarkCertificate,
)
from checks.model import Absent, HttpsFault, NotServed, Outcome, Seen, Severity, Tier, Unreachable, Why
from checks.parse.bimi import read_record
from checks.rules import bimi_assets, bimi_policy, bimi_record

D = "example.co.jp"
URL = f"https://www.{D}/logo.svg"
PEM = f"https://www.{D}/mark.pem"
RECORD = f"v=BIMI1; l={URL}; a={PEM}"
GOOD = Logo(URL, 400, "0" * 64, ())


def bimi(*texts: str) -> BimiEvidence:
    read = read_record(text.encode() for text in texts)
    return BimiEvidence(D, Absent() if read is None else Seen(read))


def policy(text: str | None = "v=DMARC1; p=reject", name: str = D):
    return dmarc(name, {f"{D}": txt(text) if text else NXDOMAIN})


ENFORCED = ["v=DMARC1; p=reject", "v=DMARC1; p=quarantine; pct=100", "v=DMARC1; p=reject; sp=quarantine"]
WEAK = [
    ("v=DMARC1; p=none; rua=mailto:a@example.com", "p=none"),
    ("v=DMARC1; p=reject; sp=none", "sp=none"),
    ("v=DMARC1; p=quarantine; pct=50", "pct=50"),
    ("v=DMARC1; p=reject; t=y", "t=y"),
    (None, ""),
]


@pytest.mark.parametrize("text", ENFORCED)
def test_where_dmarc_is_enforced_a_logo_is_advised(text: str) -> None:
    finding = judge(bimi_record.CHECK, bimi(), policy(text), use()).findings[0]
    assert (finding.rule.id, finding.severity, finding.tier) == ("BIMI001", Severity.NOTICE, Tier.NONE)
    assert yields(bimi_record.CHECK, bimi(RECORD), policy(text), use()) == []
    assert yields(bimi_policy.CHECK, bimi(RECORD), policy(text)) == []


@pytest.mark.parametrize(("text", "weakness"), WEAK)
def test_where_it_is_not_a_logo_is_no_use(text: str | None, weakness: str) -> None:
    result = judge(bimi_record.CHECK, bimi(), policy(text), use())
    assert (result.outcome, result.findings) == (Outcome.NOT_APPLICABLE, ())
    finding = judge(bimi_policy.CHECK, bimi(RECORD), policy(text)).findings[0]
    assert (finding.rule.id, finding.severity, finding.tier) == ("BIMI201", Severity.WARNING, Tier.NONE)
    assert finding.facts["weakness"] == weakness
    assert finding.variant == (None if weakness else "missing")


def test_whose_mail_would_show_it() -> None:
    def outcome(**more):
        result = judge(bimi_record.CHECK, bimi(), policy(), use(**more))
        return result.outcome, result.reason

    assert outcome(non_sending=True) == (Outcome.NOT_APPLICABLE, Why.NON_SENDING)
    assert outcome(is_below=True) == (Outcome.NOT_APPLICABLE, Why.NO_RECORD)
    assert outcome(non_sending=None) == (Outcome.UNKNOWN, Why.DEPENDS)


def test_lookups_that_failed_are_unknown() -> None:
    failed, nothing = BimiEvidence(D, SERVFAIL), BimiAssetsEvidence(D)
    assert judge(bimi_record.CHECK, failed, policy(), use()).reason is Why.SERVFAIL
    assert judge(bimi_policy.CHECK, failed, policy()).reason is Why.SERVFAIL
    assert judge(bimi_assets.CHECK, failed, nothing).reason is Why.SERVFAIL
    unknown_policy = dmarc(D, {D: SERVFAIL})
    assert judge(bimi_record.CHECK, bimi(), unknown_policy, use()).reason is Why.SERVFAIL
    assert judge(bimi_policy.CHECK, bimi(RECORD), unknown_policy).reason is Why.SERVFAIL


@pytest.mark.parametrize(
    ("texts", "variant"),
    [
        (["v=BIMI1; l=http://example.com/a.svg"], "value"),
        (["v=BIMI1;"], "missing"),
        (["v=BIMI1; logo"], None),
        (["v=bimi1; l="], "look_alike"),
        ([RECORD, RECORD + ";"], "multiple"),
    ],
)
def test_records_that_receivers_ignore(texts: list[str], variant: str | None) -> None:
    finding = judge(bimi_record.CHECK, bimi(*texts), policy(), use()).findings[0]
    assert (finding.rule.id, finding.severity, finding.tier) == ("BIMI101", Severity.WARNING, Tier.NONE)
    assert finding.variant == variant
    assert judge(bimi_assets.CHECK, bimi(*texts), BimiAssetsEvidence(D)).reason is Why.NO_RECORD


def test_who_declines_is_left_alone() -> None:
    declined = bimi("v=BIMI1; l=; a=")
    assert yields(bimi_record.CHECK, declined, policy(), use()) == []
    assert judge(bimi_policy.CHECK, declined, policy(None)).outcome is Outcome.NOT_APPLICABLE
    assert judge(bimi_assets.CHECK, declined, BimiAssetsEvidence(D)).outcome is Outcome.NOT_APPLICABLE


def assets(logo=GOOD, certificate=None):
    return judge(bimi_assets.CHECK, bimi(RECORD), BimiAssetsEvidence(D, logo, certificate))


def test_what_is_in_order_yields_nothing() -> None:
    assert assets(certificate=MarkCertificate(PEM, "0" * 64, ())).outcome is Outcome.PASSED


def test_logo_and_certificate_are_found_apart_and_in_their_own_words() -> None:
    logo = Logo(
        URL, 40_000, "0" * 64, (LogoProblem("version", "1.1"), LogoProblem("title"), LogoProblem("size", "39.1 KiB"))
    )
    certificate = MarkCertificate(
        PEM, None, (CertificateProblem("expired", "2026-01-01"), CertificateProblem("no_logo"))
    )
    one, other = assets(logo, certificate).findings
    assert (one.rule.id, one.subject, one.severity, one.tier) == ("BIMI301", URL, Severity.WARNING, Tier.NONE)
    assert one.facts["problems"] == ('version="1.1"', "<title>", "39.1 KiB")
    assert (other.rule.id, other.subject, other.variant) == ("BIMI301", PEM, "certificate")
    assert other.facts["problems"] == ("notAfter: 2026-01-01", "logotype")


@pytest.mark.parametrize("fault", HttpsFault)
def test_what_is_not_served(fault: HttpsFault) -> None:
    """BIMI forbids no redirects, which we do not follow, and limits no certificate."""
    for kind, url in (("logo", URL), ("certificate", PEM)):
        result = assets(**{kind: NotServed(url, fault, "detail")})
        if fault is HttpsFault.REDIRECT or (fault is HttpsFault.TOO_LARGE and kind == "certificate"):
            assert (result.findings, result.reason) == ((), Why.NOT_COVERED)
        else:
            assert [f.variant for f in result.findings] == [f"{kind}_{fault.value}"]
            assert result.findings[0].title("ja")


def test_what_could_not_be_fetched_is_unknown_and_the_rest_stands() -> None:
    assert assets(Unreachable(Why.NO_CONNECT)).reason is Why.NO_CONNECT
    both = assets(Unreachable(Why.TIMEOUT), MarkCertificate(PEM, None, (CertificateProblem("pem"),)))
    assert [f.facts["problems"] for f in both.findings] == [("PEM",)]
    assert both.outcome is Outcome.FAILED


def test_no_record_is_no_question() -> None:
    assert judge(bimi_assets.CHECK, BimiEvidence(D, NODATA), BimiAssetsEvidence(D)).reason is Why.NO_RECORD
