"""Where reports go, one after another as they come: text, JSON or CSV."""

from __future__ import annotations

import json
import sys
from typing import Protocol

import click
from rich.console import Console

from bot.cli.names import Unreadable
from bot.render.terminal.report import print_report
from bot.render.terminal.sheet import header, row_of_failure, row_of_report, written
from bot.render.terminal.summary import Summary
from checks import Domain, Lang, Report


class Output(Protocol):
    def report(self, report: Report) -> None: ...

    def failure(self, entry: Domain | Unreadable, why: str) -> None:
        """There is no report on this one; why has been said on stderr."""

    def end(self) -> None:
        """All are done, or it was stopped."""


class TextOutput:
    """For people; after several reports an overview, of which only a line a domain is kept."""

    def __init__(self, lang: Lang, *, verbose: bool, several: bool) -> None:
        self._console = Console()
        self._lang = lang
        self._verbose = verbose
        self._summary = Summary(lang) if several else None
        self._first = True

    def report(self, report: Report) -> None:
        if not self._first:
            self._console.print()
        self._first = False
        print_report(self._console, report, self._lang, verbose=self._verbose)
        if self._summary is not None:
            self._summary.add(report)

    def failure(self, entry: Domain | Unreadable, why: str) -> None:
        if self._summary is not None:
            self._summary.add_failure(_text_of(entry), why)

    def end(self) -> None:
        if self._summary is not None:
            self._summary.print(self._console)


class JsonOutput:
    """One document, or with `lines` one a line."""

    def __init__(self, lang: Lang, *, lines: bool) -> None:
        self._lang = lang
        self._indent = None if lines else 2

    def report(self, report: Report) -> None:
        click.echo(json.dumps(report.as_dict(self._lang), ensure_ascii=False, indent=self._indent))

    def failure(self, entry: Domain | Unreadable, why: str) -> None:
        """Said on stderr alone: a line here is a report."""

    def end(self) -> None:
        pass


class CsvOutput:
    """RFC 4180 in UTF-8, also where the terminal has another encoding; `mark`: with the BOM that Excel needs."""

    def __init__(self, lang: Lang, *, mark: bool) -> None:
        self._lang = lang
        self._stream = sys.stdout.buffer
        self._begin = "\ufeff" if mark else ""
        self._write(header(lang))

    def report(self, report: Report) -> None:
        self._write(row_of_report(report, self._lang))

    def failure(self, entry: Domain | Unreadable, why: str) -> None:
        self._write(row_of_failure(_text_of(entry), why))

    def end(self) -> None:
        pass

    def _write(self, row: list[str]) -> None:
        self._stream.write((self._begin + written(row)).encode())
        self._stream.flush()
        self._begin = ""


def _text_of(entry: Domain | Unreadable) -> str:
    return entry.ascii if isinstance(entry, Domain) else entry.text
