"""Mails signed by dkimpy with real keys, and the TXT answers that publish those keys."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache

import dkim
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from checks.evidence.message import SessionEvidence
from checks.model import Answer, Known, Seen

NOW = datetime.now(UTC) + timedelta(hours=1)
"""When the mails arrive: after dkimpy has signed them by the real clock, however long the tests before took."""
SESSION = SessionEvidence("192.0.2.25", "mx.example.jp", "info@example.jp", "TLSv1.3", "TLS_AES_256_GCM_SHA384")
PLAIN = (
    b"From: =?utf-8?b?5L6L?= <info@example.jp>\r\nTo: you@example.net\r\nSubject: Hello\r\n"
    b"Date: Tue, 24 Nov 2026 10:00:00 +0900\r\nMessage-ID: <1@example.jp>\r\n\r\n"
    b"The first line  with blanks \r\n\r\nThe last line\r\n\r\n"
)


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """The library makes no key under 1024 bits, so that shorter ones are put together here."""
    if bits >= 1024:
        return rsa.generate_private_key(65537, bits)
    p, q = _prime(bits // 2), _prime(bits // 2)
    d = pow(65537, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    return rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public).private_key()


def _prime(bits: int) -> int:
    while True:
        candidate = secrets.randbits(bits) | 3 << (bits - 2) | 1
        if candidate % 65537 != 1 and all(pow(base, candidate - 1, candidate) == 1 for base in (2, 3, 5, 7, 11)):
            return candidate


@cache
def ed25519_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def rsa_record(key: rsa.RSAPrivateKey, before: str = "v=DKIM1; k=rsa; ") -> bytes:
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"{before}p={base64.b64encode(der).decode()}".encode()


def ed25519_record() -> bytes:
    raw = ed25519_key().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return b"v=DKIM1; k=ed25519; p=" + base64.b64encode(raw)


def pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


def signed(
    raw: bytes = PLAIN,
    *,
    domain: str = "example.jp",
    selector: str = "s1",
    key: rsa.RSAPrivateKey | None = None,
    canonicalize: tuple[bytes, bytes] = (b"relaxed", b"relaxed"),
    length: bool = False,
    headers: list[bytes] | None = None,
    algorithm: bytes = b"rsa-sha256",
    identity: bytes | None = None,
) -> bytes:
    """The mail with a signature on top."""
    if algorithm == b"ed25519-sha256":
        secret = base64.b64encode(ed25519_key().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))
    else:
        secret = pem(key or rsa_key())
    header: bytes = dkim.sign(
        raw,
        selector.encode(),
        domain.encode(),
        secret,
        identity=identity,
        canonicalize=canonicalize,
        include_headers=headers or [b"from", b"to", b"subject"],
        length=length,
        signature_algorithm=algorithm,
    )
    return header + raw


def sealed(raw: bytes, *, domain: str = "lists.example.net", chain: str = "none") -> bytes:
    """The mail with one more ARC set on top, as a list server adds it. `chain`: what it says of the sets before."""
    stamped = f"Authentication-Results: {domain}; arc={chain}; spf=pass smtp.mfrom=example.jp\r\n".encode() + raw
    fields = dkim.arc_sign(stamped, b"arc", domain.encode(), pem(rsa_key()), domain.encode())
    assert fields
    return b"".join(fields) + stamped


def answers(**records: bytes | tuple[bytes, ...]) -> Mapping[str, Known[Answer[bytes]]]:
    """TXT answers at `<selector>._domainkey.example.jp`."""
    return {
        f"{selector}._domainkey.example.jp": seen(*((value,) if isinstance(value, bytes) else value))
        for selector, value in records.items()
    }


def seen(*values: bytes) -> Seen[Answer[bytes]]:
    return Seen(Answer("", "TXT", values))


def published() -> Mapping[str, Known[Answer[bytes]]]:
    """The good key at every name the tests sign with."""
    good = seen(rsa_record(rsa_key()))
    names = ("s1._domainkey.example.jp", "s1._domainkey.esp.example.net", "arc._domainkey.lists.example.net")
    return dict.fromkeys(names, good) | {
        "arc._domainkey.example.org": good,
        "ed._domainkey.example.jp": seen(ed25519_record()),
    }
