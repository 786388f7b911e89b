"""A report: what was asked, what it showed, what that means.

Language-neutral until `as_dict(lang)` or a renderer speaks.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

from checks.catalogue import Catalogue, CheckResult, Finding, RecordChange
from checks.model import Lang, Outcome, Severity, Tier, Why
from checks.profiles.mschecker import Verdict
from checks.profiles.view import RequirementStatus, Status
from checks.providers import place_text

SCHEMA = 1

_PERSONAL = frozenset({"from_fields", "list_unsubscribe", "list_unsubscribe_post", "return_path_header"})


@dataclass(frozen=True, slots=True)
class MailFacts:
    """What a thread shows of one received mail; "" or None where it was not given or not found.

    `return_path` "" with `null_return_path`: a bounce. `forwarded`: the signs (srs, list_id, resent, arc).
    `reverse_name`: the PTR name of the client. `reverse`: whether one of its names leads back to the address
    (confirmed, unconfirmed), there is none (absent), or that could not be looked up (unknown, also without a client).
    `aligned_pass`: an aligned SPF or DKIM passed; None where that could not be told.
    """

    from_address: str | None
    from_domain: str | None
    from_organizational: str | None
    return_path: str | None
    null_return_path: bool
    client_ip: str | None
    helo: str | None
    reverse_name: str | None
    reverse: Literal["confirmed", "unconfirmed", "absent", "unknown"]
    tls_version: str | None
    tls_cipher: str | None
    forwarded: tuple[str, ...]
    aligned_pass: bool | None
    size: int


@dataclass(frozen=True, slots=True)
class Report:
    """One domain check or one analysed mail.

    `verdict` None: the domain does not exist. `provisional`: no mail has been received that counts.
    `organizational`: the organizational domain of the subject, None where it could not be told.
    `evidence` plain data by kind; `profiles` by name, in the order of the list.
    """

    kind: Literal["domain", "message"]
    subject: str
    shown: str
    verdict: Verdict | None
    provisional: bool
    catalogue: str
    checks: tuple[CheckResult, ...]
    authentication: Mapping[str, Any] | None
    profiles: Mapping[str, tuple[RequirementStatus, ...]]
    organizational: str | None
    non_sending: bool
    provider: str | None
    mail: MailFacts | None
    evidence: Mapping[str, Any]
    metrics: Mapping[str, int]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings but details, worst first, in the order of the catalogue within one severity."""
        found = (f for c in self.checks for f in c.findings if not f.rule.is_detail)
        return tuple(sorted(found, key=lambda f: f.severity.rank))

    @property
    def details(self) -> tuple[Finding, ...]:
        """What only those want to see who ask for everything (`Rule.is_detail`)."""
        return tuple(f for c in self.checks for f in c.findings if f.rule.is_detail)

    def result(self, check_id: str) -> CheckResult | None:
        return next((c for c in self.checks if c.id == check_id), None)

    @property
    def only_monitors(self) -> bool | None:
        """Its DMARC policy is p=none; None where that could not be told. For `Checker.check_domain`."""
        policy = self.result("dmarc.policy")
        if policy is None or policy.outcome in (Outcome.UNKNOWN, Outcome.BROKEN):
            return None
        return any(finding.rule.id == "DMARC201" for finding in policy.findings)

    def as_dict(self, lang: Lang = "en") -> dict[str, Any]:
        """The documented JSON (schema 1): plain data, the sentences in `lang`."""
        return {
            **self._plain(),
            "checks": [
                {
                    "id": c.id,
                    "outcome": c.outcome.value,
                    "reason": c.reason.value if c.reason else None,
                    "findings": [_spoken(f, lang) for f in c.findings],
                }
                for c in self.checks
            ],
        }

    def as_stored(self) -> dict[str, Any]:
        """Plain data without sentences, from which `from_stored` makes the same report again.

        Of a mail's evidence it leaves out what names people: display names, and addresses for unsubscribing.
        """
        evidence = dict(self.evidence)
        if mail := evidence.get("MessageEvidence"):
            evidence["MessageEvidence"] = {k: v for k, v in mail.items() if k not in _PERSONAL}
        return {
            **self._plain(),
            "evidence": evidence,
            "checks": [
                {
                    "id": c.id,
                    "outcome": c.outcome.value,
                    "reason": c.reason.value if c.reason else None,
                    "findings": [_stored(f) for f in c.findings],
                }
                for c in self.checks
            ],
        }

    def _plain(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "kind": self.kind,
            "subject": self.subject,
            "shown": self.shown,
            "verdict": self.verdict.value if self.verdict else None,
            "provisional": self.provisional,
            "catalogue": self.catalogue,
            "organizational_domain": self.organizational,
            "non_sending": self.non_sending,
            "provider": self.provider,
            "checks": [],
            "authentication": self.authentication,
            "profiles": {name: [_profile_row(name, s) for s in rows] for name, rows in self.profiles.items()},
            "mail": plain(self.mail),
            "evidence": dict(self.evidence),
            "metrics": dict(self.metrics),
        }

    @classmethod
    def from_stored(cls, data: Mapping[str, Any], catalogue: Catalogue) -> Report:
        """Findings that this catalogue can no longer say (rule, wording or facts have changed) are left out.

        Raises ValueError for another schema.
        """
        if data.get("schema") != SCHEMA:
            raise ValueError(f"a stored report has schema {data.get('schema')!r}, this version reads {SCHEMA}")
        mail = data["mail"]
        return cls(
            kind=data["kind"],
            subject=data["subject"],
            shown=data["shown"],
            verdict=Verdict(data["verdict"]) if data["verdict"] else None,
            provisional=data["provisional"],
            catalogue=data["catalogue"],
            checks=tuple(
                CheckResult(
                    c["id"],
                    Outcome(c["outcome"]),
                    Why(c["reason"]) if c["reason"] else None,
                    tuple(_restored(c["findings"], catalogue)),
                )
                for c in data["checks"]
            ),
            authentication=data["authentication"],
            profiles={
                name: tuple(
                    RequirementStatus(
                        row.get("requirement") or row["item"],
                        row["applies"],
                        Status(row["status"]),
                        Why(row["reason"]) if row["reason"] else None,
                        tuple(row["rules"]),
                        Status(row["so_far"]) if row["so_far"] else None,
                    )
                    for row in rows
                )
                for name, rows in data["profiles"].items()
            },
            organizational=data["organizational_domain"],
            non_sending=data["non_sending"],
            provider=data["provider"],
            mail=MailFacts(**{**mail, "forwarded": tuple(mail["forwarded"])}) if mail else None,
            evidence=data["evidence"],
            metrics=data["metrics"],
        )


