"""The Date field (RFC 5322 sections 3.3 and 4.3)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from checks.evidence.message_form import DateProblem

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DATE = re.compile(
    r"(?:(?P<weekday>[a-z]{3})[ ]?,[ ]?)?(?P<day>[0-9]{1,2})[ ]?(?P<month>[a-z]{3})[ ]?(?P<year>[0-9]{2,5})[ ]"
    r"(?P<hour>[0-9]{2})[ ]?:[ ]?(?P<minute>[0-9]{2})(?:[ ]?:[ ]?(?P<second>[0-9]{2}))?[ ]?"
    r"(?P<zone>[+-][0-9]{4}|[a-z]{1,3})\Z"
)
_ZONES = {"ut": 0, "gmt": 0, "edt": -4, "est": -5, "cdt": -5, "cst": -6, "mdt": -6, "mst": -7, "pdt": -7, "pst": -8}
"""Hours of the obsolete zones (section 4.3); single letters but J are zones too, of which nothing is known."""
_MAX_CHARACTERS = 1000


class ReadDate(NamedTuple):
    """`at`: the instant, None where it cannot be told."""

    at: datetime | None
    problem: DateProblem


def parse_date(value: str) -> ReadDate:
    """An unfolded Date value, obsolete forms included: receivers must take them. Never raises."""
    text = " ".join(_without_comments(value[:_MAX_CHARACTERS]).lower().split())
    match = _DATE.match(text)
    if match is None or not text.isascii():
        return ReadDate(None, "malformed")
    year = int(match["year"])
    if len(match["year"]) < 4:
        year += 2000 if len(match["year"]) == 2 and year < 50 else 1900
    zone = _zone(match["zone"])
    second = int(match["second"] or 0)
    if zone is None or match["month"] not in _MONTHS or year < 1900 or second > 60:
        return ReadDate(None, "malformed")
    try:
        day = datetime(year, _MONTHS.index(match["month"]) + 1, int(match["day"]), tzinfo=UTC)
        # Second 60 is a leap second.
        at = day.replace(hour=int(match["hour"]), minute=int(match["minute"])) + timedelta(seconds=second) - zone
    except (ValueError, OverflowError):
        return ReadDate(None, "malformed")
    if match["weekday"] is not None and match["weekday"] != _DAYS[day.weekday()]:
        return ReadDate(at, "wrong_weekday" if match["weekday"] in _DAYS else "malformed")
    return ReadDate(at, "")


def _zone(written: str) -> timedelta | None:
    if written[0] in "+-":
        hours, minutes = int(written[1:3]), int(written[3:])
        if minutes > 59:
            return None
        return (1 if written[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes)
    if len(written) == 1 and written != "j":
        return timedelta()
    return timedelta(hours=_ZONES[written]) if written in _ZONES else None


def _without_comments(text: str) -> str:
    kept: list[str] = []
    depth, position = 0, 0
    while position < len(text):
        char = text[position]
        if depth and char == "\\":
            position += 2
            continue
        depth += char == "("
        kept.append(" " if depth else char)
        depth -= char == ")" and depth > 0
        position += 1
    # A comment that never closes is no comment.
    return "".join(kept) if not depth else text
