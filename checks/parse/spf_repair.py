"""What a broken SPF record was meant to be, where only one reading is possible. Text in, text out."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from checks.evidence.spf import SpfRecord, SpfTerm
from checks.model import Answer, Known, Seen
from checks.parse.spf import MAX_OCTETS, MAX_TERMS, MECHANISMS, VERSION, parse_spf, render, spf_records, text_of
from checks.parse.spf_redundancy import prefix_lengths
from checks.parse.spf_rewrite import distinct, with_all

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

_WANT_A_VALUE = frozenset({"include:", "exists:", "ip4:", "ip6:", "a:", "mx:", "redirect=", "exp="})

_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc"), "-")
_TILDES = dict.fromkeys(map(ord, "\u301c\u223c\u02dc"), "~")
_QUOTES = dict.fromkeys(map(ord, "\"'`\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb\u300c\u300d"))
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_TYPOGRAPHY: dict[int, str | None] = {**_DASHES, **_TILDES, **_QUOTES, **_INVISIBLE}
_LOOK_ALIKE = re.compile(
    r"""v=spf1(?:[\s;,:]+(?P<terms>.*)|\Z)
    | (?:v=spf1 | v\s*[=:]\s*spf\s?1?[\s;,:]+ | spf1[\s;,:]+)
      (?P<more>[+?~-]?(?:(?:include|exists|ip[46]|a|mx|ptr):\S | redirect=\S | (?:all|mx|a|ptr)(?:[\s;,]|\Z)).*)""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
"""The version and something else than a space, or a version that is misspelt before a term that only SPF has."""
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
    if len(pieces) > MAX_TERMS or _has_doubtful_address(pieces):
        return None
    terms = [fixed for piece in pieces for fixed in _repaired_term(piece)]
    after = parse_spf(" ".join((VERSION, *distinct(terms))))
    return _closed(after) if not misread_terms(after) else None


def _has_doubtful_address(pieces: Sequence[str]) -> bool:
    """Whether an address stands alone after a term that is no pass, as in `-ip4:192.0.2.1,192.0.2.2`.

    Whether it shares that qualifier or passes by a term of its own only its owner knows.
    """
    sign = ""
    for piece in pieces:
        if _family(piece) is None:
            directive = _DIRECTIVE.fullmatch(piece)
            is_all = directive is None or _TYPED_FOR.get(directive[2].lower(), directive[2].lower()) == "all"
            sign = "" if directive is None or is_all else directive[1]
        elif sign not in ("", "+"):
            return True
    return False


def _closed(record: SpfRecord) -> Correction | None:
    if record.error is not None or record.cut or passes_a_quarter(record):
        return None
    if record.all_term is None or record.all_term.qualifier != "+":
        return Correction(render(record))
    text = with_all(record, "~")
    return Correction(text, closed=True) if text else None


def passes_a_quarter(record: SpfRecord) -> bool:
    """Whether its networks may add up to a quarter of the IPv4 addresses, or one of them is a huge IPv6 block.

    So may an `exists` of a fixed name: where that has an address, every client matches (section 5.7).
    """
    passing = [t for t in record.terms if t.qualifier == "+"]
    if any(t.name == "exists" and not t.has_macro for t in passing):
        return True
    lengths = [prefix_lengths(t) for t in passing]
    return sum(2 ** (32 - four) for four, _ in lengths) >= _QUARTER or any(six < _WIDEST_IPV6 for _, six in lengths)


def resembles(text: str) -> bool:
    """Whether a TXT record is meant as SPF although receivers do not take it for that (section 4.5)."""
    return _meant(text) is not None


def look_alikes(answer: Known[Answer[bytes]]) -> tuple[str, ...]:
    """The TXT records of an answer that are meant as SPF and that receivers do not recognise, each once."""
    values = answer.value.values if isinstance(answer, Seen) else ()
    return tuple(dict.fromkeys(t for t in map(text_of, values) if resembles(t)))


def recognised(text: str) -> Correction | None:
    """The record that a TXT record was meant to be which receivers do not take for one; None where it was not, or is.

    Quotes or blanks before the version, or something else than a space after it (section 4.5).
    """
    if (meant := _meant(text)) is None:
        return None
    return repaired(meant) or _closed(parse_spf(meant))


def _meant(text: str) -> str | None:
    if len(text) > MAX_OCTETS or spf_records([text.encode(errors="replace")]):
        return None
    typed = _LOOK_ALIKE.match(_plain(text).strip())
    return f"{VERSION} {typed['terms'] or typed['more'] or ''}".rstrip() if typed else None


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
