"""How far a check has come: a bar on stderr where that is a terminal, nothing in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn
from rich.progress import Progress as Bar

from checks import Lang
from checks import Progress as Answered


class Progress:
    """Of one domain the questions are counted, of several the domains."""

    def __init__(self, domains: int, lang: Lang) -> None:
        console = Console(stderr=True)
        self._bar: Bar | None = None
        self._single = domains == 1
        if console.is_terminal and not console.is_dumb_terminal:
            columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
            self._bar = Bar(*columns, console=console, transient=True)
            said = {"en": "checking", "ja": "検査中"}[lang]
            self._task = self._bar.add_task(said, total=None if self._single else domains)
        self._same_terminal = sys.stdout.isatty()

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pause()

    def answered(self, told: Answered) -> None:
        """One more question of a domain has its answer."""
        if self._bar and self._single:
            self._bar.update(self._task, completed=told.done, total=told.total)

    def advance(self) -> None:
        """One more domain is done."""
        if self._bar and not self._single:
            self._bar.advance(self._task)

    def pause(self) -> None:
        """Take the bar away, for good."""
        if self._bar:
            self._bar.stop()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """The bar out of the way while a report is written to the same terminal."""
        if self._bar is None or not self._same_terminal:
            yield
            return
        self._bar.stop()
        try:
            yield
        finally:
            if not self._single:
                self._bar.start()
