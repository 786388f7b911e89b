"""What passing signatures leave open, with which algorithms they are made, and ARC chains. On evidence built by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from built import SERVFAIL, yields
from own_signer import TAGS, stamp
from signed_mail import NOW, PLAIN, SESSION, published

from checks.catalogue import Check
from checks.engine import judge
from checks.evidence.dmarc import DmarcResultEvidence
from checks.evidence.message import ArcEvidence, MessageEvidence, Signature
from checks.model import Known, Outcome, Seen, Severity, Tier, Why
from checks.parse.dmarc import parse_dmarc
from checks.parse.message import verify
from checks.rules import arc_chain, dkim_algorithm, dkim_coverage

(COVERAGE,) = dkim_coverage.CHECKS
(ALGORITHM,) = dkim_algorithm.CHECKS
(ARC,) = arc_chain.CHECKS

OWN = "example.co.jp"
OTHER = "esp.example.net"
ALL = ("from", "from", "to", "subject", "date", "reply-to")
PRESENT = ("from", "to", "subject", "date", "message-id", "mime-version", "content-type")


def sig(domain: str = OWN, **more: object) -> Signature:
    values: dict[str, object] = {
        "index": 0,
        "result": "pass",
        "reason": "",
        "domain": domain,
        "selector": "s1",
        "algorithm": "rsa-sha256",
        "key_bits": 2048,
        "identity": "",
        "signed_headers": ALL,
        "key_name": f"s1._domainkey.{domain}",
    }
    return Signature(**(values | more))  # type: ignore[arg-type]


LOST = {"result": "temperror", "reason": "key_lookup_failed", "key_why": "servfail"}
FAILED = {"result": "fail", "reason": "body_changed"}


def mail(*signatures: Signature, headers: tuple[str, ...] = PRESENT, arc: ArcEvidence | None = None) -> MessageEvidence:
    return MessageEvidence(
        size=100,
        from_fields=(f"a@{OWN}",) * headers.count("from"),
        from_address=f"a@{OWN}",
        from_domain=OWN,
        from_problem="",
        signatures=tuple(replace(s, index=i) for i, s in enumerate(signatures)),
        arc=arc or ArcEvidence("none", 0),
        forwarded=(),
        longest_line=70,
        has_bare_line_ends=False,
        header_names=headers,
    )


def dmarc(*aligned: bool | None, organizational: Known[str] | None = None) -> DmarcResultEvidence:
    return DmarcResultEvidence(
        from_domain=OWN,
        organizational=organizational or Seen(OWN),
        record=Seen(parse_dmarc("v=DMARC1; p=reject")),
        at=OWN,
        result="pass",
        policy="reject",
        spf_aligned=False,
        dkim_aligned=aligned,
    )


def outcome(check: Check, *evidence: object) -> tuple[Outcome, Why | None]:
    result = judge(check, *evidence)
    return result.outcome, result.reason


@pytest.mark.parametrize("check", [COVERAGE, ALGORITHM], ids=lambda check: check.id)
def test_without_a_passing_signature_of_the_author_the_questions_do_not_arise(check: Check) -> None:
    assert outcome(check, mail(), dmarc()) == (Outcome.NOT_APPLICABLE, Why.NO_SIGNATURE)
    assert outcome(check, mail(sig(**FAILED)), dmarc(True)) == (Outcome.NOT_APPLICABLE, Why.NO_PASS)
    assert outcome(check, mail(sig(OTHER, body_length=1)), dmarc(False)) == (Outcome.NOT_APPLICABLE, Why.NO_PASS)


@pytest.mark.parametrize("check", [COVERAGE, ALGORITHM], ids=lambda check: check.id)
def test_a_failed_lookup_is_unknown(check: Check) -> None:
    assert outcome(check, mail(sig(**LOST)), dmarc(True)) == (Outcome.UNKNOWN, Why.SERVFAIL)
    lost = dmarc(None, organizational=SERVFAIL)
    assert outcome(check, mail(sig()), lost) == (Outcome.UNKNOWN, Why.SERVFAIL)


def test_a_signature_of_everything_leaves_nothing_open() -> None:
    assert yields(COVERAGE, mail(sig()), dmarc(True)) == []
    assert outcome(COVERAGE, mail(sig()), dmarc(True)) == (Outcome.PASSED, None)


def test_a_body_length_is_told_and_what_stands_beyond_it_too() -> None:
    whole = sig(body_length=100, signed_headers=(*ALL, "content-type"))
    (finding,) = judge(COVERAGE, mail(whole), dmarc(True)).findings
    assert (finding.rule.id, finding.severity, finding.tier) == ("DKIM205", Severity.WARNING, Tier.MAIL)
    assert (finding.variant, finding.subject) == (None, f"s1._domainkey.{OWN}")
    (appended,) = judge(COVERAGE, mail(replace(whole, unsigned_octets=30)), dmarc(True)).findings
    assert (appended.variant, appended.facts["beyond"], appended.facts["length"]) == ("appended", 30, 100)
    assert "30" in appended.title("ja")


def test_a_body_length_of_nought_is_one() -> None:
    assert "DKIM205" in yields(COVERAGE, mail(sig(body_length=0)), dmarc(True))


def test_the_body_length_of_others_and_of_what_fails_is_not_told() -> None:
    assert yields(COVERAGE, mail(sig(), sig(OTHER, body_length=0)), dmarc(True, False)) == []
    assert yields(COVERAGE, mail(sig(), sig(body_length=0, **FAILED)), dmarc(True, True)) == []


def test_headers_outside_every_signature_of_the_author_are_told() -> None:
    few = sig(signed_headers=("from", "from", "to"))
    (finding,) = judge(COVERAGE, mail(few), dmarc(True)).findings
    assert (finding.rule.id, finding.severity, finding.tier) == ("DKIM207", Severity.NOTICE, Tier.NONE)
    assert finding.facts["headers"] == ("Subject", "Date")
    assert "`Subject`, `Date`" in finding.title("en")
    assert outcome(COVERAGE, mail(few), dmarc(True)) == (Outcome.PASSED, None)
    # Another signature of the author covers them; one of a third party does not.
    other = sig(signed_headers=("from", "from", "subject", "date"), key_name="s2._domainkey.example.co.jp")
    assert yields(COVERAGE, mail(few, other), dmarc(True, True)) == []
    assert yields(COVERAGE, mail(few, other), dmarc(True, False)) == ["DKIM207"]


def test_a_header_that_is_not_there_cannot_be_missing() -> None:
    signed = sig(signed_headers=("from", "from"))
    assert yields(COVERAGE, mail(signed, headers=("from", "message-id")), dmarc(True)) == []
    assert yields(COVERAGE, mail(signed, headers=("from", "reply-to")), dmarc(True)) == ["DKIM207"]


def test_mime_headers_matter_only_beside_a_body_length() -> None:
    (_, finding) = judge(COVERAGE, mail(sig(body_length=9)), dmarc(True)).findings
    assert (finding.rule.id, finding.facts["headers"]) == ("DKIM207", ("Content-Type",))
    assert yields(COVERAGE, mail(sig(body_length=9), headers=("from",)), dmarc(True)) == ["DKIM205"]


def test_headers_that_a_signature_of_unknown_result_may_cover_are_not_told() -> None:
    both = mail(sig(signed_headers=("from", "from", "to", "date")), sig(**LOST))
    assert yields(COVERAGE, both, dmarc(True, True)) == []
    assert outcome(COVERAGE, both, dmarc(True, True)) == (Outcome.UNKNOWN, Why.SERVFAIL)
    foreign = mail(sig(signed_headers=("from", "from", "to", "date")), sig(OTHER, **LOST))
    assert yields(COVERAGE, foreign, dmarc(True, False)) == ["DKIM207"]


def test_from_has_to_be_named_once_more_than_it_is_there() -> None:
    (finding,) = judge(COVERAGE, mail(sig(signed_headers=ALL[1:])), dmarc(True)).findings
    assert (finding.rule.id, finding.severity, finding.tier) == ("DKIM208", Severity.NOTICE, Tier.NONE)
    again = sig(signed_headers=ALL[1:])
    assert yields(COVERAGE, mail(again, again), dmarc(True, True)) == ["DKIM208"]


ED = {"algorithm": "ed25519-sha256", "key_bits": 256, "key_name": f"ed._domainkey.{OWN}"}


def test_ed25519_alone_is_not_enough() -> None:
    (finding,) = judge(ALGORITHM, mail(sig(**ED)), dmarc(True)).findings
    assert (finding.rule.id, finding.severity, finding.tier) == ("DKIM209", Severity.WARNING, Tier.NONE)
    assert finding.subject == f"ed._domainkey.{OWN}"
    assert yields(ALGORITHM, mail(sig(**ED), sig(OTHER)), dmarc(True, False)) == ["DKIM209"]
    historic = sig(algorithm="rsa-sha1", result="permerror", reason="sha1")
    assert yields(ALGORITHM, mail(sig(**ED), historic), dmarc(True, True)) == ["DKIM209"]


def test_rsa_beside_ed25519_is_enough() -> None:
    assert yields(ALGORITHM, mail(sig()), dmarc(True)) == []
    assert yields(ALGORITHM, mail(sig(**ED), sig()), dmarc(True, True)) == []
    assert yields(ALGORITHM, mail(sig(), sig(**ED)), dmarc(True, True)) == []
    # What is wrong with the signature beside is another finding.
    assert yields(ALGORITHM, mail(sig(**ED), sig(**FAILED)), dmarc(True, True)) == []
    assert yields(ALGORITHM, mail(sig(**ED), sig(**LOST)), dmarc(True, True)) == []


def test_rsa_of_a_domain_whose_alignment_is_unknown_leaves_it_open() -> None:
    lost = dmarc(True, None, organizational=SERVFAIL)
    assert outcome(ALGORITHM, mail(sig(**ED), sig("mail.example.co.jp")), lost) == (Outcome.UNKNOWN, Why.SERVFAIL)


@pytest.mark.parametrize(
    ("reason", "variant"),
    [("message_signature", None), ("seal", None), ("structure", "structure"), ("cv_fail", "cv_fail")],
)
def test_a_broken_chain_is_told_in_its_way(reason: str, variant: str | None) -> None:
    broken = ArcEvidence("fail", 2, "lists.example.net", reason)  # type: ignore[arg-type]
    (finding,) = judge(ARC, mail(arc=broken)).findings
    assert (finding.rule.id, finding.severity, finding.tier) == ("ARC401", Severity.NOTICE, Tier.NONE)
    assert (finding.variant, finding.subject) == (variant, "lists.example.net")


def test_a_chain_that_holds_and_no_chain() -> None:
    assert outcome(ARC, mail(arc=ArcEvidence("pass", 2, "lists.example.net"))) == (Outcome.PASSED, None)
    assert outcome(ARC, mail()) == (Outcome.NOT_APPLICABLE, Why.NO_SIGNATURE)


def test_a_chain_whose_key_could_not_be_looked_up_is_not_called_broken() -> None:
    lost = ArcEvidence("fail", 1, "lists.example.net", "key_lookup_failed", "timeout")
    assert yields(ARC, mail(arc=lost)) == []
    assert outcome(ARC, mail(arc=lost)) == (Outcome.UNKNOWN, Why.TIMEOUT)
    assert outcome(ARC, mail(arc=replace(lost, key_why=""))) == (Outcome.UNKNOWN, Why.DEPENDS)


def test_a_chain_without_a_readable_seal_has_a_subject_all_the_same() -> None:
    assert judge(ARC, mail(arc=ArcEvidence("fail", 0, "", "structure"))).findings[0].subject == "-"


@pytest.mark.parametrize(
    ("tags", "more", "rules"),
    [
        ("v=1", b"", ["DKIM207", "DKIM208"]),
        ("v=1; l=20", b"", ["DKIM205", "DKIM207", "DKIM208"]),
        ("v=1; l=20", b"<p>Pay here instead</p>\r\n", ["DKIM205", "DKIM207", "DKIM208"]),
    ],
)
def test_a_mail_as_it_comes_in(tags: str, more: bytes, rules: list[str]) -> None:
    """The sample mail has a Date header, which the signer of the tests leaves out."""
    message = verify(stamp(PLAIN, TAGS.replace("v=1", tags)) + more, published(), SESSION, NOW)
    told = judge(COVERAGE, replace(message, from_domain=OWN), dmarc(True)).findings
    assert [f.rule.id for f in told] == rules
    assert told[0].variant == ("appended" if "l=" in tags else None)
    assert "`Date`" in told[-2].title("en")
