"""TLS of the mailbox: old versions are taken for diagnosis, and a handshake that failed is remembered."""

import asyncio
import socket
import ssl
import warnings
from pathlib import Path

import pytest
from posted import DOMAIN, MAIL, Setup, client, run, send

from bot.mailbox import address_of, self_signed_context
from bot.mailbox.tls import REMEMBERED_S, FailedHandshakes, reason_of

TLS = self_signed_context("mx.check.example")


def speaking(version: ssl.TLSVersion) -> ssl.SSLContext:
    """A client that trusts anybody and knows just one version, down to what OpenSSL refuses by default."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    return context


def deliver(setup: Setup, token: str, context: ssl.SSLContext) -> None:
    with client(setup) as smtp:
        smtp.starttls(context=context)
        smtp.sendmail("a@example.com", [address_of(token, DOMAIN)], MAIL)


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"])
def test_every_version_from_1_0_is_taken_and_told(tmp_path: Path, version: str) -> None:
    async def body(setup: Setup) -> None:
        context = speaking(ssl.TLSVersion[version.replace(".", "_")])
        await asyncio.to_thread(deliver, setup, await setup.open(), context)
        (mail,) = await setup.mails()
        assert mail.session["tls"]["version"] == version
        assert mail.session["tls_failure"] is None

    run(tmp_path, body, tls=TLS)


def test_nothing_without_encryption_or_authentication_is_taken() -> None:
    weak = [
        cipher["name"]
        for cipher in TLS.get_ciphers()
        if any(word in cipher["name"] for word in ("NULL", "ADH", "AECDH", "EXP"))
    ]
    assert weak == []


def test_a_mail_in_clear_after_a_failed_handshake_says_how_it_failed(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        def distrust() -> None:
            with client(setup) as smtp, pytest.raises(ssl.SSLCertVerificationError):
                smtp.starttls(context=ssl.create_default_context())

        await asyncio.to_thread(distrust)
        token = await setup.open()
        await asyncio.to_thread(send, setup, token, MAIL)
        await asyncio.to_thread(deliver, setup, token, speaking(ssl.TLSVersion.TLSv1_3))
        await asyncio.to_thread(send, setup, token, MAIL)
        failed, secure, clear = await setup.mails()
        assert "alert" in failed.session["tls_failure"]
        assert failed.session["tls"] is None
        assert secure.session["tls_failure"] is None
        # Since then a handshake came about.
        assert clear.session["tls_failure"] is None

    run(tmp_path, body, tls=TLS)


@pytest.mark.parametrize(
    ("bytes_sent", "reason"),
    [(b"EHLO sender.example.com\r\n" * 20, "wrong version number"), (b"", "connection closed")],
    ids=["no TLS", "hung up"],
)
def test_a_handshake_fails_in_many_ways(tmp_path: Path, bytes_sent: bytes, reason: str) -> None:
    async def body(setup: Setup) -> None:
        def fail() -> None:
            with client(setup) as smtp:
                smtp.ehlo()
                smtp.docmd("STARTTLS")
                assert smtp.sock is not None
                if bytes_sent:
                    smtp.sock.sendall(bytes_sent)
                smtp.sock.shutdown(socket.SHUT_WR)
                while smtp.sock.recv(4096):
                    pass
                smtp.close()

        await asyncio.to_thread(fail)
        await asyncio.to_thread(send, setup, await setup.open(), MAIL)
        (mail,) = await setup.mails()
        assert mail.session["tls_failure"] == reason

    run(tmp_path, body, tls=TLS)


def test_a_failed_handshake_is_forgotten_after_some_minutes_and_before_newer_ones() -> None:
    now = [0.0]
    failures = FailedHandshakes(most=2, clock=lambda: now[0])
    assert failures.reason("192.0.2.1") is None
    failures.failed("192.0.2.1", "x" * 1000)
    failures.failed("192.0.2.2", "timed out")
    assert len(failures.reason("192.0.2.1") or "") < 100
    failures.failed("192.0.2.1", "again")
    failures.failed("192.0.2.3", "timed out")
    assert failures.reason("192.0.2.2") is None
    assert failures.reason("192.0.2.1") == "again"
    failures.succeeded("192.0.2.3")
    assert failures.reason("192.0.2.3") is None
    now[0] = REMEMBERED_S
    assert failures.reason("192.0.2.1") is None


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionAbortedError("SSL handshake is taking longer than 60.0 seconds"), "timed out"),
        (ConnectionResetError(), "connection closed"),
        (None, "connection closed"),
        (OSError("odd"), "connection closed"),
    ],
)
def test_a_failure_is_told_in_few_words(error: BaseException | None, reason: str) -> None:
    assert reason_of(error) == reason
