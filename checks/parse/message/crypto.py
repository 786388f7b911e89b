"""The one place where dkimpy verifies, with what it was measured to get wrong kept away from it.

dkimpy canonicalizes, selects and hashes the fields and does the RSA arithmetic (`DomainSigner.verify_sig_process`).
It is not asked to read the message, the signature's tags, the clock or the key record: there it accepts what RFC 6376
and RFC 8301 forbid, raises exceptions of other libraries on odd input, and cannot tell a missing key from a wrong
signature.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

import dkim
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from dkim import canonicalization

from checks.parse.message.fields import Field, Mail
from checks.parse.message.key import MIN_RSA_BITS, Key
from checks.parse.message.signature import SignatureField


def _strip_trailing_whitespace(content: bytes) -> bytes:
    squeezed: bytes = canonicalization.compress_whitespace(content)
    return squeezed.replace(b" \r\n", b"\r\n")


# The library's own pattern tries every blank of a run as a beginning: 40,000 blanks take seconds, a megabyte takes
# hours, and no thread can be stopped inside it. Blanks are squeezed in the next step anyway, so squeezing first gives
# the same octets.
canonicalization.strip_trailing_whitespace = _strip_trailing_whitespace


class BodyHashes:
    """The SHA-256 hashes of one body, each canonical form made once however many signatures ask for it."""

    def __init__(self, body: bytes) -> None:
        self._body = body
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

    def is_shorter_than_signed(self, signature: SignatureField) -> bool:
        """l= counts more octets than there are: invalid, whatever the hash says (RFC 6376 section 3.5)."""
        length = signature.body_length
        return length is not None and length > len(self.canonical(signature.canonicalization.partition("/")[2]))


class _Ed25519:
    """Stands in for the library's PyNaCl key; keeps the outcome, as only PyNaCl's exceptions are known there."""

    def __init__(self, point: bytes) -> None:
        self._point = point
        self.is_valid = False

    def verify(self, digest: bytes, signature: bytes) -> None:
        try:
            Ed25519PublicKey.from_public_bytes(self._point).verify(signature, digest)
            self.is_valid = True
        except (InvalidSignature, ValueError):
            self.is_valid = False


def header_signature_holds(mail: Mail, field: Field, signature: SignatureField, key: Key) -> bool:
    """Does b= of a DKIM-Signature or ARC-Message-Signature fit the fields it names? The body is not looked at."""
    names = [name.encode("latin-1") for name in signature.signed_headers]
    return signed_fields_hold(_selectable(mail, names), names, field, signature, key)


def signed_fields_hold(
    fields: Sequence[Field], names: Sequence[bytes], field: Field, signature: SignatureField, key: Key
) -> bool:
    """Does b= of `field` fit `names`, chosen from `fields` from the bottom (RFC 6376 section 5.4.2), and itself?"""
    signer: Any = dkim.DomainSigner(minkey=MIN_RSA_BITS)
    signer.headers = [(one.name, one.value) for one in fields]
    tags = {
        b"a": signature.algorithm.encode(),
        b"b": base64.b64encode(signature.signature),
        b"c": signature.canonicalization.encode(),
    }
    point = _Ed25519(key.point)
    if key.kind == "rsa":
        if len(signature.signature) != (key.bits + 7) // 8:  # RFC 8017 section 8.2.2, step 1
            return False
        signer.pk = {"modulus": key.modulus, "publicExponent": key.exponent}
    else:
        signer.pk = point
    signer.ktag, signer.keysize = key.kind.encode(), key.bits
    try:
        holds = bool(signer.verify_sig_process(tags, list(names), (field.name, signature.unsigned), None))
    except (dkim.DKIMException, ValueError, IndexError, AssertionError):
        return False
    return holds and (key.kind == "rsa" or point.is_valid)


def _selectable(mail: Mail, names: Sequence[bytes]) -> list[Field]:
    """Only the fields that h= can reach: the library scans all of them for every name, slow in a long header.

    One From more than named, because the library hashes it as well, so that a second From breaks the signature.
    """
    wanted = Counter(names)
    wanted[b"from"] += 1
    last = {id(one) for name, count in wanted.items() for one in mail.all(name)[-count:]}
    return [one for one in mail.fields if id(one) in last]
