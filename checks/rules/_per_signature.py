"""How much one broken signature of a mail matters: that depends on the other signatures beside it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from checks.catalogue import CannotTell, Finding, NotApplicable, RecordChange, Rule
from checks.evidence.dmarc import DmarcResultEvidence
from checks.evidence.message import MessageEvidence, Signature, SignatureReason
from checks.model import Severity, Tier, Unreachable, Why

ALTERNATIVES = ((Severity.WARNING, Tier.NONE), (Severity.NOTICE, Tier.NONE))
"""What a per-signature rule may be instead of an error of tier mail."""

FACTS = ("domain", "selector", "key_name")


@dataclass(frozen=True, slots=True)
class Broken:
    """A signature that does not pass, and how severe that is."""

    signature: Signature
    severity: Severity
    tier: Tier

    def found(
        self, rule: Rule, *, variant: str | None = None, with_record: bool = False, **facts: str | int
    ) -> Finding:
        """The finding at this signature's key name. `with_record`: the key record must change."""
        s = self.signature
        old = s.key_records[0] if len(s.key_records) == 1 else None
        return rule.found(
            s.key_name or f"DKIM-Signature {s.index + 1}",
            severity=self.severity,
            tier=self.tier,
            variant=variant,
            records=(RecordChange(s.key_name, "TXT", old, None),) if with_record and s.key_name else (),
            domain=s.domain or "-",
            selector=s.selector or "-",
            key_name=s.key_name or "-",
            **facts,
        )


def is_aligned(index: int, message: MessageEvidence, dmarc: DmarcResultEvidence) -> bool | None:
    """Does this signature belong to the From domain? None where the organizational domain could not be told."""
    if message.from_domain is None:
        return False
    return dmarc.dkim_aligned[index] if index < len(dmarc.dkim_aligned) else None


def has_aligned_pass(message: MessageEvidence, dmarc: DmarcResultEvidence) -> bool:
    """Does any aligned signature pass? Raises CannotTell where one whose key or alignment is unknown might."""
    undecided: list[Why] = []
    for signature in message.signatures:
        aligned = is_aligned(signature.index, message, dmarc)
        match signature.result, aligned:
            case "pass", True:
                return True
            case "temperror", True | None:
                undecided.append(Why(signature.key_why) if signature.key_why else Why.DEPENDS)
            case "pass", None:
                undecided.append(
                    dmarc.organizational.why if isinstance(dmarc.organizational, Unreachable) else Why.DEPENDS
                )
    if undecided:
        raise CannotTell(undecided[0])
    return False


def broken_signatures(
    message: MessageEvidence, dmarc: DmarcResultEvidence, reasons: Collection[SignatureReason]
) -> Iterator[Broken]:
    """The signatures that fail for one of these reasons, one for each key name and reason.

    Error when no aligned signature passes; otherwise a warning for an aligned one and a notice for a third party's.
    Raises NotApplicable without any signature, and CannotTell as `has_aligned_pass` does.
    """
    if not message.signatures:
        raise NotApplicable(Why.NO_SIGNATURE)
    broken = [s for s in message.signatures if s.reason in reasons]
    if not broken:
        return
    passes = has_aligned_pass(message, dmarc)
    seen: set[tuple[str, SignatureReason]] = set()
    for signature in broken:
        if (signature.key_name, signature.reason) in seen:
            continue
        seen.add((signature.key_name, signature.reason))
        if not passes:
            yield Broken(signature, Severity.ERROR, Tier.MAIL)
        elif is_aligned(signature.index, message, dmarc):
            yield Broken(signature, Severity.WARNING, Tier.NONE)
        else:
            yield Broken(signature, Severity.NOTICE, Tier.NONE)
