"""Certificates that are renewed while the mailbox runs."""

import asyncio
import logging
import os
import smtplib
import ssl
from pathlib import Path

import pytest
import trustme
from posted import Setup, client, run

from bot.mailbox import CertificateFiles

NAME = "mx.check.example"
CA = trustme.CA()


class Files:
    def __init__(self, directory: Path) -> None:
        self.cert, self.key = directory / "cert.pem", directory / "key.pem"
        self.renew()

    def renew(self) -> trustme.LeafCert:
        """Both files replaced, one after the other, as certbot's hooks do."""
        issued = CA.issue_cert(NAME)
        self._replace(self.cert, b"".join(pem.bytes() for pem in issued.cert_chain_pems))
        self._replace(self.key, issued.private_key_pem.bytes())
        return issued

    def _replace(self, path: Path, content: bytes) -> None:
        new = path.with_suffix(".new")
        new.write_bytes(content)
        os.replace(new, path)


def secured(setup: Setup) -> smtplib.SMTP:
    context = ssl.create_default_context()
    CA.configure_trust(context)
    context.check_hostname = False
    smtp = client(setup)
    smtp.starttls(context=context)
    smtp.ehlo()
    return smtp


def shown(smtp: smtplib.SMTP) -> bytes:
    assert isinstance(smtp.sock, ssl.SSLSocket)
    certificate = smtp.sock.getpeercert(binary_form=True)
    assert certificate is not None
    return certificate


def in_file(files: Files) -> bytes:
    return ssl.PEM_cert_to_DER_cert(
        files.cert.read_text().partition("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----"
    )


def test_a_renewed_certificate_is_shown_to_new_connections_and_open_ones_go_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot.mailbox")
    files = Files(tmp_path)

    async def body(setup: Setup) -> None:
        first = in_file(files)
        before = await asyncio.to_thread(secured, setup)
        assert shown(before) == first
        files.renew()
        after = await asyncio.to_thread(secured, setup)
        assert shown(after) == in_file(files) != first
        assert [(await asyncio.to_thread(smtp.noop))[0] for smtp in (before, after)] == [250, 250]
        assert caplog.text.count("a new certificate is in use") == 1
        for smtp in (before, after):
            smtp.close()

    run(tmp_path, body, tls=CertificateFiles(files.cert, files.key))


@pytest.mark.parametrize("what", ["no PEM", "the key of another", "gone"])
def test_broken_new_files_leave_the_old_certificate_in_use_and_are_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, what: str
) -> None:
    files = Files(tmp_path)
    before = in_file(files)

    async def body(setup: Setup) -> None:
        match what:
            case "no PEM":
                files.cert.write_text("renewal failed")
            case "the key of another":
                files.key.write_bytes(CA.issue_cert(NAME).private_key_pem.bytes())
            case "gone":
                files.key.unlink()
        for _ in range(3):
            smtp = await asyncio.to_thread(secured, setup)
            assert shown(smtp) == before
            smtp.close()
        assert caplog.text.count("the old one stays in use") == 1
        assert "PRIVATE KEY" not in caplog.text
        files.renew()
        smtp = await asyncio.to_thread(secured, setup)
        assert shown(smtp) == in_file(files)
        smtp.close()

    run(tmp_path, body, tls=CertificateFiles(files.cert, files.key))