_TAGGED = frozenset({"Seen", "Absent", "Unreachable"})
_AS_THEY_ARE: frozenset[type[Any]] = frozenset({str, int, float, bool, type(None)})


def plain(value: Any) -> Any:
    """Evidence as JSON-able data; bytes as latin-1 text (one character an octet), outcomes tagged with `state`."""
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    names = _field_names(kind)
    if names is not None:
        fields = {name: plain(getattr(value, name)) for name in names}
        return {"state": kind.__name__.lower(), **fields} if kind.__name__ in _TAGGED else fields
    match value:
        case Enum():
            return value.value
        case bytes():
            return value.decode("latin-1")
        case Mapping():
            return {str(k): plain(v) for k, v in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(v) for v in value]
        case _:
            return value


def _field_names(kind: type[Any]) -> tuple[str, ...] | None:
    """The fields of a dataclass, None for another type."""
    if kind not in _FIELDS:
        _FIELDS[kind] = tuple(f.name for f in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else None
    return _FIELDS[kind]


_FIELDS: dict[type[Any], tuple[str, ...] | None] = {}
"""As many as the program has types of evidence."""


def _profile_row(profile: str, status: RequirementStatus) -> dict[str, Any]:
    return {
        "item" if profile == "mschecker" else "requirement": status.id,
        "applies": status.applies,
        "status": status.status.value,
        "reason": status.reason.value if status.reason else None,
        "rules": list(status.rules),
        "so_far": status.so_far.value if status.so_far else None,
    }


def _stored(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule.id,
        "subject": finding.subject,
        "severity": finding.severity.value,
        "tier": finding.tier.value,
        "facts": plain(finding.facts),
        "variant": finding.variant,
        "records": [plain(r) for r in finding.records],
        "place": finding.place,
    }


def _restored(rows: list[dict[str, Any]], catalogue: Catalogue) -> Iterator[Finding]:
    for row in rows:
        rule = catalogue.rules.get(row["rule"])
        if rule and set(rule.facts) == set(row["facts"]) and row["variant"] in (None, *rule.variants):
            yield Finding(
                rule,
                row["subject"],
                Severity(row["severity"]),
                Tier(row["tier"]),
                {k: tuple(v) if isinstance(v, list) else v for k, v in row["facts"].items()},
                row["variant"],
                tuple(RecordChange(**r) for r in row["records"]),
                row["place"],
            )


def _spoken(finding: Finding, lang: Lang) -> dict[str, Any]:
    stored = _stored(finding)
    return {
        "rule": finding.rule.id,
        "name": finding.rule.name,
        "severity": stored["severity"],
        "tier": stored["tier"],
        "subject": finding.subject,
        "facts": stored["facts"],
        "title": finding.title(lang),
        "why": finding.why(lang),
        "fix": finding.fix(lang),
        "where": place_text(finding.place).say(lang) if finding.place else None,
        "records": stored["records"],
        "references": list(finding.rule.references),
    }
