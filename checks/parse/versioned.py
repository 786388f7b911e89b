"""TXT records that begin with a version and go on in fields: `v=STSv1; id=1`, `v=TLSRPTv1; rua=mailto:a@example.com`.

The grammar is that of RFC 8461 section 3.1 and RFC 8460 section 3; records of other versions are no concern of theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from checks.evidence.versioned import FaultyRecord

MAX_TEXT = 2048
MAX_TEXTS = 5
_SHOWN = 200
_FIELD = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]{0,31})=([\x21-\x3a\x3c-\x7e]+(?:[ \t]+[\x21-\x3a\x3c-\x7e]+)*)")
_ORNAMENT = " \t\r\n\"'`“”‘’「」\ufeff"


def single_record(values: Iterable[bytes], version: str) -> str | FaultyRecord | None:
    """The one record of this version (`v=STSv1`) among the TXT records of a name; None where nobody meant one."""
    texts = [value[:MAX_TEXT].decode("utf-8", "replace") for value in values]
    exact = re.compile(rf"{re.escape(version)}[ \t]*;")
    records = [text for text in texts if exact.match(text)]
    if len(records) == 1:
        return records[0]
    if records:
        return FaultyRecord(tuple(records[:MAX_TEXTS]), "multiple")
    meant = [text for text in texts if _is_meant(text, version)]
    return FaultyRecord(tuple(meant[:MAX_TEXTS]), "look_alike") if meant else None


def _is_meant(text: str, version: str) -> bool:
    wanted = version.lower()
    version_alone = re.compile(rf"(?:{re.escape(wanted)}|{re.escape(wanted.removeprefix('v='))})(?![a-z0-9])")
    begin = text[:64].lower()
    # Blanks may stand within the version, or after it where the semicolon is missing.
    return any(version_alone.match(b.strip(_ORNAMENT)) for b in (begin, "".join(begin.split())))


def fields_of(text: str) -> dict[str, str] | FaultyRecord:
    """The fields after the version; of a name that stands twice the first counts. One delimiter may end the record."""
    parts = [part.strip(" \t") for part in text.split(";")[1:]]
    if parts and not parts[-1]:
        parts.pop()
    fields: dict[str, str] = {}
    for part in parts:
        match = _FIELD.fullmatch(part)
        if match is None:
            return FaultyRecord((text,), "syntax", part[:_SHOWN])
        fields.setdefault(match[1], match[2])
    return fields
