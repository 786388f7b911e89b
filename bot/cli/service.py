"""The bot itself, its demo, and its doctor."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING

import click

from bot.cli.shared import json_option, lang_option, refuse, waiting

if TYPE_CHECKING:
    from checks import Lang


@click.command()
@click.option("--script", is_flag=True, help="Play the main job without a page and print the thread.")
@click.option("--port", type=click.IntRange(0, 65535), default=8025, show_default=True, help="Port of the page.")
@lang_option
def demo(script: bool, port: int, lang: Lang) -> None:
    """Run everything on this machine, without any account: a local workspace, the bot, a mailbox, sample domains."""
    if script:
        from bot.demo.script import play

        sys.exit(asyncio.run(play(lang, sys.stdout)))
    from bot.demo.stage import serve

    try:
        asyncio.run(serve(port))
    except OSError as error:
        refuse(f"The demo cannot start: {error.strerror or error}. Another port may be given with --port.")


@click.command()
def run() -> None:
    """Run the bot; settings come from the environment (see the README)."""
    from bot.app import CannotStart
    from bot.app import run as run_app
    from bot.durable import DataDirInUse
    from bot.settings import SettingsError, read_settings

    try:
        asyncio.run(run_app(read_settings()))
    except (SettingsError, CannotStart, DataDirInUse) as error:
        refuse(str(error))
    except OSError as error:
        refuse(f"The bot cannot start: {error}")


@click.command()
@click.option(
    "--outbound", metavar="HOST[:PORT]", help="A mail server of yours to connect to: is port 25 open outwards?"
)
@json_option
@lang_option
def doctor(outbound: str | None, as_json: bool, lang: Lang) -> None:
    """Look at everything that the bot rests on: tokens, mail domain, ports, certificate, resolver, data directory.

    Settings come from the environment, as for run. Exit status: 0 all is ok, 1 something is wrong, 3 something could
    not be told. JSON: {"schema": 1, "state", "findings": [{"id", "subject", "state", "seen", "fix"}]}; states are ok,
    wrong and unknown.
    """
    from rich.console import Console

    from bot.doctor import as_document, examine, exit_status, print_findings, unusable_settings
    from bot.settings import SettingsError, read_settings

    target = None if outbound is None else _host_and_port(outbound)
    try:
        with waiting({"en": "examining", "ja": "確認中"}[lang]):
            findings = asyncio.run(examine(read_settings(), outbound=target))
    except SettingsError as error:
        findings = [unusable_settings(error)]
    if as_json:
        click.echo(json.dumps(as_document(findings, lang), ensure_ascii=False, indent=2))
    else:
        print_findings(Console(), findings, lang)
    sys.exit(exit_status(findings))


def _host_and_port(text: str) -> tuple[str, int]:
    """HOST, HOST:PORT, [IPv6]:PORT or a bare IPv6 address; the port is 25 if not given."""
    host, port = text, "25"
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":") or "25"
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        refuse(f"--outbound {text}: give a host name or address, and a port if it is not 25: mx.example.com:25")
    return host, int(port)
