"""The commands. Nothing that one command needs is imported for another: `check` must start at once."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import locale
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

import click

if TYPE_CHECKING:
    from checks import Checker, Lang, Report, Session

EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_UNDETERMINED = 3


def _default_lang() -> str:
    """Japanese where the user's locale says so."""
    try:
        locale.setlocale(locale.LC_CTYPE, "")
    except locale.Error:
        return "en"
    return "ja" if (locale.getlocale(locale.LC_CTYPE)[0] or "").lower().startswith("ja") else "en"


_lang = click.option("--lang", type=click.Choice(["en", "ja"]), default=_default_lang, help="Language of the texts.")
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON (schema 1) instead of text.")
_nameserver = click.option(
    "--nameserver", "nameservers", multiple=True, metavar="IP[:PORT]", help="Ask this resolver; may be given again."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mailcheck-bot", prog_name="mailcheck")
def main() -> None:
    """Check a mail domain or a mail: SPF, DKIM, DMARC, DNSSEC, MX, reverse DNS, blocklists, sender guidelines.

    Exit status of check and message: 0 nothing lowers the verdict, 1 findings, 2 bad input, 3 undetermined.
    """


@main.command()
@click.argument("domains", nargs=-1, required=True, metavar="DOMAIN...")
@_nameserver
@_json
@_lang
@click.option("--no-connect", is_flag=True, help="Ask the DNS only; connect to no mail server.")
def check(domains: Sequence[str], nameservers: Sequence[str], as_json: bool, lang: Lang, no_connect: bool) -> None:
    """Check what the DNS says of one or several domains. With --json, several domains print one object per line."""
    from checks import BadDomain, parse_domain

    wanted: list[str] = []
    for given in domains:
        try:
            domain = parse_domain(given)
        except BadDomain as error:
            _refuse(error.say(lang))
        if note := domain.say_note(lang):
            click.echo(note.replace("`", ""), err=True)
        wanted.append(domain.ascii)
    statuses = asyncio.run(_check_all(wanted, nameservers, not no_connect, as_json, lang))
    sys.exit(_worst(statuses))


async def _check_all(
    domains: Sequence[str], nameservers: Sequence[str], connect: bool, as_json: bool, lang: Lang
) -> list[int]:
    """Side by side, printed in the order given."""
    statuses = []
    async with _checker(nameservers, connect=connect) as checker:
        limit = asyncio.Semaphore(50)

        async def one(domain: str) -> Report:
            async with limit:
                return await checker.check_domain(domain)

        tasks = [asyncio.create_task(one(domain)) for domain in domains]
        with _checking(len(domains), lang):
            await asyncio.wait(tasks)
        for task in tasks:
            report = task.result()
            _print(report, lang, as_json=as_json, lines=len(domains) > 1)
            statuses.append(_status(report))
    return statuses


@main.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--ip", metavar="IP", help="Address of the client that delivered the mail.")
@click.option("--helo", metavar="NAME", help="Its HELO or EHLO argument.")
@click.option("--mail-from", metavar="ADDRESS", help='Envelope sender; "" or "<>" for the null return path.')
@click.option("--tls", metavar="VERSION/CIPHER", help="TLS of the session: TLSv1.3/TLS_AES_256_GCM_SHA384, or none.")
@click.option("--now", metavar="ISO", help="Judge as of this time, e.g. 2026-11-24T09:00:00+09:00.")
@_nameserver
@_json
@_lang
def message(
    file: Path,
    ip: str | None,
    helo: str | None,
    mail_from: str | None,
    tls: str | None,
    now: str | None,
    nameservers: Sequence[str],
    as_json: bool,
    lang: Lang,
) -> None:
    """Analyse a mail file (- for standard input). Without the session options, what they would tell stays unknown."""
    session = _session(ip, helo, mail_from, tls)
    at = _instant(now)
    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        _refuse(f"{file}: {error.strerror}")
    if not raw.strip():
        _refuse(f"{file}: the file is empty")
    report = asyncio.run(_message(raw, session, at, nameservers, lang))
    _print(report, lang, as_json=as_json)
    sys.exit(_status(report))


async def _message(raw: bytes, session: Session, at: datetime | None, nameservers: Sequence[str], lang: Lang) -> Report:
    async with _checker(nameservers, now=(lambda: at) if at else None) as checker:
        with _checking(1, lang):
            return await checker.check_message(raw, session)


@main.command()
@_json
@_lang
def rules(as_json: bool, lang: Lang) -> None:
    """List every rule: id, severity, verdict tier, name and what it says."""
    from checks import CATALOGUE

    if as_json:
        click.echo(json.dumps([_rule(r, lang) for r in CATALOGUE.rules.values()], ensure_ascii=False, indent=2))
        return
    for rule in CATALOGUE.rules.values():
        click.echo(f"{rule.id:9}{rule.severity.value:9} {rule.tier.value:7}{rule.name}")


@main.command()
@click.argument("rule_id", metavar="ID")
@_lang
def explain(rule_id: str, lang: Lang) -> None:
    """Explain one rule: what it finds, why it matters, how to fix it, with a bad and a good sample."""
    from bot.render.terminal.rule import explain_rule
    from checks import CATALOGUE

    rule = CATALOGUE.rules.get(rule_id.upper())
    if rule is None:
        import difflib

        near = difflib.get_close_matches(rule_id.upper(), CATALOGUE.rules, 1)
        hint = f" Did you mean {near[0]}?" if near else " `mailcheck rules` lists them."
        _refuse(f"There is no rule {rule_id}.{hint}")
    click.echo(explain_rule(rule, lang))


@main.command()
@click.option("--script", is_flag=True, help="Play the main job without a page and print the thread.")
@click.option("--port", type=click.IntRange(0, 65535), default=8025, show_default=True, help="Port of the page.")
@_lang
def demo(script: bool, port: int, lang: Lang) -> None:
    """Run everything on this machine, without any account: a local workspace, the bot, a mailbox, sample domains."""
    if script:
        from bot.demo.script import play

        sys.exit(asyncio.run(play(lang, sys.stdout)))
    from bot.demo.stage import serve

    try:
        asyncio.run(serve(port))
    except OSError as error:
        _refuse(f"The demo cannot start: {error.strerror or error}. Another port may be given with --port.")


@main.command()
def run() -> None:
    """Run the bot; settings come from the environment (see the README)."""
    from bot.app import CannotStart
    from bot.app import run as run_app
    from bot.durable import DataDirInUse
    from bot.settings import SettingsError, read_settings

    try:
        asyncio.run(run_app(read_settings()))
    except (SettingsError, CannotStart, DataDirInUse) as error:
        _refuse(str(error))
    except OSError as error:
        _refuse(f"The bot cannot start: {error}")


@main.command()
@click.option(
    "--outbound", metavar="HOST[:PORT]", help="A mail server of yours to connect to: is port 25 open outwards?"
)
@_json
@_lang
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
        with _waiting({"en": "examining", "ja": "確認中"}[lang]):
            findings = asyncio.run(examine(read_settings(), outbound=target))
    except SettingsError as error:
        findings = [unusable_settings(error)]
    if as_json:
        click.echo(json.dumps(as_document(findings, lang), ensure_ascii=False, indent=2))
    else:
        print_findings(Console(), findings, lang)
    sys.exit(exit_status(findings))


def _checker(nameservers: Sequence[str], **options: Any) -> Checker:
    from checks import Checker

    try:
        return Checker(nameservers=nameservers or None, **options)
    except ValueError as error:
        _refuse(str(error))


def _session(ip: str | None, helo: str | None, mail_from: str | None, tls: str | None) -> Session:
    from checks import Session, Tls

    if ip is not None:
        try:
            ipaddress.ip_address(ip)
        except ValueError:
            _refuse(f"--ip {ip} is not an IP address")
    sender = "" if mail_from == "<>" else mail_from
    if tls is None or tls == "none":
        return Session(client_ip=ip, helo=helo, mail_from=sender, tls=None, tls_known=tls is not None)
    version, slash, cipher = tls.partition("/")
    if not (version and slash and cipher):
        _refuse(f"--tls {tls}: give version and cipher, e.g. TLSv1.3/TLS_AES_256_GCM_SHA384, or none")
    return Session(client_ip=ip, helo=helo, mail_from=sender, tls=Tls(version, cipher))


def _host_and_port(text: str) -> tuple[str, int]:
    """HOST, HOST:PORT, [IPv6]:PORT or a bare IPv6 address; the port is 25 if not given."""
    host, port = text, "25"
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":") or "25"
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        _refuse(f"--outbound {text}: give a host name or address, and a port if it is not 25: mx.example.com:25")
    return host, int(port)


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        _refuse(f"--now {text} is not a time in ISO 8601, e.g. 2026-11-24T09:00:00+09:00")
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _print(report: Report, lang: Lang, *, as_json: bool, lines: bool = False) -> None:
    if as_json:
        click.echo(json.dumps(report.as_dict(lang), ensure_ascii=False, indent=None if lines else 2))
        return
    from rich.console import Console

    from bot.render.terminal.report import print_report

    print_report(Console(), report, lang)


