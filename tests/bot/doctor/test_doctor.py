"""The doctor as a whole: the command as its operator runs it, the JSON, the languages, and the log after a start."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.demo.nameserver import Nameserver, Validation, Zone
from bot.demo.stage import SCOPES
from bot.demo.workspace import Workspace
from bot.doctor import Finding, Machine, State, as_document, examine, exit_status, log_findings
from bot.settings import Settings
from checks import Text

ROOT = Path(__file__).parents[3]
HERE = "1.2.3.4"
ZONES = (
    Zone("check.example", f"@ MX 10 check.example.\n@ A {HERE}"),
    Zone("3.2.1.in-addr.arpa", "4 PTR check.example."),
    Zone("zen.spamhaus.org", "2.0.0.127 A 127.0.0.2"),
    Zone("b.barracudacentral.org", "2.0.0.127 A 127.0.0.2"),
    Zone("dbl.spamhaus.org", "test A 127.0.1.2"),
)
IDS = [
    "bot_token", "scopes", "clock", "app_token", "mx", "ptr", "inbound", "mailbox_port", "certificate", "data_dir",
    "database", "process", "resolver", "blocklist", "blocklist", "blocklist",
]  # fmt: skip


@asynccontextmanager
async def surroundings(
    tmp_path: Path, *, zones: tuple[Zone, ...] = ZONES, validation: Validation = "validating"
) -> AsyncIterator[dict[str, str]]:
    """Yields an environment in which all is in order as far as can be told, but for the mail domain, which is unset."""
    served = Nameserver(zones, empty_zones=("example", "arpa"), validation=validation)
    async with served as dns, Workspace(scopes=SCOPES) as workspace:
        yield {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {
            "SLACK_BOT_TOKEN": workspace.bot_token,
            "SLACK_APP_TOKEN": workspace.app_token,
            "MAILCHECK_SLACK_API_URL": workspace.api_url,
            "MAILCHECK_DATA_DIR": str(tmp_path / "data"),
            "MAILCHECK_NAMESERVERS": dns.address,
            "MAILCHECK_MAILBOX_HOST": "127.0.0.1",
        }


async def command(environment: dict[str, str], *arguments: str) -> tuple[int, str, str]:
    """(exit status, stdout, stderr) of `mailcheck doctor ARGUMENTS`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "doctor", *arguments,
        cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


def test_the_exit_status_is_0_where_all_is_ok_and_3_where_something_could_not_be_told(tmp_path: Path) -> None:
    greetings = [b"220 mx.other.example ESMTP\r\n", b"HTTP/1.1 400\r\n"]

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greetings.pop(0))
        await reader.readline()
        writer.transport.abort()

    async def scene() -> None:
        async with surroundings(tmp_path) as environment, await asyncio.start_server(greet, "127.0.0.1", 0) as own:
            outbound = "--outbound", f"127.0.0.1:{own.sockets[0].getsockname()[1]}"
            for more in ((), outbound):
                code, out, err = await command(environment, "--json", *more)
                assert (code, err) == (0, "")
                assert json.loads(out)["state"] == "ok"
            code, out, err = await command(environment, "--lang", "ja", *outbound)
            assert (code, err) == (3, "")
            assert "確認できず" in out
            assert "`" not in out
            assert not (tmp_path / "data").exists()

    asyncio.run(scene())


def test_what_is_wrong_makes_the_exit_status_1_and_says_what_to_change(tmp_path: Path) -> None:
    async def scene() -> None:
        async with surroundings(tmp_path, validation="never") as environment:
            code, out, _ = await command(environment, "--lang", "en")
            assert code == 1
            assert "does not validate DNSSEC" in out
            assert "apt install unbound" in " ".join(out.split())

    asyncio.run(scene())


def test_settings_that_cannot_be_used_are_a_finding_and_wrong_usage_is_status_2(tmp_path: Path) -> None:
    async def scene() -> None:
        environment = {"PATH": os.environ["PATH"], "MAILCHECK_MAILBOX_PORT": "70000"}
        unusable, usage = await asyncio.gather(
            command(environment, "--json"), command(environment, "--outbound", "mx.example:smtp")
        )
        code, out, err = unusable
        assert (code, err) == (1, "")
        assert [each["id"] for each in json.loads(out)["findings"]] == ["settings"]
        assert "MAILCHECK_MAILBOX_PORT" in json.loads(out)["findings"][0]["seen"]
        code, out, err = usage
        assert (code, out) == (2, "")
        assert len(err.splitlines()) == 1

    asyncio.run(scene())


def examined(
    tmp_path: Path, *, zones: tuple[Zone, ...] = ZONES, blocklist_keys: dict[str, str] | None = None, **more: Any
) -> list[Finding]:
    machine = Machine({HERE}.__contains__, lambda version: HERE)

    async def scene() -> list[Finding]:
        async with surroundings(tmp_path, zones=zones) as environment:
            given = settings(environment).model_copy(
                update={"blocklist_keys": {name: SecretStr(key) for name, key in (blocklist_keys or {}).items()}}
            )
            return await examine(given, machine=machine, **more)

    return asyncio.run(scene())


