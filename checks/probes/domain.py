"""The name itself, and whether its records say that it sends mail."""

from __future__ import annotations

import asyncio

from checks.evidence.dmarc import DmarcEvidence
from checks.evidence.domain import DomainEvidence, UseEvidence
from checks.evidence.mx import MxEvidence
from checks.evidence.spf import SpfEvidence
from checks.model import Absent, Seen, Unreachable
from checks.parse.domain import registrable
from checks.parse.spf_repair import look_alikes, recognised
from checks.probes.run import Run
from checks.providers import receiver_of


async def ask_domain(run: Run) -> DomainEvidence:
    soa = await run.dns.ask(run.domain, "SOA")
    return DomainEvidence(run.domain, run.shown, registrable(run.domain), soa)


async def ask_use(run: Run) -> UseEvidence:
    mx, spf, dmarc = await asyncio.gather(
        run.evidence(MxEvidence), run.evidence(SpfEvidence), run.evidence(DmarcEvidence)
    )
    return UseEvidence(
        domain=run.domain,
        # A mail that lies before us outweighs what the records say.
        non_sending=is_non_sending(mx, spf) if run.raw is None else False,
        is_below=_is_below(run.domain, dmarc),
        has_mx=None if isinstance(mx.records, Unreachable) else isinstance(mx.records, Seen),
        provider=receiver_of(target.host for target in mx.targets),
    )


def is_non_sending(mx: MxEvidence, spf: SpfEvidence) -> bool | None:
    """Null MX, or neither MX nor address, and SPF `-all` alone or none. None where a failed lookup decides it."""
    receives = _receives(mx)
    authorises = _authorises(spf)
    if receives or authorises:
        return False
    return None if receives is None or authorises is None else True


def _receives(mx: MxEvidence) -> bool | None:
    match mx.records:
        case Unreachable():
            return None
        case Seen(answer):
            return any(host.host for host in answer.values)
        case _:
            addresses = (mx.own_ipv4, mx.own_ipv6)
            if any(isinstance(a, Seen) for a in addresses):
                return True
            return None if any(isinstance(a, Unreachable) for a in addresses) else False


def _authorises(spf: SpfEvidence) -> bool | None:
    if isinstance(spf.answer, Unreachable):
        return None
    meant = spf.records or map(_as_meant, look_alikes(spf.answer))
    return any(record.lower().split() != ["v=spf1", "-all"] for record in meant)


def _as_meant(text: str) -> str:
    """Receivers do not take a look-alike for a record, but it tells what its owner means to do."""
    correction = recognised(text)
    return correction.text if correction else text


def _is_below(domain: str, dmarc: DmarcEvidence) -> bool:
    """By the tree walk; where no DMARC record draws the boundary, by the Public Suffix List."""
    match dmarc.walk.organizational:
        case Seen(organizational):
            return organizational != domain
        case Absent() | Unreachable():
            return registrable(domain) not in ("", domain)
