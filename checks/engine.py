"""Runs the checks: gathers the evidence they need side by side under one deadline, judges it, and makes the report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from checks.answering import Answering, OnProgress
from checks.answering import Progress as Progress
from checks.answering import judge as judge
from checks.authentication import authentication_of, mail_facts_of
from checks.catalogue import Check, CheckResult
from checks.evidence.message import SessionEvidence
from checks.isolation.jobs import Preparation
from checks.isolation.pool import Isolation, NotAnalysed, Workers
from checks.model import Absent, Known, Seen, Unreachable
from checks.net.dns import Dns
from checks.net.https import Https
from checks.parse.domain import Domain, parse_domain, shown_name
from checks.parse.helo import plain_address
from checks.probes import PROBES
from checks.probes.listing import BlocklistAccess
from checks.probes.run import Run
from checks.profiles import PROFILES, mschecker
from checks.profiles.view import RequirementStatus, assess_all
from checks.providers import place_of, platform_of
from checks.report import Report, plain
from checks.rules import CATALOGUE

TOPICS = frozenset(
    [
        "spf",
        "dkim",
        "dmarc",
        "mx",
        "ptr",
        "bl",
        "dnssec",
        "tls",
        "dane",
        "sts",
        "rpt",
        "bimi",
        "arc",
        "relay",
        "msg",
        "list",
        "helo",
        "dns",
    ]
)
"""The first parts of check ids, for `check_domain(topics=...)`."""

_GRACE_S = 1.0
"""Beyond the deadline, for judging what the gateway has cut off."""


@dataclass(frozen=True, slots=True)
class Tls:
    """Version and cipher of the SMTP session, in OpenSSL's words: Tls("TLSv1.3", "TLS_AES_256_GCM_SHA384")."""

    version: str
    cipher: str


@dataclass(frozen=True, slots=True)
class Session:
    """The SMTP session that brought a mail.

    None: not known. `mail_from` "" is the null return path; `tls` None: in clear.
    """

    client_ip: str | None = None
    helo: str | None = None
    mail_from: str | None = None
    tls: Tls | None = None
    tls_known: bool = True
    """False: whether the mail came over TLS is not known; `tls` then says nothing."""
    smtputf8: bool | None = None
    """Whether the client announced SMTPUTF8 for this mail."""
    tls_failure: str | None = None
    """With `tls` None: the client had begun STARTTLS shortly before, and the handshake failed in this way."""
    received_at: datetime | None = None
    """Aware: when the server took the mail, None for now."""
    is_file: bool = False
    """The bytes come from a file and not from this session: its line ends, and when it came, say nothing of it."""


OnDns = Callable[[str], None]


