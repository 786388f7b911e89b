"""SPF for the client that really sent (RFC 7208), with the answers of the run's DNS gateway.

pyspf asks one question after the other and cannot wait. So an evaluation runs until it meets a question that has no
answer yet and is abandoned there; the answer is fetched, and it begins anew. That costs tens of microseconds a round.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import idna
import spf

from checks.evidence.message import SpfResultEvidence
from checks.model import Absent, Known, Seen, Why
from checks.net.dns import DnsRun
from checks.parse.helo import plain_address
from checks.parse.spf import parse_spf, spf_records
from checks.probes.run import Run
from checks.probes.spf_evaluation import Evaluation, Key, MissingAnswer, Records, Result, is_checkable

DEADLINE_S = 20.0
"""RFC 7208 section 4.6.4: at least 20 seconds for one evaluation."""
MAX_ANSWERS = 400
"""A strict evaluation needs far fewer: 10 terms of at most 10 hosts each, and what is asked ahead."""
MAX_AHEAD = 60
"""So many questions, and nothing more is asked before the evaluation comes to it."""


@dataclass(frozen=True, slots=True)
class _Identity:
    """Who is asked about: MAIL FROM, or HELO where that is null (section 2.4)."""

    scope: Literal["mfrom", "helo"]
    local: str
    domain: str


class _Lookups:
    """The questions of one evaluation. Whoever needs an answer waits for that one; others are fetched ahead of need.

    What is asked ahead shares its questions with the rest of the run, and delays nothing when it is slow.
    """

    def __init__(self, dns: DnsRun, address_type: str) -> None:
        self.answers: dict[Key, Known[Any]] = {}
        self._dns = dns
        self._address_type = address_type
        self._tasks: dict[Key, asyncio.Task[None]] = {}

    async def fetch(self, key: Key) -> None:
        task = self._begin(key)
        await asyncio.wait({task})
        task.result()

    async def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _begin(self, key: Key) -> asyncio.Task[None]:
        if key not in self._tasks:
            self._tasks[key] = asyncio.create_task(self._ask(key))
        return self._tasks[key]

    async def _ask(self, key: Key) -> None:
        known = self.answers[key] = await self._dns.ask(*key)
        for following in _next(key[1], known, self._address_type):
            if len(self._tasks) < MAX_AHEAD:
                self._begin(following)


async def ask_spf_result(run: Run) -> SpfResultEvidence:
    """The result for the session of the mail; None where the session, or what it needs of it, is not known."""
    session = run.session
    client_ip = plain_address(session.client_ip) if session else None
    mail_from, helo = (session.mail_from, _ascii(session.helo or "")) if session else (None, "")
    identity = _identity(mail_from, helo)
    evidence = SpfResultEvidence(client_ip, identity.scope, identity.domain, None, is_null_return_path=mail_from == "")
    if client_ip is None or mail_from is None or (identity.scope == "helo" and not helo):
        return evidence
    if not is_checkable(identity.domain):
        return replace(evidence, result="none")
    lookups = _Lookups(run.dns, "AAAA" if ":" in client_ip else "A")
    try:
        async with asyncio.timeout(DEADLINE_S):
            return await _evaluated(lookups, evidence, client_ip, helo, identity)
    except TimeoutError:
        return replace(evidence, result="temperror", why=Why.TIMEOUT, problem="the evaluation took too long")
    finally:
        await lookups.close()


def _identity(mail_from: str | None, helo: str) -> _Identity:
    if mail_from:
        local, _, domain = mail_from.rpartition("@")
        return _Identity("mfrom", local or "postmaster", _ascii(domain))
    return _Identity("helo", "postmaster", helo)


def _ascii(domain: str) -> str:
    """The A-label form (RFC 8616 section 4); a name that has none stays as it came, and is not found."""
    bare = domain.removesuffix(".")
    try:
        return bare.lower() if bare.isascii() else idna.encode(bare, uts46=True).decode().lower()
    except (idna.IDNAError, UnicodeError):
        return bare


async def _evaluated(
    lookups: _Lookups, evidence: SpfResultEvidence, client_ip: str, helo: str, identity: _Identity
) -> SpfResultEvidence:
    records = Records()
    # All rounds are one evaluation: the clock of the t macro stands still.
    now = str(int(time.time()))
    while len(lookups.answers) < MAX_ANSWERS:
        query = Evaluation(client_ip, helo, (identity.local, identity.domain), lookups.answers, records, now)
        try:
            result = query.evaluate()
        except MissingAnswer as missing:
            await lookups.fetch(missing.key)
            continue
        return _told(evidence, result, query, lookups.answers)
    return replace(evidence, result="temperror", why=Why.NOT_COVERED, problem="the record needs too many lookups")


def _next(rdtype: str, known: Known[Any], address_type: str) -> Iterable[Key]:
    if not isinstance(known, Seen):
        return ()
    match rdtype:
        case "MX":
            return [(mx.host, address_type) for mx in known.value.values[: spf.MAX_MX] if mx.host]
        case "PTR":
            return [(name, address_type) for name in known.value.values[: spf.MAX_PTR]]
        case "TXT":
            terms = [t for text in spf_records(known.value.values)[:1] for t in parse_spf(text).reached]
            return [(t.target.lower(), "TXT") for t in terms if t.name in ("include", "redirect") and not t.has_macro]
        case _:
            return ()


def _told(
    evidence: SpfResultEvidence, result: Result, query: Evaluation, answers: Mapping[Key, Known[Any]]
) -> SpfResultEvidence:
    problem = str(getattr(query, "prob", "") or "") if result in ("permerror", "temperror") else ""
    mechanism = str(query.mechanism or "")
    own = answers.get((evidence.domain, "TXT"), Absent())
    records = spf_records(own.value.values) if isinstance(own, Seen) else ()
    return replace(
        evidence,
        result=result,
        mechanism=mechanism,
        problem=problem,
        record=records[0] if len(records) == 1 else None,
        hard_fail=result == "fail" and mechanism.lower() == "-all",
        only_ipv4_listed=query.v == "ip6" and result != "pass" and _lists_only_ipv4(query),
        why=query.unanswered.get(problem, Why.SERVFAIL) if result == "temperror" else None,
        explanation=query.explanation,
    )


def _lists_only_ipv4(query: Evaluation) -> bool:
    """Whether the terms met list IPv4 networks or hosts, but no IPv6 network and no host with an IPv6 address."""
    names = {t.name for t in query.reached if t.kind == "mechanism" and t.qualifier == "+"}
    return bool(names & {"ip4", "a", "mx"}) and "ip6" not in names and not query.finds_ipv6
