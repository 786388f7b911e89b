"""A report as a person reads it in a terminal: verdict, items, findings worst first, sender guidelines.

Everything is put into `rich.text.Text`, never into console markup, so that a record cannot style or link anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Line

from bot.conversation import words
from bot.conversation.items import item_row
from bot.conversation.phrases import status_text, verdict_text
from bot.conversation.unanswered import not_looked_up, unanswered_text
from bot.render.terminal.words import LABELS
from checks import (
    GOOGLE,
    Finding,
    Lang,
    RecordChange,
    Report,
    RequirementStatus,
    Severity,
    Status,
    Text,
    Verdict,
    place_text,
    printable,
)

_VERDICT_STYLE = {
    Verdict.DANGER: "bold white on red",
    Verdict.MAIL_NEEDS_WORK: "bold red",
    Verdict.DNS_NEEDS_WORK: "bold yellow",
    Verdict.SAFE: "bold green",
    Verdict.UNDETERMINED: "bold magenta",
}
_SEVERITY_STYLE = {
    Severity.CRITICAL: "bold white on red",
    Severity.ERROR: "bold red",
    Severity.WARNING: "yellow",
    Severity.NOTICE: "cyan",
}
_STATUS_STYLE = {Status.MET: "green", Status.NOT_MET: "bold red", Status.NOT_TESTABLE: "magenta"}


def print_report(console: Console, report: Report, lang: Lang) -> None:
    """Write the whole report; colours only where the console is a terminal."""
    for part in _parts(report, lang):
        console.print(part, soft_wrap=False, highlight=False)


def _parts(report: Report, lang: Lang) -> Iterator[RenderableType]:
    yield _head(report, lang)
    if report.verdict is None:
        yield from (_finding(f, lang) for f in report.findings)
        return
    yield Line("")
    yield _items(report, lang)
    if report.authentication is not None:
        yield Line("")
        yield _authentication(report.authentication, lang)
    yield Line("")
    yield from (_finding(f, lang) for f in report.findings)
    yield from _open_questions(report, lang)
    yield _requirements(report.profiles["google"], lang)


def _open_questions(report: Report, lang: Lang) -> Iterator[RenderableType]:
    """What was asked and stayed without an answer. Only where nothing did may a report be all clear."""
    if unanswered := not_looked_up(report):
        yield Line(unanswered_text(report, unanswered, lang), style="bold magenta")
        yield Line("")
    elif not report.findings:
        yield Line(words.STEP_NONE.say(lang), style="green")


def _head(report: Report, lang: Lang) -> Line:
    name = report.shown if report.shown == report.subject else f"{report.shown} ({report.subject})"
    head = Line(printable(name), style="bold")
    if report.verdict is not None:
        head.append("  ")
        head.append(verdict_text(report, lang), style=_VERDICT_STYLE[report.verdict])
    return head


def _items(report: Report, lang: Lang) -> RenderableType:
    table = _columns(3)
    for status in report.profiles["mschecker"]:
        row = item_row(report, status, lang)
        if row is not None:
            item, state, found = row
            table.add_row(Line(item), _state(status, state), Line(found, style="dim"))
    return table


def _requirements(rows: tuple[RequirementStatus, ...], lang: Lang) -> RenderableType:
    titles = {r.id: r.title.say(lang) for r in GOOGLE}
    table = _columns(2)
    for row in rows:
        label = Line(titles.get(row.id, row.id))
        if row.applies != "all":
            label.append(f" [{words.APPLIES_TO[row.applies].say(lang)}]", style="dim")
        table.add_row(label, _state(row, status_text(row, lang)))
    return Group(Line(LABELS["google"].say(lang), style="bold"), table)


def _columns(count: int) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for _ in range(count):
        table.add_column(overflow="fold")
    return table


def _state(status: RequirementStatus, said: str) -> Line:
    return Line(said, style=_STATUS_STYLE.get(status.status, "dim"))


def _finding(finding: Finding, lang: Lang) -> RenderableType:
    head = Line(f"{words.SEVERITY[finding.severity].say(lang)} ", style=_SEVERITY_STYLE[finding.severity])
    head.append(f"{finding.rule.id} ", style="dim")
    head.append_text(_spans(finding.title(lang), "bold"))
    lines: list[RenderableType] = [_spans(finding.why(lang)), _labelled(words.HOW, finding.fix(lang), lang)]
    if finding.place:
        lines.append(_labelled(words.WHERE, place_text(finding.place).say(lang), lang))
    for change in finding.records:
        lines += _change(change, lang)
    lines += [Line(url, style="dim") for url in finding.rule.references[:1]]
    return Group(head, Padding(Group(*lines), (0, 0, 1, 2), expand=False))


def _labelled(label: Text, text: str, lang: Lang) -> Line:
    line = Line(f"{label.say(lang)}: ", style="bold")
    line.append_text(_spans(text))
    return line


def _spans(text: str, style: str = "") -> Line:
    """Backticks are the only markup of a text: what stands between two of them is a value."""
    line = Line(style=style)
    for index, part in enumerate(text.split("`")):
        line.append(part, style="bold cyan" if index % 2 else "")
    return line


def _change(change: RecordChange, lang: Lang) -> Iterator[Line]:
    """Old and new as in a diff; a record that stays has no sign, and one for later is no change to make now."""
    if change.later and change.new:
        named = {"type": change.type, "name": printable(change.name)}
        yield Line(words.RECORD_LATER.say(lang, named), style="dim")
        yield Line(f"    {printable(change.new)}")
        return
    yield Line(f"{printable(change.name)}  {change.type}", style="dim")
    if change.old is not None and change.old == change.new:
        yield Line(f"    {printable(change.old)}")
        return
    if change.old is not None:
        yield Line(f"  - {printable(change.old)}", style="red")
    if change.new:
        yield Line(f"  + {printable(change.new)}", style="green")


def _authentication(results: Mapping[str, object], lang: Lang) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("method", "result", "domain", "aligned"):
        table.add_column(LABELS[column].say(lang))
    spf, dkim, dmarc = results["spf"], results["dkim"], results["dmarc"]
    assert isinstance(spf, Mapping)
    assert isinstance(dkim, list)
    assert isinstance(dmarc, Mapping)
    rows = [("SPF", spf["result"], spf["domain"], spf["aligned"])]
    rows += [(f"DKIM ({s['selector']})", _result(s), s["domain"], s["aligned"]) for s in dkim]
    rows += [("DMARC", dmarc["result"], dmarc["domain"], None)]
    for method, result, domain, aligned in rows:
        said = "" if aligned is None else LABELS["yes" if aligned else "no"].say(lang)
        table.add_row(*(Line(printable(str(cell or "-"))) for cell in (method, result, domain)), Line(said))
    return table


def _result(signature: Mapping[str, object]) -> str:
    return f"{signature['result']} ({signature['reason']})" if signature["reason"] else str(signature["result"])
