"""Ask for the DKIM keys of a domain: those that its mails used, and those under selectors that are usual."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Sequence

from checks.evidence.dkim import KnownKeysEvidence, PublishedKey, SelectorsEvidence
from checks.evidence.message import SignatureReason
from checks.evidence.mx import MxEvidence
from checks.evidence.spf import SpfEvidence, SpfNode
from checks.model import Absent, Answer, Known, Seen, Unreachable, Why
from checks.net.dns import DnsRun
from checks.parse.message import KeyProblem, parse_key
from checks.parse.message.key import looks_like_key
from checks.parse.spf import parse_spf, spf_records
from checks.probes.run import Run
from checks.providers import habitual_selectors, likely_selectors, services_of

MAX_SELECTORS = 10
MAX_GUESSES = 60
FEW_GUESSES = 6
"""Of the usual selectors, where `_domainkey` itself does not exist, so that nothing can be below it (RFC 8020): some
servers say so of names that only have others below them. Where DNSSEC proves it, nothing is guessed."""
MAX_LIKELY = 20


async def ask_known_keys(run: Run) -> KnownKeysEvidence:
    """The key records of `run.known_selectors`, of which the first is that of the newest counting mail.

    A selector may also be a whole key name (`s._domainkey.sub.example.jp`), for mail signed with another domain of
    the same owner.
    """
    selectors = run.known_selectors[:MAX_SELECTORS]
    names = [s if "._domainkey." in s else _name(s, run.domain) for s in selectors]
    answers = await asyncio.gather(*(run.dns.txt(name) for name in names))
    keys = (
        _published(selector.partition("._domainkey.")[0], name, answer)
        for selector, name, answer in zip(selectors, names, answers, strict=True)
    )
    return KnownKeysEvidence(run.domain, tuple(keys))


async def ask_selectors(run: Run) -> SelectorsEvidence:
    """The keys under usual selectors, the usual ones of the domain's providers first. A mail shows the real ones.

    First of all a name is asked for that nobody publishes: where even that fails, nothing is guessed, so that silent
    servers are not asked sixty times; where it is answered, by a wildcard, guesses with the same answer are no keys.
    """
    if run.raw is not None:
        return SelectorsEvidence(run.domain)
    known, likely, wildcard, above = await asyncio.gather(
        run.evidence(KnownKeysEvidence),
        _likely(run),
        run.dns.txt(_name(nobodys_selector(run.domain), run.domain)),
        run.dns.txt(f"_domainkey.{run.domain}"),
    )
    if isinstance(wildcard, Unreachable):
        return SelectorsEvidence(run.domain, wildcard=wildcard)
    names = {key.name for key in known.keys}
    guesses = [s for s in _worth_asking(likely, above) if _name(s, run.domain) not in names]
    answers = await asyncio.gather(*(run.dns.txt(_name(s, run.domain)) for s in guesses))
    guessed = dict(zip(guesses, answers, strict=True))
    missing = [key.selector for key in known.keys if key.domain == run.domain and _is_nothing(key.answer)]
    missing += [s for s in likely if _name(s, run.domain) not in names and _is_nothing(guessed.get(s, above))]
    return SelectorsEvidence(
        run.domain,
        found=tuple(
            _published(s, _name(s, run.domain), answer, likely=s in likely)
            for s, answer in guessed.items()
            if _is_found(answer) and not _is_same(answer, wildcard)
        ),
        doubled=await _doubled(run.dns, run.domain, dict.fromkeys(missing)),
        asked=len(guesses),
        wildcard=wildcard,
        failed=_why_failed(answers),
    )


def _worth_asking(likely: Sequence[str], above: Known[Answer[bytes]]) -> list[str]:
    """The selectors to guess, by what is known of `_domainkey` above them."""
    if not isinstance(above, Absent) or above.how != "nxdomain":
        return list(dict.fromkeys((*likely, *habitual_selectors())))[:MAX_GUESSES]
    if above.authentic:
        return []
    return list(dict.fromkeys((*likely, *habitual_selectors()[:FEW_GUESSES])))


def nobodys_selector(domain: str) -> str:
    """A selector that nobody publishes, always the same for a domain: so that two reports can be compared."""
    return "n" + hashlib.sha256(f"nobody's selector of {domain}".encode()).hexdigest()[:15]


async def _likely(run: Run) -> tuple[str, ...]:
    """What the domain's providers call their customers' selectors, by MX and the domain's own SPF record alone.

    Neither the addresses of the MX names nor what the record includes is waited for: both may be slow.
    """
    mx, txt = await asyncio.gather(run.dns.mx(run.domain), run.dns.txt(run.domain))
    records = spf_records(txt.value.values) if isinstance(txt, Seen) else ()
    tree = SpfNode(run.domain, None, Seen(records), parse_spf(records[0]), (), 0) if len(records) == 1 else None
    seen = services_of(MxEvidence(run.domain, mx, (), Absent(), Absent()), SpfEvidence(run.domain, txt, records, tree))
    return likely_selectors(seen)[:MAX_LIKELY]


async def _doubled(dns: DnsRun, domain: str, selectors: Iterable[str]) -> tuple[PublishedKey, ...]:
    """Keys published where a DNS console has appended the domain once more; not what a wildcard makes up there."""
    at = f"{domain}.{domain}"
    wanted = list(selectors)
    answers = await asyncio.gather(*(dns.txt(_name(s, at)) for s in wanted))
    keys = [_published(s, _name(s, at), a) for s, a in zip(wanted, answers, strict=True) if isinstance(a, Seen)]
    usable = [key for key in keys if key.problem in ("", "key_too_short")]
    if not usable:
        return ()
    wildcard = await dns.txt(_name(nobodys_selector(domain), at))
    if isinstance(wildcard, Unreachable):
        return ()
    return tuple(key for key in usable if not _is_same(key.answer, wildcard))


def _name(selector: str, domain: str) -> str:
    return f"{selector}._domainkey.{domain}"


def _is_nothing(answer: Known[Answer[bytes]]) -> bool:
    return isinstance(answer, Absent) and answer.alias_of is None


def _is_found(answer: Known[Answer[bytes]]) -> bool:
    """A key record, or a CNAME that leads to none. TXT records of another purpose are no key of anybody's."""
    match answer:
        case Seen(found):
            return any(looks_like_key(record) for record in found.values)
        case Absent(alias_of=target):
            return target is not None
        case _:
            return False


