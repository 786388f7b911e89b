"""The local port of a bot that runs on the stage, asked over HTTP."""

import asyncio
import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from played import HERE, checked, mailed, on_stage
from prometheus_client.parser import text_string_to_metric_families

from bot.demo.script import address_in
from bot.demo.stage import Stage
from bot.demo.workspace import ALICE

CONDITIONS = {"slack_socket", "database", "engine", "mailbox", "outbox"}


def url(stage: Stage, path: str) -> str:
    assert stage.app is not None
    assert stage.app.observation is not None
    return f"http://127.0.0.1:{stage.app.observation.port}{path}"


async def health(stage: Stage) -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.get(url(stage, "/healthz")) as answer:
        told = await answer.json()
        assert told["healthy"] == (answer.status == 200)
        return answer.status, told["conditions"]


async def failing(stage: Stage) -> dict[str, str]:
    status, conditions = await health(stage)
    assert set(conditions) == CONDITIONS
    bad = {name: each["state"] for name, each in conditions.items() if each["state"] not in ("ok", "off")}
    assert status == (503 if bad else 200)
    return bad


async def metrics(stage: Stage) -> dict[tuple[str, ...], float]:
    """The samples by name and label values."""
    async with aiohttp.ClientSession() as session, session.get(url(stage, "/metrics")) as answer:
        assert answer.status == 200
        assert answer.content_type == "text/plain"
        text = await answer.text()
    families = text_string_to_metric_families(text)
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


async def until(expected: dict[str, str], stage: Stage) -> None:
    bad: dict[str, str] = {}
    for _ in range(100):
        if (bad := await failing(stage)) == expected:
            return
        await asyncio.sleep(0.05)
    pytest.fail(f"{bad} instead of {expected}")


def test_the_main_job_is_counted_and_the_bot_is_well() -> None:
    async def scene(stage: Stage) -> None:
        assert await failing(stage) == {}
        root = await checked(stage, "good.example")
        address = address_in(stage, root)
        await mailed(stage, root, "good")
        refused = await stage.send_mail("good", address.replace("t-", "t-2"))
        assert not refused.accepted
        seen = await metrics(stage)
        assert seen["mailcheck_checks_total", "safe"] == 1
        assert seen["mailcheck_check_seconds_count",] == 1
        assert seen["mailcheck_analyses_total", "safe"] == 1
        assert 0 < seen["mailcheck_analysis_seconds_sum",] < 20
        assert seen["mailcheck_dns_questions_total", "answer"] > 10
        assert seen["mailcheck_dns_questions_total", "nxdomain"] > 0
        assert seen["mailcheck_dns_questions_total", "servfail"] == 0
        assert seen["mailcheck_mails_total", "accepted"] == 1
        assert seen["mailcheck_mails_total", "no_such_address"] == 1
        assert seen["mailcheck_slack_calls_total", "chat.postMessage", "ok"] == 5
        assert seen["mailcheck_slack_calls_total", "auth.test", "ok"] == 1
        assert seen["mailcheck_slack_socket_connected",] == 1
        assert seen["mailcheck_slack_app_connections",] == 2
        assert seen["mailcheck_slack_socket_reconnects_total",] == 0
        assert seen["mailcheck_work_waiting",] == seen["mailcheck_mails_unanalysed",] == 0
        assert seen["mailcheck_outbox_messages",] == seen["mailcheck_outbox_oldest_seconds",] == 0
        assert 20e6 < seen["process_resident_memory_bytes",] < 1e9
        assert await failing(stage) == {}

    on_stage(scene, http_port=0)


