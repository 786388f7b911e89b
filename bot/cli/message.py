"""`mailcheck message`: one mail file."""

from __future__ import annotations

import asyncio
import ipaddress
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.shared import (
    EXIT_INTERRUPTED,
    json_option,
    lang_option,
    nameserver_option,
    open_checker,
    quiet,
    refuse,
    status_of,
    verbose_option,
    waiting,
)

if TYPE_CHECKING:
    from checks import Lang, Report, Session


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--ip", metavar="IP", help="Address of the client that delivered the mail.")
@click.option("--helo", metavar="NAME", help="Its HELO or EHLO argument.")
@click.option("--mail-from", metavar="ADDRESS", help='Envelope sender; "" or "<>" for the null return path.')
@click.option("--tls", metavar="VERSION/CIPHER", help="TLS of the session: TLSv1.3/TLS_AES_256_GCM_SHA384, or none.")
@click.option("--tls-failure", metavar="REASON", help="How STARTTLS of this client failed before it sent in clear.")
@click.option("--now", metavar="ISO", help="Judge as of this time, e.g. 2026-11-24T09:00:00+09:00.")
@nameserver_option
@json_option
@verbose_option
@lang_option
def message(
    file: Path,
    ip: str | None,
    helo: str | None,
    mail_from: str | None,
    tls: str | None,
    tls_failure: str | None,
    now: str | None,
    nameservers: Sequence[str],
    as_json: bool,
    verbose: bool,
    lang: Lang,
) -> None:
    """Analyse a mail file (- for standard input). Without the session options, what they would tell stays unknown."""
    at = _instant(now)
    session = replace(_session(ip, helo, mail_from, tls, tls_failure), received_at=at)
    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        refuse(f"{file}: {error.strerror}")
    if not raw.strip():
        refuse(f"{file}: the file is empty")
    quiet()
    try:
        report = asyncio.run(_message(raw, session, at, nameservers, lang))
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    from bot.cli.output import JsonOutput, TextOutput

    output = JsonOutput(lang, lines=False) if as_json else TextOutput(lang, verbose=verbose, several=False)
    output.report(report)
    sys.exit(status_of(report))


async def _message(raw: bytes, session: Session, at: datetime | None, nameservers: Sequence[str], lang: Lang) -> Report:
    async with open_checker(nameservers, now=(lambda: at) if at else None) as checker:
        with waiting({"en": "checking", "ja": "検査中"}[lang]):
            return await checker.check_message(raw, session)


def _session(
    ip: str | None, helo: str | None, mail_from: str | None, tls: str | None, tls_failure: str | None
) -> Session:
    from checks import Session, Tls

    if ip is not None:
        try:
            ipaddress.ip_address(ip)
        except ValueError:
            refuse(f"--ip {ip} is not an IP address")
    sender = "" if mail_from == "<>" else mail_from
    if tls_failure is not None and tls not in (None, "none"):
        refuse("--tls-failure is about a mail that came in clear, and --tls says that it did not")
    if tls is None or tls == "none":
        tls_known = tls is not None or tls_failure is not None
        return Session(
            client_ip=ip,
            helo=helo,
            mail_from=sender,
            tls=None,
            tls_known=tls_known,
            tls_failure=tls_failure,
            is_file=True,
        )
    version, slash, cipher = tls.partition("/")
    if not (version and slash and cipher):
        refuse(f"--tls {tls}: give version and cipher, e.g. TLSv1.3/TLS_AES_256_GCM_SHA384, or none")
    return Session(client_ip=ip, helo=helo, mail_from=sender, tls=Tls(version, cipher), is_file=True)


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        refuse(f"--now {text} is not a time in ISO 8601, e.g. 2026-11-24T09:00:00+09:00")
    return at if at.tzinfo else at.replace(tzinfo=UTC)
