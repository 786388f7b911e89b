"""The grammar of an SPF record (RFC 7208 section 12), with the place of the first error."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from itertools import islice

from checks.evidence.spf import SpfRecord, SpfSyntaxError, SpfTerm

VERSION = "v=spf1"
MAX_OCTETS = 4096
MAX_TERMS = 200
"""What is read of one record. Real ones stay far below; a stranger's may have 65,000 octets, in each of 60 records."""

MECHANISMS = frozenset({"all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"})

KINDS = (
    "unknown_mechanism",
    "bad_qualifier",
    "separator",
    "modifier_as_mechanism",
    "bad_modifier_name",
    "missing_value",
    "empty_value",
    "value_not_allowed",
    "bad_domain",
    "address_as_domain",
    "bad_ip4",
    "bad_ip6",
    "bad_prefix",
    "prefix_not_allowed",
    "bad_macro",
    "macro_not_allowed",
    "duplicate_modifier",
    "control_character",
    "non_ascii",
)
"""Every word that `SpfSyntaxError.kind` can hold."""

_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9._-]*)=(.*)", re.DOTALL)
_DIRECTIVE = re.compile(r"([+?~-]?)([^:/]*)(.*)", re.DOTALL)
_DUAL_PREFIX = re.compile(r"(?:/(\d+))?(?://(\d+))?\Z", re.ASCII)
_MACRO = re.compile(r"%(?:[%_-]|\{([A-Za-z])(\d*)r?[.\-+,/_=]*\})", re.IGNORECASE | re.ASCII)
_MACRO_LETTERS = frozenset("slodiphv")
_EXPLANATION_LETTERS = frozenset("crt")
_NUMBER = re.compile(r"0|[1-9][0-9]*")
_DOTTED = re.compile(r"[0-9]+(?:\.[0-9]+){3}")


class _Fault(Exception):
    def __init__(self, kind: str, offset: int = 0) -> None:
        super().__init__(kind)
        self.kind = kind
        self.offset = offset


def spf_records(txts: Sequence[bytes]) -> tuple[str, ...]:
    """The SPF records of a name (RFC 7208 section 4.5): `v=spf1` in any case, then a space or the end.

    Octets that are not UTF-8 are read as Latin-1: in either case they are an error of the record. Of a record that is
    too long one octet more than MAX_OCTETS is returned, by which `parse_spf` knows.
    """
    return tuple(text_of(t[: MAX_OCTETS + 1]) for t in txts if t[:6].lower() == b"v=spf1" and t[6:7] in (b"", b" "))


def text_of(octets: bytes) -> str:
    """The octets of a TXT record as text: UTF-8, and Latin-1 where they are not that."""
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def parse_spf(text: str) -> SpfRecord:
    """Parse a record that begins with the version. Never raises; `error` says where a receiver answers permerror.

    The valid terms are kept also where another is not, so that a report can go on. A text without the version section
    is read as if all of it were terms. Beyond MAX_OCTETS characters or MAX_TERMS terms nothing is read: the record
    is `cut`, and so is the one that its `text` gives.
    """
    text = text[: MAX_OCTETS + 1]
    is_too_long = len(text) > MAX_OCTETS
    terms: list[SpfTerm] = []
    errors: list[SpfSyntaxError] = []
    seen: set[str] = set()
    # The last word of what is too long may be half of one.
    words = _words(text.rpartition(" ")[0] if is_too_long else text)
    for position, word in words[:MAX_TERMS]:
        try:
            term = _term(word, position)
            if term.kind == "modifier" and term.name in ("redirect", "exp"):
                if term.name in seen:
                    raise _Fault("duplicate_modifier")
                seen.add(term.name)
        except _Fault as fault:
            errors.append(SpfSyntaxError(position + fault.offset, word, fault.kind))
        else:
            terms.append(term)
    return SpfRecord(text, tuple(terms), errors[0] if errors else None, is_too_long or len(words) > MAX_TERMS)


def render(record: SpfRecord) -> str:
    """The record in one line, terms as they were written, one space between them."""
    return " ".join((VERSION, *(t.text for t in record.terms)))


def _words(text: str) -> list[tuple[int, str]]:
    """The words after the version with their positions, at most one more than are read."""
    begin = len(VERSION) if text[: len(VERSION)].lower() == VERSION and text[len(VERSION) :][:1] in ("", " ") else 0
    words = re.finditer(r"[^ ]+", text[begin:])
    return [(m.start() + begin, m.group()) for m in islice(words, MAX_TERMS + 1)]


def _term(word: str, position: int) -> SpfTerm:
    for offset, char in enumerate(word):
        if not char.isascii():
            raise _Fault("non_ascii", offset)
        if not "\x21" <= char <= "\x7e":
            raise _Fault("control_character", offset)
    if modifier := _MODIFIER.fullmatch(word):
        return _modifier(word, position, modifier.group(1).lower(), modifier.group(2))
    return _directive(word, position)


def _modifier(word: str, position: int, name: str, value: str) -> SpfTerm:
    start = len(name) + 1
    if name not in ("redirect", "exp"):
        # An unknown modifier is ignored, but its macros must be well formed (section 6).
        return SpfTerm(word, position, "modifier", "", name, value, has_macro=_check_macros(value, start))
    has_macro = _check_domain(value, start)
    return SpfTerm(word, position, "modifier", "", name, value, target=value.removesuffix("."), has_macro=has_macro)


