"""What the commands share: their options, their exit statuses, and how they refuse."""

from __future__ import annotations

import locale
import logging
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from checks import Checker, Report

EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_UNDETERMINED = 3
EXIT_INTERRUPTED = 130
"""As shells say it of a command that SIGINT ended."""


def _default_lang() -> str:
    """Japanese where the user's locale says so."""
    try:
        locale.setlocale(locale.LC_CTYPE, "")
    except locale.Error:
        return "en"
    return "ja" if (locale.getlocale(locale.LC_CTYPE)[0] or "").lower().startswith("ja") else "en"


lang_option = click.option(
    "--lang", type=click.Choice(["en", "ja"]), default=_default_lang, help="Language of the texts."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON (schema 1) instead of text.")
nameserver_option = click.option(
    "--nameserver", "nameservers", multiple=True, metavar="IP[:PORT]", help="Ask this resolver; may be given again."
)
verbose_option = click.option(
    "-v", "--verbose", is_flag=True, help="Show all that was seen as well, with the dig lines that show the same."
)


def refuse(sentence: str) -> NoReturn:
    """A sentence on stderr, nothing on stdout, exit status 2."""
    say(sentence)
    sys.exit(EXIT_USAGE)


def say(sentence: str) -> None:
    """A sentence on stderr; the backticks of a text are not for terminals."""
    click.echo(sentence.replace("`", ""), err=True)


def open_checker(nameservers: Sequence[str], **options: Any) -> Checker:
    """With the keys for blocklists that the environment holds; refuses what is no name server or no key."""
    from bot.settings import SettingsError, read_blocklist_keys
    from checks import Checker

    try:
        return Checker(nameservers=nameservers or None, blocklist_keys=read_blocklist_keys(), **options)
    except (ValueError, SettingsError) as error:
        refuse(str(error))


def status_of(report: Report) -> int:
    from checks import Verdict

    match report.verdict:
        case Verdict.SAFE:
            return 0
        case Verdict.UNDETERMINED:
            return EXIT_UNDETERMINED
        case _:
            return EXIT_FINDINGS


def worst_of(statuses: Iterable[int]) -> int:
    """Findings outweigh what could not be told."""
    seen = set(statuses)
    return EXIT_FINDINGS if EXIT_FINDINGS in seen else max(seen, default=0)


def quiet() -> None:
    """Log nothing below an error of ours: what operators are warned of is in the report, or not for its reader."""
    logging.getLogger("checks").setLevel(logging.ERROR)


def waiting(text: str) -> Any:
    """A spinner on a terminal, nothing in a pipe."""
    from rich.console import Console

    console = Console(stderr=True)
    if console.is_terminal and not console.is_dumb_terminal:
        return console.status(text)
    from contextlib import nullcontext

    return nullcontext()
