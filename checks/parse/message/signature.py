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
_DIGITS = re.compile(r"[0-9]{1,20}\Z")
_LENGTH = re.compile(r"[0-9]{1,76}\Z")
_CANONICALIZATION = re.compile(r"(?:simple|relaxed)(?:/(?:simple|relaxed))?\Z")
_B_VALUE = re.compile(rb"(\A|;)([ \t\r\n]*b[ \t\r\n]*=)[^;]*")

ALGORITHMS = ("rsa-sha256", "ed25519-sha256")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a stranger's mail is worked through; everything beyond is reported, not verified."""

    signatures: int = 10
    arc_instances: int = 50
    arc_octets: int = 256 * 1024
    """Of all ARC fields together: each seal signs every field below it, so that the work grows with the square."""
    signature_octets: int = 8192
    signed_headers: int = 200
    blank_folds: int = 20


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class SignatureField:
    """What one signature field says. `problem` "" where it is well formed; otherwise any other member may be empty.

    `domain`, `selector`: A-labels in lower case. `body_length`: l=. `unsigned`: the raw value with b= emptied, as it
    is hashed. `signed_at`, `expires_at`: t= and x=, seconds since 1970.
    """

    domain: str = ""
    selector: str = ""
    algorithm: str = ""
    identity: str = ""
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

    @property
    def identity_domain(self) -> str:
        return self.identity.rpartition("@")[2] or self.domain


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
    return _read(tags, value, limits, problem, signs_body=True)


def read_arc_message_signature(value: bytes, limits: Limits = DEFAULT_LIMITS) -> SignatureField:
    """An ARC-Message-Signature field. Never raises."""
    tags = _tags(value, limits)
    if tags is None:
        return SignatureField(problem="signature_syntax")
    problem = _first(
        _missing(tags, ("i", "a", "b", "bh", "d", "h", "s")),
        "arc-seal" in _list(tags.get("h", "").lower()) and "signature_syntax",
    )
    # Here i= is the instance, not an identity.
    return _read({k: v for k, v in tags.items() if k != "i"}, value, limits, problem, signs_body=True)


def read_arc_seal(value: bytes, limits: Limits = DEFAULT_LIMITS) -> SignatureField:
    """An ARC-Seal field; it signs no body and always in the relaxed form. Never raises."""
    tags = _tags(value, limits)
    if tags is None:
        return SignatureField(problem="signature_syntax")
    problem = _first(_missing(tags, ("i", "a", "b", "cv", "d", "s")), "h" in tags and "signature_syntax")
    return _read({k: v for k, v in tags.items() if k != "i"} | {"c": "relaxed/relaxed"}, value, limits, problem)


def instance_of(value: bytes) -> int | None:
    """The i= tag of an ARC field; None where it has none from 1 to 9999."""
    for part in value.decode("latin-1").split(";"):
        name, equals, number = part.partition("=")
        if equals and name.strip().lower() == "i" and re.fullmatch(r"[1-9][0-9]{0,3}", number.strip()):
            return int(number)
    return None


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
    return tuple(part.strip() for part in value.split(":") if part.strip())


def _read(
    tags: Mapping[str, str], value: bytes, limits: Limits, problem: SignatureReason, *, signs_body: bool = False
) -> SignatureField:
    domain, selector = domain_name(tags.get("d", "")), domain_name(tags.get("s", ""))
    headers = _list(tags.get("h", "").lower())
    body_hash, signature = _octets(tags.get("bh", "")), _octets(tags.get("b", ""))
    algorithm = tags.get("a", "")
    identity = _utf8(tags.get("i", ""))
    signed_at, expires_at = (int(tags[t]) if _DIGITS.match(tags.get(t, "")) else None for t in ("t", "x"))
    identity_domain = domain_name(identity.rpartition("@")[2], encoded=True) if identity else domain
    problem = _first(
        problem,
        algorithm == "rsa-sha1" and "sha1",
        not (domain and selector and signature and algorithm in ALGORITHMS) and "signature_syntax",
        signs_body and not (len(body_hash) == 32 and 0 < len(headers) <= limits.signed_headers) and "signature_syntax",
        not _CANONICALIZATION.match(tags.get("c", "simple")) and "signature_syntax",
        bool(identity) and "@" not in identity and "signature_syntax",
        identity_domain != domain and not identity_domain.endswith("." + domain) and "signature_syntax",
        "l" in tags and not _LENGTH.match(tags["l"]) and "signature_syntax",
        any(t in tags and not _DIGITS.match(tags[t]) for t in ("t", "x")) and "signature_syntax",
        signed_at is not None and expires_at is not None and expires_at < signed_at and "signature_syntax",
        signs_body and "v" in tags and "from" not in headers and "from_not_signed",
    )
    return SignatureField(
        domain=domain,
        selector=selector,
        algorithm=algorithm[:40],
        identity=identity[:320],
        signed_headers=headers[: limits.signed_headers],
        canonicalization=_both(tags.get("c", "simple")),
        body_length=int(tags["l"]) if _LENGTH.match(tags.get("l", "")) else None,
        signed_at=signed_at,
        expires_at=expires_at,
        body_hash=body_hash,
        signature=signature,
        unsigned=_B_VALUE.sub(rb"\1\2", value, count=1),
        chain_validation=tags.get("cv", "").lower()[:10],
        problem=problem,
    )


def _both(canonicalization: str) -> str:
    return canonicalization if "/" in canonicalization else canonicalization + "/simple"


def _utf8(value: str) -> str:
    """A value as RFC 8616 lets it be: UTF-8."""
    return value.encode("latin-1").decode("utf-8", "replace")


def _octets(value: str) -> bytes:
    """Base64 with any folding taken out; b"" where it is none."""
    packed = "".join(value.split())
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