def _directive(word: str, position: int) -> SpfTerm:
    match = _DIRECTIVE.fullmatch(word)
    assert match is not None, "the pattern matches every text"
    sign, name, rest = match.group(1), match.group(2).lower(), match.group(3)
    start = len(sign) + len(name)
    if name not in MECHANISMS:
        raise _Fault(_kind_of_unknown(word, name, rest))
    qualifier = sign or "+"
    match name:
        case "all":
            if rest:
                raise _Fault("value_not_allowed" if _before_prefix(rest) else "prefix_not_allowed", start)
            return SpfTerm(word, position, "mechanism", qualifier, name, "")
        case "ip4" | "ip6":
            _check_network(name, rest, start)
            return SpfTerm(word, position, "mechanism", qualifier, name, rest[1:])
        case "a" | "mx":
            value, prefix = _split_prefix(rest, start)
        case _:
            value, prefix = rest, ""
            if name in ("include", "exists") and not rest:
                raise _Fault("missing_value", start)
            if _before_prefix(rest) != rest:
                raise _Fault("prefix_not_allowed", start + len(_before_prefix(rest)))
    if value and not value.startswith(":"):
        raise _Fault("bad_prefix" if name in ("a", "mx") else "value_not_allowed", start)
    has_macro = _check_domain(value[1:], start + 1) if value else False
    target = value[1:].removesuffix(".")
    return SpfTerm(word, position, "mechanism", qualifier, name, value[1:], prefix, target, has_macro)


def _kind_of_unknown(word: str, name: str, rest: str) -> str:
    if re.split("[,;]", name)[0] in MECHANISMS | {""}:
        return "separator"
    if not word[0].isalnum() and name.lstrip("".join(c for c in name if not c.isalnum())) in MECHANISMS:
        return "bad_qualifier"
    if name in ("redirect", "exp") and rest.startswith(":"):
        return "modifier_as_mechanism"
    return "bad_modifier_name" if "=" in name else "unknown_mechanism"


def _before_prefix(rest: str) -> str:
    """What stands before a prefix length, or what looks like one, at the end; all of it where there is none."""
    stripped = rest.rstrip("/0123456789")
    return stripped if "/" in rest[len(stripped) :] else rest


def _split_prefix(rest: str, start: int) -> tuple[str, str]:
    """`:domain/24//64` → (`:domain`, `/24//64`). A slash may also stand inside a domain-spec, so the end decides."""
    match = _DUAL_PREFIX.search(rest)
    assert match is not None, "the pattern also matches nothing, at the end"
    value, prefix = rest[: match.start()], match.group()
    if _before_prefix(value) != value:
        raise _Fault("bad_prefix", start + len(_before_prefix(value)))
    for group, most in ((1, 32), (2, 128)):
        if match.group(group) is not None:
            _check_number(match.group(group), most, start + match.start(group))
    return value, prefix


def _check_number(digits: str, most: int, offset: int) -> None:
    # The length first: int() refuses texts of thousands of digits.
    if not _NUMBER.fullmatch(digits) or len(digits) > 3 or int(digits) > most:
        raise _Fault("bad_prefix", offset)


def _check_network(name: str, rest: str, start: int) -> None:
    if not rest.startswith(":"):
        raise _Fault("missing_value", start)
    address, slash, prefix = rest[1:].partition("/")
    if not address:
        raise _Fault("empty_value", start)
    try:
        # ipaddress refuses leading zeros and missing parts, as the grammar does; a zone index only the grammar refuses.
        if name == "ip4":
            ipaddress.IPv4Address(address)
        elif "%" in address:
            raise ValueError(address)
        else:
            ipaddress.IPv6Address(address)
    except ValueError:
        raise _Fault("bad_" + name, start + 1) from None
    if slash:
        _check_number(prefix, 32 if name == "ip4" else 128, start + 2 + len(address))


def _check_macros(value: str, start: int) -> bool:
    """Whether it has macros. Faults for a macro that is malformed, or that only an explanation may hold (section 7)."""
    offset = value.find("%")
    found = offset >= 0
    while offset >= 0:
        match = _MACRO.match(value, offset)
        if match is None:
            raise _Fault("bad_macro", start + offset)
        letter, digits = (match.group(1) or "").lower(), match.group(2)
        if letter in _EXPLANATION_LETTERS:
            raise _Fault("macro_not_allowed", start + offset)
        if (letter and letter not in _MACRO_LETTERS) or (digits and not digits.strip("0")):
            raise _Fault("bad_macro", start + offset)
        offset = value.find("%", match.end())
    return found


def _check_domain(value: str, start: int) -> bool:
    """Whether the domain-spec has macros. Its end must be `.toplabel` or a macro: anything may stand before that."""
    if not value:
        raise _Fault("empty_value", start)
    if _DOTTED.fullmatch(value):
        raise _Fault("address_as_domain", start)
    has_macro = _check_macros(value, start)
    if has_macro and max(m.end() for m in _MACRO.finditer(value)) == len(value):
        return True
    _, dot, top = value.removesuffix(".").rpartition(".")
    if not dot or not _is_top_label(top):
        raise _Fault("separator" if value[-1] in ",;" else "bad_domain", start)
    return has_macro


def _is_top_label(label: str) -> bool:
    """`toplabel` of the grammar: letters, digits and inner hyphens, but not digits alone."""
    plain = label.replace("-", "")
    return plain.isalnum() and label[0] != "-" != label[-1] and not label.isdigit()
