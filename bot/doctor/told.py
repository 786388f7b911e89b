"""The findings where the operator sees them: on a terminal, and once in the log after each start."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text as Line

from bot.doctor.examination import examine
from bot.doctor.finding import Finding, State, worst
from bot.settings import Settings
from checks import Lang, Text

LOG = logging.getLogger(__name__)

_STATE = {
    State.OK: Text(en="ok", ja="正常"),
    State.WRONG: Text(en="wrong", ja="要修正"),
    State.UNKNOWN: Text(en="could not tell", ja="確認できず"),
}
_STYLE = {State.OK: "green", State.WRONG: "bold red", State.UNKNOWN: "magenta"}
_FIX = {
    State.OK: Text(en="Advice: ", ja="補足:"),
    State.WRONG: Text(en="How to fix it: ", ja="直し方:"),
    State.UNKNOWN: Text(en="What to do: ", ja="確認方法:"),
}
_END = {
    State.OK: Text(en="Everything is in order.", ja="すべて正常です。"),
    State.WRONG: Text(en="Something is wrong: see above.", ja="修正が必要な項目があります。"),
    State.UNKNOWN: Text(en="Nothing is wrong as far as could be told.", ja="確認できた範囲では、問題はありません。"),
}


def print_findings(console: Console, findings: Sequence[Finding], lang: Lang) -> None:
    """Write what each finding says, and a fix where it comes first; colours only where the console is a terminal."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    fixes: set[str] = set()
    for finding in findings:
        said = [_plain(finding.say_seen(lang))]
        fix = finding.say_fix(lang)
        if fix and fix not in fixes:  # a silent resolver makes several lines say the same
            fixes.add(fix)
            said.append(Line(_FIX[finding.state].say(lang), style="bold").append_text(_plain(fix)))
        table.add_row(Line(_STATE[finding.state].say(lang), style=_STYLE[finding.state]), Group(*said))
    console.print(table, highlight=False)
    console.print(Line(_END[worst(findings)].say(lang), style="bold"), highlight=False)


def _plain(text: str) -> Line:
    return Line(text.replace("`", ""))


async def log_findings(settings: Settings) -> None:
    """Look at everything while the bot of this process runs, and log what is not ok, a line each."""
    for finding in await examine(settings, running=True):
        if finding.state is State.OK:
            continue
        level = logging.WARNING if finding.state is State.WRONG else logging.INFO
        about = finding.id if finding.subject is None else f"{finding.id} {finding.subject}"
        said = _STATE[finding.state].say("en"), finding.say_seen("en"), finding.say_fix("en") or ""
        LOG.log(
            level,
            "doctor: %s: %s. %s %s",
            about,
            *(each.replace("`", "") for each in said),
            extra={"finding": finding.id, "zone": finding.subject, "state": finding.state.value},
        )
