"""Ask for the DKIM keys of the selectors that earlier mails of the domain used."""

from __future__ import annotations

import asyncio

from checks.evidence.dkim import KnownKeysEvidence, PublishedKey
from checks.model import Absent, Answer, Known, Seen, Unreachable
from checks.parse.message import KeyProblem, parse_key
from checks.probes.run import Run

MAX_SELECTORS = 10


async def ask_known_keys(run: Run) -> KnownKeysEvidence:
    """The key records of `run.known_selectors`, of which the first is that of the newest counting mail.

    A selector may also be a whole key name (`s._domainkey.sub.example.jp`), for mail signed with another domain of
    the same owner.
    """
    selectors = run.known_selectors[:MAX_SELECTORS]
    names = [s if "._domainkey." in s else f"{s}._domainkey.{run.domain}" for s in selectors]
    answers = await asyncio.gather(*(run.dns.txt(name) for name in names))
    keys = tuple(_published(*one) for one in zip(selectors, names, answers, strict=True))
    return KnownKeysEvidence(run.domain, keys)


def _published(selector: str, name: str, answer: Known[Answer[bytes]]) -> PublishedKey:
    selector = selector.partition("._domainkey.")[0]
    match answer:
        case Absent():
            return PublishedKey(selector, name, answer, "key_not_found", "", None)
        case Unreachable():
            return PublishedKey(selector, name, answer, "key_lookup_failed", "", None)
        case Seen(found):
            try:
                key = parse_key(found.values)
            except KeyProblem as problem:
                return PublishedKey(selector, name, answer, problem.reason, "", problem.bits)
            weak = key.kind == "rsa" and key.bits < 1024
            return PublishedKey(selector, name, answer, "key_too_short" if weak else "", key.kind, key.bits)
