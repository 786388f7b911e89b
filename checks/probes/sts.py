"""MTA-STS: the record, and the policy as soon as a record announces it."""

from __future__ import annotations

from checks.evidence.sts import StsEvidence, StsPolicy, StsRecord
from checks.evidence.versioned import FaultyRecord
from checks.model import Absent, Document, Known, NotServed, Seen, Unreachable
from checks.parse.sts import parse_policy, read_record
from checks.probes.run import Run


async def ask_sts(run: Run) -> StsEvidence:
    """The longest way of all checks (two lookups, then HTTPS): so it waits for nothing, not even for the MX records."""
    answer = await run.dns.txt(f"_mta-sts.{run.domain}")
    record: Known[StsRecord | FaultyRecord]
    if isinstance(answer, Seen):
        read = read_record(answer.value.values)
        record = Absent() if read is None else Seen(read)
    else:
        record = answer
    is_announced = isinstance(record, Seen) and isinstance(record.value, StsRecord)
    policy = await _policy(run) if is_announced else None
    return StsEvidence(run.domain, record, policy, run.now.strftime("%Y%m%d%H%M%S"))


async def _policy(run: Run) -> StsPolicy | NotServed | Unreachable:
    match await run.fetch(f"https://mta-sts.{run.domain}/.well-known/mta-sts.txt"):
        case Document(content_type=media_type, body=body):
            return parse_policy(body, media_type)
        case failure:
            return failure
