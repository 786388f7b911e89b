"""DMARC records and the tree walk (RFC 9989 sections 4.7 to 4.10), as a receiver reads them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from checks.evidence.dmarc import DmarcRecord, DmarcStep, DmarcTag, ReportUri
from checks.model import Absent, Answer, Known, Seen, Unreachable

POLICIES = ("none", "quarantine", "reject")
MAX_TEXT = 8192
_MAX_WALK = 8
_TAG = re.compile(r"[ \t]*([A-Za-z][A-Za-z0-9_]*)[ \t]*=(.*)", re.DOTALL)
_VERSION = re.compile(r"[vV][ \t]*=[ \t]*DMARC1[ \t]*(?:;|$)")
_MAX_URIS = 100
_MAILTO = re.compile(
    r"mailto:(?!/)[^@\s,!?]+@(?P<domain>[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?:\?[^\s,!]*)?(?:!(?P<limit>[0-9]+[kmgt]?))?",
    re.IGNORECASE | re.ASCII,
)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s,]+")
_FAILURE_OPTIONS = re.compile(r"[01ds](?:[ \t]*:[ \t]*[01ds])*", re.IGNORECASE)
_MEANT = re.compile(r"v ?= ?[\"'“”「]? ?dmarc|^ ?[\"'“”「]? ?dmarc1?\b", re.IGNORECASE)
_ENUMERATED: dict[str, tuple[str, ...]] = {
    "p": POLICIES,
    "sp": POLICIES,
    "np": POLICIES,
    "adkim": ("r", "s"),
    "aspf": ("r", "s"),
    "psd": ("y", "n", "u"),
    "t": ("y", "n"),
}


def is_record(text: str) -> bool:
    """The text begins with the version tag, `DMARC1` in exactly this case (section 4.8); anything else is discarded."""
    return _VERSION.match(text) is not None


def is_meant_as_record(text: str) -> bool:
    """No record to any receiver, but its author meant one: wrong case, quotes, or the version not first."""
    return not is_record(text) and _MEANT.search(" ".join(text[:MAX_TEXT].split())) is not None


@lru_cache(maxsize=128)
def parse_dmarc(text: str) -> DmarcRecord:
    """Read a text of which `is_record` holds; values that a receiver must ignore end up in `problems`. Never raises."""
    tags: list[DmarcTag] = []
    problems: list[DmarcTag] = []
    position = 0
    for part in text[:MAX_TEXT].split(";"):
        if match := _TAG.fullmatch(part):
            tag = DmarcTag(match[1].lower(), match[2].strip(" \t"), position + match.start(1))
            (problems if any(t.name == tag.name for t in tags) else tags).append(tag)
        elif part.strip():
            problems.append(DmarcTag("", part.strip(), position))
        position += len(part) + 1
    values = {tag.name: tag.value.lower() for tag in tags}
    problems += [t for t in tags if not _is_value(t)]
    valid = {k: v for k, v in values.items() if k not in _ENUMERATED or v in _ENUMERATED[k]}
    psd: Literal["y", "n", "u"] = "y" if valid.get("psd") == "y" else "n" if valid.get("psd") == "n" else "u"
    aggregate = _uris(tags, "rua")
    return DmarcRecord(
        text=text[:MAX_TEXT],
        tags=tuple(tags),
        policy=valid.get("p"),
        subdomain_policy=valid.get("sp"),
        nonexistent_policy=valid.get("np"),
        psd=psd,
        strict_dkim=valid.get("adkim") == "s",
        strict_spf=valid.get("aspf") == "s",
        testing=valid.get("t") == "y",
        report_uris=tuple(uri.text for uri in aggregate if uri.problem in ("", "other_scheme")),
        problems=tuple(problems),
        aggregate_uris=aggregate,
        failure_uris=_uris(tags, "ruf"),
    )


def _is_value(tag: DmarcTag) -> bool:
    """A value that the tag may have (section 4.8); of URIs every one is judged for itself, and not here."""
    if tag.name == "fo":
        return _FAILURE_OPTIONS.fullmatch(tag.value) is not None
    return tag.name not in _ENUMERATED or tag.value.lower() in _ENUMERATED[tag.name]


def _uris(tags: Sequence[DmarcTag], name: str) -> tuple[ReportUri, ...]:
    value = next((t.value for t in tags if t.name == name), "")
    texts = (text.strip() for text in value.split(","))
    return tuple(parse_report_uri(text) for text in [t for t in texts if t][:_MAX_URIS])


def parse_report_uri(text: str) -> ReportUri:
    """One entry of rua or ruf (section 4.6): receivers must support `mailto:`, and in practice support nothing else."""
    if match := _MAILTO.fullmatch(text):
        return ReportUri(text, match["domain"].lower(), "", match["limit"] or "")
    if text.lower().startswith("mailto:"):
        return ReportUri(text, "", "no_address")
    if text.isascii() and _URI.fullmatch(text):
        return ReportUri(text, "", "other_scheme")
    return ReportUri(text, "", "no_scheme")


def effective_policy(record: DmarcRecord, *, is_own: bool, exists: bool = True) -> str | None:
    """What the owner asks for (section 4.10.1): None where the record has no valid policy and no report address.

    `is_own`: the record stands at the name itself, else it is inherited from the organizational domain.
    """
    tag = policy_tag(record, is_own=is_own, exists=exists)
    if not tag:
        return "none" if record.report_uris else None
    return {"p": record.policy, "sp": record.subdomain_policy, "np": record.nonexistent_policy}[tag]


def policy_tag(record: DmarcRecord, *, is_own: bool, exists: bool = True) -> Literal["p", "sp", "np", ""]:
    """The tag that the policy is taken from; "" where p is missing, or p, sp or np is not valid (section 4.10.1)."""
    first = {t.name: t for t in record.tags}
    if record.policy is None or any(first.get(t.name) is t for t in record.problems if t.name in ("sp", "np")):
        return ""
    if is_own:
        return "p"
    if not exists and record.nonexistent_policy:
        return "np"
    return "sp" if record.subdomain_policy else "p"


def eased(policy: str) -> str:
    """The policy one level below, which mail that fails gets where the record says `t=y` (section 4.7)."""
    return POLICIES[max(0, POLICIES.index(policy) - 1)]


def walk_names(domain: str) -> tuple[str, ...]:
    """The names that the walk asks for, in order (section 4.10): the name, its parents from 7 labels on; 8 at most."""
    labels = domain.split(".")
    parents = labels[1:] if len(labels) < _MAX_WALK else labels[-(_MAX_WALK - 1) :]
    names = [domain, *(".".join(parents[i:]) for i in range(len(parents)))]
    return tuple(names[:_MAX_WALK])


def records_at(answer: Known[Answer[bytes]]) -> tuple[str, ...]:
    """The DMARC records among the TXT records of one `_dmarc` name."""
    return tuple(t for t in texts_at(answer) if is_record(t))


def texts_at(answer: Known[Answer[bytes]]) -> tuple[str, ...]:
    """All TXT records of one name as text; what is no UTF-8 is replaced."""
    return tuple(v.decode("utf-8", "replace") for v in answer.value.values) if isinstance(answer, Seen) else ()


def single_record(answer: Known[Answer[bytes]]) -> Known[DmarcRecord]:
    """Several records at one name are all discarded (section 4.10): Absent."""
    if isinstance(answer, Unreachable):
        return answer
    records = records_at(answer)
    return Seen(parse_dmarc(records[0])) if len(records) == 1 else Absent()


def walked(steps: Sequence[DmarcStep]) -> tuple[DmarcStep, ...]:
    """The steps up to where the walk stops: at the first record that says psd=n or psd=y (section 4.10)."""
    for index, step in enumerate(steps):
        match single_record(step.answer):
            case Seen(record) if record.psd in ("n", "y"):
                return tuple(steps[: index + 1])
    return tuple(steps)


def organizational_domain(start: str, steps: Sequence[DmarcStep]) -> Known[str]:
    """The organizational domain of `start` (section 4.10.2) from the steps of its walk.

    Absent: no record was found anywhere, so the name stands for itself. Unreachable: a step failed that may decide it.
    """
    found: list[tuple[str, DmarcRecord]] = []
    failed: Unreachable | None = None
    for index, step in enumerate(steps):
        match single_record(step.answer):
            case Unreachable() as cause:
                failed = failed or cause
            case Seen(record):
                if record.psd == "n":
                    return failed or Seen(step.domain)
                if record.psd == "y" and index:
                    below = len(step.domain.split(".")) + 1
                    return failed or Seen(".".join(start.split(".")[-below:]))
                found.append((step.domain, record))
    if failed:
        return failed
    return Seen(found[-1][0]) if found else Absent()


def governing_record(start: str, steps: Sequence[DmarcStep]) -> tuple[Known[DmarcRecord], str | None, bool]:
    """The record that governs `start`, where it stands, and whether it is only a public suffix's (section 4.10.1)."""
    own = single_record(steps[0].answer)
    if not isinstance(own, Absent):
        return own, start if isinstance(own, Seen) else None, False
    organizational = organizational_domain(start, steps)
    if not isinstance(organizational, Seen):
        return (organizational if isinstance(organizational, Unreachable) else Absent()), None, False
    for step in steps:
        record = single_record(step.answer)
        if step.domain == organizational.value and isinstance(record, Seen):
            return record, step.domain, False
    last = steps[-1]
    record = single_record(last.answer)
    if isinstance(record, Seen) and record.value.psd == "y":
        return record, last.domain, True
    return Absent(), None, False
