"""SMTP TLS Reporting: one lookup."""

from __future__ import annotations

from checks.evidence.tls_reports import TlsReportEvidence
from checks.model import Absent, Seen, canonical_name
from checks.parse.tls_reports import read_record
from checks.probes.run import Run


async def ask_tls_reports(run: Run) -> TlsReportEvidence:
    answer = await run.dns.txt(f"_smtp._tls.{run.domain}")
    if not isinstance(answer, Seen):
        return TlsReportEvidence(run.domain, answer, canonical_name(answer))
    read = read_record(answer.value.values)
    return TlsReportEvidence(run.domain, Absent() if read is None else Seen(read), canonical_name(answer))
