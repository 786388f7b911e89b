"""The hashes and signatures of DKIM and ARC (RFC 6376 sections 3.4, 3.7 and 5.4.2; RFC 8463 section 3).

dkimpy does the body's canonical forms and the RSA arithmetic. It is not asked to read the message, the signature's
tags, the clock or the key record, nor to choose, canonicalize and hash the header: there it accepts what RFC 6376 and
RFC 8301 forbid, refuses what they allow, raises exceptions of other libraries on odd input, and cannot tell a missing
key from a wrong signature.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from dkim import canonicalization
from dkim.crypto import DigestTooLargeError, RSASSA_PKCS1_v1_5_verify

from checks.parse.message.fields import Field, Mail
from checks.parse.message.key import Key
from checks.parse.message.signature import SignatureField


def _squeeze(content: bytes) -> bytes:
    """Every run of blanks becomes one space; each turn halves the runs that are left."""
    content = content.replace(b"\t", b" ")
    while b"  " in content:
        content = content.replace(b"  ", b" ")
    return content


def _strip_trailing_whitespace(content: bytes) -> bytes:
    return _squeeze(content).replace(b" \r\n", b"\r\n")


def _strip_trailing_lines(content: bytes) -> bytes:
    rest = content.rstrip(b"\r\n")
    end = content[len(rest) :]
    # Every LF follows a CR here, so that a CR which another follows, or nothing, stands alone and is no empty line.
    end = end if end.endswith(b"\r") else end[: end.rfind(b"\r\r") + 1]
    return rest + end + b"\r\n"


# The library's own pattern tries every blank of a run as a beginning: 40,000 blanks take seconds, a megabyte takes
# hours, and no thread can be stopped inside it. Blanks are squeezed in the next step anyway, so squeezing first gives
# the same octets. Single blanks are found there one by one, and empty lines at the end are taken off one by one.
canonicalization.compress_whitespace = _squeeze
canonicalization.strip_trailing_whitespace = _strip_trailing_whitespace
canonicalization.strip_trailing_lines = _strip_trailing_lines


class BodyHashes:
    """The SHA-256 hashes of one body, each canonical form made once however many signatures ask for it."""

    def __init__(self, body: bytes) -> None:
        # A last line without its end is a line all the same, with blanks at its end to ignore.
        self._body = body if body.endswith(b"\r\n") or not body else body + b"\r\n"
        self._canonical: dict[str, bytes] = {}
        self._digests: dict[tuple[str, int | None], bytes] = {}

    def canonical(self, algorithm: str) -> bytes:
        """The body in the `simple` or `relaxed` form (RFC 6376 section 3.4)."""
        if algorithm not in self._canonical:
            policy = canonicalization.CanonicalizationPolicy.from_c_value(b"simple/" + algorithm.encode())
            self._canonical[algorithm] = policy.canonicalize_body(self._body)
        return self._canonical[algorithm]

    def matches(self, signature: SignatureField) -> bool:
        """Does bh= fit the body, up to l= octets of it?"""
        algorithm = signature.canonicalization.partition("/")[2]
        wanted = (algorithm, signature.body_length)
        if wanted not in self._digests:
            self._digests[wanted] = hashlib.sha256(self.canonical(algorithm)[: signature.body_length]).digest()
        return self._digests[wanted] == signature.body_hash

    def beyond(self, signature: SignatureField) -> int:
        """How many octets of the canonical body l= leaves out; 0 without l=.

        Negative where l= counts more than there are: invalid, whatever the hash says (RFC 6376 section 3.5).
        """
        if signature.body_length is None:
            return 0
        return len(self.canonical(signature.canonicalization.partition("/")[2])) - signature.body_length


def header_signature_holds(mail: Mail, field: Field, signature: SignatureField, key: Key) -> bool:
    """Does b= of a DKIM-Signature or ARC-Message-Signature fit the fields it names? The body is not looked at.

    A mail with a From field that the signature leaves out has none that holds: which of the two authors a reader is
    shown is not the signer's word (RFC 6376 section 8.15).
    """
    names = [name.encode("ascii") for name in signature.signed_headers]
    if b"from" in names and names.count(b"from") < len(mail.all(b"from")):
        return False
    return signed_fields_hold(_chosen(mail, names, field), field, signature, key)


def signed_fields_hold(fields: Iterable[Field], field: Field, signature: SignatureField, key: Key) -> bool:
    """Does b= of `field` fit these fields, in this order, and `field` itself with b= emptied (section 3.7)?"""
    algorithm = signature.canonicalization.partition("/")[0]
    hashed = hashlib.sha256()
    for one in fields:
        hashed.update(canonical_field(one, algorithm))
    hashed.update(canonical_field(field, algorithm, signature.unsigned).removesuffix(b"\r\n"))
    if key.kind == "ed25519":
        try:
            Ed25519PublicKey.from_public_bytes(key.point).verify(signature.signature, hashed.digest())
        except (InvalidSignature, ValueError):
            return False
        return True
    octets = signature.signature
    # RFC 8017 sections 8.2.2 and 5.2.2, step 1: the length of the modulus, and less than it.
    if len(octets) != (key.bits + 7) // 8 or int.from_bytes(octets, "big") >= key.modulus:
        return False
    numbers = {"modulus": key.modulus, "publicExponent": key.exponent}
    try:
        return bool(RSASSA_PKCS1_v1_5_verify(hashed, octets, numbers))
    except (DigestTooLargeError, AssertionError, ValueError):
        return False


def _chosen(mail: Mail, names: Sequence[bytes], field: Field) -> list[Field]:
    """The fields that h= names: of several with one name from the bottom up, and none where there is no more.

    Never `field` itself: it was not in the mail when it was made (RFC 6376 sections 3.5 and 5.4.2).
    """
    left: dict[bytes, list[Field]] = {}
    chosen: list[Field] = []
    for name in names:
        if name not in left:
            left[name] = [one for one in mail.all(name) if one is not field]
        if left[name]:
            chosen.append(left[name].pop())
    return chosen


def canonical_field(field: Field, algorithm: str, value: bytes | None = None) -> bytes:
    """The field in the `simple` or `relaxed` form (RFC 6376 sections 3.4.1 and 3.4.2). `value`: in place of its own."""
    value = field.value if value is None else value
    if algorithm == "simple":
        return field.name + b":" + value
    name = field.name.lower().rstrip(b" \t")
    return name + b":" + _squeeze(value.replace(b"\r\n", b"")).strip(b" ") + b"\r\n"