def test_limits_of_slack_are_counted_whoever_waits_for_them() -> None:
    async def scene(stage: Stage) -> None:
        faults = stage.workspace.faults
        faults.rate_limit("users.info", 1)
        faults.rate_limit("chat.postMessage", 1)
        await checked(stage, "no-dmarc.example")
        seen = await metrics(stage)
        assert seen["mailcheck_slack_throttled_total", "users.info"] == 1
        assert seen["mailcheck_slack_calls_total", "users.info", "ok"] == 1
        assert seen["mailcheck_slack_throttled_total", "chat.postMessage"] == 1
        assert seen["mailcheck_slack_calls_total", "chat.postMessage", "ratelimited"] == 1

    on_stage(scene, http_port=0)


def test_a_socket_that_comes_back_is_counted_and_one_that_does_not_makes_the_bot_unwell() -> None:
    async def scene(stage: Stage) -> None:
        await stage.workspace.disconnect_sockets()
        await stage.workspace.wait_for(lambda: stage.workspace.connections == 2, what="new connections")
        await until({}, stage)
        seen = await metrics(stage)
        assert seen["mailcheck_slack_socket_connected",] == 1
        assert seen["mailcheck_slack_socket_reconnects_total",] >= 1
        stage.workspace.faults.fail("apps.connections.open", "internal_error", times=1000)
        await stage.workspace.disconnect_sockets()
        await until({"slack_socket": "failing"}, stage)
        seen = await metrics(stage)
        assert seen["mailcheck_slack_socket_connected",] == 0
        assert seen["mailcheck_slack_calls_total", "apps.connections.open", "internal_error"] > 0

    on_stage(scene, http_port=0)


def test_an_outbox_that_gets_nothing_out_is_stuck_and_a_mailbox_that_is_not_wanted_is_not_missed() -> None:
    ahead = timedelta()

    async def scene(stage: Stage) -> None:
        nonlocal ahead
        stage.workspace.faults.fail("chat.postMessage", "invalid_auth", times=1000)
        await stage.workspace.command(ALICE.id, HERE, "/mailcheck good.example")
        await wait_for_unsent(stage)
        _, conditions = await health(stage)
        assert conditions["outbox"]["state"] == "ok"
        assert conditions["mailbox"] == {"state": "off"}
        ahead = timedelta(seconds=301)
        assert await failing(stage) == {"outbox": "failing"}
        seen = await metrics(stage)
        assert seen["mailcheck_outbox_messages",] == 1
        assert seen["mailcheck_slack_calls_total", "chat.postMessage", "invalid_auth"] >= 1
        assert seen["mailcheck_outbox_oldest_seconds",] > 300
        stage.workspace.faults.clear()

    on_stage(scene, http_port=0, mail_domain=None, clock=lambda: datetime.now(UTC) + ahead)


async def wait_for_unsent(stage: Stage) -> None:
    for _ in range(200):
        if (await metrics(stage))["mailcheck_outbox_messages",] == 1:
            return
        await asyncio.sleep(0.02)
    pytest.fail("nothing waits to be sent")


def test_without_the_setting_nothing_listens_and_by_default_only_on_this_machine() -> None:
    async def without(stage: Stage) -> None:
        assert stage.app is not None
        assert stage.app.observation is None

    async def with_it(stage: Stage) -> None:
        port = int(url(stage, "").rpartition(":")[2])
        for elsewhere in ("127.0.0.2", "::1"):
            family = socket.AF_INET6 if ":" in elsewhere else socket.AF_INET
            with socket.socket(family) as client:
                assert client.connect_ex((elsewhere, port)) != 0
        async with aiohttp.ClientSession() as session, session.get(url(stage, "/")) as answer:
            assert answer.status == 404

    on_stage(without)
    on_stage(with_it, http_port=0)


def test_another_host_is_warned_of_and_a_port_that_is_taken_keeps_the_bot_from_starting(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scene(stage: Stage) -> None:
        assert await failing(stage) == {}

    on_stage(scene, http_port=0, http_host="0.0.0.0")
    assert [r.levelname for r in caplog.records if "MAILCHECK_HTTP_HOST" in r.message] == ["WARNING"]
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="address already in use"):
        on_stage(scene, http_port=taken.getsockname()[1])
