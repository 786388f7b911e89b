"""Certificates made on the spot: good, ending, ended, for another name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from bot.doctor import State
from bot.doctor.certificate import examine_certificate
from bot.settings import Settings

NOW = datetime.now(UTC)
KEY = ec.generate_private_key(ec.SECP256R1())


def settings(directory: Path, *names: str, days: int = 60, begins_in: int = -1) -> Settings:
    """With a certificate for `names` that ends in `days` days."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mx.check.example")])
    builder = (
        x509.CertificateBuilder(subject, subject, KEY.public_key(), x509.random_serial_number())
        .not_valid_before(NOW + timedelta(days=min(begins_in, days - 1)))
        .not_valid_after(NOW + timedelta(days=days, hours=1))
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), False)
    cert, key = directory / "cert.pem", directory / "key.pem"
    cert.write_bytes(builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.PEM))
    key.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return Settings(mail_domain="check.example", mailbox_hostname="mx.check.example", tls_cert=cert, tls_key=key)


@pytest.mark.parametrize("name", ["mx.check.example", "*.check.example", "MX.check.example"])
def test_a_certificate_for_the_mailbox_host_is_ok(tmp_path: Path, name: str) -> None:
    told = examine_certificate(settings(tmp_path, "other.example", name), NOW)
    assert told.state is State.OK
    assert "60 days" in told.say_seen("en")


@pytest.mark.parametrize("names", [("check.example",), ("*.example",), ("*.mx.check.example",), ()])
def test_a_certificate_for_another_name_is_wrong(tmp_path: Path, names: tuple[str, ...]) -> None:
    told = examine_certificate(settings(tmp_path, *names), NOW)
    assert told.state is State.WRONG
    assert "mx.check.example" in (told.say_fix("en") or "")


@pytest.mark.parametrize(
    ("days", "begins_in", "word"), [(-3, -9, "expired"), (13, -1, "13 days"), (90, 2, "not valid before")]
)
def test_a_certificate_that_has_ended_or_will_soon_or_has_not_begun_is_wrong(
    tmp_path: Path, days: int, begins_in: int, word: str
) -> None:
    told = examine_certificate(settings(tmp_path, "mx.check.example", days=days, begins_in=begins_in), NOW)
    assert told.state is State.WRONG
    assert word in told.say_seen("en")


def test_a_file_that_went_away_could_not_be_told(tmp_path: Path) -> None:
    given = settings(tmp_path, "mx.check.example")
    (tmp_path / "cert.pem").unlink()
    assert examine_certificate(given, NOW).state is State.UNKNOWN


def test_without_a_certificate_the_self_made_one_is_said_to_be_there() -> None:
    told = examine_certificate(Settings(mail_domain="check.example"), NOW)
    assert told.state is State.OK
    assert told.fix is not None
