"""`mailcheck check`: what the DNS says of one domain, or of as many as a list names."""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from bot.cli.shared import (
    EXIT_INTERRUPTED,
    EXIT_UNDETERMINED,
    EXIT_USAGE,
    json_option,
    lang_option,
    nameserver_option,
    open_checker,
    quiet,
    refuse,
    say,
    status_of,
    verbose_option,
    worst_of,
)

if TYPE_CHECKING:
    from bot.cli.names import Names, Unreadable
    from bot.cli.output import Output
    from bot.cli.progress import Progress
    from checks import Checker, Domain, Lang, Report

_AHEAD = 4
"""Reports that may wait for an earlier one, for each that may be under way: memory stays flat."""


@click.command()
@click.argument("domains", nargs=-1, metavar="[DOMAIN]...")
@click.option(
    "--file", "files", multiple=True, metavar="FILE", help="Domains one a line, # begins a comment; - for stdin."
)
@click.option(
    "--jobs", type=click.IntRange(1, 200), default=20, show_default=True, help="Domains that are checked at a time."
)
@nameserver_option
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, a row for each domain, in UTF-8.")
@click.option("--csv-bom", is_flag=True, help="The same with the mark by which Excel knows UTF-8.")
@verbose_option
@lang_option
@click.option(
    "--no-connect", is_flag=True, help="Ask the resolver only: no name server directly, and nothing over HTTPS."
)
@click.pass_context
def check(
    context: click.Context,
    domains: Sequence[str],
    files: Sequence[str],
    jobs: int,
    nameservers: Sequence[str],
    as_json: bool,
    as_csv: bool,
    csv_bom: bool,
    verbose: bool,
    lang: Lang,
    no_connect: bool,
) -> None:
    """Check what the DNS says of one or several domains, from arguments or lists, and print it in the order given.

    With --json, several domains or a list print one object a line. A name that is none is said on stderr with its
    line; the others are checked, and the exit status is 2 only if there is no other (else at least 3).
    """
    from bot.cli.names import ListError, read_names

    if not domains and not files:
        raise click.UsageError("Give a domain, or a list of domains with --file.", context)
    if as_json and (as_csv or csv_bom):
        raise click.UsageError("Give --json or --csv, not both.", context)
    try:
        names = read_names(domains, files, lang)
    except ListError as error:
        refuse(str(error))
    for remark in names.remarks:
        say(remark)
    if not names.domains:
        if not names.entries:
            say({"en": "There is no domain in the list.", "ja": "リストにドメインがありません。"}[lang])
        sys.exit(EXIT_USAGE)
    quiet()
    from bot.cli.output import CsvOutput, JsonOutput, TextOutput

    several = len(names.entries) > 1 or bool(files)
    output: Output
    if as_csv or csv_bom:
        output = CsvOutput(lang, mark=csv_bom)
    elif as_json:
        output = JsonOutput(lang, lines=several)
    else:
        output = TextOutput(lang, verbose=verbose, several=several)
    sys.exit(_checked(names, nameservers, output, lang, jobs=jobs, connect=not no_connect))


def _checked(names: Names, nameservers: Sequence[str], output: Output, lang: Lang, *, jobs: int, connect: bool) -> int:
    """Check and print all; the exit status."""
    from bot.cli.progress import Progress

    run = Checks(names, output, Progress(names.domains, lang), lang, jobs)

    async def checked() -> None:
        async with open_checker(nameservers, connect=connect) as checker:
            await run.all(checker)

    try:
        asyncio.run(checked())
    except KeyboardInterrupt:
        facts = (run.done, names.domains)
        stopped = {
            "en": "Stopped: {} of {} domains were checked.",
            "ja": "中断しました({1}ドメイン中{0}件を検査済み)。",
        }
        say(stopped[lang].format(*facts))
        return EXIT_INTERRUPTED
    return worst_of(run.statuses)


class Checks:
    """Checks up to `jobs` domains at a time and prints each report as soon as all before it are printed."""

    def __init__(self, names: Names, output: Output, progress: Progress, lang: Lang, jobs: int) -> None:
        self._names = names
        self._output = output
        self._progress = progress
        self._lang = lang
        self._jobs = jobs
        self.statuses: set[int] = set()
        self.done = 0

    async def all(self, checker: Checker) -> None:
        """Raises CancelledError when it is stopped, after printing what is done."""
        room = asyncio.Semaphore(self._jobs)
        under_way: deque[tuple[Domain | Unreadable, asyncio.Task[Report | str]]] = deque()
        waiting = iter(self._names.entries)
        with self._progress:
            try:
                while self._fill(under_way, waiting, checker, room):
                    entry, task = under_way[0]
                    await asyncio.wait([task])
                    under_way.popleft()
                    self._print(entry, task.result())
            finally:
                for entry, task in under_way:
                    if task.done():
                        self._print(entry, task.result())
                    task.cancel()
                await asyncio.gather(*(task for _, task in under_way), return_exceptions=True)
                self._progress.pause()
                self._output.end()

    def _fill(
        self,
        under_way: deque[tuple[Domain | Unreadable, asyncio.Task[Report | str]]],
        waiting: Iterator[Domain | Unreadable],
        checker: Checker,
        room: asyncio.Semaphore,
    ) -> bool:
        """Begin as many more as there may be; False once all are printed."""
        while len(under_way) < self._jobs * _AHEAD and (entry := next(waiting, None)) is not None:
            under_way.append((entry, asyncio.create_task(self._one(entry, checker, room))))
        return bool(under_way)

    async def _one(self, entry: Domain | Unreadable, checker: Checker, room: asyncio.Semaphore) -> Report | str:
        """The report, or the sentence that says why there is none."""
        from checks import Domain

        if not isinstance(entry, Domain):
            return entry.sentence
        async with room:
            try:
                report = await checker.check_domain(entry.ascii, on_progress=self._progress.answered)
            except Exception as error:  # noqa: BLE001 - a fault of ours must not cost the other domains their report
                said = {"en": "{}: an error of ours: {!r}", "ja": "{}: 内部エラーです: {!r}"}[self._lang]
                say(said.format(entry.shown, error))
                return said.format(entry.shown, error)
            finally:
                self._progress.advance()
            return report

    def _print(self, entry: Domain | Unreadable, told: Report | str) -> None:
        with self._progress.paused():
            if isinstance(told, str):
                self._output.failure(entry, told)
                self.statuses.add(EXIT_UNDETERMINED)
            else:
                self._output.report(told)
                self.statuses.add(status_of(told))
                self.done += 1
