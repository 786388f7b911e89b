"""The mail and web servers of the lab are in the state that their declarations say, seen over real connections."""

from __future__ import annotations

import asyncio
import hashlib
import os
import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import dns.resolver
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from dns.rdtypes.ANY.TLSA import TLSA
from internet.domains import all_hosts, load
from internet.hosts import CERTIFICATES, HTTPS, SMTP, Host, declared, refuse_doubles
from internet.mailers import SLOW_S
from internet.tls import allow_old_versions
from internet.web import SLOW_PIECES, TOO_MUCH
from internet.web import SLOW_S as PIECE_S

RESOLVER = os.environ["LAB_RESOLVER"]
AUTHORITY = Path(os.environ["LAB_DIR"]) / "certificates" / "authority.pem"
HOSTS = {host.name: host for host in all_hosts(load())}
PATIENCE_S = 5.0
AT_ONCE_S = 0.3
"""For those of whom nothing is to be heard."""

UNTRUSTED = {
    "expired": "certificate has expired",
    "early": "certificate is not yet valid",
    "other-name": "mismatch",
    "self-signed": "self.signed certificate",
    "unknown-authority": "unable to get local issuer certificate|self.signed certificate in certificate chain",
}
POLICY = "/.well-known/mta-sts.txt"
TLSA_OF_TLSAGOOD = "3 1 1 aae7e8b4262b7457e251369b8c072441ecea9c24bbec79cc10d0ebcf69410d92"


def mailers(*behaviours: str) -> list[Host]:
    return [host for host in HOSTS.values() if host.smtp in behaviours]


def speaking_tls() -> list[Host]:
    return mailers("starttls", "open-relay", "percent-relay", "greylisting")


def ids(host: Host) -> str:
    return host.name


def trusting() -> ssl.SSLContext:
    """As any program in the lab trusts: the lab's authority, by SSL_CERT_FILE."""
    return ssl.create_default_context()


def unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@contextmanager
def connected(host: Host, timeout: float = PATIENCE_S) -> Iterator[smtplib.SMTP]:
    client = smtplib.SMTP(timeout=timeout, local_hostname="probe.example")
    client._host = host.name  # the name that STARTTLS verifies; connect() alone does not set it
    try:
        code, greeting = client.connect(host.address)
        assert (code, greeting.split()[0].decode()) == (220, host.name)
        client.ehlo()
        yield client
    finally:
        client.close()


def answers(client: smtplib.SMTP, *recipients: str) -> list[int]:
    """The codes for recipients of one mail."""
    assert client.mail("probe@probe.example")[0] == 250
    return [client.rcpt(recipient)[0] for recipient in recipients]


def test_each_kind_of_server_and_certificate_is_declared_somewhere():
    hosts = HOSTS.values()
    assert {host.smtp for host in hosts} == {None, *SMTP}
    assert {host.https for host in hosts} == {None, *HTTPS}
    assert {host.certificate for host in hosts} == set(CERTIFICATES)
    assert {host.key for host in hosts} == {"ecdsa", "rsa"}


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ({"smtp": "fast"}, "fast is none of"),
        ({"https": "serves", "certificate": "forged"}, "forged is none of"),
        ({"smtp": "starttls", "tlsa": ["3 1 9"]}, "no TLSA record: 3 1 9"),
        ({"key": "rsa"}, "neither smtp nor https"),
        ({"smtp": "starttls", "port": 2525}, "port"),
        ({"smtp": "starttls", "address": "11.1.2.10"}, "come from the zone"),
    ],
)
def test_a_declaration_that_is_wrong_is_refused(entry, complaint):
    with pytest.raises(ValueError, match=complaint):
        declared("a.example", "mx A 11.1.2.10", {"mx": entry})


def test_a_host_without_address_and_two_in_one_place_are_refused():
    with pytest.raises(ValueError, match="needs an A record"):
        declared("a.example", "mx A 11.1.2.10", {"mx2": {"smtp": "starttls"}})
    one, other = (Host(name, "11.1.2.10", smtp="starttls") for name in ("a.example", "b.example"))
    with pytest.raises(ValueError, match=r"b\.example and a\.example both speak smtp"):
        refuse_doubles([one, other])


def test_every_name_has_its_address_in_the_dns():
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [RESOLVER]
    failing = {"mx.bogus.com"}
    for host in HOSTS.values():
        if host.name not in failing and not host.name.endswith("11.in-addr.arpa"):
            assert {rdata.address for rdata in resolver.resolve(host.name, "A")} == {host.address}


