"""What `mailcheck run` writes while the main job is played: JSON lines that say nothing of anybody's mail."""

import asyncio
import json
import os
import re
import signal
import smtplib
import subprocess
import sys
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from quiet import QUIET, free_port

from bot.demo.domains import SIGNERS, sample_zones
from bot.demo.mails import PROXY, SAMPLE_MAILS, compose, send
from bot.demo.nameserver import Nameserver
from bot.demo.signing import make_signing_keys
from bot.demo.workspace import ALICE, MAIL_OPS, Workspace

ROOT = Path(__file__).parents[2]
HERE = MAIL_OPS.id
KEYS = make_signing_keys(SIGNERS)
MAIL = next(mail for mail in SAMPLE_MAILS if mail.id == "good")


async def play(workspace: Workspace, port: int) -> list[str]:
    """The main job, with words and recipients that were never meant for us; returns what no log may show."""
    await workspace.command(ALICE.id, HERE, "/mailcheck good.example")
    root = await workspace.wait_for(lambda: workspace.messages(HERE)[0], what="a root message")
    await workspace.wait_for(lambda: len(workspace.thread(HERE, root.ts)) == 4, what="three replies")
    await workspace.mention(ALICE.id, HERE, "the confidential merger of Hooli", root.ts)
    address = re.search(r"t-\w{16}@mail\.example", workspace.text_of(workspace.thread(HERE, root.ts)[1]))
    assert address is not None
    now = datetime.now(UTC)
    delivery = await send(MAIL, KEYS, host=QUIET, port=port, recipient=address[0], lang="en", now=now)
    assert delivery.accepted
    await workspace.wait_for(
        lambda: "*Safe*" in workspace.text_of(workspace.thread(HERE, root.ts)[0]), what="a final verdict"
    )
    await asyncio.to_thread(misdeliver, port)
    mail = message_from_bytes(compose(MAIL, KEYS, recipient=address[0], lang="en", now=now), policy=policy.default)
    body = mail.get_body()
    assert body is not None
    token = address[0].removeprefix("t-").partition("@")[0]
    lines = [line for line in body.get_content().splitlines() if len(line) > 10]
    assert lines
    return [
        *(workspace.bot_token, workspace.app_token, address[0], token, mail["Subject"], *lines),
        *(MAIL.sender.partition("@")[0] + "@", "merger", "Hooli", "somebody.else", "x" * 50, "DKIM-Signature"),
        *("ticket=", "response_url"),
    ]


def misdeliver(port: int) -> None:
    with smtplib.SMTP(QUIET, port, local_hostname="client.example") as client:
        client.ehlo()
        client.mail("somebody.else@good.example")
        assert client.rcpt("somebody.else@mail.example")[0] == 550
        client.docmd("RCPT TO:<" + "x" * 50)
        client.docmd("VRFY somebody.else")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[str]]:
    """The log of one played main job at DEBUG, and what must not be in it."""
    directory = tmp_path_factory.mktemp("log")
    port = free_port()

    async def scene() -> list[str]:
        async with Nameserver(sample_zones(KEYS)) as dns, Workspace(rates=None) as workspace:
            environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {
                "SLACK_BOT_TOKEN": workspace.bot_token,
                "SLACK_APP_TOKEN": workspace.app_token,
                "MAILCHECK_SLACK_API_URL": workspace.api_url,
                "MAILCHECK_DATA_DIR": str(directory),
                "MAILCHECK_NAMESERVERS": dns.address,
                "MAILCHECK_MAIL_DOMAIN": "mail.example",
                "MAILCHECK_MAILBOX_HOST": QUIET,
                "MAILCHECK_MAILBOX_PORT": str(port),
                "MAILCHECK_PROXY_FROM": PROXY,
                "MAILCHECK_HTTP_PORT": "0",
                "MAILCHECK_LOG_LEVEL": "DEBUG",
            }
            with (directory / "log").open("wb") as output:
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "bot", "run"), cwd=ROOT, env=environment, stderr=output
                )
            try:
                await workspace.wait_for(lambda: workspace.connections == 2, 20, "the bot's sockets")
                unseen = await play(workspace, port)
                await workspace.disconnect_sockets()
                await workspace.wait_for(lambda: workspace.connections == 2, 20, "the bot's sockets")
                process.send_signal(signal.SIGTERM)
                await asyncio.wait_for(process.wait(), 10)
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
            return unseen

    unseen = asyncio.run(scene())
    return (directory / "log").read_text(), unseen


def test_every_line_is_json_and_says_when_how_grave_and_who(log: tuple[str, list[str]]) -> None:
    entries: list[dict[str, Any]] = [json.loads(line) for line in log[0].splitlines()]
    assert all({"event", "level", "logger", "timestamp"} <= set(entry) for entry in entries)
    assert {"info"} <= {entry["level"] for entry in entries}
    checked = next(entry for entry in entries if entry["event"] == "a domain was checked")
    assert checked["verdict"] == "safe"
    assert checked["dns_queries"] > 10
    analysed = next(entry for entry in entries if entry["event"] == "a mail was analysed")
    assert analysed["size"] > 500


def test_no_token_subject_body_or_recipient_is_written_even_at_debug(log: tuple[str, list[str]]) -> None:
    written, unseen = log
    assert [secret for secret in unseen if secret in written or json.dumps(secret)[1:-1] in written] == []


def test_what_an_error_quotes_is_blotted_out() -> None:
    quoted = (
        "xoxb-1-A-b xapp-1-A-2-c t-abcdefgh23456789@mail.example t-abcdefgh23456789 "
        "wss://wss.slack.com/link/?ticket=abc&app_id=1 https://hooks.slack.com/commands/T0QUOTED/2/abc "
        "<佐藤.taro+x@例え.jp> 'sato@[192.0.2.1]' \"Jane Roe\"@x.example " + "y" * 9000 + "@z.example"
    )
    script = (
        "import logging, warnings; from bot.logs import configure; configure('DEBUG')\n"
        f"text = {quoted!r}\n"
        "logging.getLogger('bot.x').debug('said %s', text, extra={'more': [text]})\n"
        "logging.getLogger('aiosqlite').debug(text)\n"
        "logging.getLogger('dbos').warning(text)\n"
        "warnings.warn(text)\n"
        "try: raise ValueError(text)\n"
        "except ValueError: logging.getLogger('bot.x').exception('failed')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert [json.loads(line)["logger"] for line in done.stderr.splitlines()] == [
        "bot.x",
        "dbos",
        "py.warnings",
        "bot.x",
    ]
    for secret in ("-A", "abcdefgh", "ticket=a", "T0QUOTED", "佐藤", "taro", "sato", "Jane", "yyy"):
        assert secret not in done.stderr
    for kept in ("xoxb-...", "xapp-...", "...@mail.example", "wss://wss.slack.com/link/?...", "...@例え.jp"):
        assert kept in done.stderr


def test_the_levels_of_libraries_stay_above_their_payloads() -> None:
    script = (
        "import logging; from bot.logs import configure; configure('ERROR'); print(*("
        "logging.getLevelName(logging.getLogger(n).getEffectiveLevel()) for n in ('bot', 'slack_sdk', 'sqlalchemy')))\n"
        "configure('DEBUG'); print(*("
        "logging.getLevelName(logging.getLogger(n).getEffectiveLevel()) for n in ('bot', 'slack_sdk', 'sqlalchemy')))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["ERROR ERROR ERROR", "DEBUG WARNING WARNING"]
