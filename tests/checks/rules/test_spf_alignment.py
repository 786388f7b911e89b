"""SPF402: SPF passes, but not for the From domain."""

from __future__ import annotations

import pytest
from built import SERVFAIL, TIMEOUT

from checks.catalogue import Finding
from checks.engine import judge
from checks.evidence.dmarc import DmarcRecord, DmarcResultEvidence
from checks.evidence.message import ArcEvidence, MessageEvidence, SpfResultEvidence
from checks.model import LANGS, Absent, Known, Outcome, Seen, Severity, Tier, Why
from checks.parse.dmarc import parse_dmarc
from checks.rules.spf_alignment import CHECK

OWN, SERVICE = "example.co.jp", "esp.example.net"


def mail(from_domain: str | None = OWN, *forwarded: str) -> MessageEvidence:
    return MessageEvidence(1, ("a",), None, from_domain, "", (), ArcEvidence("none", 0), forwarded, 1, False, ())


def spf(result: str | None = "pass", domain: str = SERVICE, **more: object) -> SpfResultEvidence:
    return SpfResultEvidence("192.0.2.1", "mfrom", domain, result, **more)  # type: ignore[arg-type]


def dmarc(
    aligned: bool | None = False,
    *,
    strict: bool = False,
    record: Known[DmarcRecord] | None = None,
    organizational: Known[str] | None = None,
) -> DmarcResultEvidence:
    return DmarcResultEvidence(
        OWN,
        organizational or Seen(OWN),
        record or Seen(parse_dmarc("v=DMARC1; p=none")),
        OWN,
        "fail",
        "none",
        aligned,
        (),
        spf_near_miss=strict,
    )


def found(*evidence: object) -> Finding:
    (finding,) = judge(CHECK, *evidence).findings
    for lang in LANGS:
        assert finding.title(lang)
        assert finding.why(lang)
        assert finding.fix(lang)
    return finding


def test_a_pass_for_another_domain_is_a_notice_and_changes_no_verdict() -> None:
    finding = found(spf(), dmarc(), mail())
    assert (finding.rule.id, finding.severity, finding.tier) == ("SPF402", Severity.NOTICE, Tier.NONE)
    assert (finding.variant, finding.records, finding.facts["domain"]) == (None, (), SERVICE)
    assert judge(CHECK, spf(), dmarc(), mail()).outcome is Outcome.PASSED


def test_strict_alignment_and_a_null_return_path_have_words_of_their_own() -> None:
    assert found(spf(domain=f"m.{OWN}"), dmarc(strict=True), mail()).variant == "strict"
    assert found(spf(is_null_return_path=True), dmarc(), mail()).variant == "null_return_path"


def test_an_aligned_pass_yields_nothing() -> None:
    result = judge(CHECK, spf(domain=OWN), dmarc(True), mail())
    assert (result.outcome, result.findings) == (Outcome.PASSED, ())


@pytest.mark.parametrize(("domain", "count"), [(f"bounce.{OWN}", 0), ("co.jp", 1), ("other.co.jp", 1), (SERVICE, 1)])
def test_without_a_dmarc_record_names_of_one_organization_are_not_called_unaligned(domain: str, count: int) -> None:
    assert len(judge(CHECK, spf(domain=domain), dmarc(record=Absent()), mail()).findings) == count


@pytest.mark.parametrize(
    ("evidence", "why"),
    [
        ((spf(), dmarc(), mail(None)), Why.NO_FROM),
        ((spf("fail"), dmarc(), mail()), Why.NO_PASS),
        ((spf("none"), dmarc(), mail()), Why.NO_PASS),
        ((spf(), dmarc(), mail(OWN, "srs")), Why.FORWARDED),
    ],
)
def test_where_the_question_does_not_arise(evidence: tuple[object, ...], why: Why) -> None:
    result = judge(CHECK, *evidence)
    assert (result.outcome, result.reason, result.findings) == (Outcome.NOT_APPLICABLE, why, ())


@pytest.mark.parametrize(
    ("evidence", "why"),
    [
        ((spf(None), dmarc(None), mail()), Why.NOT_PROVIDED),
        ((spf("temperror", why=Why.TIMEOUT), dmarc(), mail()), Why.TIMEOUT),
        ((spf("temperror"), dmarc(), mail()), Why.SERVFAIL),
        ((spf(), dmarc(None, record=TIMEOUT), mail()), Why.TIMEOUT),
        ((spf(), dmarc(None, organizational=SERVFAIL), mail()), Why.SERVFAIL),
        ((spf(), dmarc(None), mail()), Why.DEPENDS),
    ],
)
def test_what_could_not_be_determined_is_unknown(evidence: tuple[object, ...], why: Why) -> None:
    result = judge(CHECK, *evidence)
    assert (result.outcome, result.reason, result.findings) == (Outcome.UNKNOWN, why, ())