@pytest.mark.parametrize("host", speaking_tls(), ids=ids)
def test_with_starttls_the_certificate_is_what_the_declaration_says(host):
    with connected(host) as client:
        assert client.has_extn("starttls")
        if host.certificate in UNTRUSTED:
            with pytest.raises(ssl.SSLCertVerificationError, match=UNTRUSTED[host.certificate]):
                client.starttls(context=trusting())
        else:
            client.starttls(context=trusting())
            assert client.sock.version() == "TLSv1.3"
            assert client.ehlo()[0] == 250


@pytest.mark.parametrize("host", mailers("starttls", "open-relay", "percent-relay"), ids=ids)
def test_only_a_relay_takes_mail_for_strangers(host):
    plainly = 250 if host.smtp == "open-relay" else 550
    in_local_part = 550 if host.smtp == "starttls" else 250
    strangers = ("a@elsewhere.example", f"a%elsewhere.example@{host.name}", f'"a@b.example"@{host.name}')
    with connected(host) as client:
        client.starttls(context=unverified())
        client.ehlo()
        codes = answers(client, *strangers, f"info@{host.name}", "postmaster")
        assert codes == [plainly, in_local_part, in_local_part, 250, 250]
        assert client.data(b"Subject: probe\r\n\r\n")[0] == 250


def test_a_mail_server_takes_mail_for_the_domains_that_name_it():
    with connected(HOSTS["mx1.mailhost.co.jp"]) as client:
        codes = answers(client, "a@mailhost.co.jp", "a@xn--wgv71a119e.co.jp", "a@x.wildcard.co.jp", "a@good.co.jp")
        assert codes == [250, 250, 250, 550]


@pytest.mark.parametrize("host", mailers("plain"), ids=ids)
def test_plain_does_not_offer_starttls(host):
    with connected(host) as client:
        assert not client.has_extn("starttls")
        assert client.docmd("STARTTLS")[0] == 454
        assert answers(client, f"info@{host.name}") == [250]


def test_starttls_refused_was_offered():
    with connected(HOSTS["mx.mxrefuses.com"]) as client:
        assert client.has_extn("starttls")
        assert client.docmd("STARTTLS")[0] == 454
        assert answers(client, "info@mxrefuses.com") == [250]


def test_a_handshake_that_fails_was_offered_and_begun():
    with connected(HOSTS["mx.mxhandshake.com"]) as client:
        assert client.has_extn("starttls")
        with pytest.raises(ssl.SSLError, match="handshake failure"):
            client.starttls(context=unverified())


def test_old_tls_speaks_tls_1_1_and_with_a_client_of_today_not_at_all():
    host = HOSTS["mx.mxoldtls.com"]
    # Which of the two it says depends on how the system's OpenSSL was told to refuse.
    with connected(host) as client, pytest.raises(ssl.SSLError, match=r"protocol version|legacy sigalg"):
        client.starttls(context=unverified())
    willing = unverified()
    allow_old_versions(willing)
    with connected(host) as client:
        client.starttls(context=willing)
        assert client.sock.version() == "TLSv1.1"


def test_greylisting_is_450_again_and_again():
    with connected(HOSTS["mx.mxgrey.com"]) as client:
        assert answers(client, *["info@mxgrey.com"] * 2) == [450, 450]


def test_busy_says_421_and_hangs_up():
    client = smtplib.SMTP(timeout=PATIENCE_S, local_hostname="probe.example")
    assert client.connect(HOSTS["mx.mxbusy.com"].address)[0] == 421
    assert client.sock.recv(1) == b""
    client.close()


def test_slow_is_late_and_then_as_good_as_others():
    began = time.monotonic()
    with connected(HOSTS["mx.mxslow.com"]) as client:
        assert SLOW_S <= time.monotonic() - began < SLOW_S + 5
        client.starttls(context=trusting())
        client.ehlo()
        assert answers(client, "info@mxslow.com") == [250]


def test_silent_accepts_and_refused_does_not():
    with (
        pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"),
        connected(HOSTS["mx.mxsilent.com"], AT_ONCE_S),
    ):
        pass
    with pytest.raises(ConnectionRefusedError), connected(HOSTS["mx.mxrefused.com"]):
        pass


def tlsa_records(host: Host) -> list[TLSA]:
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [RESOLVER]
    return list(resolver.resolve(f"_25._tcp.{host.name}", "TLSA"))


def shown_by(host: Host) -> Iterator[x509.Certificate]:
    """The certificate that the server shows, and the one that signed it."""
    with connected(host) as client:
        client.starttls(context=unverified())
        yield x509.load_der_x509_certificate(client.sock.getpeercert(binary_form=True))
    yield x509.load_pem_x509_certificate(AUTHORITY.read_bytes())


