"""Reports built by hand, for the tests of what is said about them: any findings, no network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from checks import CATALOGUE, CheckResult, Fact, Finding, MailFacts, Outcome, RecordChange, Report, Severity, Why
from checks.profiles import PROFILES, mschecker
from checks.profiles.view import assess_all

HOSTILE = (
    "<!channel> `code` *bold* _x_ ~y~ <https://evil.example|bank> &amp; \u202egnp.exe\u0007 :tada: ```" + "A" * 5_000
)


def finding(rule_id: str, subject: str = "example.co.jp", text: str = "x", **facts: Fact) -> Finding:
    """A finding of a rule; facts that are not given are `text`, and there is a record with it before and after."""
    rule = CATALOGUE.rules[rule_id]
    record = RecordChange(subject, "TXT", f"v=old {text}", f"v=new {text}")
    return rule.found(subject, records=[record], **(dict.fromkeys(rule.facts, text) | facts))


def domain_report(
    *findings: Finding,
    subject: str = "example.co.jp",
    shown: str | None = None,
    unknown: Mapping[str, Why] | None = None,
    missing: bool = False,
) -> Report:
    """A domain check with these findings: questions without one passed, those that need a mail are open."""
    results = {}
    for check in CATALOGUE.checks:
        own = tuple(f for f in findings if f.rule in check.rules)
        if check.of_mail:
            results[check.id] = CheckResult(check.id, Outcome.UNKNOWN, Why.NEEDS_MAIL)
        elif unknown and check.id in unknown:
            results[check.id] = CheckResult(check.id, Outcome.UNKNOWN, unknown[check.id])
        else:
            results[check.id] = CheckResult(check.id, _outcome(own), None, own)
    return _report("domain", subject, shown or subject, results, missing=missing)


def mail_report(
    *findings: Finding,
    subject: str = "example.co.jp",
    facts: Mapping[str, Any] | None = None,
    signatures: int = 1,
    text: str = "example.co.jp",
) -> Report:
    """A received mail with these findings; `facts` replace those of an ordinary mail of the domain."""
    results = {}
    for check in CATALOGUE.checks:
        own = tuple(f for f in findings if f.rule in check.rules)
        results[check.id] = CheckResult(check.id, _outcome(own), None, own)
    signature = {
        "result": "pass",
        "domain": text,
        "selector": "s1",
        "algorithm": "rsa-sha256",
        "key_bits": 2048,
        "aligned": True,
        "reason": "",
    }
    authentication = {
        "spf": {"result": "pass", "scope": "mfrom", "domain": text, "aligned": True},
        "dkim": [signature] * signatures,
        "arc": {"result": "pass", "instances": 2},
        "dmarc": {
            "result": "pass",
            "from": text,
            "domain": text,
            "policy": "reject",
            "policy_tag": "p",
            "applied": "reject",
            "record_at": text,
        },
    }
    ordinary: dict[str, Any] = {
        "from_address": f"a@{subject}",
        "from_domain": subject,
        "from_organizational": subject,
        "return_path": f"a@{subject}",
        "null_return_path": False,
        "client_ip": "192.0.2.1",
        "helo": "mx.example.co.jp",
        "reverse_name": "mx.example.co.jp",
        "reverse": "confirmed",
        "tls_version": "TLSv1.3",
        "tls_cipher": "TLS_AES_256_GCM_SHA384",
        "forwarded": (),
        "aligned_pass": True,
        "size": 1_000,
    }
    mail = MailFacts(**(ordinary | dict(facts or {})))
    return _report("message", subject, subject, results, mail=mail, authentication=authentication)


def every_finding(text: str) -> tuple[Finding, ...]:
    """One finding of every rule, all facts and records being `text`."""
    return tuple(finding(rule_id, text=text) for rule_id in CATALOGUE.rules)


def _outcome(findings: Iterable[Finding]) -> Outcome:
    return Outcome.FAILED if any(f.severity.rank <= Severity.WARNING.rank for f in findings) else Outcome.PASSED


def _report(
    kind: Any,
    subject: str,
    shown: str,
    results: Mapping[str, CheckResult],
    *,
    missing: bool = False,
    mail: MailFacts | None = None,
    authentication: Mapping[str, Any] | None = None,
) -> Report:
    return Report(
        kind=kind,
        subject=subject,
        shown=shown,
        verdict=None if missing else mschecker.verdict(results, CATALOGUE),
        provisional=kind == "domain" and not missing,
        catalogue=CATALOGUE.version,
        checks=tuple(results.values()),
        authentication=authentication,
        profiles={
            name: assess_all(requirements, results, CATALOGUE)
            for name, requirements in (
                *((name, profile.requirements) for name, profile in PROFILES.items()),
                ("mschecker", mschecker.ITEMS),
            )
        },
        organizational=subject,
        non_sending=False,
        provider=None,
        mail=mail,
        evidence={},
        metrics={},
    )
