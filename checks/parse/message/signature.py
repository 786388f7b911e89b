"""The fields DKIM-Signature, ARC-Message-Signature and ARC-Seal (RFC 6376 section 3.5, RFC 8617 section 4)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import idna

from checks.evidence.message import SignatureReason
from checks.parse.tag_list import TagListError, parse_tag_list

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\Z")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}\Z")
_DIGITS = re.compile(r"[0-9]+\Z")
_LENGTH = re.compile(r"[0-9]{1,76}\Z")
_HEADER_NAME = re.compile(r"[\x21-\x39\x3c-\x7e]+\Z")
_INSTANCE = re.compile(r"[0-9]{1,2}\Z")
_QUOTED = re.compile(r"=([0-9A-Fa-f]{2})")
_WITHOUT_BLANKS = {ord(blank): None for blank in " \t\r\n"}
_CANONICALIZATION = re.compile(r"(?:simple|relaxed)(?:/(?:simple|relaxed))?\Z")
_B_VALUE = re.compile(rb"(\A|;)([ \t\r\n]*b[ \t\r\n]*=)[^;]*")

MAX_INSTANCES = 50
"""Of ARC sets in one mail (RFC 8617 section 4.2.1)."""
ALGORITHMS = ("rsa-sha256", "ed25519-sha256")
_BLANKS = " \t\r\n"
_INFINITE = 10**12
"""Seconds since 1970: a longer number means for ever (RFC 6376 section 3.5, t=)."""
_MAX_NAME = 253
_SEAL_TAGS = frozenset({"a", "b", "cv", "d", "s", "t"})
"""Beside i=, all that a seal may say (RFC 8617 section 4.1.3)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a stranger's mail is worked through; everything beyond is reported, not verified."""

    signatures: int = 10
    arc_instances: int = MAX_INSTANCES
    arc_octets: int = 256 * 1024
    """Of all ARC fields together: each seal signs every field below it, so that the work grows with the square."""
    signature_octets: int = 8192
    signed_headers: int = 200
    blank_folds: int = 20


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class SignatureField:
    """What one signature field says. `problem` "" where it is well formed; otherwise any other member may be empty.

    `domain`, `selector`, `identity_domain` (of i=, else of d=): A-labels in lower case. `body_length`: l=. `unsigned`:
    the raw value with b= emptied, as it is hashed. `signed_at`, `expires_at`: t= and x=, seconds since 1970; 10**12 for
    ever.
    """

    domain: str = ""
    selector: str = ""
    algorithm: str = ""
    identity: str = ""
    identity_domain: str = ""
    signed_headers: tuple[str, ...] = ()
    canonicalization: str = "simple/simple"
    body_length: int | None = None
    signed_at: int | None = None
    expires_at: int | None = None
    body_hash: bytes = b""
    signature: bytes = b""
    unsigned: bytes = b""
    chain_validation: str = ""
    problem: SignatureReason = ""

    @property
    def key_name(self) -> str:
        """Where the public key is published; "" where the field does not tell."""
        return f"{self.selector}._domainkey.{self.domain}" if self.selector and self.domain else ""


def read_dkim_signature(value: bytes, limits: Limits = DEFAULT_LIMITS) -> SignatureField:
    """A DKIM-Signature field. Never raises."""
    tags = _tags(value, limits)
    if tags is None:
        return SignatureField(problem="signature_syntax")
    problem = _first(
        _missing(tags, ("v", "a", "b", "bh", "d", "h", "s")),
        tags.get("v") != "1" and "signature_syntax",
        "q" in tags and "dns/txt" not in _list(tags["q"].lower()) and "signature_syntax",
    )
    return _read(tags, value, limits, problem, signs_mail=True)


def read_arc_message_signature(value: bytes, limits: Limits = DEFAULT_LIMITS) -> SignatureField:
    """An ARC-Message-Signature field: a DKIM-Signature without v= and AUID (RFC 8617 section 4.1.2). Never raises."""
    tags = _tags(value, limits)
    if tags is None:
        return SignatureField(problem="signature_syntax")
    problem = _first(
        _missing(tags, ("i", "a", "b", "bh", "d", "h", "s")),
        "arc-seal" in _list(tags.get("h", "").lower()) and "signature_syntax",
    )
    # Here i= is the instance, not an identity.
    return _read({k: v for k, v in tags.items() if k != "i"}, value, limits, problem, signs_mail=True)


