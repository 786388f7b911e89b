"""MTA-STS records and policies (RFC 8461 sections 3.1, 3.2 and 4.1). Never raises, whatever the bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable

from checks.evidence.sts import PolicyProblem, StsMode, StsPolicy, StsRecord
from checks.evidence.versioned import FaultyRecord
from checks.parse.versioned import fields_of, single_record

VERSION = "v=STSv1"
MAX_AGE_S = 31557600
MAX_LINES = 1000
MAX_MX = 100
MAX_PROBLEMS = 5
_SHOWN = 100
_MAX_TEXT = 2000
_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_LINE = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.-]{0,31}):(.+)")
_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_PATTERN = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*")
_MODES: dict[str, StsMode] = {"enforce": "enforce", "testing": "testing", "none": "none"}


def read_record(values: Iterable[bytes]) -> StsRecord | FaultyRecord | None:
    """The record among the TXT records at `_mta-sts.<domain>`; None where there is none."""
    text = single_record(values, VERSION)
    if not isinstance(text, str):
        return text
    fields = fields_of(text)
    if isinstance(fields, FaultyRecord):
        return fields
    if "id" not in fields:
        return FaultyRecord((text,), "missing", "id")
    if not _ID.fullmatch(fields["id"]):
        return FaultyRecord((text,), "value", f"id={fields['id'][:_SHOWN]}")
    return StsRecord(text, fields["id"])


def parse_policy(body: bytes, media_type: str) -> StsPolicy:
    """Read a policy file. `media_type`: as served, in lower case, without parameters.

    Lines end in LF or CRLF; empty ones are passed over, as are fields that no RFC knows. Of a field other than `mx`
    that stands twice the first counts.
    """
    problems: list[PolicyProblem] = []
    if media_type != "text/plain":
        problems.append(PolicyProblem("media_type", media_type))
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return StsPolicy(None, None, (), (*problems, PolicyProblem("encoding")))
    fields: dict[str, str] = {}
    patterns: list[str] = []
    text = text.replace("\r\n", "\n")
    for line in text.split("\n")[:MAX_LINES]:
        match = _LINE.fullmatch(line)
        value = match[2].strip(" \t") if match else ""
        if match is None or not value:
            problems += [PolicyProblem("line", line[:_SHOWN])] if line.strip(" \t") else []
        elif match[1] == "mx":
            patterns.append(value.lower())
        else:
            fields.setdefault(match[1], value)
    mode, max_age_s = _MODES.get(fields.get("mode", "")), _max_age(fields.get("max_age", ""))
    mx = tuple(p for p in patterns if _PATTERN.fullmatch(p))
    if fields.get("version") != "STSv1":
        problems.append(PolicyProblem("version", fields.get("version", "")[:_SHOWN]))
    if mode is None:
        problems.append(PolicyProblem("mode", fields.get("mode", "")[:_SHOWN]))
    if max_age_s is None:
        problems.append(PolicyProblem("max_age", fields.get("max_age", "")[:_SHOWN]))
    problems += [PolicyProblem("mx_pattern", p[:_SHOWN]) for p in patterns if not _PATTERN.fullmatch(p)]
    if not patterns and mode != "none":
        problems.append(PolicyProblem("mx"))
    shown = text.strip("\n") if len(text) <= _MAX_TEXT else ""
    return StsPolicy(mode, max_age_s, mx[:MAX_MX], tuple(problems[:MAX_PROBLEMS]), shown)


def _max_age(value: str) -> int | None:
    if not re.fullmatch("[0-9]{1,10}", value) or int(value) > MAX_AGE_S:
        return None
    return int(value)


def matches(host: str, pattern: str) -> bool:
    """Whether the pattern allows the MX host (section 4.1): `*.` stands for exactly one label."""
    name = host.lower().rstrip(".")
    if pattern.startswith("*."):
        return name.partition(".")[2] == pattern[2:]
    return name == pattern
