"""Corrected forms of an SPF record, where the correction is certain. Text in, text out: nobody's record is touched."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from checks.evidence.spf import SpfRecord, SpfTerm
from checks.parse.spf import MAX_OCTETS, MAX_TERMS, MECHANISMS, VERSION, parse_spf, render, spf_records

_TYPED_FOR: dict[str, str] = {
    "ipv4": "ip4",
    "ip-4": "ip4",
    "ipv6": "ip6",
    "ip-6": "ip6",
    "includes": "include",
    "inlcude": "include",
    "inculde": "include",
    "incldue": "include",
    "includ": "include",
    "exist": "exists",
    "prt": "ptr",
    "al": "all",
}
"""Names that nobody can have meant otherwise."""

_MAX_MERGED = 10
"""A name has a few SPF records by mistake; hundreds of them nobody has published in good faith."""

_WANT_A_VALUE = frozenset({"include:", "exists:", "ip4:", "ip6:", "a:", "mx:", "redirect=", "exp="})

_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc"), "-")
_TILDES = dict.fromkeys(map(ord, "\u301c\u223c\u02dc"), "~")
_QUOTES = dict.fromkeys(map(ord, "\"'`\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb\u300c\u300d"))
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_TYPOGRAPHY: dict[int, str | None] = {**_DASHES, **_TILDES, **_QUOTES, **_INVISIBLE}
_LOOK_ALIKE = re.compile(r"v=spf1[\s;,:]+(.*)", re.IGNORECASE | re.DOTALL)
_DIRECTIVE = re.compile(r"([+?~-]?)([A-Za-z0-9-]+)([:=]?)(.*)", re.DOTALL)
_HOST = re.compile(
    r"(?=.{1,253}\Z)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)+[A-Za-z][A-Za-z0-9-]*\.?", re.ASCII
)


_QUARTER = 2**30
_WIDEST_IPV6 = 16


@dataclass(frozen=True, slots=True)
class Correction:
    """A corrected record. `closed`: its `all` would let everybody send, and became `~all`."""

    text: str
    closed: bool = False


def misread_terms(record: SpfRecord) -> tuple[SpfTerm, ...]:
    """Mechanisms written with `=`: by the grammar unknown modifiers, which receivers silently ignore (section 6)."""
    names = MECHANISMS | _TYPED_FOR.keys() | {"ip"}
    return tuple(t for t in record.terms if t.kind == "modifier" and t.name in names)


def repaired(text: str) -> Correction | None:
    """The record that its owner certainly meant; None where more than one reading is possible, or nothing is wrong.

    Receivers use nothing of a broken record, so a correction must not be what opens the domain to everybody.
    """
    record = parse_spf(text)
    if record.cut or (record.error is None and not misread_terms(record)):
        return None
    pieces = [piece for word in _joined(_plain(text[len(VERSION) :]).split()) for piece in _pieces(word)]
    if len(pieces) > MAX_TERMS:
        return None
    terms = [fixed for piece in pieces for fixed in _repaired_term(piece)]
    after = parse_spf(" ".join((VERSION, *_without_repeats(terms))))
    return _closed(after) if not misread_terms(after) else None


def _closed(record: SpfRecord) -> Correction | None:
    if record.error is not None or record.cut or _passes_a_quarter(record):
        return None
    if record.all_term is None or record.all_term.qualifier != "+":
        return Correction(render(record))
    text = with_all(record, "~")
    return Correction(text, closed=True) if text else None


def _passes_a_quarter(record: SpfRecord) -> bool:
    """Whether its networks may add up to a quarter of the IPv4 addresses, or one of them is a huge IPv6 block."""
    lengths = [_prefix_lengths(t) for t in record.terms if t.qualifier == "+"]
    return sum(2 ** (32 - four) for four, _ in lengths) >= _QUARTER or any(six < _WIDEST_IPV6 for _, six in lengths)


def _prefix_lengths(term: SpfTerm) -> tuple[int, int]:
    """For IPv4 and IPv6; of a single address where none is written."""
    match term.name:
        case "ip4":
            four, six = term.value.partition("/")[2], ""
        case "ip6":
            four, six = "", term.value.partition("/")[2]
        case _:
            four, _, six = term.prefix.partition("//")
    return int(four.removeprefix("/") or 32), int(six or 128)


def recognised(text: str) -> Correction | None:
    """The record that a TXT record was meant to be which receivers do not take for one; None where it was not, or is.

    Quotes or blanks before the version, or something else than a space after it (section 4.5).
    """
    if len(text) > MAX_OCTETS or spf_records([text.encode()]):
        return None
    if not (typed := _LOOK_ALIKE.match(_plain(text).strip())):
        return None
    meant = f"{VERSION} {typed.group(1)}"
    return repaired(meant) or _closed(parse_spf(meant))


def _plain(text: str) -> str:
    """Without what a word processor or a Japanese input method makes of ASCII."""
    typed = unicodedata.normalize("NFKC", text.translate(_TILDES).translate(_DASHES)).translate(_TYPOGRAPHY)
    return "".join(" " if unicodedata.category(c) in ("Cc", "Zs") else c for c in typed)


def _joined(words: Sequence[str]) -> list[str]:
    """`include: host`, `include host`, `- all`: what a stray space tore apart, joined again."""
    joined: list[str] = []
    for word in words:
        last = joined[-1].lstrip("+-~?").lower() if joined else ""
        if joined and (last == "" or (last in _WANT_A_VALUE and _is_value(word))):
            joined[-1] += word
        elif last in ("include", "exists", "ip4", "ip6") and _is_value(word):
            joined[-1] += ":" + word
        else:
            joined.append(word)
    return joined


def _is_value(word: str) -> bool:
    return bool(_HOST.fullmatch(word)) or _family(word) is not None


def _pieces(word: str) -> list[str]:
    """Commas and semicolons between terms; never one inside a macro."""
    return [p for p in re.split("[,;]+", word) if p] if "%" not in word else [word.rstrip(",;")]


def _repaired_term(word: str) -> list[str]:
    if _is_valid(word):
        return [word]
    if family := _family(word):
        return [f"{family}:{word}"]
    match = _DIRECTIVE.fullmatch(word)
    if match is None:
        return [word]
    sign, name, mark, value = match.groups()
    name = _TYPED_FOR.get(name.lower(), name.lower())
    if name in ("redirect", "exp"):
        return [f"{name}={value}"]
    if name == "all":
        return [sign + "all"] if value in ("", ".") else [word]
    if name in ("ip", "ip4", "ip6", "a") and mark:
        value = re.sub(r"/0+(?=[1-9][0-9]*\Z)", "/", value)
        if family := _family(value):
            return [f"{sign}{family}:{value}"]
        if name == "ip4" and _HOST.fullmatch(value):
            return [f"{sign}a:{value}"]
    return [f"{sign}{name}:{value}" if mark else f"{sign}{name}{value}"]


def _is_valid(word: str) -> bool:
    record = parse_spf(f"{VERSION} {word}")
    return record.error is None and not misread_terms(record)


def _family(text: str) -> str | None:
    """The mechanism for an address or network as it stands; None for anything else."""
    try:
        return f"ip{ipaddress.ip_interface(text).version}" if "%" not in text else None
    except ValueError:
        return None


def _without_repeats(terms: Sequence[str]) -> list[str]:
    """The terms without repetitions, `+a` being `a`. After the first `all` only modifiers mean something."""
    kept: dict[str, str] = {}
    for term in terms:
        kept.setdefault(term.lower().removeprefix("+"), term)
    return list(kept.values())


def without_repeats(record: SpfRecord) -> str | None:
    """The record with every repeated term once; None as for `without_terms`."""
    return _proposal(record, _without_repeats([t.text for t in record.terms]))


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


def merged(texts: Sequence[str]) -> str | None:
    """One record for several: every sender of each, once, and the strictest `all` that is safe.

    `-all` only where every record that has an `all` says so, else `~all`: no record knew the senders of the others. A
    `redirect` becomes an `include` with the same target. None where one of them is too broken to be read.
    """
    if len(texts) > _MAX_MERGED:
        return None
    records = [parse_spf(correction.text if (correction := repaired(t)) else t) for t in texts]
    if any(r.error or r.cut for r in records):
        return None
    terms = [_mergeable(t) for r in records for t in r.reached if t.name != "all"]
    ends = {t.qualifier for r in records if (t := r.all_term) is not None}
    explanation = [t.text for r in records for t in r.terms if t.kind == "modifier" and t.name == "exp"]
    all_term = "-all" if ends == {"-"} else "~all"
    return " ".join((VERSION, *_without_repeats(terms), all_term, *explanation[:1]))


def _mergeable(term: SpfTerm) -> str:
    return f"include:{term.value}" if term.name == "redirect" else term.text
