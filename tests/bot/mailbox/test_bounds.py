"""What a stranger cannot have from the mailbox: more places, bytes, time, recipients or memory than the limits say."""

import asyncio
import smtplib
import socket
import ssl
import time
from pathlib import Path

import pytest
from posted import DOMAIN, MAIL, Setup, client, refused, run, send, talk

from bot.mailbox import Limits, address_of, self_signed_context
from bot.mailbox.limits import Gate, Memory

TLS = self_signed_context("mx.check.example")


def begin(token: str) -> tuple[bytes, ...]:
    rcpt = f"RCPT TO:<{address_of(token, DOMAIN)}>\r\n".encode()
    return b"EHLO sender.example.com\r\n", b"MAIL FROM:<a@example.com>\r\n", rcpt, b"DATA\r\n"


def connected(setup: Setup) -> socket.socket:
    return socket.create_connection(("127.0.0.1", setup.port), timeout=5)


def rest(connection: socket.socket) -> bytes:
    seen = b""
    try:
        while more := connection.recv(4096):
            seen += more
    except ConnectionResetError:
        pass
    return seen


def test_a_client_is_an_ipv4_address_or_an_ipv6_network_of_64_bits() -> None:
    gate = Gate(Limits(connections=3, connections_per_client=1))
    assert [gate.enter(ip) for ip in ("192.0.2.1", "192.0.2.1", "192.0.2.2")] == [True, False, True]
    neighbours = "2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1", "unknown"
    assert [gate.enter(ip) for ip in neighbours] == [True, False, True, True]
    gate.leave("2001:db8::1")
    assert gate.enter("2001:db8::ffff:1")
    assert [gate.open() for _ in range(4)] == [True, True, True, False]
    gate.close()
    assert gate.open()


def test_memory_is_given_once() -> None:
    memory = Memory(10)
    assert memory.take(6)
    assert not memory.take(5)
    assert memory.take(4)
    memory.release(6)
    assert memory.take(5)


