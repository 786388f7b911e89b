"""The change of the governing record that the findings on it show: all the same one for now, all the same one for later."""

from __future__ import annotations

from collections.abc import Collection

from checks.catalogue import RecordChange
from checks.evidence.dmarc import DmarcEvidence, DmarcPlaceEvidence, DmarcRecord
from checks.evidence.domain import DomainEvidence, UseEvidence
from checks.evidence.mx import MxEvidence
from checks.model import Absent, Answer, Known, MxHost, Seen
from checks.parse.dmarc import (
    POLICIES,
    eased,
    effective_policy,
    is_meant_as_record,
    is_record,
    parse_dmarc,
    records_at,
    texts_at,
)
from checks.parse.dmarc_rewrite import corrected, enforced
from checks.parse.domain import suffix_list
from checks.rules._policy_record import policy_change


def change_now(dmarc: DmarcEvidence, use: UseEvidence, mx: MxEvidence) -> tuple[RecordChange, ...]:
    """The governing record with everything mended that can be mended at once; nothing where nothing is to be."""
    if not isinstance(dmarc.record, Seen):
        return ()
    record = dmarc.record.value
    # Without any p that is DMARC103's, which begins with p=none.
    acts_not = any(tag.name == "p" for tag in record.tags) and effective_policy(record, is_own=True) in ("none", None)
    if use.non_sending and dmarc.at == dmarc.domain and acts_not:
        return change_without_mail(dmarc)
    new = corrected(record, reports_to=_reports_to(dmarc, use, mx), without=_misused(dmarc))
    return () if new == record.text else (change_at(dmarc, dmarc.at or "", record.text, new),)


def change_later(dmarc: DmarcEvidence, use: UseEvidence, mx: MxEvidence) -> tuple[RecordChange, ...]:
    """The record that follows, once all mail of the domain passes; it has all that `change_now` mends."""
    if not isinstance(dmarc.record, Seen):
        return ()
    record = dmarc.record.value
    new = enforced(record, reports_to=_reports_to(dmarc, use, mx), without=_misused(dmarc))
    return (change_at(dmarc, dmarc.at or "", record.text, new, later=True),)


def change_without_destination(dmarc: DmarcEvidence, destination: str) -> tuple[RecordChange, ...]:
    """The governing record without the addresses at `destination`: for whoever did not choose it."""
    if not isinstance(dmarc.record, Seen):
        return ()
    record = dmarc.record.value
    new = corrected(record, without=_misused(dmarc), not_to=destination)
    return (change_at(dmarc, dmarc.at or "", record.text, new, later=new is not None),)


def change_without_mail(dmarc: DmarcEvidence) -> tuple[RecordChange, ...]:
    """For a name that has no mail: p=reject at the name itself, whatever its organization does, and at once."""
    if not isinstance(dmarc.record, Seen) or dmarc.at != dmarc.domain or is_anothers(dmarc, dmarc.domain):
        return (change_at(dmarc, dmarc.domain, None, "v=DMARC1; p=reject"),)
    record = dmarc.record.value
    new = corrected(record, policy="reject", without=("t", "pct", *_misused(dmarc)))
    return (change_at(dmarc, dmarc.domain, record.text, new),)


def is_anothers(dmarc: DmarcEvidence, domain: str) -> bool:
    """Whether `_dmarc.<domain>` is an alias of the record by which another domain is governed itself: one that sends,
    perhaps, and whose owner wants the reports elsewhere.
    """
    return (dmarc.walk.alias_of(domain) or "").startswith("_dmarc.")


def change_at(
    dmarc: DmarcEvidence, domain: str, old: str | None, new: str | None, *, later: bool = False
) -> RecordChange:
    """Of the record that receivers ask for at `_dmarc.<domain>`, wherever it stands."""
    return policy_change(f"_dmarc.{domain}", dmarc.walk.alias_of(domain), old, new, later=later)


def begun_with(meant: DmarcRecord, at: str, dmarc: DmarcEvidence, use: UseEvidence) -> str | None:
    """The record that no receiver uses yet as it was meant for the domain `at`, but no stricter and no milder than what
    applies now; it does not draw the boundary of an organization either, unless `at` is a public suffix.
    """
    without = () if suffix_list().is_public(at) else ("psd",)
    new = corrected(meant, without=without, as_meant=True)
    if new is None:
        return None
    record, applied = parse_dmarc(new), applied_policy(dmarc)
    lifts = POLICIES.index(record.policy or "none") < POLICIES.index(applied)  # what is inherited now
    if not lifts and harmless(record, at, dmarc, use):
        return new
    return corrected(meant, policy=applied, without=(*without, *_stricter_modes(meant, dmarc), "sp", "np", "t", "pct"))


def harmless(record: DmarcRecord, at: str, dmarc: DmarcEvidence, use: UseEvidence) -> bool:
    """Whether no mail can be lost when this record of the domain `at`, which no receiver uses, comes into use: it asks
    for no more than applies already, or the domain has no mail. Of one above the checked name nobody knows the latter.
    """
    if use.non_sending and at == dmarc.domain and not is_anothers(dmarc, at):
        return True
    asked = {p for p in (record.policy, record.subdomain_policy, record.nonexistent_policy) if p}
    if asked - {"none"} and _stricter_modes(record, dmarc):
        return False
    return all(POLICIES.index(p) <= POLICIES.index(applied_policy(dmarc)) for p in asked)


