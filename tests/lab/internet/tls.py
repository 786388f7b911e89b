"""TLS as the servers of the lab speak it."""

from __future__ import annotations

import ssl
import warnings
from pathlib import Path

from internet.hosts import Host


class _TellingObject(ssl.SSLObject):
    """Tells the client why a handshake failed.

    asyncio throws the alert away when it hears of the failure, and sends it when it hears that the client is to go on;
    which then hangs up.
    """

    def do_handshake(self) -> None:
        try:
            super().do_handshake()
        except ssl.SSLError as error:
            raise ssl.SSLWantReadError from error


def context(host: Host, directory: Path) -> ssl.SSLContext:
    """TLS as this host speaks it."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.sslobject_class = _TellingObject
    if host.smtp == "handshake-fails":
        return made  # no certificate, so no cipher in common with anybody
    made.load_cert_chain(directory / f"{host.name}.pem")
    if host.smtp == "old-tls":
        allow_old_versions(made, ssl.TLSVersion.TLSv1_1)
    return made


def allow_old_versions(made: ssl.SSLContext, newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED) -> None:
    """From TLS 1.0 to `newest`. OpenSSL 3 refuses the signatures of TLS 1.0 and 1.1 from security level 1 on."""
    made.set_ciphers("DEFAULT@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        made.minimum_version = ssl.TLSVersion.TLSv1
        made.maximum_version = newest
