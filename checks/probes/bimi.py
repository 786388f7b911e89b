"""BIMI: the record, and what it names."""

from __future__ import annotations

import asyncio

from checks.evidence.bimi import BimiAssetsEvidence, BimiEvidence, BimiRecord, Logo, MarkCertificate
from checks.model import Absent, Document, Fetched, NotServed, Seen, Unreachable, canonical_name
from checks.parse.bimi import parse_logo, read_record
from checks.parse.mark_certificate import parse_mark_certificate
from checks.probes.run import Run


async def ask_bimi(run: Run) -> BimiEvidence:
    answer = await run.dns.txt(f"default._bimi.{run.domain}")
    if not isinstance(answer, Seen):
        return BimiEvidence(run.domain, answer, canonical_name(answer))
    read = read_record(answer.value.values)
    return BimiEvidence(run.domain, Absent() if read is None else Seen(read), canonical_name(answer))


async def ask_bimi_assets(run: Run) -> BimiAssetsEvidence:
    """Logo and certificate are fetched side by side, and read in a thread."""
    bimi = await run.evidence(BimiEvidence)
    if not (isinstance(bimi.record, Seen) and isinstance(bimi.record.value, BimiRecord)):
        return BimiAssetsEvidence(run.domain)
    record = bimi.record.value
    image, pem = await asyncio.gather(_fetched(run, record.logo), _fetched(run, record.certificate))
    logo: Logo | NotServed | Unreachable | None
    certificate: MarkCertificate | NotServed | Unreachable | None
    match image:
        case Document(url, media_type, body):
            logo = await asyncio.to_thread(parse_logo, url, body, media_type)
        case failure:
            logo = failure
    sha256 = logo.sha256 if isinstance(logo, Logo) else None
    match pem:
        case Document(url, _, body):
            certificate = await asyncio.to_thread(parse_mark_certificate, url, body, run.domain, run.now, sha256)
        case failure:
            certificate = failure
    return BimiAssetsEvidence(run.domain, logo, certificate)


async def _fetched(run: Run, url: str) -> Fetched | None:
    return await run.fetch(url) if url else None
