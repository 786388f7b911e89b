"""p=reject that rests on SPF alone."""

from __future__ import annotations

import pytest
from built import SERVFAIL

from checks.engine import judge
from checks.evidence.dmarc import AuthResult, DmarcResultEvidence
from checks.evidence.message import ArcEvidence, MessageEvidence, Signature, SignatureResult
from checks.model import Absent, Outcome, Seen, Severity, Why
from checks.parse.dmarc import parse_dmarc
from checks.rules.dmarc_mechanisms import CHECK

OWN = "example.co.jp"


def mail(*results: SignatureResult) -> MessageEvidence:
    signatures = tuple(
        Signature(
            i, r, "", OWN, "s1", "rsa-sha256", 2048, f"@{OWN}", ("from",), key_why="timeout" if r == "temperror" else ""
        )
        for i, r in enumerate(results)
    )
    return MessageEvidence(1, (), f"a@{OWN}", OWN, "", signatures, ArcEvidence("none", 0), (), 1, False, ())


def result(
    *aligned: bool | None, told: AuthResult | None = "pass", policy: str = "reject", **more: object
) -> DmarcResultEvidence:
    given = {"organizational": Seen(OWN), "record": Seen(parse_dmarc(f"v=DMARC1; p={policy}"))} | more
    return DmarcResultEvidence(OWN, at=OWN, result=told, policy=policy, spf_aligned=True, dkim_aligned=aligned, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("message", "dmarc", "found"),
    [
        (mail(), result(), [Severity.WARNING]),
        (mail(), result(policy="quarantine"), [Severity.NOTICE]),
        (mail(), result(policy="none"), []),
        (mail("fail"), result(True), [Severity.WARNING]),
        (mail("pass"), result(False), [Severity.WARNING]),
        (mail("pass"), result(True), []),
        (mail("fail", "pass"), result(True, True), []),
        (mail("temperror", "pass"), result(True, True), []),
    ],
)
def test_an_aligned_signature_has_to_pass(
    message: MessageEvidence, dmarc: DmarcResultEvidence, found: list[Severity]
) -> None:
    findings = judge(CHECK, message, dmarc).findings
    assert [(f.rule.id, f.severity) for f in findings] == [("DMARC205", severity) for severity in found]


@pytest.mark.parametrize(
    ("message", "dmarc", "why"),
    [
        (mail("temperror"), result(True), Why.TIMEOUT),
        (mail("pass"), result(None), Why.DEPENDS),
        (mail(), result(told=None), Why.NOT_PROVIDED),
        (mail(), result(told="temperror", record=SERVFAIL), Why.SERVFAIL),
        (mail(), result(told="temperror"), Why.DEPENDS),
    ],
)
def test_what_could_not_be_told_is_not_held_against_it(
    message: MessageEvidence, dmarc: DmarcResultEvidence, why: Why
) -> None:
    told = judge(CHECK, message, dmarc)
    assert (told.outcome, told.reason, told.findings) == (Outcome.UNKNOWN, why, ())


@pytest.mark.parametrize(
    ("dmarc", "why"),
    [(result(told="fail"), Why.NO_PASS), (result(told="none", record=Absent()), Why.NO_RECORD)],
)
def test_where_nothing_passes_it_is_another_question(dmarc: DmarcResultEvidence, why: Why) -> None:
    told = judge(CHECK, mail(), dmarc)
    assert (told.outcome, told.reason) == (Outcome.NOT_APPLICABLE, why)
