"""SMTP TLS Reporting records (RFC 8460 section 3). Never raises, whatever the bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable

from checks.evidence.tls_reports import TlsReportRecord
from checks.evidence.versioned import FaultyRecord
from checks.parse.versioned import MAX_TEXT, fields_of, single_record

VERSION = "v=TLSRPTv1"
_SHOWN = 200
_HOST = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"[^@\s,!?:/]+@{_HOST}")
_URI = re.compile(rf"mailto:[^@\s,!?]+@{_HOST}(?:\?\S*)?|https://{_HOST}(?::[0-9]+)?(?:[/?]\S*)?", re.IGNORECASE)


def read_record(values: Iterable[bytes]) -> TlsReportRecord | FaultyRecord | None:
    """The record among the TXT records at `_smtp._tls.<domain>`; None where there is none."""
    text = single_record(values, VERSION)
    if not isinstance(text, str):
        return text
    fields = fields_of(text)
    if isinstance(fields, FaultyRecord):
        return fields
    if "rua" not in fields:
        return FaultyRecord((text,), "missing", "rua")
    uris = [uri.strip(" \t") for uri in fields["rua"].split(",")]
    wrong = next((uri for uri in uris if not _URI.fullmatch(uri)), None)
    if wrong is not None:
        return FaultyRecord((text,), "value", wrong[:_SHOWN] or "rua")
    return TlsReportRecord(text, tuple(uris))


def destinations_in(text: str) -> tuple[str, ...]:
    """The destinations that a record names which cannot be read as it stands, each once: what its owner meant to keep.

    A bare address, and one after `mailto://`, was meant as `mailto:`.
    """
    found: dict[str, None] = {}
    for word in re.split(r"[\s;,\"'<>]+", text[:MAX_TEXT]):
        bare = re.sub(r"^(?:rua\s*[=:])?(?:mailto:/+)?", "", word, flags=re.IGNORECASE)
        if _URI.fullmatch(bare):
            found[bare] = None
        elif _ADDRESS.fullmatch(bare):
            found[f"mailto:{bare}"] = None
    return tuple(found)