def read_arc_seal(value: bytes, limits: Limits = DEFAULT_LIMITS) -> SignatureField:
    """An ARC-Seal field; it signs no body and always in the relaxed form. Never raises."""
    tags = _tags(value, limits)
    if tags is None:
        return SignatureField(problem="signature_syntax")
    problem = _first(_missing(tags, ("i", "a", "b", "cv", "d", "s")), "h" in tags and "signature_syntax")
    supported = {k: v for k, v in tags.items() if k in _SEAL_TAGS}
    return _read(supported | {"c": "relaxed/relaxed"}, value, limits, problem)


def instance_of(value: bytes) -> int | None:
    """The i= tag of an ARC-Message-Signature or ARC-Seal (RFC 8617 section 4.2.1); None for none from 1 to 50."""
    for part in value.decode("latin-1").split(";"):
        name, equals, number = part.partition("=")
        if equals and name.strip(_BLANKS) == "i":
            return _instance(number.strip(_BLANKS))
    return None


def instance_of_results(value: bytes) -> int | None:
    """The instance that an ARC-Authentication-Results field begins with, comments allowed (RFC 8617 section 4.1.1)."""
    text = value.decode("latin-1")
    name = _after_comments(text, 0)
    equals = _after_comments(text, name + 1)
    if text[name : name + 1] != "i" or text[equals : equals + 1] != "=":
        return None
    start = _after_comments(text, equals + 1)
    end = start
    while end < start + 3 and text[end : end + 1].isdecimal():
        end += 1
    after = _after_comments(text, end)
    return _instance(text[start:end]) if text[after : after + 1] == ";" else None


def _instance(digits: str) -> int | None:
    return int(digits) if _INSTANCE.match(digits) and 1 <= int(digits) <= MAX_INSTANCES else None


def _after_comments(text: str, position: int) -> int:
    """The first place from `position` on that is neither blank nor within a comment (CFWS, RFC 5322 section 3.2.2)."""
    depth = 0
    while position < len(text):
        match text[position]:
            case "(":
                depth += 1
            case ")" if depth:
                depth -= 1
            case "\\" if depth:
                position += 1
            case character if not depth and character not in _BLANKS:
                break
        position += 1
    return min(position, len(text))


def _tags(value: bytes, limits: Limits) -> dict[str, str] | None:
    if len(value) > limits.signature_octets or _blank_folds(value) > limits.blank_folds:
        return None
    try:
        return {tag.name: tag.value for tag in parse_tag_list(value.decode("latin-1"))}
    except TagListError:
        return None


def _blank_folds(value: bytes) -> int:
    """The longest run of lines with nothing but blanks: some receivers' patterns take quadratic time on them."""
    longest = run = 0
    for line in value.split(b"\r\n")[:-1]:
        run = 0 if line.strip() else run + 1
        longest = max(longest, run)
    return longest


def _first(*problems: SignatureReason | bool) -> SignatureReason:
    return next((p for p in problems if isinstance(p, str) and p), "")


def _missing(tags: Mapping[str, str], names: Iterable[str]) -> SignatureReason:
    return "" if all(tags.get(name) for name in names) else "signature_syntax"


def _list(value: str) -> tuple[str, ...]:
    return tuple(part.strip(_BLANKS) for part in value.split(":"))


