"""Clients behind a proxy: its header is read, believed from trusted proxies only, and counted as the client it names."""

import asyncio
import ipaddress
import smtplib
import socket
import struct
import time
from pathlib import Path
from typing import Any

import pytest
from posted import DOMAIN, MAIL, Setup, run

from bot.mailbox import Limits, address_of
from bot.mailbox.proxy import Client, read_header

TRUSTED = {"proxies": (ipaddress.ip_network("127.0.0.1"),)}
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def version_2(source: str, port: int, *, command: int = 1, extensions: bytes = b"") -> bytes:
    ip = ipaddress.ip_address(source)
    family, other = (0x11, "192.0.2.25") if ip.version == 4 else (0x21, "2001:db8::25")
    addresses = ip.packed + ipaddress.ip_address(other).packed + struct.pack("!HH", port, 25) + extensions
    return SIGNATURE + struct.pack("!BBH", 0x20 | command, family, len(addresses)) + addresses


@pytest.mark.parametrize(
    ("header", "named"),
    [
        (b"PROXY TCP4 192.0.2.7 192.0.2.25 40000 25\r\n", Client("192.0.2.7", 40000)),
        (b"PROXY TCP6 2001:DB8::7 2001:db8::25 1 25\r\n", Client("2001:db8::7", 1)),
        (b"PROXY UNKNOWN\r\n", None),
        (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", None),
        (version_2("192.0.2.7", 40000), Client("192.0.2.7", 40000)),
        (version_2("2001:db8::7", 40000, extensions=b"\x04\x00\x03abc"), Client("2001:db8::7", 40000)),
        (version_2("192.0.2.7", 40000, command=0), None),
        (SIGNATURE + b"\x20\x00\x00\x00", None),
        (SIGNATURE + b"\x21\x31\x00\x04unix", None),
    ],
)
def test_a_header_is_read_and_what_follows_is_left(header: bytes, named: Client | None) -> None:
    found = read_header(header + b"EHLO a\r\n")
    assert found is not None
    assert (found.client, found.size) == (named, len(header))
    assert [read_header(header[:size]) for size in range(1, len(header))] == [None] * (len(header) - 1)


@pytest.mark.parametrize(
    "begin",
    [
        b"EHLO a\r\n",
        b"PROXY\r\n",
        b"PROXY \r\n",
        b"PROXY TCP4 192.0.2.7 192.0.2.25 40000\r\n",
        b"PROXY TCP4 192.0.2.7 192.0.2.25 40000 65536\r\n",
        b"PROXY TCP4 192.0.2.7 192.0.2.25 -1 25\r\n",
        b"PROXY TCP4 2001:db8::7 2001:db8::25 40000 25\r\n",
        b"PROXY TCP4 a b 40000 25\r\n",
        b"PROXY TCP4 192.0.2.7 192.0.2.25 40000 \xff\r\n",
        b"PROXY UNIX a b 1 2\r\n",
        b"PROXY " + b"x" * 200,
        SIGNATURE + b"\x11\x11\x00\x0c",
        SIGNATURE + b"\x22\x11\x00\x0c",
        SIGNATURE + b"\x21\x11\xff\xff",
        SIGNATURE + b"\x21\x11\x00\x04abcd",
    ],
)
def test_what_is_no_header_is_refused(begin: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_header(begin)


class BehindProxy(smtplib.SMTP):
    """A client whose proxy says `header` first, a few bytes at a time."""

    def __init__(self, setup: Setup, header: bytes, pieces: int = 1) -> None:
        self._header, self._pieces = header, pieces
        super().__init__("127.0.0.1", setup.port, local_hostname="sender.example.com", timeout=10)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connection = socket.create_connection((host, port), timeout)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for begin in range(0, len(self._header), len(self._header) // self._pieces):
            connection.sendall(self._header[begin : begin + len(self._header) // self._pieces])
            time.sleep(0.01)
        return connection


def test_the_facts_name_the_client_behind_the_proxy(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        token = await setup.open()

        def deliver() -> None:
            for header in (b"PROXY TCP4 192.0.2.7 192.0.2.25 40000 25\r\n", version_2("::ffff:192.0.2.8", 1)):
                with BehindProxy(setup, header, 5) as smtp:
                    smtp.sendmail("a@example.com", [address_of(token, DOMAIN)], MAIL)
            with BehindProxy(setup, version_2("192.0.2.9", 1, command=0)) as smtp:
                smtp.sendmail("a@example.com", [address_of(token, DOMAIN)], MAIL)

        await asyncio.to_thread(deliver)
        ips = [mail.session["client_ip"] for mail in await setup.mails()]
        assert ips == ["192.0.2.7", "192.0.2.8", "127.0.0.1"]

    run(tmp_path, body, **TRUSTED)


def test_a_header_that_is_no_trusted_proxys_is_not_believed(tmp_path: Path) -> None:
    header = b"PROXY TCP4 192.0.2.7 192.0.2.25 40000 25\r\n"

    async def body(setup: Setup) -> None:
        token = await setup.open()

        def deliver() -> tuple[int, bytes]:
            with smtplib.SMTP("127.0.0.1", setup.port, "a", 10, source_address=("127.0.0.2", 0)) as smtp:
                answer = smtp.docmd(header.decode().strip())
                smtp.sendmail("a@example.com", [address_of(token, DOMAIN)], MAIL)
                return answer

        code, _ = await asyncio.to_thread(deliver)
        assert code == 500
        (mail,) = await setup.mails()
        assert mail.session["client_ip"] == "127.0.0.2"

    run(tmp_path, body, **TRUSTED)


def test_a_trusted_proxy_that_names_no_client_is_cut_off(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def body(setup: Setup) -> None:
        def said(words: bytes) -> bytes:
            with socket.create_connection(("127.0.0.1", setup.port), timeout=5) as connection:
                connection.sendall(words)
                try:
                    return connection.recv(100)
                except ConnectionResetError:
                    return b""

        assert await asyncio.to_thread(said, b"EHLO sender.example.com\r\n") == b""
        assert "127.0.0.1 did not say who its client is" in caplog.text
        assert await asyncio.to_thread(said, b"PROX") == b""

    run(tmp_path, body, **TRUSTED, limits=Limits(proxy_header_s=0.3))


def test_places_are_counted_for_the_client_and_not_for_its_proxy(tmp_path: Path) -> None:
    limits = Limits(connections_per_client=1)

    async def body(setup: Setup) -> None:
        def greetings() -> list[Any]:
            with (
                BehindProxy(setup, version_2("2001:db8:0:1::1", 1)),
                BehindProxy(setup, version_2("2001:db8:0:2::1", 1)),
            ):
                answers: list[Any] = []
                for ip in ("2001:db8:0:1:ffff::2", "2001:db8:0:3::1"):
                    try:
                        with BehindProxy(setup, version_2(ip, 1)):
                            answers.append("greeted")
                    except smtplib.SMTPConnectError as error:
                        answers.append(error.smtp_code)
                return answers

        assert await asyncio.to_thread(greetings) == [421, "greeted"]

    run(tmp_path, body, **TRUSTED, limits=limits)


def test_a_connection_that_waits_for_its_header_does_not_hold_up_the_stop(tmp_path: Path) -> None:
    async def body(setup: Setup) -> None:
        with socket.create_connection(("127.0.0.1", setup.port), timeout=5) as connection:
            connection.sendall(b"PROXY ")
            await asyncio.sleep(0.05)
            begun = time.monotonic()
            await setup.server.stop()
            assert time.monotonic() - begun < 10

    run(tmp_path, body, **TRUSTED)
