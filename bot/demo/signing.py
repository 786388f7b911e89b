"""The DKIM keys of the sample domains, made anew for each run of the demo: no private key is ever kept anywhere."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

_SIGNED_HEADERS = (
    b"from",
    b"to",
    b"subject",
    b"date",
    b"message-id",
    b"mime-version",
    b"content-type",
    b"content-transfer-encoding",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
)
_SELECTOR = "mail2026"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One domain's key: where it is published, the TXT value, and the private half as PEM."""

    domain: str
    selector: str
    record: str
    private: bytes

    def sign(self, message: bytes) -> bytes:
        """The message with a DKIM-Signature before it (RFC 6376, relaxed/relaxed, rsa-sha256)."""
        present = [name for name in _SIGNED_HEADERS if _has_header(message, name)]
        signature: bytes = dkim.sign(
            message,
            self.selector.encode(),
            self.domain.encode(),
            self.private,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=present,
        )
        return signature + message


def make_signing_keys(domains: tuple[str, ...]) -> Mapping[str, SigningKey]:
    """A new RSA key of 2048 bits for each domain; takes a fraction of a second for each."""
    return {domain: _make(domain) for domain in domains}


def _make(domain: str) -> SigningKey:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return SigningKey(domain, _SELECTOR, f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}", private)


def _has_header(message: bytes, name: bytes) -> bool:
    return b"\r\n" + name + b":" in b"\r\n" + message.partition(b"\r\n\r\n")[0].lower()