def _read(
    tags: Mapping[str, str], value: bytes, limits: Limits, problem: SignatureReason, *, signs_mail: bool = False
) -> SignatureField:
    domain, selector = domain_name(tags.get("d", "")), domain_name(tags.get("s", ""))
    headers = _list(tags.get("h", "").lower())[: limits.signed_headers + 1]
    body_hash, signature = _octets(tags.get("bh", "")), _octets(tags.get("b", ""))
    algorithm = tags.get("a", "")
    identity = _unquoted(tags["i"]) if "i" in tags else f"@{domain}"
    signed_at, expires_at = (_seconds(tags.get(t, "")) for t in ("t", "x"))
    identity_domain = domain_name(identity.rpartition("@")[2], encoded=True) if "@" in identity else ""
    problem = _first(
        problem,
        algorithm == "rsa-sha1" and "sha1",
        not (domain and selector and signature and algorithm in ALGORITHMS) and "signature_syntax",
        # A single label is no domain-name there, and a longer name than the DNS holds has no key.
        ("." not in domain or len(f"{selector}._domainkey.{domain}") > _MAX_NAME) and "signature_syntax",
        signs_mail and len(body_hash) != 32 and "signature_syntax",
        signs_mail and not (len(headers) <= limits.signed_headers and _are_names(headers)) and "signature_syntax",
        not _CANONICALIZATION.match(tags.get("c", "simple")) and "signature_syntax",
        identity_domain != domain and not identity_domain.endswith("." + domain) and "signature_syntax",
        "l" in tags and not _LENGTH.match(tags["l"]) and "signature_syntax",
        any(t in tags and not _DIGITS.match(tags[t]) for t in ("t", "x")) and "signature_syntax",
        signed_at is not None and expires_at is not None and expires_at <= signed_at and "signature_syntax",
        signs_mail and "from" not in headers and "from_not_signed",
    )
    return SignatureField(
        domain=domain,
        selector=selector,
        algorithm=algorithm[:40],
        identity=identity[:320] if "i" in tags else "",
        identity_domain=identity_domain,
        signed_headers=tuple(name for name in headers if name)[: limits.signed_headers],
        canonicalization=_both(tags.get("c", "simple")),
        body_length=int(tags["l"]) if _LENGTH.match(tags.get("l", "")) else None,
        signed_at=signed_at,
        expires_at=expires_at,
        body_hash=body_hash,
        signature=signature,
        unsigned=_B_VALUE.sub(rb"\1\2", value, count=1),
        chain_validation=tags.get("cv", "")[:10],
        problem=problem,
    )


def _both(canonicalization: str) -> str:
    return canonicalization if "/" in canonicalization else canonicalization + "/simple"


def _are_names(headers: Iterable[str]) -> bool:
    """Are these all names of header fields (RFC 5322 section 2.2)? An empty one is none."""
    return all(_HEADER_NAME.match(name) for name in headers)


def _seconds(digits: str) -> int | None:
    if not _DIGITS.match(digits):
        return None
    return int(digits) if len(digits) <= 12 else _INFINITE


def _unquoted(value: str) -> str:
    """The text of i=, dkim-quoted-printable (RFC 6376 section 2.11, RFC 8616 section 4); "" for what is not that."""
    packed = value.translate(_WITHOUT_BLANKS)
    if "=" in _QUOTED.sub("", packed):
        return ""
    return _utf8(_QUOTED.sub(lambda octet: chr(int(octet[1], 16)), packed))


def _utf8(value: str) -> str:
    """A value as RFC 8616 lets it be: UTF-8."""
    return value.encode("latin-1").decode("utf-8", "replace")


def _octets(value: str) -> bytes:
    """Base64 with any folding taken out; b"" where it is none."""
    packed = value.translate(_WITHOUT_BLANKS)
    if not _BASE64.match(packed):
        return b""
    try:
        return base64.b64decode(packed, validate=True)
    except binascii.Error:
        return b""


def domain_name(value: str, *, encoded: bool = False) -> str:
    """The A-label form in lower case, "" for what is no name. `encoded`: text, not octets read as Latin-1."""
    text = value if encoded else _utf8(value)
    if not text.isascii():
        try:
            text = idna.encode(text, uts46=True, std3_rules=False).decode("ascii")
        except (idna.IDNAError, UnicodeError, ValueError, IndexError):
            return ""
    text = text.lower()
    return text if len(text) <= 253 and all(_LABEL.match(label) for label in text.split(".")) else ""