@pytest.mark.parametrize("host", [host for host in mailers("starttls") if host.tlsa], ids=ids)
def test_tlsa_records_fit_the_certificate_that_the_server_shows_or_do_not(host):
    if host.name == "mx.tlsafails.com":
        with pytest.raises(dns.resolver.NoNameservers):
            tlsa_records(host)
        return
    leaf, authority = shown_by(host)
    fits = {
        "3 1 1": fingerprint(leaf, whole=False),
        "1 1 1": fingerprint(leaf, whole=False),
        "2 0 1": fingerprint(authority, whole=True),
    }
    published = {record.to_text().replace(" ", "") for record in tlsa_records(host)}
    assert len(published) == len(host.tlsa)
    for kind, digest in fits.items():
        assert (kind.replace(" ", "") + digest in published) == (kind in host.tlsa)


def fingerprint(certificate: x509.Certificate, *, whole: bool) -> str:
    """SHA-256 of it, or of its public key, by another way than the lab's own."""
    if whole:
        return certificate.fingerprint(hashes.SHA256()).hex()
    der = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def test_tlsa_records_are_constants():
    (record,) = tlsa_records(HOSTS["mx.tlsagood.com"])
    assert record.to_text() == TLSA_OF_TLSAGOOD


def fetch(name: str, path: str = POLICY, **options) -> tuple[int, bytes, dict[str, str]]:
    async def run() -> tuple[int, bytes, dict[str, str]]:
        connector = aiohttp.TCPConnector(resolver=aiohttp.ThreadedResolver(), ssl=trusting())
        patience = aiohttp.ClientTimeout(total=PATIENCE_S)
        async with (
            aiohttp.ClientSession(connector=connector, timeout=patience) as session,
            session.get(f"https://{name}{path}", allow_redirects=False, **options) as response,
        ):
            return response.status, await response.read(), dict(response.headers)

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("name", "path", "media"),
    [
        ("mta-sts.stsgood.com", POLICY, "text/plain"),
        ("mta-sts.stsmx.com", POLICY, "text/plain"),
        ("bimi.bimigood.com", "/logo.svg", "image/svg+xml"),
    ],
)
def test_files_are_served(name, path, media):
    status, body, fields = fetch(name, path)
    assert (status, fields["Content-Type"]) == (200, media)
    assert body.decode() == HOSTS[name].files[path]


@pytest.mark.parametrize(
    ("name", "path"),
    [("mta-sts.sts404.com", POLICY), ("bimi.bimi404.com", "/logo.svg"), ("mta-sts.stsgood.com", "/")],
)
def test_what_is_not_there_is_404(name, path):
    assert fetch(name, path)[0] == 404


def test_a_redirect_leads_to_a_policy():
    status, body, fields = fetch("mta-sts.stsredirect.com")
    assert (status, body, fields["Location"]) == (302, b"", f"https://mta-sts.stsgood.com{POLICY}")


@pytest.mark.parametrize(
    "host", [host for host in HOSTS.values() if host.https and host.certificate in UNTRUSTED], ids=ids
)
def test_a_web_server_with_a_wrong_certificate_is_not_believed(host):
    with pytest.raises(aiohttp.ClientConnectorCertificateError, match=UNTRUSTED[host.certificate]):
        fetch(host.name, next(iter(host.files)))


@pytest.mark.parametrize("host", [host for host in HOSTS.values() if host.https == "too-large"], ids=ids)
def test_too_large_is_the_file_and_a_megabyte_more(host):
    ((path, content),) = host.files.items()
    status, body, _ = fetch(host.name, path)
    assert (status, body) == (200, content.encode() + TOO_MUCH)


def test_slow_drips():
    began = time.monotonic()
    assert fetch("mta-sts.stsslow.com")[:2] == fetch("mta-sts.stsgood.com")[:2]
    assert time.monotonic() - began >= SLOW_PIECES * PIECE_S


def test_a_silent_web_server_accepts_and_one_that_refuses_does_not():
    with socket.create_connection((HOSTS["mta-sts.stssilent.com"].address, 443), timeout=AT_ONCE_S) as connection:
        context = trusting()
        with pytest.raises(TimeoutError):
            context.wrap_socket(connection, server_hostname="mta-sts.stssilent.com")
    with pytest.raises(aiohttp.ClientConnectorError, match="refused"):
        fetch("mta-sts.stsrefused.com")
