"""MTA-STS: the record, and the policy as soon as a record announces it."""

from __future__ import annotations

from datetime import datetime

from checks.evidence.sts import StsEvidence, StsPolicyEvidence, StsRecord
from checks.evidence.versioned import FaultyRecord
from checks.model import Absent, Answer, Document, Known, Seen, canonical_name
from checks.parse.sts import parse_policy, read_record
from checks.probes.run import Run


async def ask_sts(run: Run) -> StsEvidence:
    """Waits for nothing, not even for the MX records: what follows is the longest way of all checks."""
    answer = await run.dns.txt(f"_mta-sts.{run.domain}")
    record: Known[StsRecord | FaultyRecord]
    if isinstance(answer, Seen):
        read = read_record(answer.value.values)
        record = Absent() if read is None else Seen(read)
    else:
        record = answer
    return StsEvidence(run.domain, record, _fresh_id(run.now, answer), canonical_name(answer))


def _fresh_id(now: datetime, answer: Known[Answer[bytes]]) -> str:
    """The same all day, so that a second check says the same; another than the one that is published."""
    published = b" ".join(answer.value.values) if isinstance(answer, Seen) else b""
    number = next(n for n in range(1, 100) if f"{now:%Y%m%d}{n:02}".encode() not in published or n == 99)
    return f"{now:%Y%m%d}{number:02}"


async def ask_sts_policy(run: Run) -> StsPolicyEvidence:
    sts = await run.evidence(StsEvidence)
    if not (isinstance(sts.record, Seen) and isinstance(sts.record.value, StsRecord)):
        return StsPolicyEvidence(run.domain, None)
    match await run.fetch(f"https://mta-sts.{run.domain}/.well-known/mta-sts.txt"):
        case Document(content_type=media_type, body=body):
            return StsPolicyEvidence(run.domain, parse_policy(body, media_type))
        case failure:
            return StsPolicyEvidence(run.domain, failure)
