"""What an SPF check says of evidence: its findings, each sayable in both languages."""

from __future__ import annotations

from spf_world import published

from checks.catalogue import Check, Finding
from checks.evidence.spf import SpfEvidence
from checks.model import LANGS, Known


def judged(check: Check, *evidence: object) -> list[Finding]:
    """The findings; each must be sayable in both languages."""
    findings = list(check.judge(*evidence))
    for finding in findings:
        assert finding.rule in check.rules
        for lang in LANGS:
            assert finding.title(lang)
            assert finding.why(lang)
            assert finding.fix(lang)
    return findings


def single(check: Check, *evidence: object) -> Finding:
    (finding,) = judged(check, *evidence)
    return finding


def of(record: str, **others: str) -> SpfEvidence:
    return published({"d": record, **others})


def new(finding: Finding) -> str | None:
    (change,) = finding.records
    return change.new


def unanswered(answer: Known[object]) -> SpfEvidence:
    return SpfEvidence("d.example", answer, (), None)  # type: ignore[arg-type]
