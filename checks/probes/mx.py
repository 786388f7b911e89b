"""Where the domain receives mail, and the reverse names of these addresses."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import Literal

from checks.evidence.dmarc import DmarcResultEvidence
from checks.evidence.helo import HeloEvidence
from checks.evidence.message import MessageEvidence, SessionEvidence, SpfResultEvidence
from checks.evidence.mx import MailTarget, MxEvidence, MxTarget, SenderTargetsEvidence
from checks.evidence.ptr import ClientReverseEvidence, MxReverseEvidence, ReverseName
from checks.model import Absent, Answer, Known, MxHost, Seen, Unreachable, Why
from checks.net.dns import DnsRun
from checks.parse.domain import BadDomain, parse_domain
from checks.parse.helo import kind_of
from checks.probes.run import Run

MAX_HOSTS = 20
MAX_ADDRESSES = 20
MAX_PTR_NAMES = 10
"""As many PTR names as an SPF check would read (RFC 7208 section 4.6.4)."""
MAX_MX_PTR_NAMES = 2
"""Of an address that only receives, so many names are looked up again; nearly always the first is the MX name."""
MAX_HELO = 254


async def ask_mx(run: Run) -> MxEvidence:
    records, own4, own6 = await asyncio.gather(
        run.dns.mx(run.domain), run.dns.addresses(run.domain, "A"), run.dns.addresses(run.domain, "AAAA")
    )
    hosts = _hosts(records)
    targets = await asyncio.gather(*(_target(run.dns, host) for host in hosts))
    return MxEvidence(run.domain, records, tuple(targets), own4, own6)


def _hosts(records: Known[Answer[MxHost]]) -> list[MxHost]:
    if not isinstance(records, Seen):
        return []
    named = {host.host: host for host in records.value.values if host.host}
    return sorted(named.values(), key=lambda h: (h.preference, h.host))[:MAX_HOSTS]


async def _target(dns: DnsRun, mx: MxHost) -> MxTarget:
    ipv4, ipv6 = await asyncio.gather(dns.addresses(mx.host, "A"), dns.addresses(mx.host, "AAAA"))
    return MxTarget(mx.host, mx.preference, ipv4, ipv6, _is_address(mx.host))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def addresses_of(*answers: Known[Answer[str]]) -> list[str]:
    return [value for answer in answers if isinstance(answer, Seen) for value in answer.value.values]


async def ask_mx_reverse(run: Run) -> MxReverseEvidence:
    mx = await run.evidence(MxEvidence)
    pairs = [(address, t.host) for t in mx.targets for address in addresses_of(t.ipv4, t.ipv6)]
    pairs = pairs[:MAX_ADDRESSES]
    reverse = await asyncio.gather(*(_confirmed(run.dns, *pair, MAX_MX_PTR_NAMES) for pair in pairs))
    return MxReverseEvidence(run.domain, tuple(reverse))


async def ask_client_reverse(run: Run) -> ClientReverseEvidence:
    session = await run.evidence(SessionEvidence)
    if session.client_ip is None:
        return ClientReverseEvidence(None)
    found = await _confirmed(run.dns, session.client_ip, session.helo or "", MAX_PTR_NAMES)
    return ClientReverseEvidence(found)


async def _confirmed(dns: DnsRun, address: str, host: str, most: int) -> ReverseName:
    names = await dns.ptr(address)
    if not isinstance(names, Seen):
        return ReverseName(address, host, names)
    wanted = ipaddress.ip_address(address)
    candidates = names.value.values[:most]
    forward = await asyncio.gather(*(dns.addresses(n, "A" if wanted.version == 4 else "AAAA") for n in candidates))
    for name, answer in zip(candidates, forward, strict=True):
        if any(ipaddress.ip_address(value) == wanted for value in addresses_of(answer)):
            return ReverseName(address, host, names, name)
    failed = next((answer.why for answer in forward if isinstance(answer, Unreachable)), None)
    if failed is None and len(names.value.values) > most < MAX_PTR_NAMES:
        failed = Why.NOT_COVERED
    return ReverseName(address, host, names, unconfirmed_why=failed)


async def ask_helo(run: Run) -> HeloEvidence:
    session = await run.evidence(SessionEvidence)
    helo = session.helo[:MAX_HELO] if session.helo else None
    kind = kind_of(session.helo or "")
    if kind != "name" or helo is None:
        return HeloEvidence(session.client_ip, helo, kind, Absent(), Absent())
    ipv4, ipv6 = await asyncio.gather(run.dns.addresses(helo, "A"), run.dns.addresses(helo, "AAAA"))
    return HeloEvidence(session.client_ip, helo, kind, ipv4, ipv6)


async def ask_sender_targets(run: Run) -> SenderTargetsEvidence:
    session, message = await asyncio.gather(run.evidence(SessionEvidence), run.evidence(MessageEvidence))
    domains: dict[str, Literal["from", "return_path"]] = {}
    if run.has_author:
        domains[run.domain] = "from"
    if not await _forwarded(run, message) and (returned := _domain_of(session.mail_from or "")):
        domains.setdefault(returned, "return_path")
    return SenderTargetsEvidence(tuple(await asyncio.gather(*(_mail_target(run.dns, *d) for d in domains.items()))))


async def _forwarded(run: Run, message: MessageEvidence) -> bool:
    """SPF is waited for only where its result makes a difference."""
    in_any_case = message.signs_of_forwarding(spf_is_aligned=True)
    if in_any_case or not message.forwarded:
        return bool(in_any_case)
    spf, dmarc = await asyncio.gather(run.evidence(SpfResultEvidence), run.evidence(DmarcResultEvidence))
    return not (spf.result == "pass" and dmarc.spf_aligned)


def _domain_of(path: str) -> str | None:
    """The domain of a return path; None for the null one, and for what is no domain (SPF says what is wrong there)."""
    try:
        return parse_domain(path.rpartition("@")[2]).ascii if "@" in path else None
    except BadDomain:
        return None


async def _mail_target(dns: DnsRun, domain: str, role: Literal["from", "return_path"]) -> MailTarget:
    mx, ipv4, ipv6 = await asyncio.gather(dns.mx(domain), dns.addresses(domain, "A"), dns.addresses(domain, "AAAA"))
    return MailTarget(domain, role, mx, ipv4, ipv6)