def _checking(count: int, lang: Lang) -> Any:
    return _waiting({"en": f"checking {count}", "ja": f"検査中({count}件)"}[lang])


def _waiting(text: str) -> Any:
    """A spinner on a terminal, nothing in a pipe."""
    from rich.console import Console

    console = Console(stderr=True)
    if console.is_terminal:
        return console.status(text)
    from contextlib import nullcontext

    return nullcontext()


def _status(report: Report) -> int:
    from checks import Verdict

    match report.verdict:
        case Verdict.SAFE:
            return 0
        case Verdict.UNDETERMINED:
            return EXIT_UNDETERMINED
        case _:
            return EXIT_FINDINGS


def _worst(statuses: Sequence[int]) -> int:
    return EXIT_FINDINGS if EXIT_FINDINGS in statuses else max(statuses)


def _rule(rule: Any, lang: Lang) -> dict[str, object]:
    return {
        "id": rule.id,
        "name": rule.name,
        "severity": rule.severity.value,
        "tier": rule.tier.value,
        "since": rule.since,
        "title": cast(str, getattr(rule.texts.title, lang)),
        "why": cast(str, getattr(rule.texts.why, lang)),
        "fix": cast(str, getattr(rule.texts.fix, lang)),
        "facts": list(rule.facts),
        "sample": {"bad": rule.sample.bad, "good": rule.sample.good},
        "references": list(rule.references),
    }


def _refuse(sentence: str) -> NoReturn:
    """A sentence on stderr, nothing on stdout, exit status 2."""
    click.echo(sentence.replace("`", ""), err=True)
    sys.exit(EXIT_USAGE)
