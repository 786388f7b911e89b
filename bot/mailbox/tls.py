"""Certificates for STARTTLS."""

import logging
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

LOG = logging.getLogger(__name__)

VALID = timedelta(days=365)


class CertificateFiles:
    """The chain and key of two PEM files, as they are now; raises OSError (ssl.SSLError is one) if they do not load.

    They are looked at for each new connection, and one that is open keeps what it has. New files that do not load, or
    do not belong together, are logged once and the last ones that did stay in use.
    """

    def __init__(self, cert: Path, key: Path) -> None:
        self._cert, self._key = cert, key
        self._seen = self._look()
        self._context = context_from(cert, key)

    def context(self) -> ssl.SSLContext:
        try:
            seen = self._look()
        except OSError as error:
            if self._seen is not None:
                LOG.error("the certificate cannot be read, the old one stays in use: %s", error)
            self._seen = None
            return self._context
        if seen != self._seen:
            self._seen = seen
            try:
                self._context = context_from(self._cert, self._key)
                LOG.info("a new certificate is in use")
            except OSError as error:
                LOG.error("the new certificate does not load, the old one stays in use: %s", error)
        return self._context

    def _look(self) -> tuple[tuple[int, int, int], ...] | None:
        """What changes when a file is written or replaced."""
        found = [path.stat() for path in (self._cert, self._key)]
        return tuple((file.st_ino, file.st_size, file.st_mtime_ns) for file in found)


def context_from(cert: Path, key: Path) -> ssl.SSLContext:
    """A server context with the chain and key of two PEM files; raises OSError (ssl.SSLError is one)."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    return context


def self_signed_context(hostname: str) -> ssl.SSLContext:
    """A server context with a certificate made now, which nobody trusts: enough for a mailbox on this machine."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hostname[:64])])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(hostname)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    # The ssl module takes files only.
    with tempfile.TemporaryDirectory(prefix="mailcheck-tls-") as directory:
        cert_file, key_file = Path(directory, "cert.pem"), Path(directory, "key.pem")
        cert_file.write_bytes(certificate.public_bytes(Encoding.PEM))
        key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return context_from(cert_file, key_file)
