"""A run of the SPF probes against a real name server on the loopback interface, from records given as text."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from bot.demo.nameserver import Fault, Nameserver, Zone
from checks.evidence.message import SessionEvidence, SpfResultEvidence
from checks.evidence.spf import SpfEvidence, SpfLookupEvidence
from checks.net.dns import Dns
from checks.probes.run import Run
from checks.probes.spf import ask_spf
from checks.probes.spf_lookups import ask_spf_lookups
from checks.probes.spf_result import ask_spf_result


def zone(records: Mapping[str, str]) -> Zone:
    """The zone `example`: names below it → the SPF record there, or lines such as "A 192.0.2.1" (several: one a line)."""
    lines = []
    for name, text in records.items():
        for line in text.splitlines():
            is_text = line.lower().startswith(("v=spf1", "v=other"))
            strings = " ".join(f'"{line[i : i + 255]}"' for i in range(0, len(line), 255))
            lines.append(f"{name} TXT {strings}" if is_text else f"{name} {line}")
    return Zone("example", "\n".join(lines) + "\n")


@asynccontextmanager
async def running(
    zones: Iterable[Zone],
    *,
    domain: str = "d.example",
    session: SessionEvidence | None = None,
    faults: Iterable[Fault] = (),
    deadline_s: float = 3.0,
    try_s: float = 0.1,
) -> AsyncIterator[tuple[Run, Nameserver]]:
    """A run whose lookups give up after half a second, or 4.75 times `try_s`."""
    async with Nameserver(zones, faults=faults) as server:
        dns = Dns([server.address], try_s=try_s, tries=3)
        probes = {SpfEvidence: ask_spf, SpfLookupEvidence: ask_spf_lookups, SpfResultEvidence: ask_spf_result}
        run = Run(domain, domain, dns.run(deadline_s), datetime.now(UTC), probes, session=session)
        try:
            yield run, server
        finally:
            await run.close()
            await dns.aclose()


def evaluate(
    records: Mapping[str, str],
    client_ip: str | None = "192.0.2.1",
    *,
    mail_from: str | None = "someone@d.example",
    helo: str | None = "mx.d.example",
    faults: tuple[Fault, ...] = (),
    deadline_s: float = 3.0,
    more: Iterable[Zone] = (),
    log: list[tuple[str, str]] | None = None,
) -> SpfResultEvidence:
    """What SPF gives a client where these records are published; `more`: other zones, `log`: takes what was asked."""
    session = SessionEvidence(client_ip, helo, mail_from, "TLSv1.3", "TLS_AES_256_GCM_SHA384")

    async def asked() -> SpfResultEvidence:
        zones = [zone(records), *more]
        async with running(zones, session=session, faults=faults, deadline_s=deadline_s) as (run, server):
            told = await run.evidence(SpfResultEvidence)
            if log is not None:
                log.extend(server.log)
            return told

    return asyncio.run(asked())


def published(records: Mapping[str, str], *, faults: Iterable[Fault] = ()) -> SpfEvidence:
    """What the probe sees at d.example where these records are published."""

    async def asked() -> SpfEvidence:
        async with running([zone(records)], faults=faults) as (run, _):
            return await run.evidence(SpfEvidence)

    return asyncio.run(asked())


def looked_up(records: Mapping[str, str], *, faults: Iterable[Fault] = ()) -> tuple[SpfEvidence, SpfLookupEvidence]:
    """What the probes see at d.example, with what the names in its records lead to."""

    async def asked() -> tuple[SpfEvidence, SpfLookupEvidence]:
        async with running([zone(records)], faults=faults) as (run, _):
            return await asyncio.gather(run.evidence(SpfEvidence), run.evidence(SpfLookupEvidence))

    return asyncio.run(asked())