def _stricter_modes(record: DmarcRecord, dmarc: DmarcEvidence) -> tuple[str, ...]:
    """The tags that ask for strict alignment where it does not apply to the checked domain now."""
    now = dmarc.record.value if isinstance(dmarc.record, Seen) else None
    adkim = record.strict_dkim and not (now and now.strict_dkim)
    aspf = record.strict_spf and not (now and now.strict_spf)
    return tuple(tag for tag, is_stricter in (("adkim", adkim), ("aspf", aspf)) if is_stricter)


def applied_policy(dmarc: DmarcEvidence) -> str:
    """What applies to the checked domain now."""
    if not isinstance(dmarc.record, Seen):
        return "none"
    policy = effective_policy(dmarc.record.value, is_own=dmarc.at == dmarc.domain) or "none"
    return eased(policy) if dmarc.record.value.testing else policy


def misplaced_records(place: DmarcPlaceEvidence) -> tuple[tuple[str, str], ...]:
    """The DMARC records at names where nobody looks: (name, text)."""
    names = (
        (place.domain, place.apex),
        (f"_dmarc._dmarc.{place.domain}", place.nested),
        (f"_dmarc.{place.domain}.{place.domain}", place.doubled),
    )
    # Where the name is an alias, the record stands elsewhere, and there perhaps in its place.
    told = ((name, answer) for name, answer in names if isinstance(answer, Seen) and answer.value.alias_of is None)
    return tuple((name, text) for name, answer in told for text in texts_at(answer) if is_record(text))


def first_record(dmarc: DmarcEvidence, use: UseEvidence, place: DmarcPlaceEvidence) -> str:
    """The text of the record to begin with at the domain itself: its misplaced one, whose policy nobody has applied
    yet and which therefore begins with p=none; else the usual first one. A domain without mail can begin with reject.
    """
    policy = "reject" if use.non_sending else "none"
    for _, text in misplaced_records(place):
        moved = corrected(parse_dmarc(text), policy=policy, without=("sp", "np", "t", "pct", "psd"))
        if moved is not None and (use.non_sending or "rua=" in moved):
            return moved
    return "v=DMARC1; p=reject" if use.non_sending else usual_record(dmarc.domain)


def is_missing(dmarc: DmarcEvidence, domain: DomainEvidence) -> bool:
    """No record governs, and none that was meant to or that stands there several times is there to be mended: so the
    first one is to be published, and that is proposed once in a report (DMARC001).
    """
    match dmarc.record:
        case Seen(record) if not dmarc.is_suffix_record or is_misused(dmarc.at or "", record):
            # A record that wrongly calls itself a suffix's is DMARC204: without that mistake it would govern.
            return False
        case Seen() | Absent():
            own = {dmarc.domain, domain.registrable or dmarc.domain}
            is_several = any(len(records_at(step.answer)) > 1 for step in dmarc.walk.steps)
            texts = [text for step in dmarc.walk.steps if step.domain in own for text in texts_at(step.answer)]
            return not (is_several or any(map(is_meant_as_record, texts)))
    return False


def first_at(dmarc: DmarcEvidence, use: UseEvidence, domain: DomainEvidence) -> str:
    """Where the first record goes: at the organization, for all below it; but one that says that a name has no mail at
    the name itself, since its organization may send.
    """
    return dmarc.domain if use.non_sending else domain.registrable or dmarc.domain


def usual_record(domain: str) -> str:
    return f"v=DMARC1; p=none; rua=mailto:{mailbox_at(domain)}"


def mailbox_at(domain: str) -> str:
    return f"dmarc-reports@{domain}"


def is_misused(domain: str, record: DmarcRecord) -> bool:
    """It says that `domain` is a public suffix, which the Public Suffix List does not know."""
    return record.psd == "y" and not suffix_list().is_public(domain)


def _misused(dmarc: DmarcEvidence) -> Collection[str]:
    record = dmarc.record
    return ("psd",) if isinstance(record, Seen) and dmarc.at and is_misused(dmarc.at, record.value) else ()


def _reports_to(dmarc: DmarcEvidence, use: UseEvidence, mx: MxEvidence) -> str:
    """A mailbox to propose, "" where none is needed or the domain cannot have one."""
    if (
        use.non_sending
        or dmarc.at is None
        or is_anothers(dmarc, dmarc.at)
        or (dmarc.at == dmarc.domain and accepts_mail(mx.records, mx.own_ipv4, mx.own_ipv6) is False)
    ):
        return ""
    return mailbox_at(dmarc.at)


def accepts_mail(
    records: Known[Answer[MxHost]], ipv4: Known[Answer[str]] | None, ipv6: Known[Answer[str]] | None
) -> bool | None:
    """There is an MX that is not the null MX, or no MX but an address (RFC 5321 section 5.1); None: a lookup failed."""
    match records:
        case Seen(answer):
            return any(host.host for host in answer.values)
        case Absent():
            if isinstance(ipv4, Seen) or isinstance(ipv6, Seen):
                return True
            return False if isinstance(ipv4, Absent) and isinstance(ipv6, Absent) else None
        case _:
            return None
