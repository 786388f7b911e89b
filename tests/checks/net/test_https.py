"""One document over HTTPS: what is told of every way in which fetching fails, from real servers on loopback."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
import trustme
from quiet import QUIET, free_port
from web_server import (
    AUTHORITY,
    DAY,
    HOST,
    answering,
    client,
    document,
    good,
    head,
    resolving,
    self_signed,
    served_by,
    serving,
)

from bot.demo.nameserver import Fault, Nameserver, Zone
from checks.model import Document, Fetched, HttpsFault, NotServed, Unreachable, Why
from checks.net.dns import Dns
from checks.net.https import MAX_OCTETS
from checks.net.reach import is_global

URL = f"https://{HOST}/policy.txt"
ZONE = Zone("d.example", "mta-sts A 127.0.0.1\nsix AAAA ::1\nboth A 127.0.0.1\nboth AAAA ::1\nprivate A 10.1.2.3\n")
SILENT = Zone("silent.example", state="silent")
BROKEN = Zone("broken.example", state="servfail")


def fetched(answer, context=None, url: str = URL, address: str = "127.0.0.1", **more) -> Fetched:
    async def fetch() -> Fetched:
        async with serving(answer, context or good(), address) as served, resolving(ZONE, SILENT, BROKEN) as dns:
            return await client(served.port, **more).get(url, dns)

    return asyncio.run(fetch())


def fault(*given, **more) -> HttpsFault:
    told = fetched(*given, **more)
    assert isinstance(told, NotServed), told
    return told.fault


def test_a_document_is_told_with_its_media_type() -> None:
    told = fetched(document(b"version: STSv1\n", "Text/Plain; charset=utf-8"))
    assert told == Document(URL, "text/plain", b"version: STSv1\n")


def test_a_body_may_come_in_chunks_and_without_length() -> None:
    chunked = head("200 OK", "Transfer-Encoding: chunked"), b"3\r\nabc\r\n", b"2\r\nde\r\n0\r\n\r\n"
    assert fetched(answering(*chunked)) == Document(URL, "", b"abcde")
    assert fetched(answering(head("200 OK"), b"abc", b"de")) == Document(URL, "", b"abcde")


def test_the_request_names_the_host_and_asks_for_nothing_compressed() -> None:
    seen: list[bytes] = []

    async def answer(reader, writer) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(head("200 OK", "Content-Length: 0"))
        await writer.drain()

    fetched(answer)
    assert seen[0].startswith(b"GET /policy.txt HTTP/1.1\r\n")
    assert f"host: {HOST}\r\n".encode() in seen[0].lower()
    assert b"accept-encoding: identity\r\n" in seen[0].lower()
    assert b"cookie" not in seen[0].lower()


def test_over_ipv6() -> None:
    url = "https://six.d.example/a"
    assert fetched(document(b"x"), good("six.d.example"), url, "::1") == Document(url, "text/plain", b"x")


def test_where_ipv6_is_refused_ipv4_is_tried() -> None:
    url = "https://both.d.example/a"
    assert fetched(document(b"x"), good("both.d.example"), url) == Document(url, "text/plain", b"x")


def test_wrong_certificates_are_told_apart(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    expired = AUTHORITY.issue_cert(HOST, not_before=now - 30 * DAY, not_after=now - DAY)
    early = AUTHORITY.issue_cert(HOST, not_before=now + DAY, not_after=now + 30 * DAY)
    page = document(b"x")
    assert fault(page, served_by(expired)) is HttpsFault.CERTIFICATE_EXPIRED
    assert fault(page, served_by(early)) is HttpsFault.CERTIFICATE_EARLY
    assert fault(page, good("www.d.example")) is HttpsFault.CERTIFICATE_NAME
    assert fault(page, self_signed(str(tmp_path / "self.pem"))) is HttpsFault.CERTIFICATE_SELF_SIGNED
    assert fault(page, served_by(trustme.CA().issue_cert(HOST))) is HttpsFault.CERTIFICATE_UNTRUSTED


def test_a_handshake_that_fails() -> None:
    without_certificate = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    assert fault(document(b"x"), without_certificate) in (HttpsFault.HANDSHAKE, HttpsFault.DISCONNECTED)


def test_a_server_that_does_not_speak_tls() -> None:
    async def fetch() -> Fetched:
        async with serving(answering(b"220 smtp.example ESMTP\r\n"), None) as served, resolving(ZONE) as dns:
            return await client(served.port, limit_s=1.0).get(URL, dns)

    told = asyncio.run(fetch())
    # Until the server has said something there is no telling it from a slow one.
    assert told == Unreachable(Why.TIMEOUT) or (isinstance(told, NotServed) and told.fault is HttpsFault.HANDSHAKE)


def test_a_redirect_is_not_followed() -> None:
    redirecting = answering(head("301 Moved Permanently", f"Location: https://{HOST}/other", "Content-Length: 0"))

    async def fetch() -> tuple[Fetched, int]:
        async with serving(redirecting, good()) as served, resolving(ZONE) as dns:
            return await client(served.port).get(URL, dns), served.connections

    assert asyncio.run(fetch()) == (NotServed(URL, HttpsFault.REDIRECT, f"https://{HOST}/other"), 1)


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified", "404 Not Found", "503 Service Unavailable"])
def test_only_200_is_a_document(status: str) -> None:
    told = fetched(answering(head(status, *(["Content-Length: 0"] if status[0] != "2" else []))))
    assert told == NotServed(URL, HttpsFault.STATUS, status[:3])


def test_too_large_is_noticed_with_and_without_a_length() -> None:
    assert fault(answering(head("200 OK", f"Content-Length: {MAX_OCTETS + 1}"))) is HttpsFault.TOO_LARGE
    pieces = [b"x" * 4096] * (MAX_OCTETS // 4096 + 1)
    assert fault(answering(head("200 OK"), *pieces)) is HttpsFault.TOO_LARGE
    assert isinstance(fetched(document(b"x" * MAX_OCTETS)), Document)


def test_compressed_although_not_asked_for_is_not_unpacked() -> None:
    told = fetched(answering(head("200 OK", "Content-Encoding: gzip", "Content-Length: 3") + b"\x1f\x8b\x08"))
    assert told == Document(URL, "", b"\x1f\x8b\x08")


def test_a_slow_drip_ends_with_the_time_for_the_whole() -> None:
    began = time.monotonic()
    drip = answering(head("200 OK", "Content-Length: 1000"), *[b"x"] * 1000, pause_s=0.05)
    assert fetched(drip, limit_s=0.5) == Unreachable(Why.TIMEOUT)
    assert time.monotonic() - began < 5.0


def test_a_server_that_says_nothing_after_the_request() -> None:
    assert fetched(answering(b"", pause_s=30.0), limit_s=0.5) == Unreachable(Why.TIMEOUT)


def test_a_server_that_hangs_up() -> None:
    assert fault(answering()) is HttpsFault.DISCONNECTED
    assert fault(answering(head("200 OK", "Content-Length: 10"), b"abc")) is HttpsFault.DISCONNECTED


@pytest.mark.parametrize(
    "said", [b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"A: " + b"b" * 100_000 + b"\r\n\r\n"]
)
def test_what_is_no_http(said: bytes) -> None:
    assert fault(answering(said)) is HttpsFault.NOT_HTTP


def test_a_closed_port_is_a_refusal() -> None:
    async def fetch() -> Fetched:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            async with resolving(ZONE) as dns:
                return await client(taken.getsockname()[1]).get(URL, dns)

    assert asyncio.run(fetch()) == NotServed(URL, HttpsFault.REFUSED)


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("nowhere.d.example", (HttpsFault.NO_ADDRESS, "nxdomain")),
        ("private.d.example", (HttpsFault.PRIVATE_ADDRESS, "10.1.2.3")),
        ("a.broken.example", Why.SERVFAIL),
        ("a.silent.example", Why.TIMEOUT),
    ],
)
def test_names_that_lead_nowhere(host: str, told: object) -> None:
    result = fetched(document(b"x"), url=f"https://{host}/")
    match result:
        case NotServed(fault=fault, detail=detail):
            assert (fault, detail) == told
        case Unreachable(why=why):
            assert why is told
        case _:
            pytest.fail(str(result))


@pytest.mark.parametrize(
    ("records", "failing", "when_known"),
    [
        ("mta-sts A 10.1.2.3", "AAAA", HttpsFault.PRIVATE_ADDRESS),
        ("mta-sts AAAA fd00::1", "A", HttpsFault.PRIVATE_ADDRESS),
        (f"mta-sts A {QUIET}", "AAAA", HttpsFault.REFUSED),
    ],
)
def test_where_one_family_is_not_known_the_other_does_not_condemn_the_host(
    records: str, failing: str, when_known: HttpsFault
) -> None:
    async def fetch(*faults: Fault) -> Fetched:
        async with Nameserver([Zone("d.example", records)], faults=faults) as server:
            dns = Dns([server.address], try_s=0.2, tries=1)
            told = await client(free_port()).get(URL, dns.run())
            await dns.aclose()
            return told

    failed = asyncio.run(fetch(Fault("mta-sts.d.example", failing, rcode="SERVFAIL")))
    assert isinstance(failed, Unreachable)
    assert failed.why is Why.SERVFAIL
    known = asyncio.run(fetch())
    assert isinstance(known, NotServed)
    assert known.fault is when_known


def test_nothing_is_connected_to_that_is_not_global_unless_allowed() -> None:
    async def fetch() -> tuple[Fetched, int]:
        async with serving(document(b"x"), good()) as served, resolving(ZONE) as dns:
            return await client(served.port, allowed=()).get(URL, dns), served.connections

    assert asyncio.run(fetch()) == (NotServed(URL, HttpsFault.PRIVATE_ADDRESS, "127.0.0.1"), 0)


@pytest.mark.parametrize(
    "url",
    [
        "http://mta-sts.d.example/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://127.1/",
        "https://0x7f000001/",
        "https://2130706433/",
        "https:///path",
        "https://[::1/",
        "https://mta-sts.d.example:99999/",
        "ftp:x",
        "",
    ],
)
def test_only_https_urls_with_a_name_are_fetched(url: str) -> None:
    async def fetch() -> tuple[Fetched, int]:
        async with serving(document(b"x"), good()) as served, resolving(ZONE) as dns:
            return await client(served.port).get(url, dns), served.connections

    told, connections = asyncio.run(fetch())
    assert isinstance(told, Unreachable)
    assert told.why is Why.BAD_NAME
    assert connections == 0


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("11.1.3.10", True),
        ("2a00:1450::1", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),
        ("::", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b:1::808:808", False),
        ("fec0::1", False),
        ("64:ff9b::808:808", True),
    ],
)
def test_which_addresses_are_global(address: str, expected: bool) -> None:
    assert is_global(ip_address(address)) is expected


def test_cancelling_leaves_nothing_behind() -> None:
    async def fetch() -> None:
        async with serving(answering(b"", pause_s=30.0), good()) as served, resolving(ZONE) as dns:
            task = asyncio.create_task(client(served.port).get(URL, dns))
            await served.reached.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert not [t for t in asyncio.all_tasks() if "aiohttp" in repr(t.get_coro())]

    asyncio.run(fetch())


def test_the_authorities_of_the_system_are_trusted_and_no_others() -> None:
    async def fetch() -> Fetched:
        async with serving(document(b"x"), good()) as served, resolving(ZONE) as dns:
            return await client(served.port, context=None).get(URL, dns)

    told = asyncio.run(fetch())
    assert isinstance(told, NotServed)
    assert told.fault is HttpsFault.CERTIFICATE_UNTRUSTED
