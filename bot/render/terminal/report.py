"""A report as a person reads it in a terminal: verdict, items, findings worst first, sender guidelines.

Everything is put into `rich.text.Text`, never into console markup, so that a record cannot style or link anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Line

from bot.render.words import APPLIES, LABELS, SEVERITIES, say_status
from checks import (
    CATALOGUE,
    GOOGLE,
    MSCHECKER,
    VERDICT_TITLES,
    Finding,
    Lang,
    RecordChange,
    Report,
    Requirement,
    RequirementStatus,
    Severity,
    Status,
    Verdict,
    Why,
    place_text,
    printable,
    reason_text,
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
    yield _requirements(report.profiles["mschecker"], MSCHECKER, lang, "")
    if report.authentication is not None:
        yield Line("")
        yield _authentication(report.authentication, lang)
    yield Line("")
    yield from (_finding(f, lang) for f in report.findings)
    yield from _open_questions(report, lang)
    yield _requirements(report.profiles["google"], GOOGLE, lang, LABELS["google"].say(lang))


def _open_questions(report: Report, lang: Lang) -> Iterator[RenderableType]:
    """What was asked and stayed without an answer. Only where nothing did may a report be all clear."""
    titles = {check.id: check.title.say(lang) for check in CATALOGUE.checks}
    unanswered = [c for c in report.checks if c.is_unanswered]
    if unanswered:
        yield Line(LABELS["unanswered"].say(lang), style="bold magenta")
        reasons = dict.fromkeys(c.reason or Why.INTERNAL for c in unanswered)
        for why in reasons:
            asked = (titles.get(c.id, c.id) for c in unanswered if (c.reason or Why.INTERNAL) is why)
            said = ("、" if lang == "ja" else ", ").join(asked)
            yield Padding(Line(f"{said}: {reason_text(why).say(lang)}"), (0, 0, 0, 2), expand=False)
        yield Line("")
    elif not report.findings:
        yield Line(LABELS["all_clear"].say(lang), style="green")


def _head(report: Report, lang: Lang) -> Line:
    name = report.shown if report.shown == report.subject else f"{report.shown} ({report.subject})"
    head = Line(printable(name), style="bold")
    if report.verdict is not None:
        title = VERDICT_TITLES[report.verdict].say(lang)
        suffix = LABELS["provisional"].say(lang) if report.provisional else ""
        head.append("  ")
        head.append(f"{title}{suffix}", style=_VERDICT_STYLE[report.verdict])
    return head


def _requirements(
    rows: tuple[RequirementStatus, ...], requirements: tuple[Requirement, ...], lang: Lang, title: str
) -> RenderableType:
    titles = {r.id: r.title.say(lang) for r in requirements}
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for row in rows:
        status = Line(say_status(row, lang), style=_STATUS_STYLE.get(row.status, "dim"))
        if row.reason is not None and row.status is not Status.NOT_KNOWN:
            status.append(f" ({reason_text(row.reason).say(lang)})", style="dim")
        label = Line(titles.get(row.id, row.id))
        if row.applies != "all":
            label.append(f" [{APPLIES[row.applies].say(lang)}]", style="dim")
        table.add_row(label, status)
    return Group(Line(title, style="bold"), table) if title else table


def _finding(finding: Finding, lang: Lang) -> RenderableType:
    head = Line(f"{SEVERITIES[finding.severity].say(lang)} ", style=_SEVERITY_STYLE[finding.severity])
    head.append(f"{finding.rule.id} ", style="dim")
    head.append_text(_spans(finding.title(lang), "bold"))
    lines: list[RenderableType] = [_spans(finding.why(lang)), _labelled("fix", finding.fix(lang), lang)]
    if finding.place:
        lines.append(_labelled("where", place_text(finding.place).say(lang), lang))
    for change in finding.records:
        lines += _change(change)
    lines += [Line(url, style="dim") for url in finding.rule.references[:1]]
    return Group(head, Padding(Group(*lines), (0, 0, 1, 2), expand=False))


def _labelled(label: str, text: str, lang: Lang) -> Line:
    line = Line(f"{LABELS[label].say(lang)} ", style="bold")
    line.append_text(_spans(text))
    return line


def _spans(text: str, style: str = "") -> Line:
    """Backticks are the only markup of a text: what stands between two of them is a value."""
    line = Line(style=style)
    for index, part in enumerate(text.split("`")):
        line.append(part, style="bold cyan" if index % 2 else "")
    return line


def _change(change: RecordChange) -> Iterator[Line]:
    """Old and new as in a diff; a record that stays has no sign."""
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
