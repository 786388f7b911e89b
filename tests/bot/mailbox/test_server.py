"""The mailbox over real SMTP: what it takes, what it keeps, what it refuses."""

import asyncio
import socket
import sqlite3
import ssl
from pathlib import Path

import pytest
from posted import DOMAIN, MAIL, Setup, client, refused, run, send, talk

from bot.mailbox import Limits, address_of, new_token, self_signed_context, token_of
from bot.store import MailboxClosed


def test_a_mail_over_starttls_is_kept_with_the_facts_of_its_session(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        token = await setup.open()

        def deliver() -> None:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            with client(setup) as smtp:
                smtp.starttls(context=context)
                smtp.ehlo()
                assert not smtp.has_extn("auth")
                assert not smtp.has_extn("starttls")
                smtp.sendmail("a@example.com", [address_of(token, DOMAIN).upper()], MAIL, ["BODY=8BITMIME"])

        await asyncio.to_thread(deliver)
        (mail,) = await setup.mails()
        assert mail.raw == MAIL
        assert mail.session["tls"]["version"] == "TLSv1.3"
        assert mail.session["tls"]["cipher"].startswith("TLS_")
        expected = {
            "client_ip": "127.0.0.1",
            "helo": "sender.example.com",
            "esmtp": True,
            "mail_from": "a@example.com",
            "body": "8BITMIME",
            "smtputf8": False,
        }
        assert expected.items() <= mail.session.items()
        assert [(item.name, item.argument) for item in await setup.store.work.pending()] == [("mail", mail.id)]

    run(tmp_path, body, tls=self_signed_context("mx.check.example"))


def test_the_null_sender_is_accepted(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        token = await setup.open()
        await asyncio.to_thread(send, setup, token, MAIL, sender="")
        (mail,) = await setup.mails()
        assert mail.session["mail_from"] == ""
        assert mail.session["tls"] is None

    run(tmp_path, body)


def test_unknown_expired_closed_and_foreign_addresses_are_refused(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        expired, closed = await setup.open(hours=-1), await setup.open()
        await setup.store.threads.apply("t", "close", lambda state: (state, [MailboxClosed(closed)]))
        for token in (new_token(), expired, closed):
            code, text = await asyncio.to_thread(refused, setup, token)
            assert (code, text[:5]) == (550, b"5.1.1")
        live = await setup.open()

        def others() -> list[int]:
            with client(setup) as smtp:
                smtp.ehlo()
                smtp.mail("a@example.com")
                wanted = ("someone@example.net", f"t-{live}@example.net", f"{live}@{DOMAIN}", f"postmaster@{DOMAIN}")
                return [smtp.rcpt(each)[0] for each in wanted]

        assert await asyncio.to_thread(others) == [550] * 4
        assert await setup.mails() == []

    run(tmp_path, body)


def test_an_address_takes_only_so_many_mails(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        token = await setup.open(max_mails=1)
        await asyncio.to_thread(send, setup, token, MAIL)
        assert (await asyncio.to_thread(refused, setup, token))[0] == 550

    run(tmp_path, body)


def test_the_last_place_is_given_once_when_two_mails_come_at_the_same_time(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        token = await setup.open(max_mails=1)

        def codes() -> list[int]:
            with client(setup) as one, client(setup) as other:
                for smtp in (one, other):
                    smtp.ehlo()
                    smtp.mail("a@example.com")
                    assert smtp.rcpt(address_of(token, DOMAIN))[0] == 250
                return [smtp.data(MAIL)[0] for smtp in (one, other)]

        assert await asyncio.to_thread(codes) == [250, 550]

    run(tmp_path, body)


def test_a_second_recipient_waits_for_its_own_transaction(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        first, second = await setup.open(), await setup.open()

        def codes() -> list[int]:
            with client(setup) as smtp:
                smtp.ehlo()
                smtp.mail("a@example.com")
                return [smtp.rcpt(address_of(token, DOMAIN))[0] for token in (first, second)]

        assert await asyncio.to_thread(codes) == [250, 452]

    run(tmp_path, body)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        pytest.param(b"a\nb\rc\r\n", b"a\nb\rc\r\n", id="bare line feeds and returns"),
        pytest.param(
            b"nul \x00 and 8 bit \xe3\x81\x82\xff\r\n", b"nul \x00 and 8 bit \xe3\x81\x82\xff\r\n", id="bytes"
        ),
        pytest.param(b"..\r\n..a\r\nb.\r\n", b".\r\n.a\r\nb.\r\n", id="dots unstuffed"),
        pytest.param(b"a\n.\n.\r\n\r\n", b"a\n.\n.\r\n\r\n", id="only CR LF dot CR LF ends a mail"),
        pytest.param(
            b"a\n.\r\nMAIL FROM:<b@example.com>\r\n", b"a\n.\r\nMAIL FROM:<b@example.com>\r\n", id="smuggling"
        ),
        pytest.param(b"x" * 2000 + b"\r\n", b"x" * 2000 + b"\r\n", id="a line of 2,000"),
        pytest.param(b"." + b"x" * 90_000 + b"\r\n", b"x" * 90_000 + b"\r\n", id="a line longer than one read"),
        pytest.param(b"x" * 65_535 + b"\r\n.y\r\n", b"x" * 65_535 + b"\r\ny\r\n", id="an end of line across two reads"),
        pytest.param(b"", b"", id="empty"),
    ],
)
def test_content_is_kept_byte_for_byte(tmp_path: Path, sent: bytes, kept: bytes) -> None:
    async def body(setup: Setup) -> None:
        token = await setup.open()
        begin = b"EHLO sender.example.com\r\n", b"MAIL FROM:<a@example.com>\r\n"
        rcpt = f"RCPT TO:<{address_of(token, DOMAIN)}>\r\n".encode()
        seen = await asyncio.to_thread(talk, setup, *begin, rcpt, b"DATA\r\n", sent + b".\r\n", b"QUIT\r\n")
        assert b"\r\n250 2.0.0 Accepted\r\n221 " in seen
        assert [mail.raw for mail in await setup.mails()] == [kept]

    run(tmp_path, body)


def test_a_mail_over_the_size_of_its_address_is_refused_before_and_after_data(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        token = await setup.open(max_bytes=1000)
        big = MAIL + b"x" * 1000 + b"\r\n"
        # smtplib declares the size, so that RCPT refuses it.
        assert (await asyncio.to_thread(refused, setup, token, big))[0] == 552
        start = b"HELO sender.example.com\r\n", b"MAIL FROM:<a@example.com>\r\n"
        rcpt = f"RCPT TO:<{address_of(token, DOMAIN)}>\r\n".encode()
        seen = await asyncio.to_thread(talk, setup, *start, rcpt, b"DATA\r\n", big + b".\r\n", b"QUIT\r\n")
        assert b"\r\n552 5.3.4 " in seen
        assert await setup.mails() == []

    run(tmp_path, body)


@pytest.mark.parametrize("secure", [False, True], ids=["in clear", "over TLS"])
@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_a_client_that_hangs_up_after_the_final_dot_does_not_lose_its_mail(
    tmp_path: Path, secure: bool, reset: bool
) -> None:
    async def body(setup: Setup) -> None:
        token = await setup.open()

        def deliver() -> None:
            smtp = client(setup)
            if secure:
                context = ssl.create_default_context()
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                smtp.starttls(context=context)
            smtp.ehlo()
            smtp.mail("a@example.com")
            smtp.rcpt(address_of(token, DOMAIN))
            smtp.docmd("DATA")
            assert smtp.sock is not None
            if reset:
                smtp.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            smtp.sock.sendall(MAIL + b".\r\n")
            smtp.close()

        for _ in range(5):
            await asyncio.to_thread(deliver)
        async with asyncio.timeout(5):
            while True:
                if len(await setup.mails()) == 5:
                    break
                await asyncio.sleep(0.02)

    run(tmp_path, body, tls=self_signed_context("mx.check.example") if secure else None)


def test_storage_that_fails_is_told_as_temporary_and_without_its_reason(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def body(setup: Setup) -> None:
        token = await setup.open()
        with sqlite3.connect(tmp_path / "app.db") as database:
            database.execute("CREATE TRIGGER t BEFORE INSERT ON mails BEGIN SELECT RAISE(ABORT, 'no mails'); END")
        database.close()
        code, text = await asyncio.to_thread(refused, setup, token)
        assert (code, text[:5]) == (451, b"4.3.0")
        assert b"mails" not in text
        with sqlite3.connect(tmp_path / "app.db") as database:
            database.execute("ALTER TABLE mailboxes RENAME TO elsewhere_too")
        database.close()
        code, text = await asyncio.to_thread(refused, setup, token)
        assert (code, text[:5]) == (450, b"4.3.0")
        assert "could not be kept" in caplog.text
        assert token not in caplog.text
        assert "Hello" not in caplog.text

    run(tmp_path, body)


def test_commands_that_a_mailbox_does_not_need_are_refused(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        commands = (
            b"VRFY a\r\n",
            b"EXPN a\r\n",
            b"AUTH PLAIN\r\n",
            b"HELP\r\n",
            b"WHAT\r\n",
            b"STARTTLS\r\n",
            b"QUIT\r\n",
        )
        seen = await asyncio.to_thread(talk, setup, b"EHLO a\r\n", *commands)
        codes = [line[:3] for line in seen.split(b"\r\n") if line[3:4] == b" "]
        assert codes == [b"220", b"250", b"502", b"502", b"502", b"502", b"500", b"454", b"221"]
        assert b"Python" not in seen
        assert b"AUTH" not in seen

    run(tmp_path, body)


def test_broken_addresses_are_refused_for_good(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        broken = b"<", b"<@", b'<"', b"<a@[", b'"', b"<a@b\\"
        commands = [b"MAIL FROM:" + address + b"\r\n" for address in broken]
        seen = await asyncio.to_thread(talk, setup, b"EHLO a\r\n", *commands)
        answers = [line for line in seen.split(b"\r\n") if line[3:4] == b" "][2:]
        assert len(answers) == len(broken)
        assert {line[:1] for line in answers} <= {b"5", b"2"}
        assert b"4.3.0" not in seen

    run(tmp_path, body)


def test_commands_sent_in_clear_after_starttls_are_forgotten(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        def inject() -> list[tuple[int, bytes]]:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            with client(setup) as smtp:
                smtp.ehlo()
                assert smtp.sock is not None
                smtp.sock.sendall(b"STARTTLS\r\nVRFY injected\r\n")
                assert smtp.getreply()[0] == 220
                smtp.sock = context.wrap_socket(smtp.sock)
                smtp.file = None
                return [smtp.docmd("MAIL FROM:<a@example.com>"), smtp.ehlo()]

        (mail, _), (ehlo, _) = await asyncio.to_thread(inject)
        # The session begins anew: nothing answered VRFY, and MAIL needs a new EHLO.
        assert (mail, ehlo) == (503, 250)

    run(tmp_path, body, tls=self_signed_context("mx.check.example"))


def test_connections_commands_bytes_and_time_are_bounded(tmp_path: Path) -> None:
    limits = Limits(connections_per_client=2, commands=5, session_bytes=300_000, session_s=3.0)

    async def body(setup: Setup) -> None:
        def third() -> bytes:
            with client(setup), client(setup), socket.create_connection(("127.0.0.1", setup.port)) as last:
                return last.recv(100)

        assert (await asyncio.to_thread(third)).startswith(b"421 ")
        await asyncio.sleep(0.1)
        seen = await asyncio.to_thread(talk, setup, b"NOOP\r\n" * 50)
        assert seen.count(b"250 ") == 5
        assert seen.endswith(b"421 4.7.0 Too many commands\r\n")

        token = await setup.open()

        def flood() -> tuple[int, bytes]:
            with client(setup) as smtp:
                smtp.ehlo()
                smtp.mail("a@example.com")
                smtp.rcpt(address_of(token, DOMAIN))
                smtp.docmd("DATA")
                assert smtp.sock is not None
                sent = 0
                try:
                    while sent < 50_000_000:
                        sent += smtp.sock.send(b"x" * 10_000)
                except OSError:
                    last_word = smtp.sock.recv(100)
                    smtp.close()
                return sent, last_word

        sent, last_word = await asyncio.to_thread(flood)
        assert sent < 10_000_000
        assert last_word.startswith(b"421 4.7.0 Too much")

        def idle() -> bytes:
            with socket.create_connection(("127.0.0.1", setup.port), timeout=5) as connection:
                connection.recv(100)
                return connection.recv(100) + connection.recv(100)

        assert await asyncio.to_thread(idle) == b"421 4.4.2 This session took too long\r\n"

    run(tmp_path, body, limits=limits)


def test_as_many_bytes_as_an_address_takes_fit_into_a_session(tmp_path: Path) -> None:
    most = 20 * 1024 * 1024

    async def body(setup: Setup) -> None:
        token = await setup.open(max_bytes=most)
        long = MAIL + (b"x" * 998 + b"\r\n") * (17 * 1024)

        def both() -> None:
            with client(setup) as smtp:
                for _ in range(2):
                    assert smtp.sendmail("a@example.com", [address_of(token, DOMAIN)], long) == {}

        await asyncio.to_thread(both)
        assert [mail.size for mail in await setup.mails()] == [len(long)] * 2

    run(tmp_path, body, max_bytes=most)


def test_a_sender_in_broken_utf8_is_kept_readable(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        token = await setup.open()
        parts = b"EHLO \xff\r\n", b"MAIL FROM:<\xe3\x81\x82\xff@example.com> SMTPUTF8\r\n"
        rcpt = f"RCPT TO:<{address_of(token, DOMAIN)}>\r\n".encode()
        await asyncio.to_thread(talk, setup, *parts, rcpt, b"DATA\r\n", MAIL + b".\r\n", b"QUIT\r\n")
        (mail,) = await setup.mails()
        assert mail.session["mail_from"] == "あ\ufffd@example.com"
        assert mail.session["helo"] == "\ufffd"
        assert mail.session["smtputf8"] is True

    run(tmp_path, body)


def test_tokens_are_readable_and_found_in_their_addresses() -> None:
    tokens = {new_token() for _ in range(500)}
    assert len(tokens) == 500
    assert not set("".join(tokens)) & set("l1o0")
    token = tokens.pop()
    assert token_of(f"T-{token.upper()}@Check.Example.", DOMAIN) == token
    assert token_of(f"t-{token}x@{DOMAIN}", DOMAIN) is None