class Checker:
    """Checks domains and mails. One object may run many checks at the same time; close it to free its sockets.

    `nameservers`: None for the system's, else "192.0.2.53", "127.0.0.1:5353", "[::1]:53". `connect` False: DNS only.
    `now`: an aware clock. `deadline_s`: seconds for one report; what is unanswered then is unknown, not missing.
    `on_dns` is told how each DNS question ended: "answer", "nodata", "nxdomain", or the word of a Why.
    `https`: the client for policies and logos, None for one that goes to global addresses only.
    `blocklist_keys`: for the lists that want one, by the name of who gives it: "spamhaus" (DQS), "abusix"; for "surbl"
    and "uribl" the zone that they assigned. Raises ValueError for another name, and for what cannot be a key.
    `isolation`: where mails are analysed, closed by who made it; None: one worker process, which the first mail starts.
    """

    def __init__(
        self,
        nameservers: Sequence[str] | None = None,
        connect: bool = True,
        now: Callable[[], datetime] | None = None,
        deadline_s: float = 20.0,
        on_dns: OnDns = lambda outcome: None,
        https: Https | None = None,
        blocklist_keys: Mapping[str, str] | None = None,
        isolation: Isolation | None = None,
    ) -> None:
        self._dns = Dns(nameservers, on_answer=lambda told: on_dns(_dns_outcome(told)))
        self._blocklists = BlocklistAccess(self._dns, blocklist_keys)
        self._connect = connect
        self._https = https or Https()
        self._now = now or (lambda: datetime.now(UTC))
        self._deadline_s = deadline_s
        self._isolation = isolation or Workers(general=1, reserved=0)
        self._owns_isolation = isolation is None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._owns_isolation:
            await self._isolation.aclose()
        await self._dns.aclose()

    async def check_domain(
        self,
        name: str,
        topics: Iterable[str] | None = None,
        known_selectors: Sequence[str] = (),
        on_progress: OnProgress | None = None,
        monitoring_since: datetime | None = None,
    ) -> Report:
        """Check what the DNS says of a domain.

        `topics`: only the checks of these, and no verdict; None for all. `monitoring_since`: aware, each check since
        then found p=none (`Report.only_monitors`). Raises BadDomain for what is no domain, ValueError for no topic.
        """
        domain = parse_domain(name)
        asked = None if topics is None else frozenset(topics)
        if unknown := (asked or frozenset()) - TOPICS:
            raise ValueError(f"no such topic: {', '.join(sorted(unknown))}")
        run = self._run(domain, known_selectors=tuple(known_selectors), monitoring_since=monitoring_since)
        checks = [c for c in CATALOGUE.checks if asked is None or c.topic in asked or c.id == "dns.exists"]
        return await self._report("domain", run, checks, on_progress)

    async def check_message(
        self, raw: bytes, session: Session | None = None, on_progress: OnProgress | None = None
    ) -> Report:
        """Analyse a received mail: its own rules, and the domain rules of its From domain.

        Never raises for any bytes.
        """
        given = session or Session()
        prepared: Preparation | NotAnalysed
        try:
            prepared = await self._isolation.prepare(raw)
        except NotAnalysed as stop:
            prepared = stop
        author = prepared.author_domain if isinstance(prepared, Preparation) else None
        domain = Domain(author, shown_name(author)) if author else _domain_of(given)
        evidence = SessionEvidence(
            plain_address(given.client_ip),
            given.helo,
            given.mail_from,
            given.tls.version if given.tls else None,
            given.tls.cipher if given.tls else None,
            given.tls_known,
            given.smtputf8,
            given.tls_failure,
            given.received_at.timestamp() if given.received_at else None,
            given.is_file,
        )
        run = self._run(domain, raw=raw, session=evidence, has_author=author is not None, prepared=prepared)
        return await self._report("message", run, CATALOGUE.checks, on_progress)

    def _run(self, domain: Domain, **more: Any) -> Run:
        self._dns.begin_proofs()
        return Run(
            domain=domain.ascii,
            shown=domain.shown,
            dns=self._dns.run(self._deadline_s),
            https=self._https,
            blocklist_access=self._blocklists,
            now=self._now(),
            probes=PROBES,
            connect=self._connect,
            isolation=self._isolation,
            **more,
        )

    async def _report(self, kind: Any, run: Run, checks: Sequence[Check], on_progress: OnProgress | None) -> Report:
        started = time.monotonic()
        try:
            results = await Answering(kind, run, checks, on_progress).results(self._deadline_s + _GRACE_S)
            gathered = run.gathered()
        finally:
            await run.close()
        provider = _provider(gathered)
        results = {name: _placed(result, provider) for name, result in results.items()}
        non_sending = kind == "domain" and "UseEvidence" in gathered and gathered["UseEvidence"].non_sending is True
        is_missing = any(f.rule.id == "DNS001" for f in results["dns.exists"].findings) if kind == "domain" else False
        is_partial = len(checks) < len(CATALOGUE.checks)
        elapsed_ms = round((time.monotonic() - started) * 1000)
        authentication = authentication_of(gathered) if kind == "message" else None
        mail = mail_facts_of(gathered, len(run.raw)) if run.raw is not None else None
        return Report(
            kind=kind,
            subject=run.domain,
            shown=run.shown,
            verdict=None if is_missing or is_partial else mschecker.verdict(results, CATALOGUE),
            provisional=kind == "domain" and not non_sending and not is_missing,
            catalogue=CATALOGUE.version,
            checks=tuple(results.values()),
            authentication=authentication,
            profiles=_profiles(results, authentication if mail else None),
            organizational=_organizational(gathered, run.domain),
            non_sending=non_sending,
            provider=provider,
            mail=mail,
            evidence={name: plain(value) for name, value in gathered.items()},
            metrics={"elapsed_ms": elapsed_ms, "dns_queries": run.dns.queries},
        )


