"""The ports of mail, seen from inside, with real servers on the loopback interface."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from quiet import QUIET, free_port

from bot.doctor import Finding, State
from bot.doctor.mail_ports import RECENT, examine_inbound, examine_mailbox_port, examine_outbound
from bot.mailbox import MailboxServer
from bot.settings import Settings
from bot.store import Arrival, Store

OK, WRONG, UNKNOWN = State.OK, State.WRONG, State.UNKNOWN
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def settings(**given: Any) -> Settings:
    return Settings(**({"mail_domain": "check.example", "mailbox_host": "127.0.0.1"} | given))


@asynccontextmanager
async def greeting(line: bytes) -> AsyncIterator[int]:
    """A server that says `line` to whoever connects; yields its port."""

    sessions: list[asyncio.Task[Any] | None] = []

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sessions.append(asyncio.current_task())
        writer.write(line)
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.transport.abort()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.gather(*(each for each in sessions if each))
        await asyncio.sleep(0)


def test_reachability_from_outside_is_never_pretended() -> None:
    told = examine_inbound(settings(), None, NOW)
    assert told.state is UNKNOWN
    assert "cannot be tested from here" in told.say_seen("en")
    assert "doctor@check.example" in (told.say_fix("ja") or "")


def test_a_mail_that_came_from_outside_lately_proves_it() -> None:
    came = Arrival(NOW - timedelta(days=1), "1.2.3.4")
    told = examine_inbound(settings(), came, NOW)
    assert told.state is OK
    assert "2026-11-23 00:00 UTC" in told.say_seen("en")
    assert examine_inbound(settings(), came, NOW + RECENT).state is UNKNOWN


@pytest.mark.parametrize(
    ("line", "state"),
    [
        (b"220 check.example ESMTP\r\n", OK),
        (b"220 other.example ESMTP Postfix\r\n", WRONG),
        (b"SSH-2.0\r\n", WRONG),
        (b"421 4.7.0 Too many connections\r\n", UNKNOWN),
        (b"x" * 9000, WRONG),
        (b"", UNKNOWN),
    ],
    ids=["ours", "another mail server", "no mail server", "too busy", "no line end", "silent"],
)
def test_where_a_bot_runs_the_port_must_greet_as_it(line: bytes, state: State) -> None:
    async def examine() -> State:
        async with greeting(line) as port:
            told = await examine_mailbox_port(settings(mailbox_port=port), bot_runs=True, answer_s=0.3)
            return told.state

    assert asyncio.run(examine()) is state


@pytest.mark.parametrize("proxies", [(), (ipaddress.ip_network("127.0.0.0/8"),)])
def test_the_real_mailbox_is_recognized_also_where_it_takes_us_for_a_proxy(tmp_path: Path, proxies: Any) -> None:
    async def examine() -> Finding:
        store = Store(tmp_path / "app.db")
        await store.open()
        given = settings(proxy_from=proxies)
        mailbox = MailboxServer(
            store, mail_domain="check.example", hostname=given.greeting_name, host="127.0.0.1", port=0, tls=None,
            max_bytes=100_000, proxies=given.proxy_from,
        )  # fmt: skip
        await mailbox.start()
        try:
            return await examine_mailbox_port(settings(proxy_from=proxies, mailbox_port=mailbox.port), bot_runs=True)
        finally:
            await mailbox.stop()
            await store.close()

    told = asyncio.run(examine())
    assert (told.state, told.facts["greeting"]) == (OK, "220 check.example ESMTP")


def test_nothing_on_the_port_is_wrong_only_if_a_bot_is_known_to_run() -> None:
    given = settings(mailbox_host=QUIET, mailbox_port=free_port())
    assert asyncio.run(examine_mailbox_port(given, bot_runs=True)).state is WRONG
    assert asyncio.run(examine_mailbox_port(given, bot_runs=None)).state is UNKNOWN


def test_where_no_bot_runs_the_port_must_be_free() -> None:
    with socket.create_server((QUIET, 0)) as taken:
        port = taken.getsockname()[1]
        given = settings(mailbox_host=QUIET, mailbox_port=port)
        told = asyncio.run(examine_mailbox_port(given, bot_runs=False))
        assert told.state is WRONG
        assert f"port {port}" in told.say_seen("en")
    assert asyncio.run(examine_mailbox_port(given, bot_runs=False)).state is OK


def test_an_address_of_another_machine_cannot_be_listened_on() -> None:
    given = settings(mailbox_host="203.0.113.77", mailbox_port=free_port())
    assert asyncio.run(examine_mailbox_port(given, bot_runs=False)).state is WRONG


def test_outbound_is_tried_only_at_a_server_of_the_operators_own() -> None:
    async def examine(line: bytes) -> State:
        async with greeting(line) as port:
            return (await examine_outbound(("127.0.0.1", port))).state

    assert asyncio.run(examine(b"220 mx.example ESMTP\r\n")) is OK
    assert asyncio.run(examine(b"HTTP/1.1 400\r\n")) is UNKNOWN
    assert asyncio.run(examine_outbound((QUIET, free_port()))).state is WRONG