def settings(environment: dict[str, str]) -> Settings:
    given = {name.removeprefix("MAILCHECK_").lower(): value for name, value in environment.items() if "_" in name}
    return Settings(**(given | {"mail_domain": "check.example"}))


def test_everything_is_looked_at_and_said_in_both_languages(tmp_path: Path) -> None:
    findings = examined(tmp_path)
    assert [finding.id for finding in findings] == IDS
    assert {finding.id for finding in findings if finding.state is not State.OK} <= {"inbound", "mailbox_port"}
    for lang in ("en", "ja"):
        document = json.loads(json.dumps(as_document(findings, lang)))
        assert set(document) == {"schema", "state", "findings"}
        assert all(each["seen"].endswith((".", "。", ")。")) for each in document["findings"])
        assert all(each["fix"] for each in document["findings"] if each["state"] != "ok")
    assert [finding.subject for finding in findings if finding.id == "blocklist"] == [zone.name for zone in ZONES[2:]]


def test_a_list_that_refuses_is_wrong_and_one_that_is_silent_unknown(tmp_path: Path) -> None:
    refusing = Zone("zen.spamhaus.org", "2.0.0.127 A 127.255.255.254")
    failing = Zone("dbl.spamhaus.org", "", "servfail")
    zones = (*ZONES[:2], refusing, ZONES[3], failing)
    states = [finding.state for finding in examined(tmp_path, zones=zones) if finding.id == "blocklist"]
    assert states == [State.WRONG, State.OK, State.UNKNOWN]


def test_a_list_that_refuses_is_asked_with_the_key_and_the_key_is_not_shown(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    key = "abcdefghijklmnopqrstuvwxyz"
    refusing = Zone("zen.spamhaus.org", "2.0.0.127 A 127.255.255.254")
    keyed = Zone(f"{key}.zen.dq.spamhaus.net", "2.0.0.127 A 127.0.0.2")
    spent = Zone(f"{key}.dbl.dq.spamhaus.net", "test A 127.255.255.254")
    zones = (*ZONES[:2], refusing, *ZONES[3:], keyed, spent)

    def lists(**given: object) -> list[Finding]:
        return [finding for finding in examined(tmp_path, zones=zones, **given) if finding.id == "blocklist"]

    without = lists()
    assert [finding.state for finding in without] == [State.WRONG, State.OK, State.OK]
    for lang in ("en", "ja"):
        fix = without[0].say_fix(lang)
        assert fix is not None
        assert "MAILCHECK_BLOCKLIST_KEYS" in fix
        assert "spamhaus=" in fix
    with_key = lists(blocklist_keys={"spamhaus": key})
    assert [finding.state for finding in with_key] == [State.OK, State.OK, State.WRONG]
    assert "although a key is set" in str(with_key[2].say_fix("en"))
    assert key not in caplog.text
    assert key not in json.dumps([as_document(with_key, lang) for lang in ("en", "ja")])


def test_a_fault_of_ours_costs_its_own_lines_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def broken(address: str) -> bool:
        raise RuntimeError("broken")

    async def scene() -> list[Finding]:
        async with surroundings(tmp_path) as environment:
            return await examine(settings(environment), machine=Machine(broken, lambda version: None))

    findings = asyncio.run(scene())
    assert [finding.state for finding in findings if finding.id == "mx"] == [State.UNKNOWN]
    assert [finding.state for finding in findings if finding.id == "resolver"] == [State.OK]
    assert "could not look at mx" in caplog.text


def test_one_thing_wrong_outweighs_what_could_not_be_told() -> None:
    ok, wrong, unknown = (Finding("x", state, Text("x", "x")) for state in State)
    assert [exit_status(each) for each in ([ok], [ok, unknown], [ok, unknown, wrong], [])] == [0, 3, 1, 0]


def test_after_a_start_what_is_not_ok_is_logged_once_without_what_the_start_has_proved(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot.doctor")

    async def scene() -> str:
        async with surroundings(tmp_path, validation="never") as environment:
            await log_findings(settings(environment))
            return environment["SLACK_BOT_TOKEN"]

    token = asyncio.run(scene())
    told = {record.finding: (record.levelname, record.state) for record in caplog.records}  # type: ignore[attr-defined]
    assert told["resolver"] == ("WARNING", "wrong")
    assert told["inbound"] == ("INFO", "unknown")
    assert not told.keys() & {"bot_token", "app_token", "process", "database", "mailbox_port"}
    assert token not in caplog.text


def test_run_logs_what_is_not_ok_once_it_runs(tmp_path: Path) -> None:
    async def scene() -> None:
        async with surroundings(tmp_path, validation="never") as environment:
            bot = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "run", cwd=ROOT, env=environment, stderr=asyncio.subprocess.PIPE
            )
            assert bot.stderr is not None
            lines = []
            async with asyncio.timeout(20):
                async for line in bot.stderr:
                    lines.append(json.loads(line))
                    if "doctor: resolver: wrong" in lines[-1]["event"]:
                        break
            assert "the bot is running" in [line["event"] for line in lines]
            bot.terminate()
            async with asyncio.timeout(5):
                assert (await bot.communicate(), bot.returncode)[1] == 0

    asyncio.run(scene())
