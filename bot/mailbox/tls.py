"""Certificates for STARTTLS."""

import logging
import ssl
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

LOG = logging.getLogger(__name__)

VALID = timedelta(days=365)
REMEMBERED_S = 900.0
MAX_REMEMBERED = 1000
MAX_REASON = 80


class FailedHandshakes:
    """How the last handshake of a client failed, for some minutes: it usually comes back at once and sends in clear.

    Of the newest `most` clients only.
    """

    def __init__(self, *, most: int = MAX_REMEMBERED, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        # Oldest first.
        self._failed: dict[str, tuple[float, str]] = {}

    def failed(self, client_ip: str, reason: str) -> None:
        self._failed.pop(client_ip, None)
        self._failed[client_ip] = self._clock(), reason[:MAX_REASON]
        if len(self._failed) > self._most:
            del self._failed[next(iter(self._failed))]

    def succeeded(self, client_ip: str) -> None:
        self._failed.pop(client_ip, None)

    def reason(self, client_ip: str) -> str | None:
        """None where no handshake failed, or one came about since, or it is too long ago."""
        at, reason = self._failed.get(client_ip, (-REMEMBERED_S, None))
        return reason if self._clock() - at < REMEMBERED_S else None


def reason_of(error: BaseException | None) -> str:
    """Why a handshake failed, in OpenSSL's words: "no shared cipher", "tlsv1 alert unknown ca"."""
    match error:
        case ssl.SSLError(reason=str(reason)) if reason:
            return reason.lower().replace("_", " ")
        case ConnectionAbortedError():
            return "timed out"
    return "connection closed"


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
    """A server context with the chain and key of two PEM files; raises OSError (ssl.SSLError is one).

    It takes TLS from 1.0 on, and what ciphers of that time OpenSSL still has but those without encryption or
    authentication: who sends so shall be told, and would else send in clear. Only test mails come in over it, the best
    that both sides know is what they use, and no secret of ours goes out. Never for any other server.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    # At level 0 OpenSSL signs with SHA-1, which TLS 1.0 and 1.1 cannot do without.
    context.set_ciphers("DEFAULT:!aNULL:!eNULL:!EXPORT:@SECLEVEL=0")
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
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
