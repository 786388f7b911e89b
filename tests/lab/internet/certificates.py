"""The certificate authority of the lab, and the certificates of its hosts: good ones, and wrong ones of each kind.

Keys, and so TLSA records of public keys, are constants; the certificates are made at each start, for they have dates.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from internet import keys
from internet.hosts import Host

AUTHORITY = "Lab Certificate Authority"
"""Whom programs in the lab trust, by `authority.pem`."""
_NOBODY = "Authority that Nobody Knows"
_STRANGER = "mx.somebody-else.example"
_VALIDITY_DAYS = {"expired": (-90, -3), "early": (5, 95), "ending": (-80, 6)}
_ORDINARY_DAYS = (-1, 89)
_AUTHORITY_DAYS = (-3650, 3650)

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate, its key, and the certificate of the issuer, which is the same one where it is self-signed."""

    certificate: x509.Certificate
    key: Key
    issuer: x509.Certificate


def issue(hosts: Iterable[Host], directory: Path) -> dict[str, Issued]:
    """Write `authority.pem`, and `<host>.pem` (key, then chain) for each host; give them by host."""
    authorities = {name: _authority(name) for name in (AUTHORITY, _NOBODY)}
    (directory / "authority.pem").write_bytes(authorities[AUTHORITY].public_bytes(Encoding.PEM))
    issued = {}
    for host in hosts:
        issued[host.name] = one = _issue(host, authorities)
        key = one.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        chain = [one.certificate] if one.issuer is one.certificate else [one.certificate, one.issuer]
        pem = b"".join([key, *(certificate.public_bytes(Encoding.PEM) for certificate in chain)])
        (directory / f"{host.name}.pem").write_bytes(pem)
    return issued


def tlsa(issued: Issued, wanted: str) -> str:
    """The data of a TLSA record (RFC 6698): `wanted` is "usage selector matching", and " wrong" for another key's."""
    usage, selector, matching, *wrong = wanted.split()
    certificate = issued.issuer if usage in ("0", "2") else issued.certificate
    if wrong:
        octets = _spki(keys.ecdsa("whoever was here before").public_key())
    elif selector == "0":
        octets = certificate.public_bytes(Encoding.DER)
    else:
        octets = _spki(certificate.public_key())
    digest = {"0": octets, "1": hashlib.sha256(octets).digest(), "2": hashlib.sha512(octets).digest()}[matching]
    return f"{usage} {selector} {matching} {digest.hex()}"


def _spki(key: CertificatePublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _issue(host: Host, authorities: dict[str, x509.Certificate]) -> Issued:
    key = keys.rsa_2048() if host.key == "rsa" else keys.ecdsa(f"certificate of {host.name}")
    match host.certificate:
        case "other-name":
            name = _STRANGER
        case "wildcard":
            name = f"*.{host.name.partition('.')[2]}"
        case _:
            name = host.name
    days = _VALIDITY_DAYS.get(host.certificate, _ORDINARY_DAYS)
    if host.certificate == "self-signed":
        certificate = _certificate(name, key, name, key, days)
        return Issued(certificate, key, certificate)
    issuer = _NOBODY if host.certificate == "unknown-authority" else AUTHORITY
    return Issued(_certificate(name, key, issuer, keys.ecdsa(issuer), days), key, authorities[issuer])


def _authority(name: str) -> x509.Certificate:
    key = keys.ecdsa(name)
    builder = _builder(name, key, name, key, _AUTHORITY_DAYS)
    usage = _usage(digital_signature=False, key_cert_sign=True, crl_sign=True)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())


def _certificate(name: str, key: Key, issuer: str, issuer_key: Key, days: tuple[int, int]) -> x509.Certificate:
    builder = _builder(name, key, issuer, issuer_key, days)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(digital_signature=True), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _builder(name: str, key: Key, issuer: str, issuer_key: Key, days: tuple[int, int]) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    begin, end = (now + timedelta(days=number) for number in days)
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(_common_name(name))
        .issuer_name(_common_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(above, critical=False)
    )


def _common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(**used: bool) -> x509.KeyUsage:
    every = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
        *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**(dict.fromkeys(every, False) | used))
