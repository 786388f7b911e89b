"""SMTP TLS Reporting (RFC 8460)."""

from __future__ import annotations

from dataclasses import dataclass

from checks.evidence.versioned import FaultyRecord
from checks.model import Known


@dataclass(frozen=True, slots=True)
class TlsReportRecord:
    """The TXT record at `_smtp._tls.<domain>` (section 3). `report_uris`: mailto and https."""

    text: str
    report_uris: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TlsReportEvidence:
    """`record`: the one that senders read, FaultyRecord where they have to ignore what stands there."""

    domain: str
    record: Known[TlsReportRecord | FaultyRecord]
    alias_of: str | None = None
    """The canonical name, where `_smtp._tls.<domain>` is an alias of it, whether a record stands there or not."""
