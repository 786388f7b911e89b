"""The questions that a received mail answers: signatures, alignment, DMARC, author, TLS. On evidence built by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from built import SERVFAIL, yields

from checks.catalogue import Check
from checks.engine import judge
from checks.evidence.dmarc import AuthResult, DmarcRecord, DmarcResultEvidence
from checks.evidence.message import (
    ArcEvidence,
    MessageEvidence,
    SessionEvidence,
    Signature,
    SignatureReason,
    SignatureResult,
    SpfResultEvidence,
)
from checks.model import LANGS, Known, Outcome, Seen, Severity, Tier, Why
from checks.parse.dmarc import parse_dmarc
from checks.rules import (
    dkim_alignment,
    dkim_field,
    dkim_keys,
    dkim_signature,
    dkim_verification,
    dmarc_result,
    msg_from,
    tls_session,
)

(SIGNED,) = dkim_signature.CHECKS
(FIELD,) = dkim_field.CHECKS
(KEY,) = dkim_keys.CHECKS
(VERIFIED,) = dkim_verification.CHECKS
(ALIGNED,) = dkim_alignment.CHECKS
(RESULT,) = dmarc_result.CHECKS
(FROM,) = msg_from.CHECKS
(TLS,) = tls_session.CHECKS

OWN = "example.co.jp"
OTHER = "esp.example.net"


def sig(
    reason: SignatureReason = "", domain: str = OWN, result: SignatureResult | None = None, **more: object
) -> Signature:
    result = result or ("temperror" if reason == "key_lookup_failed" else "fail" if reason else "pass")
    values: dict[str, object] = {
        "index": 0,
        "result": result,
        "reason": reason,
        "domain": domain,
        "selector": "s1",
        "algorithm": "rsa-sha256",
        "key_bits": 2048,
        "identity": "",
        "signed_headers": ("from",),
        "key_name": f"s1._domainkey.{domain}",
        "key_why": "timeout" if reason == "key_lookup_failed" else "",
    }
    return Signature(**(values | more))  # type: ignore[arg-type]


def mail(
    *signatures: Signature, from_domain: str | None = OWN, problem: str = "", fields: tuple[str, ...] = ()
) -> MessageEvidence:
    numbered = tuple(
        Signature(**{n: getattr(s, n) for n in s.__slots__} | {"index": i}) for i, s in enumerate(signatures)
    )
    return MessageEvidence(
        size=100,
        from_fields=fields or (f"a@{OWN}",),
        from_address=f"a@{from_domain}" if from_domain else None,
        from_domain=from_domain,
        from_problem=problem,  # type: ignore[arg-type]
        signatures=numbered,
        arc=ArcEvidence("none", 0),
        forwarded=(),
        longest_line=70,
        has_bare_line_ends=False,
        header_names=("from",) * len(fields or ("",)),
    )


RECORD = parse_dmarc(f"v=DMARC1; p=reject; adkim=s; aspf=s; rua=mailto:dmarc@{OWN}")


def dmarc(
    *aligned: bool | None,
    result: AuthResult = "pass",
    organizational: Known[str] | None = None,
    near_miss: bool = False,
    record: Known[DmarcRecord] | None = None,
) -> DmarcResultEvidence:
    return DmarcResultEvidence(
        from_domain=OWN,
        organizational=organizational or Seen(OWN),
        record=record or Seen(RECORD),
        at=OWN,
        result=result,
        policy="reject",
        spf_aligned=False,
        dkim_aligned=aligned,
        near_miss=near_miss,
    )


SPF = SpfResultEvidence("192.0.2.25", "mfrom", OTHER, "pass")


def severities(check: Check, *evidence: object) -> list[tuple[str, Severity, Tier]]:
    return [(f.rule.id, f.severity, f.tier) for f in judge(check, *evidence).findings]


def outcome(check: Check, *evidence: object) -> tuple[Outcome, Why | None]:
    result = judge(check, *evidence)
    return result.outcome, result.reason


def test_an_unsigned_mail_is_found_and_a_signed_one_is_not() -> None:
    assert yields(SIGNED, mail()) == ["DKIM001"]
    assert yields(SIGNED, mail(sig())) == []
    for check in (FIELD, KEY, VERIFIED, ALIGNED):
        assert outcome(check, mail(), dmarc()) == (Outcome.NOT_APPLICABLE, Why.NO_SIGNATURE)


PER_SIGNATURE: list[tuple[Check, SignatureReason, str]] = [
    (KEY, "key_not_found", "DKIM002"),
    (KEY, "key_revoked", "DKIM003"),
    (KEY, "key_syntax", "DKIM101"),
    (KEY, "key_too_short", "DKIM202"),
    (KEY, "key_restricted", "DKIM210"),
    (FIELD, "signature_syntax", "DKIM102"),
    (FIELD, "sha1", "DKIM204"),
    (FIELD, "from_not_signed", "DKIM206"),
    (FIELD, "expired", "DKIM301"),
    (VERIFIED, "body_changed", "DKIM302"),
    (VERIFIED, "signature_invalid", "DKIM303"),
]


@pytest.mark.parametrize(("check", "reason", "rule"), PER_SIGNATURE, ids=[rule for _, _, rule in PER_SIGNATURE])
def test_a_broken_signature_is_as_severe_as_its_company_allows(
    check: Check, reason: SignatureReason, rule: str
) -> None:
    error, warning, notice = (
        (rule, Severity.ERROR, Tier.MAIL),
        (rule, Severity.WARNING, Tier.NONE),
        (rule, Severity.NOTICE, Tier.NONE),
    )
    assert severities(check, mail(sig()), dmarc(True)) == []
    assert severities(check, mail(sig(reason)), dmarc(True)) == [error]
    assert severities(check, mail(sig(reason, OTHER)), dmarc(False)) == [error]
    assert severities(check, mail(sig(reason), sig("", OTHER)), dmarc(True, False)) == [error]
    assert severities(check, mail(sig(reason), sig(selector="s2")), dmarc(True, True)) == [warning]
    assert severities(check, mail(sig(), sig(reason, OTHER)), dmarc(True, False)) == [notice]
    assert severities(check, mail(sig(), sig(reason, OTHER)), dmarc(True, None)) == [notice]


@pytest.mark.parametrize(("check", "reason", "rule"), PER_SIGNATURE, ids=[rule for _, _, rule in PER_SIGNATURE])
def test_how_severe_is_unknown_while_an_aligned_signature_is(check: Check, reason: SignatureReason, rule: str) -> None:
    unknown = (Outcome.UNKNOWN, Why.TIMEOUT)
    assert outcome(check, mail(sig(reason, OTHER), sig("key_lookup_failed")), dmarc(False, True)) == unknown
    assert outcome(check, mail(sig(reason, OTHER), sig("key_lookup_failed")), dmarc(False, None)) == unknown
    no_organization = dmarc(None, None, organizational=SERVFAIL)
    assert outcome(check, mail(sig(reason), sig("", OTHER)), no_organization) == (Outcome.UNKNOWN, Why.SERVFAIL)
    # A signature of a third party cannot change it.
    foreign = mail(sig(reason), sig("key_lookup_failed", OTHER))
    assert [f.rule.id for f in judge(check, foreign, dmarc(True, False)).findings] == [rule]


@pytest.mark.parametrize(("check", "reason", "rule"), PER_SIGNATURE, ids=[rule for _, _, rule in PER_SIGNATURE])
def test_a_finding_names_its_key_and_reads_well(check: Check, reason: SignatureReason, rule: str) -> None:
    (finding,) = judge(check, mail(sig(reason)), dmarc(True)).findings
    assert finding.subject == f"s1._domainkey.{OWN}"
    for lang in ("en", "ja"):
        assert len(finding.title(lang)) <= 120
        assert len(finding.why(lang)) <= 300
        assert len(finding.fix(lang)) <= 300


def test_a_foreign_broken_signature_leaves_the_verification_passed() -> None:
    assert outcome(VERIFIED, mail(sig(), sig("body_changed", OTHER)), dmarc(True, False)) == (Outcome.PASSED, None)
    assert outcome(VERIFIED, mail(sig(), sig("key_lookup_failed", OTHER)), dmarc(True, False)) == (Outcome.PASSED, None)


def test_verification_is_never_passed_without_a_passing_signature() -> None:
    assert outcome(VERIFIED, mail(sig("key_lookup_failed")), dmarc(True)) == (Outcome.UNKNOWN, Why.TIMEOUT)
    for reason in ("key_not_found", "sha1", "expired", "key_too_short"):
        assert outcome(VERIFIED, mail(sig(reason)), dmarc(True)) == (Outcome.NOT_APPLICABLE, Why.NO_PASS)


def test_a_signature_that_nobody_looked_at_may_be_the_one_that_counts() -> None:
    unread = mail(sig("", OTHER), sig("too_many", "", "policy", key_name=""))
    assert outcome(ALIGNED, unread, dmarc(False, None)) == (Outcome.UNKNOWN, Why.NOT_COVERED)
    assert outcome(RESULT, unread, dmarc(False, None, result="temperror"), SPF) == (Outcome.UNKNOWN, Why.NOT_COVERED)
    assert yields(ALIGNED, mail(sig(), sig("too_many", "", "policy", key_name="")), dmarc(True, None)) == []


def test_an_aligned_signature_that_is_broken_is_not_told_as_missing() -> None:
    (finding,) = judge(ALIGNED, mail(sig("body_changed"), sig("", OTHER)), dmarc(True, False)).findings
    assert finding.variant == "aligned_broken"
    (finding,) = judge(ALIGNED, mail(sig("body_changed", OTHER), sig("", OTHER)), dmarc(False, False)).findings
    assert finding.variant is None


def test_equal_signatures_are_told_once() -> None:
    assert yields(VERIFIED, mail(sig("body_changed"), sig("body_changed")), dmarc(True, True)) == ["DKIM302"]
    assert yields(FIELD, mail(sig("signature_syntax", "", key_name="")), dmarc(False)) == ["DKIM102"]


def test_a_failed_key_lookup_is_unknown_not_missing() -> None:
    assert outcome(KEY, mail(sig("key_lookup_failed")), dmarc(True)) == (Outcome.UNKNOWN, Why.TIMEOUT)


def test_the_key_to_publish_is_named_with_what_is_there_now() -> None:
    (missing,) = judge(KEY, mail(sig("key_not_found")), dmarc(True)).findings
    (revoked,) = judge(KEY, mail(sig("key_revoked", key_records=("v=DKIM1; p=",))), dmarc(True)).findings
    assert [(r.name, r.type, r.old) for r in missing.records] == [(f"s1._domainkey.{OWN}", "TXT", None)]
    assert revoked.records[0].old == "v=DKIM1; p="
    two = sig("key_syntax", key_records=("v=DKIM1; p=AA", "v=DKIM1; p=BB"))
    (several,) = judge(KEY, mail(two), dmarc(True)).findings
    assert (several.variant, several.facts["count"]) == ("several", 2)


def test_keys_that_do_for_now() -> None:
    short = sig(key_bits=1024)
    assert severities(KEY, mail(short), dmarc(True)) == [("DKIM203", Severity.WARNING, Tier.NONE)]
    assert severities(KEY, mail(sig("body_changed", key_bits=2047)), dmarc(True)) == [
        ("DKIM203", Severity.WARNING, Tier.NONE)
    ]
    assert yields(KEY, mail(sig("key_too_short", key_bits=768)), dmarc(True)) == ["DKIM202"]
    assert yields(KEY, mail(sig(key_bits=256, algorithm="ed25519-sha256")), dmarc(True)) == []
    # The keys of a third party are its own business.
    assert yields(KEY, mail(sig(domain=OTHER, key_bits=1024), sig()), dmarc(False, True)) == []
    assert yields(KEY, mail(short, short), dmarc(True, True)) == ["DKIM203"]
    lost = dmarc(None, organizational=SERVFAIL)
    assert outcome(KEY, mail(short), lost) == (Outcome.UNKNOWN, Why.SERVFAIL)


def test_a_key_in_test_mode_counts_unless_another_signature_stands_beside_it() -> None:
    testing = sig(key_records=("v=DKIM1; t=Y:s; p=AAAA",))
    assert severities(KEY, mail(testing), dmarc(True)) == [("DKIM201", Severity.WARNING, Tier.MAIL)]
    both = mail(testing, sig(key_name=f"s2._domainkey.{OWN}"))
    assert severities(KEY, both, dmarc(True, True)) == [("DKIM201", Severity.WARNING, Tier.NONE)]
    foreign = mail(testing, sig("", OTHER))
    assert severities(KEY, foreign, dmarc(True, False)) == [("DKIM201", Severity.WARNING, Tier.MAIL)]
    for record in ("v=DKIM1; t=s; p=AAAA", "v=DKIM1; p=AAAA", "t=y", ""):
        wanted = ["DKIM201"] if record == "t=y" else []
        assert yields(KEY, mail(sig(key_records=(record,))), dmarc(True)) == wanted
    lost = dmarc(None, organizational=SERVFAIL)
    assert outcome(KEY, mail(testing), lost) == (Outcome.UNKNOWN, Why.SERVFAIL)


@pytest.mark.parametrize("reason", ["", "key_not_found", "key_revoked", "key_syntax", "key_too_short"])
def test_no_record_is_proposed_at_a_name_that_is_an_alias(reason: SignatureReason) -> None:
    more = {"key_bits": 1024, "key_records": ("v=DKIM1; t=y; p=MIIB",)}
    own = judge(KEY, mail(sig(reason, **more)), dmarc(True)).findings
    assert all(finding.records for finding in own)
    hosted = judge(KEY, mail(sig(reason, **more, key_alias_of="s1.dkim.esp.example.net")), dmarc(True)).findings
    assert [f.rule.id for f in hosted] == [f.rule.id for f in own] != []
    assert not any(finding.records for finding in hosted)
    assert [f.variant for f in hosted if f.rule.id == "DKIM201"] == ["hosted"] * (reason == "")


def test_alignment() -> None:
    assert severities(ALIGNED, mail(sig("", OTHER)), dmarc(False)) == [("DKIM401", Severity.WARNING, Tier.MAIL)]
    assert yields(ALIGNED, mail(sig(), sig("", OTHER)), dmarc(True, False)) == []
    assert yields(ALIGNED, mail(sig("body_changed"), sig("", OTHER)), dmarc(True, False)) == ["DKIM401"]
    assert outcome(ALIGNED, mail(sig("body_changed")), dmarc(True)) == (Outcome.NOT_APPLICABLE, Why.NO_PASS)
    assert outcome(ALIGNED, mail(sig(), from_domain=None), dmarc(None)) == (Outcome.NOT_APPLICABLE, Why.NO_FROM)
    lost = mail(sig("", OTHER), sig("key_lookup_failed"))
    assert outcome(ALIGNED, lost, dmarc(False, True)) == (Outcome.UNKNOWN, Why.TIMEOUT)
    lost = mail(sig("", "mail.example.co.jp"))
    assert outcome(ALIGNED, lost, dmarc(None, organizational=SERVFAIL)) == (Outcome.UNKNOWN, Why.SERVFAIL)


def test_the_third_parties_are_named() -> None:
    (finding,) = judge(ALIGNED, mail(sig("", OTHER), sig("", OTHER)), dmarc(False, False)).findings
    assert f"`{OTHER}`" in finding.title("en")
    assert f"`d={OWN}`" in finding.fix("ja")


def test_dmarc_result() -> None:
    assert yields(RESULT, mail(sig()), dmarc(True), SPF) == []
    assert severities(RESULT, mail(sig("", OTHER)), dmarc(False, result="fail"), SPF) == [
        ("DMARC401", Severity.ERROR, Tier.MAIL)
    ]
    assert outcome(RESULT, mail(), dmarc(result="none"), SPF) == (Outcome.NOT_APPLICABLE, Why.NO_RECORD)
    assert outcome(RESULT, mail(from_domain=None), dmarc(result="permerror"), SPF) == (
        Outcome.NOT_APPLICABLE,
        Why.NO_FROM,
    )


def test_dmarc_that_could_not_be_evaluated_is_unknown() -> None:
    lost = dmarc(result="temperror", record=SERVFAIL)
    assert outcome(RESULT, mail(sig()), lost, SPF) == (Outcome.UNKNOWN, Why.SERVFAIL)
    key_lost = dmarc(True, result="temperror")
    assert outcome(RESULT, mail(sig("key_lookup_failed")), key_lost, SPF) == (Outcome.UNKNOWN, Why.TIMEOUT)


def test_dmarc_failure_shows_the_three_domains_and_two_ways_out() -> None:
    (finding,) = judge(RESULT, mail(sig("", OTHER)), dmarc(False, result="fail"), SPF).findings
    for lang in ("en", "ja"):
        assert all(part in finding.why(lang) for part in (OWN, OTHER, f"d={OTHER} pass", "reject"))
        assert f"`d={OWN}`" in finding.fix(lang)
        assert "Return-Path" in finding.fix(lang)
    null = SpfResultEvidence("192.0.2.25", "helo", "mx.example.net", "none", is_null_return_path=True)
    (bounce,) = judge(RESULT, mail(), dmarc(result="fail"), null).findings
    assert bounce.facts["return_path"] == "<>"
    assert bounce.facts["signatures"] == ("-",)


@pytest.mark.parametrize(
    ("signatures", "aligned", "spf_aligned", "strict", "variant"),
    [
        ((sig("body_changed"),), (True,), False, False, "not_aligned_signature"),
        ((sig("", OTHER), sig("key_not_found")), (False, True), False, False, "not_aligned_signature"),
        ((sig("", OTHER),), (False,), False, False, "not_aligned"),
        ((sig("body_changed", OTHER),), (False,), False, True, "not_aligned_strict"),
    ],
)
def test_the_way_out_of_a_dmarc_failure_is_never_what_is_so_already(
    signatures: tuple[Signature, ...], aligned: tuple[bool, ...], spf_aligned: bool, strict: bool, variant: str
) -> None:
    record = Seen(parse_dmarc("v=DMARC1; p=reject" + ("; aspf=s" if strict else "")))
    told = replace(dmarc(*aligned, result="fail", record=record), spf_aligned=spf_aligned)
    (finding,) = judge(RESULT, mail(*signatures), told, SPF).findings
    assert finding.variant == variant
    if "signature" in variant:
        rule = "DKIM302" if len(signatures) == 1 else "DKIM002"
        for lang in LANGS:
            assert f"`{rule}`" in finding.fix(lang)
            assert f"`d={OWN}`" in finding.fix(lang)


def test_an_aligned_return_path_is_not_asked_for_again() -> None:
    told = replace(dmarc(True, result="fail", record=Seen(parse_dmarc("v=DMARC1; p=none"))), spf_aligned=True)
    failed = SpfResultEvidence("192.0.2.25", "mfrom", OWN, "fail")
    unsigned = replace(told, dkim_aligned=())
    (by_spf,) = judge(RESULT, mail(), unsigned, failed).findings
    (both,) = judge(RESULT, mail(sig("signature_invalid")), told, failed).findings
    assert (by_spf.variant, both.variant) == ("unsigned_spf", "both")
    assert "`DKIM303`" in both.fix("en")
    for finding in (by_spf, both):
        assert "SPF401" in finding.fix("en")
        assert "bounce." not in finding.fix("en")
    (forwarded,) = judge(RESULT, replace(mail(), forwarded=("srs",)), unsigned, failed).findings
    (bounce,) = judge(RESULT, mail(), unsigned, replace(failed, is_null_return_path=True)).findings
    assert (forwarded.variant, bounce.variant) == ("unsigned", "unsigned")
    assert "DKIM: not signed" in by_spf.why("en")
    assert "DKIM: 署名なし" in by_spf.why("ja")


def test_a_strict_record_that_alone_prevents_alignment_is_named_with_its_change() -> None:
    (finding,) = judge(RESULT, mail(sig()), dmarc(False, result="fail", near_miss=True), SPF).findings
    assert finding.rule.id == "DMARC402"
    (change,) = finding.records
    assert (change.name, change.old, change.new) == (
        f"_dmarc.{OWN}",
        RECORD.text,
        f"v=DMARC1; p=reject; rua=mailto:dmarc@{OWN}",
    )
    hosted = replace(dmarc(False, result="fail", near_miss=True), alias_of="d.vendor.example")
    (change,) = judge(RESULT, mail(sig()), hosted, SPF).findings[0].records
    assert (change.name, change.alias) == ("d.vendor.example", f"_dmarc.{OWN}")


@pytest.mark.parametrize("problem", ["none", "several_fields", "several_addresses", "no_address", "bad_domain"])
def test_a_from_header_that_names_no_author(problem: str) -> None:
    fields = ("a@x.example, b@x.example", "c") if problem == "several_fields" else ("a@localhost",)
    (finding,) = judge(FROM, mail(from_domain=None, problem=problem, fields=fields)).findings
    assert (finding.rule.id, finding.severity, finding.tier) == ("MSG101", Severity.ERROR, Tier.MAIL)
    assert finding.variant == (None if problem == "no_address" else problem)
    assert len({finding.title("en"), finding.title("ja")}) == 2


def test_a_good_from_header_yields_nothing() -> None:
    assert outcome(FROM, mail()) == (Outcome.PASSED, None)


def test_tls_of_the_session() -> None:
    clear = SessionEvidence("192.0.2.25", "mx.example.co.jp", "a@example.co.jp", None, None)
    secure = SessionEvidence("192.0.2.25", "mx.example.co.jp", "a@example.co.jp", "TLSv1.3", "X")
    assert severities(TLS, clear) == [("TLS401", Severity.ERROR, Tier.MAIL)]
    assert outcome(TLS, secure) == (Outcome.PASSED, None)
    for version in ("SSLv3", "TLSv1", "TLSv1.1"):
        old = SessionEvidence("192.0.2.25", "mx.example.co.jp", "a@example.co.jp", version, "X")
        assert severities(TLS, old) == [("TLS402", Severity.WARNING, Tier.MAIL)]
    failed = SessionEvidence("192.0.2.25", None, "", None, None, tls_failure="no shared cipher")
    assert severities(TLS, failed) == [("TLS403", Severity.WARNING, Tier.MAIL)]
    (finding,) = judge(TLS, failed).findings
    assert "`no shared cipher`" in finding.why("en")
    assert "`no shared cipher`" in finding.why("ja")
    # What failed before says nothing about a mail that came over TLS all the same.
    again = SessionEvidence("192.0.2.25", None, "", "TLSv1.2", "X", tls_failure="connection reset")
    assert outcome(TLS, again) == (Outcome.PASSED, None)
    hidden = SessionEvidence("192.0.2.25", None, "", None, None, tls_known=False)
    for unknown in (None, hidden, SessionEvidence(None, None, None, None, None)):
        assert outcome(TLS, unknown) == (Outcome.UNKNOWN, Why.NOT_PROVIDED)