def _is_same(answer: Known[Answer[bytes]], wildcard: Known[Answer[bytes]]) -> bool:
    """By the records, whatever their TTL; of a CNAME that leads to none, by its target."""
    match answer, wildcard:
        case Seen(one), Seen(other):
            return one.values == other.values
        case Absent(alias_of=one_target), Absent(alias_of=other_target):
            return one_target == other_target
        case _:
            return False


def _why_failed(answers: Sequence[Known[Answer[bytes]]]) -> Why | None:
    reasons = (answer.why for answer in answers if isinstance(answer, Unreachable))
    # A name that is too long for the DNS is nobody's.
    return next((why for why in reasons if why is not Why.BAD_NAME), None)


def _published(selector: str, name: str, answer: Known[Answer[bytes]], *, likely: bool = False) -> PublishedKey:
    match answer:
        case Absent():
            return PublishedKey(selector, name, answer, "key_not_found", "", None, likely=likely)
        case Unreachable():
            return PublishedKey(selector, name, answer, "key_lookup_failed", "", None, likely=likely)
        case Seen(found):
            try:
                key = parse_key(found.values)
            except KeyProblem as problem:
                return PublishedKey(selector, name, answer, problem.reason, "", problem.bits, likely=likely)
            is_weak = key.kind == "rsa" and key.bits < 1024
            reason: SignatureReason = "key_too_short" if is_weak else ""
            return PublishedKey(selector, name, answer, reason, key.kind, key.bits, key.flags, likely)
