"""Evaluate SPF for the client that really sent (RFC 7208): by pyspf, with the answers of the run's DNS gateway.

pyspf asks one question after the other and cannot wait. So an evaluation runs until it meets a question that has no
answer yet and is abandoned there; the answer is fetched, and it begins anew. That costs tens of microseconds a round.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, cast

import idna
import spf

from checks.evidence.message import SpfResultEvidence
from checks.evidence.spf import SpfEvidence, SpfRecord, SpfTerm
from checks.model import Absent, Known, MxHost, Seen, Unreachable, Why
from checks.net.dns import DnsRun
from checks.parse.spf import VERSION, parse_spf, spf_records
from checks.probes.run import Run

DEADLINE_S = 20.0
"""RFC 7208 section 4.6.4: at least 20 seconds for one evaluation."""
MAX_ANSWERS = 400
"""A strict evaluation needs far fewer: 10 terms of at most 10 hosts each, and what is asked ahead."""
MAX_AHEAD = 60
"""So many answers at hand, and nothing more is asked before the evaluation comes to it."""

Key: TypeAlias = tuple[str, str]
Result: TypeAlias = Literal["pass", "fail", "softfail", "neutral", "none", "permerror", "temperror"]


@dataclass(frozen=True, slots=True)
class _Identity:
    """Who is asked about: MAIL FROM, or HELO where that is null (section 2.4)."""

    scope: Literal["mfrom", "helo"]
    local: str
    domain: str

    @property
    def is_checkable(self) -> bool:
        """Section 4.3: what is no FQDN (an address literal), or what the DNS cannot hold, gives "none" unasked."""
        labels = self.domain.split(".")
        is_fqdn = len(labels) > 1 and not self.domain.startswith("[") and not labels[-1].isdigit()
        return is_fqdn and all(0 < len(label) < 64 for label in labels) and len(self.domain) < 254


class _Missing(Exception):
    """The evaluation came to a question that has no answer yet."""


class _Evaluation(spf.query):  # type: ignore[misc]  # pyspf has no types
    """One evaluation over the answers at hand. Overrides every method of pyspf that would ask the DNS itself."""

    def __init__(
        self, client_ip: str, helo: str, identity: _Identity, answers: Mapping[Key, Known[Any]], records: _Records
    ) -> None:
        super().__init__(i=client_ip, s=f"{identity.local}@{identity.domain}", h=helo, strict=True)
        # pyspf cuts the sender at its first @, which may belong to a quoted local part.
        self.l, self.o = identity.local, identity.domain
        self.d = identity.domain
        self.answers, self.records = answers, records
        self.missing: Key | None = None
        self.unanswered: dict[str, Why] = {}

    def dns(self, name: str, qtype: str, cnames: object = None, ignore_void: bool = False) -> list[Any]:
        name = str(name).removesuffix(".").lower()
        if not name or not name.isascii():
            # Names made from a non-ASCII local part match nothing (RFC 8616 section 4).
            return []
        known = self.answers.get((name, qtype))
        match known:
            case None:
                self.missing = (name, qtype)
                raise _Missing
            case Seen(answer) if qtype == "TXT":
                if (evaluated := self.records.evaluated(answer.values)) is None:
                    raise self._cannot_tell(f"the record of {name} is too long", Why.NOT_COVERED)
                return [(octets,) for octets in evaluated]
            case Seen(answer):
                return [(v.preference, v.host) if isinstance(v, MxHost) else v for v in answer.values]
            case Unreachable(why=Why.BAD_NAME):
                return []
            case Unreachable(why=why):
                raise self._cannot_tell(f"{qtype} {name}: {why}", why)
        if not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                raise spf.PermError(f"Void lookup limit of {spf.MAX_VOID_LOOKUPS} exceeded")
        return []

    def _cannot_tell(self, message: str, why: Why) -> spf.TempError:
        self.unanswered[message] = why
        return spf.TempError(message)

    def validated_ptrs(self) -> list[str]:
        """Section 5.5: where a lookup fails, `ptr` does not match, or the name is passed over; never temperror."""
        try:
            names = self.dns_ptr(self.i)[: spf.MAX_PTR]
        except spf.TempError:
            return []
        return [name for name in names if self._leads_back(name)]

    def _leads_back(self, name: str) -> bool:
        try:
            return bool(self.cidrmatch(self.dns_a(name, self.A), self.cidrmax))
        except spf.TempError:
            return False

    def get_explanation(self, spec: str) -> None:
        """Nobody reads the explanation: it is not fetched."""


class _Records:
    """The SPF records of an evaluation, each parsed once however often it begins anew."""

    def __init__(self) -> None:
        self._parsed: dict[str, SpfRecord] = {}

    def evaluated(self, txts: Sequence[bytes]) -> tuple[bytes, ...] | None:
        """The SPF records among the TXT records of a name, for pyspf; None where it is too long to tell."""
        records = [self._parsed.get(text) or self._parse(text) for text in spf_records(txts)]
        if len(records) == 1 and records[0].cut and records[0].error is None:
            return None
        return tuple(_as_evaluated(record) for record in records)

    def _parse(self, text: str) -> SpfRecord:
        return self._parsed.setdefault(text, parse_spf(text))


def _as_evaluated(record: SpfRecord) -> bytes:
    """What the evaluation rests on, where the record is valid.

    pyspf knows modifiers only in lower case, and takes a repeated unknown one for an error, which it is not.
    """
    if record.error is not None:
        return record.text.encode()
    words = (t.text if t.kind == "mechanism" else f"{t.name}={t.value}" for t in record.terms if _is_evaluated(t))
    return " ".join((VERSION, *words)).encode()


def _is_evaluated(term: SpfTerm) -> bool:
    return term.kind == "mechanism" or term.name == "redirect"


async def ask_spf_result(run: Run) -> SpfResultEvidence:
    """The result for the session of the mail; None where the session, or what it needs of it, is not known."""
    session = run.session
    client_ip = _address(session.client_ip) if session else None
    mail_from, helo = (session.mail_from, session.helo or "") if session else (None, "")
    identity = _identity(mail_from, helo)
    evidence = SpfResultEvidence(client_ip, identity.scope, identity.domain, None, is_null_return_path=mail_from == "")
    if client_ip is None or mail_from is None or (identity.scope == "helo" and not helo):
        return evidence
    if not identity.is_checkable:
        return replace(evidence, result="none")
    try:
        async with asyncio.timeout(DEADLINE_S):
            if identity.domain == run.domain:
                # Its answers are then at hand: the includes were asked for level by level, not one after the other.
                await run.evidence(SpfEvidence)
            return await _evaluated(run.dns, evidence, helo, identity)
    except TimeoutError:
        return replace(evidence, result="temperror", why=Why.TIMEOUT, problem="the evaluation took too long")


def _address(text: str | None) -> str | None:
    try:
        return str(ipaddress.ip_address((text or "").partition("%")[0]))
    except ValueError:
        return None


def _identity(mail_from: str | None, helo: str) -> _Identity:
    if mail_from:
        local, _, domain = mail_from.rpartition("@")
        return _Identity("mfrom", local or "postmaster", _ascii(domain))
    return _Identity("helo", "postmaster", _ascii(helo))


def _ascii(domain: str) -> str:
    """The A-label form (RFC 8616 section 4); a name that has none stays as it came, and is not found."""
    bare = domain.removesuffix(".")
    try:
        return bare.lower() if bare.isascii() else idna.encode(bare, uts46=True).decode().lower()
    except idna.IDNAError:
        return bare


async def _evaluated(dns: DnsRun, evidence: SpfResultEvidence, helo: str, identity: _Identity) -> SpfResultEvidence:
    assert evidence.client_ip is not None, "the caller has seen to it"
    answers: dict[Key, Known[Any]] = {}
    records = _Records()
    # All rounds are one evaluation: the clock of the t macro stands still.
    now = str(int(time.time()))
    while len(answers) < MAX_ANSWERS:
        query = _Evaluation(evidence.client_ip, helo, identity, answers, records)
        query.t = now
        try:
            result, _, _ = query.check()
        except _Missing:
            assert query.missing is not None, "set before it is raised"
            await _fetch(dns, query.missing, query.A, answers)
            continue
        except (ValueError, LookupError, TypeError, ArithmeticError, AssertionError) as error:
            # A record that pyspf chokes on, such as a prefix length of thousands of digits.
            return replace(evidence, result="permerror", problem=f"{type(error).__name__}: {error}")
        return _told(evidence, cast(Result, result), query, answers)
    return replace(evidence, result="permerror", problem="the record needs too many lookups")


async def _fetch(dns: DnsRun, key: Key, address_type: str, answers: dict[Key, Known[Any]]) -> None:
    """The answer to `key`, and to what will be asked because of it, all at once on each level."""
    wanted = [key]
    while wanted:
        told = await asyncio.gather(*(dns.ask(name, rdtype) for name, rdtype in wanted))
        answers.update(zip(wanted, told, strict=True))
        following = (
            k for (_, rdtype), known in zip(wanted, told, strict=True) for k in _next(rdtype, known, address_type)
        )
        wanted = [k for k in dict.fromkeys(following) if k not in answers][: max(0, MAX_AHEAD - len(answers))]


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
    evidence: SpfResultEvidence, result: Result, query: _Evaluation, answers: Mapping[Key, Known[Any]]
) -> SpfResultEvidence:
    problem = str(getattr(query, "prob", "") or "") if result in ("permerror", "temperror") else ""
    mechanism = str(query.mechanism or "")
    own = _published(answers.get((evidence.domain, "TXT"), Absent()))
    return replace(
        evidence,
        result=result,
        mechanism=mechanism,
        problem=problem,
        record=own[0] if len(own) == 1 else None,
        hard_fail=result == "fail" and mechanism.lower() == "-all",
        only_ipv4_listed=query.v == "ip6" and result != "pass" and _lists_only_ipv4(answers),
        why=query.unanswered.get(problem, Why.SERVFAIL) if result == "temperror" else None,
    )


def _published(known: Known[Any]) -> tuple[str, ...]:
    return spf_records(known.value.values) if isinstance(known, Seen) else ()


def _lists_only_ipv4(answers: Mapping[Key, Known[Any]]) -> bool:
    """Whether the records met list IPv4 networks or hosts, but no IPv6 network and no host with an IPv6 address."""
    terms = [
        t
        for (_, rdtype), known in answers.items()
        if rdtype == "TXT"
        for r in _published(known)
        for t in parse_spf(r).terms
    ]
    names = {t.name for t in terms if t.kind == "mechanism" and t.qualifier == "+"}
    has_ipv6_host = any(rdtype == "AAAA" and isinstance(known, Seen) for (_, rdtype), known in answers.items())
    return bool(names & {"ip4", "a", "mx"}) and "ip6" not in names and not has_ipv6_host
