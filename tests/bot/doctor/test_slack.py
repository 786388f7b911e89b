"""What the doctor tells of tokens, scopes and clock, from a local workspace that answers as Slack does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.demo.stage import SCOPES
from bot.demo.workspace import Workspace
from bot.doctor import Finding, State
from bot.doctor.slack import OPTIONAL_SCOPES, REQUIRED_SCOPES, examine_slack
from bot.settings import Settings

OK, WRONG, UNKNOWN = State.OK, State.WRONG, State.UNKNOWN
ROOT = Path(__file__).parents[3]


def found(
    *,
    scopes: Iterable[str] = SCOPES,
    ahead: timedelta = timedelta(0),
    fail: str = "",
    running: bool = False,
    **given: Any,
) -> dict[str, Finding]:
    async def examine() -> list[Finding]:
        async with Workspace(scopes=scopes) as workspace:
            if fail:
                workspace.faults.fail("auth.test", fail)
                workspace.faults.fail("apps.connections.open", fail)
            tokens = {"slack_bot_token": workspace.bot_token, "slack_app_token": workspace.app_token}
            settings = Settings(**({"slack_api_url": workspace.api_url} | tokens | given))
            return await examine_slack(settings, lambda: datetime.now(UTC) + ahead, running=running)

    return {finding.id: finding for finding in asyncio.run(examine())}


def states(findings: dict[str, Finding]) -> dict[str, State]:
    return {name: finding.state for name, finding in findings.items()}


def test_the_scopes_are_those_of_the_manifest() -> None:
    manifest = yaml.safe_load((ROOT / "manifest.yml").read_text("utf-8"))
    assert {*REQUIRED_SCOPES, *OPTIONAL_SCOPES} == set(manifest["oauth_config"]["scopes"]["bot"])
    assert not set(REQUIRED_SCOPES) & set(OPTIONAL_SCOPES)


def test_with_good_tokens_all_is_ok() -> None:
    assert states(found()) == {"bot_token": OK, "scopes": OK, "app_token": OK, "clock": OK}


def test_a_bot_that_runs_has_proved_its_app_token() -> None:
    assert "app_token" not in found(running=True)


def test_a_wrong_token_is_wrong_and_its_scopes_are_not_known_but_the_time_is() -> None:
    findings = found(slack_bot_token="xoxb-other", slack_app_token="xapp-other")
    assert states(findings) == {"bot_token": WRONG, "scopes": UNKNOWN, "app_token": WRONG, "clock": OK}
    assert "invalid_auth" in findings["bot_token"].say_seen("en")
    assert not any("xoxb-other" in str(finding.as_dict("en")) for finding in findings.values())


def test_tokens_that_are_not_set_are_wrong() -> None:
    assert states(found(slack_bot_token=None, slack_app_token=None)) == {
        "bot_token": WRONG, "scopes": UNKNOWN, "app_token": WRONG, "clock": UNKNOWN
    }  # fmt: skip


def test_a_fault_of_slack_says_nothing_of_the_tokens() -> None:
    findings = found(fail="internal_error")
    assert (findings["bot_token"].state, findings["app_token"].state) == (UNKNOWN, UNKNOWN)


def test_a_slack_that_cannot_be_reached_says_nothing_of_the_tokens() -> None:
    findings = found(slack_api_url="http://127.0.0.1:9/")
    assert set(states(findings).values()) == {UNKNOWN}


def test_an_answer_that_is_no_json_says_nothing_of_the_tokens() -> None:
    async def page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 503 Sorry\r\nContent-Type: text/html\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"
        )
        await writer.drain()
        writer.close()

    async def examine() -> list[Finding]:
        async with await asyncio.start_server(page, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
            settings = Settings(slack_api_url=url, slack_bot_token="xoxb-1", slack_app_token="xapp-1")
            return await examine_slack(settings, lambda: datetime.now(UTC), running=False)

    assert {finding.state for finding in asyncio.run(examine())} == {UNKNOWN}


def test_a_missing_scope_that_is_needed_is_wrong_and_named() -> None:
    scopes = found(scopes=SCOPES - {"users:read"})["scopes"]
    assert scopes.state is WRONG
    assert "`users:read`" in scopes.say_seen("en")


def test_a_missing_scope_that_may_be_left_out_is_advice() -> None:
    scopes = found(scopes=SCOPES - {"im:history"})["scopes"]
    assert scopes.state is OK
    assert "`im:history`" in scopes.say_seen("ja")
    assert scopes.fix is not None


@pytest.mark.parametrize(("minutes", "word"), [(5, "ahead"), (-5, "behind")])
def test_a_clock_that_differs_from_slacks_is_wrong(minutes: int, word: str) -> None:
    clock = found(ahead=timedelta(minutes=minutes))["clock"]
    assert clock.state is WRONG
    assert word in clock.say_seen("en")
