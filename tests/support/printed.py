"""A report as a terminal of any width shows it."""

from __future__ import annotations

import io
import re
from typing import Any

from rich.console import Console

from bot.render.terminal.report import print_report
from checks import Lang, Report


def shown(report: Report, lang: Lang = "en", width: int = 80, *, verbose: bool = False, **console: Any) -> str:
    file = io.StringIO()
    print_report(Console(file=file, width=width, **console), report, lang, verbose=verbose)
    return file.getvalue()


def joined(text: str) -> str:
    """Without blanks and line ends, which depend on the width."""
    return re.sub(r"\s+", "", text)
