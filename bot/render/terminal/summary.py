"""The overview below several reports: a line for each domain."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text as Line

from bot.conversation.phrases import verdict_text
from bot.render.terminal import words
from bot.render.terminal.marks import Mark, sign
from bot.render.terminal.verdict import MARK, STYLE, name_of
from bot.render.terminal.wrapping import Hanging, Heading
from checks import VERDICT_TITLES, Lang, Report, Verdict

_LONGEST = 40


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    verdict: Verdict | None
    said: str
    rules: str
    mark: Mark


class Summary:
    """Keeps of every report what its line needs, and no more."""

    def __init__(self, lang: Lang) -> None:
        self._lang = lang
        self._rows: list[_Row] = []

    def add(self, report: Report) -> None:
        found = report.findings
        rules = list(dict.fromkeys(finding.rule.id for finding in found))
        said = verdict_text(report, self._lang)
        self._rows.append(_Row(name_of(report), report.verdict, said, " ".join(rules), MARK[report.verdict]))

    def add_failure(self, name: str, why: str) -> None:
        self._rows.append(_Row(name, None, why.replace("`", ""), "", Mark.UNKNOWN))

    def print(self, console: Console) -> None:
        """Nothing for fewer than two."""
        if len(self._rows) < 2:
            return
        counted = Counter(row.verdict for row in self._rows if row.verdict is not None)
        comma = "、" if self._lang == "ja" else ", "
        counts = comma.join(f"{VERDICT_TITLES[v].say(self._lang)} {counted[v]}" for v in Verdict if counted[v])
        console.print()
        console.print(Heading(words.SUMMARY.say(self._lang, {"n": len(self._rows)}), counts), highlight=False)
        longest = max(Line(row.name).cell_len for row in self._rows)
        column = min(longest, _LONGEST) + 4
        for row in self._rows:
            lead = sign(row.mark, console).append(f" {row.name}")
            text = Line().append(row.said, style=STYLE[row.verdict])
            if row.rules:
                text.append(f"  {row.rules}", style="cyan")
            console.print(Hanging(lead, text, column=column), highlight=False)