def test_who_brings_no_mail_makes_room_when_all_places_are_taken(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        token = await setup.open()

        def fill() -> list[socket.socket]:
            """One that is about to send a mail, and others that only sit there."""
            every = []
            for _ in range(3):
                every.append(connected(setup))
                every[-1].recv(4096)
            for part in begin(token):
                every[0].sendall(part)
                every[0].recv(4096)
            return every

        sender, *idle = await asyncio.to_thread(fill)
        with pytest.raises(smtplib.SMTPConnectError):
            await asyncio.to_thread(send, setup, token, MAIL)
        await asyncio.sleep(0.4)
        await asyncio.to_thread(send, setup, token, MAIL)
        assert (await asyncio.to_thread(rest, idle[0])).startswith(b"421 4.3.2 Too many connections")
        for _ in range(3):
            await asyncio.to_thread(send, setup, token, MAIL)
        sender.sendall(MAIL + b".\r\n")
        assert (await asyncio.to_thread(sender.recv, 4096)).startswith(b"250 ")
        idle[1].sendall(b"NOOP\r\n")
        assert (await asyncio.to_thread(idle[1].recv, 4096)).startswith(b"250 ")
        for each in (sender, *idle):
            each.close()

    run(tmp_path, body, limits=Limits(connections=3, unknown_s=0.3))


def test_who_has_all_places_of_a_client_takes_none_from_others(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        def greeting(source: str) -> tuple[socket.socket, bytes]:
            connection = socket.create_connection(("127.0.0.1", setup.port), 5, (source, 0))
            return connection, connection.recv(4096)

        neighbour, _ = await asyncio.to_thread(greeting, "127.0.0.3")
        every = [await asyncio.to_thread(greeting, "127.0.0.4") for _ in range(2)]
        await asyncio.sleep(0.2)
        knocks = [await asyncio.to_thread(greeting, "127.0.0.4") for _ in range(3)]
        assert {answer[:3] for _, answer in knocks} == {b"421"}
        neighbour.sendall(b"NOOP\r\n")
        assert (await asyncio.to_thread(neighbour.recv, 4096)).startswith(b"250 ")
        for connection in (neighbour, *(each for each, _ in every + knocks)):
            connection.close()

    run(tmp_path, body, limits=Limits(connections=3, connections_per_client=2, unknown_s=0.1))


def test_recipients_are_counted_over_the_whole_session(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        commands = b"EHLO a\r\n", b"MAIL FROM:<a@example.com>\r\n", b"RCPT TO:<b@example.com>\r\n" * 50
        seen = await asyncio.to_thread(talk, setup, *commands)
        assert seen.count(b"550 5.1.1") == 3
        assert seen.endswith(b"421 4.5.3 Too many recipients for one session\r\n")

    run(tmp_path, body, limits=Limits(recipients=3))


def drip(connection: socket.socket, words: bytes) -> tuple[bytes, float]:
    """Send some words again and again; the answer, and after how many seconds it came."""
    connection.settimeout(0.05)
    begun = time.monotonic()
    while time.monotonic() - begun < 20:
        connection.sendall(words)
        try:
            return connection.recv(100), time.monotonic() - begun
        except TimeoutError:
            continue
    raise AssertionError("the client was let drip")


@pytest.mark.parametrize("where", ["a command", "a mail"])
def test_what_keeps_coming_must_still_come_to_its_end_in_time(tmp_path: Path, where: str) -> None:
    async def body(setup: Setup) -> None:
        token = await setup.open()

        def dripped() -> tuple[bytes, float]:
            with connected(setup) as connection:
                connection.recv(4096)
                if where == "a command":
                    return drip(connection, b"N")
                for part in begin(token):
                    connection.sendall(part)
                    connection.recv(4096)
                return drip(connection, b"x\r\n")

        answer, seconds = await asyncio.to_thread(dripped)
        assert answer == b"421 4.4.2 Nothing complete arrived in time\r\n"
        assert 0.4 < seconds < 2

    run(tmp_path, body, limits=Limits(command_s=0.5) if where == "a command" else Limits(data_s=0.5))


def test_a_client_that_reads_no_answers_is_let_go(tmp_path: Path) -> None:
    """Its answers fill every buffer on the way, so that no polite end would ever come through."""

    async def body(setup: Setup) -> None:
        def deaf() -> None:
            connection = socket.socket()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
            connection.connect(("127.0.0.1", setup.port))
            connection.settimeout(0.5)
            with connection:
                while True:
                    try:
                        connection.sendall(b"EHLO a\r\n" * 1000)
                    except TimeoutError:
                        continue
                    except ConnectionError:
                        return

        await asyncio.wait_for(asyncio.to_thread(deaf), 10)
        await asyncio.to_thread(send, setup, await setup.open(), MAIL)

    limits = Limits(commands=10**6, command_s=1.0, session_s=3, session_bytes=10**9, connections_per_client=1)
    run(tmp_path, body, limits=limits)


def test_a_line_without_end_ends_the_session_early(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        def endless() -> tuple[int, bytes]:
            sent = 0
            with connected(setup) as connection:
                connection.recv(4096)
                try:
                    while sent < 100_000_000:
                        sent += connection.send(b"x" * 10_000)
                except OSError:
                    pass
                return sent, rest(connection)

        sent, last_word = await asyncio.to_thread(endless)
        assert sent < 10_000_000
        assert last_word in (b"500 5.5.2 Line too long\r\n", b"")

    run(tmp_path, body)


def test_mails_share_the_memory_for_them_and_give_it_back(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        token = await setup.open()
        with connected(setup) as connection:
            for part in (*begin(token), b"x" * 80_000):
                await asyncio.to_thread(connection.recv, 4096)
                connection.sendall(part)
            await asyncio.sleep(0.1)
            big = MAIL + (b"x" * 70 + b"\r\n") * 700
            code, text = await asyncio.to_thread(refused, setup, token, big)
            assert (code, text[:5]) == (452, b"4.3.1")
            await asyncio.to_thread(send, setup, token, MAIL)
        await asyncio.sleep(0.1)
        await asyncio.to_thread(send, setup, token, big)
        assert [mail.raw for mail in await setup.mails()] == [MAIL, big]

    run(tmp_path, body, limits=Limits(content_bytes=90_000, small_mail_bytes=10_000))


def test_the_largest_mail_of_an_address_may_have_dots_to_stuff(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        token = await setup.open(max_bytes=30_000)
        dots = b".\r\n" * 10_000
        for raw, answer in ((dots, b"250 2.0.0"), (dots + b"x\r\n", b"552 5.3.4")):
            stuffed = raw.replace(b".\r\n", b"..\r\n") + b".\r\n"
            seen = await asyncio.to_thread(talk, setup, *begin(token), stuffed, b"QUIT\r\n")
            assert answer in seen
        assert [mail.raw for mail in await setup.mails()] == [dots]

    run(tmp_path, body)


def test_mails_are_put_off_while_too_many_wait_for_their_analysis(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        token = await setup.open()
        for _ in range(2):
            await asyncio.to_thread(send, setup, token, MAIL)
        code, text = await asyncio.to_thread(refused, setup, token)
        assert (code, text[:5]) == (451, b"4.3.2")
        first = (await setup.mails())[0]
        await setup.store.mailboxes.analysed(first.id, None, keep_raw=False)
        await asyncio.to_thread(send, setup, token, MAIL)

    run(tmp_path, body, max_waiting=2)


@pytest.mark.parametrize("way", ["no TLS", "hang up", "reset", "say nothing"])
def test_a_handshake_that_fails_costs_no_place(tmp_path: Path, way: str) -> None:
    async def body(setup: Setup) -> None:
        def fail() -> None:
            with client(setup) as smtp:
                smtp.ehlo()
                assert smtp.docmd("STARTTLS")[0] == 220
                assert smtp.sock is not None
                match way:
                    case "no TLS":
                        smtp.sock.sendall(b"EHLO sender.example.com\r\n" * 20)
                        rest(smtp.sock)
                    case "reset":
                        smtp.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
                    case "say nothing":
                        rest(smtp.sock)
                smtp.close()

        for _ in range(2):
            await asyncio.to_thread(fail)
            await asyncio.sleep(0.05)
        await asyncio.to_thread(send, setup, await setup.open(), MAIL)
        await setup.server.stop()
        left = [task for task in asyncio.all_tasks() if "_handle_client" in repr(task)]
        assert left == []

    run(tmp_path, body, tls=TLS, limits=Limits(connections=1, connections_per_client=1, command_s=1.0))


@pytest.mark.parametrize("secure", [False, True], ids=["in clear", "over TLS"])
def test_the_stop_says_goodbye_and_keeps_what_came_whole(tmp_path: Path, secure: bool) -> None:
    async def body(setup: Setup) -> None:
        token = await setup.open()
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

        def greeted() -> smtplib.SMTP:
            smtp = client(setup)
            if secure:
                smtp.starttls(context=context)
            smtp.ehlo()
            return smtp

        def sending(words: bytes) -> smtplib.SMTP:
            smtp = greeted()
            smtp.mail("a@example.com")
            smtp.rcpt(address_of(token, DOMAIN))
            smtp.docmd("DATA")
            smtp.send(words)
            return smtp

        idle = await asyncio.to_thread(greeted)
        halfway = await asyncio.to_thread(sending, b"half of a mail")
        whole = await asyncio.to_thread(sending, MAIL + b".\r\n")
        begun = time.monotonic()
        stopping = asyncio.create_task(setup.server.stop())
        answers = [(await asyncio.to_thread(smtp.getreply))[0] for smtp in (idle, halfway, whole)]
        await stopping
        assert time.monotonic() - begun < 10
        assert answers == [421, 421, 250]
        assert [mail.raw for mail in await setup.mails()] == [MAIL]
        for smtp in (idle, halfway, whole):
            smtp.close()

    run(tmp_path, body, tls=TLS if secure else None)
