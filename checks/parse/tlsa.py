"""TLSA records from their presentation format (RFC 6698 section 2.2), or that of unknown data (RFC 3597 section 5)."""

from __future__ import annotations

from collections.abc import Iterable

from checks.evidence.dane import TlsaRecord

_MAX_RECORDS = 20
_SEQUENCE = 0x30


def tlsa_records(texts: Iterable[str]) -> tuple[TlsaRecord, ...]:
    return tuple(record for text in list(texts)[:_MAX_RECORDS] if (record := _record(text)) is not None)


def _record(text: str) -> TlsaRecord | None:
    words = text.split()
    try:
        if words[:1] == ["\\#"]:
            octets = bytes.fromhex("".join(words[2:]))
            usage, selector, matching = octets[:3]
            data = octets[3:]
        else:
            usage, selector, matching = map(int, words[:3])
            data = bytes.fromhex("".join(words[3:]))
    except ValueError:
        return None
    shown = f"{usage} {selector} {matching} {data.hex()}"
    return TlsaRecord(shown, usage, selector, matching, len(data), _is_der(data))


def _is_der(data: bytes) -> bool:
    """One DER SEQUENCE and nothing after it (X.690 sections 8.1.3 and 10.1)."""
    if len(data) < 2 or data[0] != _SEQUENCE:
        return False
    if data[1] < 0x80:
        return len(data) == 2 + data[1]
    width = data[1] & 0x7F
    return 1 <= width <= 4 and len(data) == 2 + width + int.from_bytes(data[2 : 2 + width], "big")
