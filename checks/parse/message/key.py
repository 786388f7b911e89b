"""DKIM key records (RFC 6376 section 3.6.1, RFC 8301, RFC 8463)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dkim.crypto import UnparsableKeyError, parse_public_key

from checks.evidence.message import SignatureReason
from checks.parse.tag_list import TagListError, parse_tag_list

MIN_RSA_BITS = 512
MAX_RSA_BITS = 8192
TESTING = "y"
"""The flag of a domain that tests DKIM (RFC 6376 section 3.6.1): its mail is to be treated as unsigned."""
_MAX_EXPONENT = 2**32
_MAX_KEY_OCTETS = 4096
_BLANKS = " \t\r\n"
_WITHOUT_BLANKS = {ord(blank): None for blank in _BLANKS}
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="


@dataclass(frozen=True, slots=True)
class Key:
    """A usable public key. RSA: `modulus` and `exponent`; Ed25519: the 32 octets of `point`.

    `hashes`, `services`: the h= and s= tags, None where absent (everything is allowed). `flags`: the t= tag.
    """

    kind: Literal["rsa", "ed25519"]
    bits: int
    modulus: int
    exponent: int
    point: bytes
    hashes: tuple[str, ...] | None
    services: tuple[str, ...] | None
    flags: tuple[str, ...]

    @property
    def serves_mail(self) -> bool:
        return self.services is None or not {"*", "email"}.isdisjoint(self.services)


class KeyProblem(ValueError):
    """The record is no usable key. `reason`: key_syntax, key_revoked, key_too_short or key_restricted."""

    def __init__(self, reason: SignatureReason, bits: int | None = None) -> None:
        super().__init__(reason)
        self.reason: SignatureReason = reason
        self.bits = bits


def parse_key(records: Sequence[bytes]) -> Key:
    """The key among the TXT records of one selector.

    Raises KeyProblem. Several key records leave the result undefined (RFC 6376 section 3.6.2.2) and are a syntax
    problem; a TXT record of another purpose beside the only key is passed over.
    """
    candidates = [r for r in records if _has_key(r)] if len(records) > 1 else list(records)
    if len(candidates) != 1:
        raise KeyProblem("key_syntax")
    try:
        tags = parse_tag_list(candidates[0].decode("latin-1"))
    except TagListError as error:
        raise KeyProblem("key_syntax") from error
    values = {tag.name: tag.value for tag in tags}
    # The version must come first where it is given, and must be this one.
    if ("v" in values and (tags[0].name != "v" or values["v"] != "DKIM1")) or "p" not in values:
        raise KeyProblem("key_syntax")
    encoded = values["p"].translate(_WITHOUT_BLANKS)
    if not encoded:
        raise KeyProblem("key_revoked")
    limits = (_words(values.get("h")), _words(values.get("s")), _words(values.get("t")) or ())
    match values.get("k", "rsa").lower():
        case "rsa":
            modulus, exponent = _rsa_numbers(_decoded(encoded))
            return Key("rsa", modulus.bit_length(), modulus, exponent, b"", *limits)
        case "ed25519":
            point = _decoded(encoded)
            if len(point) != 32:
                raise KeyProblem("key_syntax")
            return Key("ed25519", 256, 0, 0, point, *limits)
        case _:
            raise KeyProblem("key_restricted")


def key_flags(record: str) -> tuple[str, ...]:
    """The t= tag of a key record in lower case, whatever else is in it; () for what is no tag list."""
    try:
        return next((_words(tag.value) or () for tag in parse_tag_list(record) if tag.name == "t"), ())
    except TagListError:
        return ()


def without_testing(record: str) -> str | None:
    """The record with the flag `y` taken out of its t= tag, and nothing else changed; None where it has none."""
    if TESTING not in key_flags(record):
        return None
    parts = record.split(";")
    for number, part in enumerate(parts):
        name, _, value = part.partition("=")
        if name.strip() == "t":
            rest = [flag.strip() for flag in value.split(":") if flag.strip().lower() not in ("", TESTING)]
            parts[number : number + 1] = [f"{name}={':'.join(rest)}"] if rest else []
            break
    return ";".join(parts).strip()


def looks_like_key(record: bytes) -> bool:
    """Meant as a DKIM key, well-formed or not: a TXT record of another purpose says neither of these."""
    squeezed = b"".join(record.split()).lower()
    return squeezed.startswith((b"v=dkim1", b"p=")) or b";p=" in squeezed


def _has_key(record: bytes) -> bool:
    squeezed = b"".join(record.split())
    return squeezed.startswith(b"p=") or b";p=" in squeezed


def _words(value: str | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    return tuple(word.strip(_BLANKS).lower() for word in value.split(":") if word.strip(_BLANKS))


def _decoded(encoded: str) -> bytes:
    if len(encoded) > _MAX_KEY_OCTETS * 4 // 3 or encoded.strip(_BASE64):
        raise KeyProblem("key_syntax")
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise KeyProblem("key_syntax") from error


def _rsa_numbers(der: bytes) -> tuple[int, int]:
    """Modulus and exponent, bounded before anybody computes with them: both are chosen by a stranger."""
    try:
        numbers = parse_public_key(der)
    except (UnparsableKeyError, AssertionError, ValueError, IndexError, TypeError, OverflowError) as error:
        raise KeyProblem("key_syntax") from error
    modulus, exponent = int(numbers["modulus"]), int(numbers["publicExponent"])
    bits = modulus.bit_length()
    if bits < MIN_RSA_BITS:
        raise KeyProblem("key_too_short", bits)
    if bits > MAX_RSA_BITS or not 3 <= exponent < _MAX_EXPONENT or not exponent & modulus & 1:
        raise KeyProblem("key_syntax", bits)
    return modulus, exponent