def _dns_outcome(told: Known[Any]) -> str:
    match told:
        case Unreachable(why=why):
            return why.value
        case Absent(how=how):
            return how
    return "answer"


def _provider(gathered: Mapping[str, Any]) -> str | None:
    """Id of the mail platform, for the sentences that say where to click."""
    seen = gathered.get("ProvidersEvidence")
    if seen is not None and isinstance(seen.platform, Seen):
        return str(seen.platform.value)
    mx = gathered.get("MxEvidence")
    return platform_of(target.host for target in mx.targets) if mx else None


def _placed(result: CheckResult, provider: str | None) -> CheckResult:
    """What a finding says of a service (its fact `provider`) is mended there, all else at the platform."""
    if not result.findings:
        return result
    topic = result.id.split(".", 1)[0]
    places = [place_of(str(f.facts.get("provider") or provider or ""), topic) for f in result.findings]
    findings = zip(result.findings, places, strict=True)
    return replace(result, findings=tuple(replace(f, place=place) if place else f for f, place in findings))


def _domain_of(session: Session) -> Domain:
    """What a mail without a usable From is filed under: the domain of its return path, its HELO, or `invalid`."""
    for name in ((session.mail_from or "").rpartition("@")[2], session.helo):
        try:
            return parse_domain(name or "")
        except ValueError:
            continue
    return Domain("invalid", "invalid")


def _organizational(gathered: Mapping[str, Any], domain: str) -> str | None:
    """By the tree walk of the subject; the name itself where no DMARC record draws a boundary."""
    dmarc = gathered.get("DmarcEvidence")
    if dmarc is None:
        return None
    known = dmarc.walk.organizational
    return str(known.value) if hasattr(known, "value") else domain if hasattr(known, "how") else None


def _profiles(
    results: Mapping[str, CheckResult], authentication: Mapping[str, Any] | None
) -> dict[str, tuple[RequirementStatus, ...]]:
    """`authentication`: of a mail whose analysis came to its end; one that broke says nothing of SPF or DKIM."""
    lists = {
        name: assess_all(profile.requirements, results, CATALOGUE, authentication) for name, profile in PROFILES.items()
    }
    return {**lists, "mschecker": assess_all(mschecker.ITEMS, results, CATALOGUE)}


def combine(domain: Report, mail: Report) -> Report:
    """The final report on a domain: what the DNS said of it, and what one of its mails showed."""
    of_mail = {c.id for c in CATALOGUE.checks if c.of_mail}
    shown = {c.id: c for c in mail.checks}
    # A domain that was taken for one without mail has just sent one: the mail's report has judged its DNS anew.
    taken_anew = domain.non_sending and mail.subject == domain.subject
    results = {c.id: shown.get(c.id, c) if taken_anew or c.id in of_mail else c for c in domain.checks}
    return replace(
        domain,
        non_sending=False,
        verdict=mschecker.verdict(results, CATALOGUE),
        provisional=False,
        checks=tuple(results.values()),
        authentication=mail.authentication,
        profiles=_profiles(results, mail.authentication if mail.mail else None),
        mail=mail.mail,
    )
