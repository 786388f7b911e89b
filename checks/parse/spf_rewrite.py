"""An SPF record with one thing changed, as text; None where the change is not certain. Nobody's record is touched."""

from __future__ import annotations

from collections.abc import Sequence

from checks.evidence.spf import SpfRecord, SpfTerm
from checks.parse.spf import VERSION, parse_spf


def distinct(terms: Sequence[str]) -> list[str]:
    """The terms without repetitions, `+a` being `a`."""
    kept: dict[str, str] = {}
    for term in terms:
        kept.setdefault(term.lower().removeprefix("+"), term)
    return list(kept.values())


def without_terms(record: SpfRecord, *terms: SpfTerm) -> str | None:
    """The record without these terms, wherever they are repeated; where `redirect` went, `~all` takes its place.

    None where it was not read whole: what is broken may be a sender too. None where nobody could send any more: that
    is no correction.
    """
    gone = {t.text.lower() for t in terms}
    kept = [t.text for t in record.terms if t.text.lower() not in gone]
    if any(t.name == "redirect" for t in terms) and record.all_term is None:
        kept.append("~all")
    return _proposal(record, kept)


def with_all(record: SpfRecord, qualifier: str) -> str | None:
    """The record ending in this `all`; None where it lists no sender. Those after the old `all` are now reached."""
    directives = [t.text for t in record.terms if t.kind == "mechanism" and t.name != "all"]
    kept = [t.text for t in record.terms if t.kind == "modifier" and t.name != "redirect"]
    return _proposal(record, (*directives, f"{qualifier}all", *kept))


def _proposal(record: SpfRecord, terms: Sequence[str]) -> str | None:
    """What `record` becomes with these terms. None where it was not read whole, or where nobody could send any more."""
    if record.error is not None or record.cut:
        return None
    text = " ".join((VERSION, *terms))
    return text if any(_authorises(term) for term in parse_spf(text).terms) else None


def _authorises(term: SpfTerm) -> bool:
    return term.name == "redirect" or (term.qualifier == "+" and term.name != "all")


def with_term(record: SpfRecord, text: str, *, before: str = "") -> str | None:
    """The record with one more term; None where it was not read whole.

    It goes before the mechanism `before`, and where the record does not hold that, before `all` or to the end of the
    mechanisms.
    """
    directives = [t.text for t in record.reached if t.kind == "mechanism" and t.name != "all"]
    place = next((i for i, d in enumerate(directives) if d.lower() == before.lower()), len(directives))
    directives.insert(place, text)
    end = [record.all_term.text] if record.all_term else []
    return _proposal(record, (*directives, *end, *(t.text for t in record.terms if t.kind == "modifier")))
