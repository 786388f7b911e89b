"""The whole DMARC record as it should be: one function for all findings, so that they never contradict one another."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable

from checks.evidence.dmarc import DmarcRecord, DmarcTag
from checks.parse.dmarc import MAX_TEXT, POLICIES, parse_dmarc, parse_report_uri, policy_tag

REMOVED_TAGS = ("pct", "rf", "ri")
"""Tags of RFC 7489 that RFC 9989 (appendix C.5.2) took out."""

_POLICY_TAGS = ("p", "sp", "np")
_URI_TAGS = ("rua", "ruf")
_TAGS = (*_POLICY_TAGS, *_URI_TAGS, *REMOVED_TAGS, "adkim", "aspf", "fo", "psd", "t")
_NAMED = re.compile(rf"({'|'.join(_TAGS)})[ \t]*[: \t][ \t]*(\S.*)", re.IGNORECASE | re.DOTALL)
_ADDRESS = re.compile(
    r"(?:mailto:)?/*<?([^\s@,!?:/<>]+@[a-z0-9_-]+(?:\.[a-z0-9_-]+)+)>?(?:![0-9]+[kmgt]?)?", re.IGNORECASE | re.ASCII
)
_LETTERS = {"adkim": "rs", "aspf": "rs", "psd": "uyn", "t": "ny"}
"""The values of the tags that have one letter, the default before the others."""


def render(tags: Iterable[tuple[str, str]]) -> str:
    """A record from names and values, in their order; `parse_dmarc` reads the same back."""
    return "; ".join(f"{name}={value}" for name, value in tags)


def corrected(
    record: DmarcRecord,
    *,
    reports_to: str = "",
    policy: str = "",
    without: Collection[str] = (),
    not_to: str = "",
    as_meant: bool = False,
) -> str | None:
    """What to publish in place of `record`: nothing that receivers ignore, and what is missing added.

    `reports_to`: the mailbox for reports, if the record names none. `policy`: in place of what p says. `without`: tags
    to leave out. `not_to`: a domain that no report shall go to. No change of what receivers do is hidden in it: a `pct`
    that still holds back a policy stays (see `enforced`), and a policy that they cannot read becomes the one that they
    apply for it; `as_meant`: it becomes the one that was meant, since nobody applies the record yet. None where only
    the owner can decide: an unreadable policy, two values for one tag, no usable address, `is_read_in_two_ways`.
    """
    if len(record.text) >= MAX_TEXT:
        return None
    meant = _meant(record, not_to)
    if meant is None:
        return None
    meant = {name: value for name, value in meant.items() if name not in without}
    if policy:
        meant["p"] = policy
    elif not as_meant:
        if is_read_in_two_ways(record):
            return None
        meant = _as_applied(meant, record)
    if not _holds_back(meant):
        meant.pop("pct", None)
    if reports_to and "rua" not in meant:
        meant["rua"] = f"mailto:{reports_to}"
    p = meant.pop("p", "none")
    return render([("v", "DMARC1"), ("p", p), *meant.items()])


def enforced(record: DmarcRecord, *, reports_to: str = "", without: Collection[str] = ()) -> str | None:
    """The next step after `corrected`, for when all mail of the domain passes: none becomes quarantine; a policy beyond
    that is applied in full, to subdomains as well. None as for `corrected`.
    """
    text = corrected(record, reports_to=reports_to, without=without)
    if text is None:
        return None
    now = parse_dmarc(text)
    pairs = [(t.name, t.value) for t in now.tags]
    if now.policy == "none":
        return render((name, "quarantine" if name == "p" else value) for name, value in pairs)
    dropped = {"t", "pct", *(tag for tag, _ in weaker_tags(now))}
    return render((name, value) for name, value in pairs if name not in dropped)


def weaker_tags(record: DmarcRecord) -> tuple[tuple[str, str], ...]:
    """The tags sp and np, with their values, that ask for less than p does (RFC 9989 section 4.7)."""
    policy = record.policy
    if policy is None:
        return ()
    given = (("sp", record.subdomain_policy), ("np", record.nonexistent_policy))
    return tuple((tag, value) for tag, value in given if value and POLICIES.index(value) < POLICIES.index(policy))


def held_back_to(value: str, policy: str | None) -> int | None:
    """The percentage of a pct that says less than all of a policy that asks for something; else None."""
    match = re.fullmatch(r"[0-9]{1,3}", value, re.ASCII)
    return int(match[0]) if match and int(match[0]) < 100 and policy in ("quarantine", "reject") else None


def _holds_back(meant: dict[str, str]) -> bool:
    return held_back_to(meant.get("pct", ""), meant.get("p")) is not None


def is_read_in_two_ways(record: DmarcRecord) -> bool:
    """Of the policies np alone is not valid: all together are p=none by RFC 9989 (section 4.10.1), but receivers that
    follow RFC 7489 do not know np, and apply p.
    """
    invalid = {tag.name for tag in record.tags if tag.name in _POLICY_TAGS and tag.value.lower() not in POLICIES}
    return invalid == {"np"} and record.policy is not None


def _as_applied(meant: dict[str, str], record: DmarcRecord) -> dict[str, str]:
    """With p, sp and np as receivers apply them: where one of them is not valid, all together are p=none (RFC 9989
    section 4.10.1).
    """
    applied: dict[str, str | None] = {"p": "none"}
    if policy_tag(record, is_own=True):
        applied = {"p": record.policy, "sp": record.subdomain_policy, "np": record.nonexistent_policy}
    told = {name: applied.get(name) if name in _POLICY_TAGS else value for name, value in meant.items()}
    return {name: value for name, value in told.items() if value}


def _meant(record: DmarcRecord, not_to: str) -> dict[str, str] | None:
    """Name and value of every tag that stays, as their author meant them; None where that cannot be told."""
    meant: dict[str, str] = {}
    written = {(t.position, t.name): t for t in (*record.tags, *record.problems)}
    for _, tag in sorted(written.items()):
        name, value = _named(tag, meant)
        if name in ("", "v", "rf", "ri"):
            continue
        if name in _URI_TAGS:
            value = ", ".join(filter(None, (meant.get(name, ""), value)))
        elif name in meant and meant[name].lower() != value.lower():
            return None
        kept = _value(name, value, is_read=any(tag is read for read in record.tags))
        if kept is None and name in _POLICY_TAGS:
            return None
        if kept is not None:
            meant[name] = kept
    return _with_uris(meant, not_to)


def _named(tag: DmarcTag, before: dict[str, str]) -> tuple[str, str]:
    """The tag, or what a part without `=` was meant to be: `p reject`, or one more address after a semicolon."""
    if tag.name:
        return tag.name, tag.value
    if match := _NAMED.fullmatch(tag.value):
        return match[1].lower(), match[2].strip()
    last = next(reversed(before), "")
    return (last, tag.value) if last in _URI_TAGS and "@" in tag.value else ("", "")


def _value(name: str, value: str, *, is_read: bool) -> str | None:
    """The valid value that was meant; None: none to be recognised, so the default is used.

    `is_read`: receivers see it as a tag. Strict alignment, the test mode and a boundary of the organization are not
    made of what they ignore today: the first loses mail, the others open the domain.
    """
    lower = value.lower()
    if name in _POLICY_TAGS:
        return next(iter(difflib.get_close_matches(lower[:40], POLICIES, 1, 0.5)), None)
    if letters := _LETTERS.get(name):
        if is_read and lower in tuple(letters):
            return lower
        return letters[0] if lower.startswith(letters[0]) else None
    if name == "fo":
        options = [option for option in re.split(r"[\s:,]+", lower) if option in ("0", "1", "d", "s")]
        return ":".join(dict.fromkeys(options)) or None
    return value


def _with_uris(meant: dict[str, str], not_to: str) -> dict[str, str] | None:
    for name in _URI_TAGS:
        if name not in meant:
            continue
        texts = [text.strip() for text in meant[name].split(",")]
        usable = [uri for uri in dict.fromkeys(map(repaired_uri, texts)) if uri]
        if kept := [uri for uri in usable if not not_to or parse_report_uri(uri).domain != not_to]:
            meant[name] = ",".join(kept)
        elif usable:
            del meant[name]
        elif name == "rua" and any(texts):
            return None
        else:
            del meant[name]
    return meant


def repaired_uri(text: str) -> str | None:
    """The `mailto:` URI that an entry of rua or ruf was meant to be, without an obsolete size limit; else None."""
    uri = parse_report_uri(text)
    if uri.domain:
        return text.removesuffix(f"!{uri.size_limit}") if uri.size_limit else text
    match = _ADDRESS.fullmatch("".join(text.split()).strip("\"'"))
    return f"mailto:{match[1]}" if match else None
