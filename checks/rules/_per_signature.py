"""How much one broken signature of a mail matters: that depends on the other signatures beside it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from checks.catalogue import CannotTell, Fact, Finding, NotApplicable, RecordChange, Rule
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
        """The finding at this signature's key name. `with_record`: the key record must change; an alias has none."""
        s = self.signature
        old = s.key_records[0] if len(s.key_records) == 1 else None
        has_record = with_record and s.key_name and s.key_alias_of is None
        records = (RecordChange(s.key_name, "TXT", old, None),) if has_record else ()
        return found_at(s, rule, severity=self.severity, tier=self.tier, variant=variant, records=records, **facts)


def found_at(
    signature: Signature,
    rule: Rule,
    *,
    severity: Severity | None = None,
    tier: Tier | None = None,
    variant: str | None = None,
    records: tuple[RecordChange, ...] = (),
    **facts: Fact,
) -> Finding:
    """The finding at this signature's key name, for a rule with the facts `FACTS` and these."""
    return rule.found(
        signature.key_name or f"DKIM-Signature {signature.index + 1}",
        severity=severity,
        tier=tier,
        variant=variant,
        records=records,
        domain=signature.domain or "-",
        selector=signature.selector or "-",
        key_name=signature.key_name or "-",
        **facts,
    )


def is_aligned(index: int, message: MessageEvidence, dmarc: DmarcResultEvidence) -> bool | None:
    """Does this signature belong to the From domain? None where the organizational domain could not be told."""
    if message.from_domain is None:
        return False
    return dmarc.dkim_aligned[index] if index < len(dmarc.dkim_aligned) else None


@dataclass(frozen=True, slots=True)
class AlignedPasses:
    """The signatures of the From domain that pass, and those that may be such, with what kept us from telling."""

    known: tuple[Signature, ...]
    possible: tuple[tuple[Signature, Why], ...]


def aligned_passes(message: MessageEvidence, dmarc: DmarcResultEvidence) -> AlignedPasses:
    """Raises NotApplicable where the mail has no signature."""
    if not message.signatures:
        raise NotApplicable(Why.NO_SIGNATURE)
    known: list[Signature] = []
    possible: list[tuple[Signature, Why]] = []
    for signature in message.signatures:
        match signature.result, is_aligned(signature.index, message, dmarc):
            case "pass", True:
                known.append(signature)
            case "temperror", True | None:
                possible.append((signature, Why(signature.key_why) if signature.key_why else Why.DEPENDS))
            case _ if signature.is_not_read:
                possible.append((signature, Why.NOT_COVERED))
            case "pass", None:
                possible.append((signature, why_alignment_is_unknown(dmarc)))
    return AlignedPasses(tuple(known), tuple(possible))


def why_alignment_is_unknown(dmarc: DmarcResultEvidence) -> Why:
    return dmarc.organizational.why if isinstance(dmarc.organizational, Unreachable) else Why.DEPENDS


def has_aligned_pass(message: MessageEvidence, dmarc: DmarcResultEvidence) -> bool:
    """Does any aligned signature pass? Raises CannotTell where one whose key or alignment is unknown might.

    Raises NotApplicable where the mail has no signature.
    """
    passes = aligned_passes(message, dmarc)
    if not passes.known and passes.possible:
        raise CannotTell(passes.possible[0][1])
    return bool(passes.known)


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
